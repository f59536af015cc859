import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { hasGpg, keyRing } from "../keys/pgp/key-ring.ts"

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

const rings = new Map<string, string>()

/**
 * Keys lie outside the golden folder, since other tests use them too. A PGP key is imported into a key ring first; all
 * other rows get an empty one, so that gpg never looks at the key ring of the person who runs the tests.
 */
export function identityEnv(row: Row): Record<string, string> {
  const pairs = Object.entries(row.identity).map(([name, path]): [string, string] => {
    const file = path.replace(/^keys\//, "")
    return [name, name === "GNUPGHOME" ? ringOf(file) : resolve(keysFolder, file)]
  })
  return { GNUPGHOME: ringOf(), ...Object.fromEntries(pairs) }
}

function ringOf(...files: readonly string[]): string {
  if (!hasGpg) return "/no-such-key-ring"
  const name = files.join()
  const ring = rings.get(name) ?? keyRing(...files)
  rings.set(name, ring)
  return ring
}
