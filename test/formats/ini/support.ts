import { type Scan } from "../../../src/core/format.ts"
import { type Site, keyPath } from "../../../src/core/site.ts"
import { splice } from "../../../src/core/splice.ts"
import { utf8 } from "../../../src/core/text.ts"
import { type ScalarTree } from "../../../src/core/tree.ts"
import { AppError } from "../../../src/errors/app-error.ts"
import { ini } from "../../../src/formats/ini/ini.ts"

export const token = "ENC[AES256_GCM,data:p673w7==,iv:YY+/=,tag:UQ==,type:str]"

export function textOf({ scalar }: Site): string {
  return utf8.decode(scalar!.bytes)
}

/** The sites with content: all but the empty sections. */
export function filled({ sites }: Scan): Site[] {
  return sites.filter(({ scalar }) => scalar !== null)
}

/** Path and text of each site; comments show the path of their section and a mark. */
export function read(scan: Scan): string[] {
  return filled(scan).map(
    (site) => `${keyPath(site.item).join(".")}${site.kind === "comment" ? " ;" : " ="} ${textOf(site)}`,
  )
}

export function sealAll(source: string): string {
  const scan = ini.scan(source)
  return splice(
    source,
    filled(scan)
      .filter(({ scalar }) => scalar!.bytes.length > 0)
      .map((site) => ini.seal(scan, site, token)),
  )
}

/** The only value or comment of a text is sealed, and then opened to another text. */
export function reopened(source: string, nth: number, text: string): string {
  const plain = ini.scan(source)
  const sealed = ini.scan(splice(source, [ini.seal(plain, filled(plain)[nth]!, token)]))
  const site = filled(sealed)[nth]!
  const kind = site.kind === "comment" ? "comment" : "str"
  return splice(sealed.source, [ini.open(sealed, site, { kind, bytes: utf8.encode(text) })])
}

export function str(text: string): ScalarTree {
  return { type: "scalar", scalar: { kind: "str", bytes: utf8.encode(text) } }
}

export function fault(work: () => unknown): { code: string; line?: number | undefined; exit?: number } {
  try {
    work()
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, line: error.where.line, exit: error.exit }
    throw error
  }
  return { code: "none" }
}
