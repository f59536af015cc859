import { type Scan } from "../../core/format.ts"
import { type Site } from "../../core/site.ts"
import { type Edit } from "../../core/text.ts"
import { type Tree } from "../../core/tree.ts"
import { AppError } from "../../errors/app-error.ts"
import { METADATA_PREFIX } from "./lines.ts"
import { printLine, printValue } from "./print.ts"

type Path = readonly (string | number)[]

/**
 * Sets one variable: in its line, or in a new one at the end. In a file with CRLF that line ends in LF, since a CR would
 * be part of the value.
 */
export function setLine({ source, sites }: Scan, path: Path, value: Tree): Edit[] {
  const key = nameOf(path)
  const site = siteOf(sites, key)
  if (site?.span) {
    return [{ ...site.span, text: printValue(key, value) }]
  }
  if (key.startsWith(METADATA_PREFIX)) {
    throw new AppError("NOT_PRINTABLE", { path }, { subject: `names that begin with ${METADATA_PREFIX} are metadata` })
  }
  const line = printLine({ key, value })
  const text = source === "" || source.endsWith("\n") ? `${line}\n` : `\n${line}`
  return [{ start: source.length, end: source.length, text }]
}

/**
 * Removes one variable with the comment lines right above it. Comments at the very start stay: they are about the file
 * as often as about its first variable.
 */
export function unsetLine({ source, sites }: Scan, path: Path): Edit[] {
  if (path.length > 1) throw new AppError("KEY_NOT_FOUND", { path }, { subject: "dotenv has no nested values" })
  const key = nameOf(path)
  const nth = sites.findIndex(({ item }) => item.key === key)
  const site = sites[nth]
  if (!site?.span) throw new AppError("KEY_NOT_FOUND", { path })
  const start = lineStart(source, (ownComment(sites, nth) ?? site).span!.start)
  const isLast = site.span.end === source.length
  // A file without a line break at its end stays without.
  if (isLast) return [{ start: Math.max(start - 1, 0), end: site.span.end, text: "" }]
  return [{ start, end: site.span.end + 1, text: "" }]
}

function nameOf(path: Path): string {
  const [key] = path
  if (typeof key !== "string") throw new AppError("KEY_NOT_FOUND", { path }, { subject: "dotenv has names only" })
  if (path.length > 1) throw new AppError("NOT_PRINTABLE", { path }, { subject: "dotenv has no nested values" })
  return key
}

/** If a name appears twice, the first one, as upstream. */
function siteOf(sites: readonly Site[], key: string): Site | undefined {
  return sites.find(({ item }) => item.key === key)
}

/** The first of the comments right above a line; `null` when there is none. */
function ownComment(sites: readonly Site[], nth: number): Site | null {
  let first = nth
  while (first > 0 && sites[first - 1]!.kind === "comment" && sites[first - 1]!.line === sites[first]!.line - 1) first--
  return first === nth || sites[first]!.line === 1 ? null : sites[first]!
}

function lineStart(source: string, at: number): number {
  return source.lastIndexOf("\n", at - 1) + 1
}
