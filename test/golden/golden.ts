import { readFileSync } from "node:fs"
import { resolve } from "node:path"

export const goldenFolder = resolve(import.meta.dirname, "../../fixtures/golden")
export const keysFolder = resolve(import.meta.dirname, "../../fixtures/keys")

export interface Row {
  readonly case: string
  readonly format: "yaml" | "json" | "dotenv" | "ini" | "binary"
  readonly version?: string
  readonly source?: string
  readonly sealed: string
  readonly opened?: string | null
  readonly identity: Readonly<Record<string, string>>
  readonly passphrase?: string
  readonly sops_exit: number
  readonly argv?: readonly string[]
  readonly expectation?: "refuse" | "accept" | "report" | "either"
  readonly comment: string
}

export function rows(list: "manifest" | "refused" | "crafted" | "broken"): Row[] {
  return JSON.parse(readFileSync(resolve(goldenFolder, `${list}.json`), "utf8")) as Row[]
}

export function readGolden(path: string): Buffer {
  return readFileSync(resolve(goldenFolder, path))
}

/** Keys lie outside the golden folder, since other tests use them too. */
export function identityEnv(row: Row): Record<string, string> {
  return Object.fromEntries(
    Object.entries(row.identity).map(([name, path]) => [name, resolve(keysFolder, path.replace(/^keys\//, ""))]),
  )
}
