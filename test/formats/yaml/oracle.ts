import { readFileSync } from "node:fs"
import { documentOf, keyPath } from "../../../src/core/site.ts"
import { utf8 } from "../../../src/core/text.ts"
import { AppError } from "../../../src/errors/app-error.ts"
import { scanYaml } from "../../../src/formats/yaml/scan.ts"

/** A site as the oracle files tell it. */
export interface OracleSite {
  readonly path: readonly string[]
  readonly kind: string
  readonly text: string
}

export function rows<T>(name: string): T[] {
  return readFileSync(new URL(`../../../fixtures/oracle/${name}`, import.meta.url), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as T)
}

/** The sites of every document; empty collections are left out, since upstream's walk does not see them. */
export function sitesOf(source: string): OracleSite[][] {
  const scan = scanYaml(source)
  const documents: OracleSite[][] = scan.docs.map(() => [])
  for (const { item, kind, scalar, inList } of scan.sites) {
    if (kind === "map" || kind === "list") continue
    documents[documentOf(item)]!.push({
      path: keyPath(item),
      kind: kind === "comment" && inList === true ? "comment in list" : kind,
      text: scalar === null ? "" : utf8.decode(scalar.bytes),
    })
  }
  return documents
}

/** The error of a scan: its code, its exit status and where. */
export function faultOf(source: string): { code: string; exit: number; line?: number; column?: number } | null {
  try {
    scanYaml(source)
    return null
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const { code, exit, where } = error
    return {
      code,
      exit,
      ...(where.line === undefined ? {} : { line: where.line }),
      ...(where.column === undefined ? {} : { column: where.column }),
    }
  }
}
