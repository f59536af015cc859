import { type Leaf } from "../../core/document.ts"
import { type EntrySpan, type Format, type Scan } from "../../core/format.ts"
import { formatUpperG } from "../../core/gonumber.ts"
import { LeafCheck } from "../../core/leaf-check.ts"
import { exactText, type Scalar } from "../../core/scalar.ts"
import { type Item, type Site } from "../../core/site.ts"
import { type Edit, type Span, replaced, unixLines, utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { commentText, settledComment, spellComment } from "./comment.ts"
import { setIniValue, unsetIniValue } from "./edit.ts"
import { emitDocuments, emitValue } from "./emit.ts"
import { attachIniBlock, readBlock } from "./metadata.ts"
import { type Parts, type Section, parseIni } from "./parse.ts"
import {
  type IniScan,
  type IniStyle,
  bareStyle,
  contentSections,
  findSites,
  entriesByKey,
  hasOwnKeys,
  linesOf,
  sectionLines,
  trailingComments,
} from "./sites.ts"
import { lineEndAt } from "./space.ts"
import { isSimple, printIniScalar, spellValue } from "./spell.ts"

const LF = 0x0a

const example = `[Welcome]
; Example comment
hello       = Welcome to sotto! Edit this file as you please!
example_key = example_value
`

/**
 * INI as sops' store reads it through ini.v1. Everything is text; the root holds sections, sections hold values.
 * Comments at the end of a file, which upstream loses, are sealed like the others.
 */
export const ini: Format = {
  name: "ini",
  example,

  onlyAsText: new Set(["int", "float", "bool", "time"]),

  numberAsUpstream: formatUpperG,

  topSection: "DEFAULT",

  otherLineEnds(text) {
    const unix = unixLines(text)
    return [unix, unix.replaceAll("\n", "\r\n")]
  },

  movesComments: ({ sites }) => sites.some(({ kind }) => kind === "comment"),

  scan(source): IniScan {
    const parts = parseIni(source)
    return { source, sites: findSites(parts), metadata: readBlock(parts), aliases: [], documents: 1, parts }
  },

  confirms: confirmIni,

  // What has no sign of any meaning and ends its line is the value, as the token was that has none either.
  confirmsEdit({ source }, { kind, style, span, shadowed }, scalar, text): boolean {
    if (kind !== "str" || scalar.kind !== "str" || shadowed === true || span === null) return false
    if ((style as IniStyle) !== bareStyle || !isSimple(text) || exactText(scalar) !== text) return false
    return span.end === source.length || source.charCodeAt(span.end) === LF || source.startsWith("\r\n", span.end)
  },

  seal(_scan, site, token): Edit {
    const style = styleOf(site)
    const text = style.type === "value" ? style.quote + token + style.quote : style.place.prefix + token + style.tail
    return replaced(spanOf(site), text)
  },

  open(scan, site, scalar): Edit {
    const style = styleOf(site)
    const text = printIniScalar(scalar)
    if (style.type === "comment") return replaced(spanOf(site), spellComment(text, style.place) + style.tail)
    const span = spanOf(site)
    const rest = scan.source.slice(span.end, lineEndAt(scan.source, span.end))
    return replaced(span, spellValue(text, style.quote, rest, "value"))
  },

  settled: (scalar): Scalar =>
    scalar.kind === "comment"
      ? { kind: "comment", bytes: utf8.encode(settledComment(utf8.decode(scalar.bytes))) }
      : scalar,

  expand(): Edit {
    throw new Error("INI has no aliases")
  },

  valueSpan(scan, item): Span | null {
    return entryOf(iniScan(scan), item)?.reading.span ?? null
  },

  places(scan) {
    const sections = contentSections(iniScan(scan).parts)
    const entries = sections.map(entriesByKey)
    return ({ parent, index }) => {
      if (parent === null) return null
      if (parent.parent === null) return sectionSpan(sections[index])
      const entry = entries[parent.index]?.[index]?.entries.at(-1)
      return entry === undefined ? null : { start: entry.start, end: entry.reading.span.end, isBlock: true }
    }
  },

  attach: (scan, tree, like) => attachIniBlock(iniScan(scan).parts, tree, like),
  set: (scan, path, value) => setIniValue(iniScan(scan).parts, path, value),
  unset: (scan, path) => unsetIniValue(iniScan(scan).parts, path),
  emit: emitDocuments,
  emitValue,
}

function iniScan(scan: Scan): IniScan {
  if (!("parts" in scan)) throw new Error("a scan of another format")
  return scan as IniScan
}

/** The part before the first header has no text of its own. */
function sectionSpan(section: Section | undefined): EntrySpan | null {
  if (section === undefined || section.header === null) return null
  const { header, entries } = section
  return { start: header.start, end: entries.at(-1)?.reading.span.end ?? header.end, isBlock: true }
}

/** The contract keeps a site's style opaque; only this format makes it. */
function styleOf({ style }: Site): IniStyle {
  return style as IniStyle
}

function spanOf({ span }: Site): Span {
  if (span === null) throw new Error("INI has no virtual sites")
  return span
}

function entryOf(
  { parts }: IniScan,
  { parent, key }: Item,
): ReturnType<typeof entriesByKey>[number]["entries"][number] | null {
  if (parent === null || parent.parent === null) return null
  const section = contentSections(parts)[parent.index]
  const group = section === undefined ? undefined : entriesByKey(section).find((each) => each.key === key)
  return group?.entries.at(-1) ?? null
}

/**
 * Whether a text says what leaves from a scan of another text with the same keys say. For a text with lines
 * that upstream does not see, a scan has to tell.
 */
function confirmIni(source: string, leaves: readonly Leaf[], places: ReadonlyMap<number, Span> | null): boolean {
  let parts: Parts
  try {
    parts = parseIni(source)
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
  if (trailingComments(parts).length > 0) return false
  const check = new LeafCheck(leaves, places)
  check.enter(null, 0)
  for (const [index, section] of contentSections(parts).entries()) {
    if (!check.isSame || !hasOwnKeys(section)) return false
    if (!checkSection(source, section, index, check)) check.value(section.name, index, null, "map", elsewhere)
  }
  return check.isComplete
}

/** @returns `false` when it holds nothing */
function checkSection(source: string, section: Section, index: number, check: LeafCheck): boolean {
  check.enter(section.name, index)
  const above = section.header === null ? [] : sectionLines(source, section)
  const isCommented = above.length > 0 && checkComment(commentText(above, false), check)
  for (const [position, { key, own, reading }] of section.entries.entries()) {
    const { value, comment, span } = reading
    check.text(key, position, value, span)
    if (own.length > 0) checkComment(commentText(linesOf(source, own), comment !== null), check)
    if (comment !== null) checkComment(commentText([source.slice(comment.start, comment.end)], false), check)
  }
  check.leave()
  return isCommented || section.entries.length > 0
}

/** Where comments and empty sections are only a scan tells. */
const elsewhere: Span = { start: -1, end: -1 }

/** A comment of marks alone does not count. */
function checkComment(text: string, check: LeafCheck): boolean {
  if (text === "") return false
  check.comment(text, elsewhere)
  return true
}
