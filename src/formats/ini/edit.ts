import { type Edit } from "../../core/text.ts"
import { type Tree } from "../../core/tree.ts"
import { AppError } from "../../errors/app-error.ts"
import { notPrintable } from "./emit.ts"
import { contentEnd } from "./metadata.ts"
import {
  type IniCommentLine,
  type Entry,
  type Parts,
  type Section,
  defaultSection,
  metadataSection,
  parseIni,
  regionStart,
} from "./parse.ts"
import { isCommentAlone } from "./read-value.ts"
import { type Group, contentSections, entriesByKey, trailingComments } from "./sites.ts"
import { isSpaceOrTab, lineEndAt, skipSpace, trim, trimmedEnd } from "./space.ts"
import { printKey, printIniScalar, spellValue } from "./spell.ts"

/**
 * Removes a key with the comments right above it, all its lines if it repeats; or a whole section.
 *
 * @throws {AppError} `KEY_NOT_FOUND`
 */
export function unsetIniValue(parts: Parts, path: readonly (string | number)[]): Edit[] {
  const [name, key] = path
  const sections = contentSections(parts).filter((section) => section.name === name)
  const absent = new AppError("KEY_NOT_FOUND", { path })
  if (sections.length === 0 || path.length > 2) throw absent
  if (key === undefined) {
    const removed = sections.filter(({ header, entries }) => header !== null || entries.length > 0)
    if (removed.length === 0) throw absent
    return removed.map((section) => removeSection(parts, section))
  }
  for (const section of sections) {
    const found = entriesByKey(section).find((each) => each.key === key)
    if (found !== undefined) return found.entries.map((entry) => removeEntry(parts.source, entry))
  }
  throw absent
}

function removeEntry(source: string, { own, lineStart, line, reading }: Entry): Edit {
  const lineEnd = lineEndAt(source, reading.span.end)
  return { start: adjacentStart(own, lineStart, line), end: Math.min(lineEnd + 1, source.length), text: "" }
}

/** Comments without an empty line between them and the entry are its own; those further up may be about more. */
function adjacentStart(own: readonly IniCommentLine[], lineStart: number, line: number): number {
  let start = lineStart
  let below = line
  for (const comment of own.toReversed()) {
    if (comment.line !== below - 1) break
    start = comment.lineStart
    below = comment.line
  }
  return start
}

function removeSection(parts: Parts, section: Section): Edit {
  const { source, sections } = parts
  const { header, entries, own, line } = section
  const first = entries[0]
  const start =
    header === null
      ? adjacentStart(first?.own ?? [], first?.lineStart ?? section.next, first?.line ?? line)
      : adjacentStart(own, header.lineStart, line)
  const following = sections[sections.indexOf(section) + 1]
  const rest = contentEnd(parts)
  const isLast = following === undefined || section === contentSections(parts).at(-1)
  if (!isLast) return { start, end: regionStart(following), text: "" }
  const end = trailingComments(parts)[0]?.lineStart ?? rest
  return { start: blanksBefore(source, parts.start, start), end: Math.max(section.next, Math.min(end, rest)), text: "" }
}

/** The start of the empty lines above a place. */
function blanksBefore(source: string, first: number, start: number): number {
  let at = start
  while (at > first) {
    const lineStart = at < 2 ? first : Math.max(first, source.lastIndexOf("\n", at - 2) + 1)
    if (skipSpace(source, lineStart, at) !== at) break
    at = lineStart
  }
  return at
}

/**
 * Sets a value at section and key, or a whole section. A value keeps its quotes if they can hold the new one; a new
 * line copies its siblings; a new section comes last.
 *
 * @throws {AppError} `NOT_PRINTABLE` for what INI cannot hold
 */
export function setIniValue(parts: Parts, path: readonly (string | number)[], value: Tree): Edit[] {
  const [name, key] = path
  if (typeof name !== "string" || path.length > 2 || name === metadataSection) throw notPrintable()
  if (key === undefined) {
    if (value.type !== "map") throw notPrintable()
    return setSection(parts, name, value)
  }
  if (typeof key !== "string") throw notPrintable()
  return setKeys(parts, name, [[key, textOf(value)]])
}

/** Makes a section hold exactly these keys; the ones that stay keep their lines. */
function setSection(parts: Parts, name: string, value: Extract<Tree, { type: "map" }>): Edit[] {
  const pairs = value.entries
    .filter((entry) => entry.type === "entry")
    .map((entry): [string, string] => [entry.key, textOf(entry.value)])
  const wanted = new Set(pairs.map(([key]) => key))
  const section = contentSections(parts).find((each) => each.name === name)
  const removed = section === undefined ? [] : entriesByKey(section).filter(({ key }) => !wanted.has(key))
  return [...removed.flatMap(({ key }) => unsetIniValue(parts, [name, key])), ...setKeys(parts, name, pairs)]
}

function textOf(value: Tree): string {
  if (value.type !== "scalar") throw notPrintable()
  return printIniScalar(value.scalar)
}

function setKeys(parts: Parts, name: string, pairs: readonly (readonly [string, string])[]): Edit[] {
  const candidates = contentSections(parts).filter((section) => section.name === name)
  const edits: Edit[] = []
  const added: (readonly [string, string])[] = []
  for (const pair of pairs) {
    const found = findGroup(candidates, pair[0])
    if (found === null) added.push(pair)
    else edits.push(replace(parts.source, found.entries.at(-1)!, pair[1]))
  }
  if (added.length === 0 && (candidates.length > 0 || pairs.length > 0)) return edits
  const place = candidates.find(({ header, entries }) => header !== null || entries.length > 0)
  const lines = added.map(([key, value]) => newLine(parts, place, key, value)).join("")
  return [...edits, place === undefined ? addSection(parts, name, lines) : addLines(parts, place, lines)]
}

function findGroup(sections: readonly Section[], key: string): Group | null {
  for (const section of sections) {
    const found = entriesByKey(section).find((each) => each.key === key)
    if (found !== undefined) return found
  }
  return null
}

function replace(source: string, { delimiter, reading }: Entry, text: string): Edit {
  const { span, quote } = reading
  const rest = source.slice(span.end, lineEndAt(source, span.end))
  // What follows an empty value must not become the value.
  if (text === "" && quote === "") return { ...span, text: isValue(trim(rest)) ? '""' : "" }
  const spelled = spellValue(text, quote, rest, "value")
  // An empty value may follow the delimiter at once, where its siblings have a space.
  const isTight = span.start === delimiter + 1 && span.end === span.start
  const gap = isTight && isSpaceOrTab(source.charCodeAt(delimiter - 1)) ? " " : ""
  return { ...span, text: gap + spelled }
}

function isValue(rest: string): boolean {
  return rest !== "" && !isCommentAlone(rest)
}

/** A line in the style of the last sibling, its delimiter below theirs when those are aligned. */
function newLine(parts: Parts, section: Section | undefined, key: string, value: string): string {
  const { source, eol } = parts
  const siblings = section?.entries ?? []
  const sample =
    siblings.at(-1) ??
    contentSections(parts)
      .findLast(({ entries }) => entries.length > 0)
      ?.entries.at(-1)
  const name = spellKey(key)
  if (sample === undefined) return `${name} = ${spellNew(value)}${eol}`
  const indent = siblings.length > 0 ? source.slice(sample.lineStart, sample.start) : ""
  const keyEnd = trimmedEnd(source, sample.start, sample.delimiter)
  const before = keyEnd < sample.delimiter ? " ".repeat(padding(siblings, name)) : ""
  const { start, end } = sample.reading.span
  const behind = start === end ? before.slice(0, 1) : source.slice(sample.delimiter + 1, start)
  return indent + name + before + source.charAt(sample.delimiter) + behind + spellNew(value) + eol
}

/** Spaces before the delimiter: one, or as many as put it below the others. */
function padding(siblings: readonly Entry[], name: string): number {
  const [first] = siblings
  if (first === undefined || siblings.length < 2) return 1
  const column = first.delimiter - first.start
  const isAligned = siblings.every(({ delimiter, start }) => delimiter - start === column)
  return isAligned ? Math.max(1, column - name.length) : 1
}

function spellNew(value: string): string {
  return value === "" ? "" : spellValue(value, "", "", "value")
}

/** @throws {AppError} `NOT_PRINTABLE` for a key that no line can hold, such as a lone dash, which upstream numbers */
function spellKey(key: string): string {
  const candidates = [printKey(key), `"${key}"`, `\`${key}\``, `"""${key}"""`]
  const found = candidates.find((spelled) => {
    try {
      const entries = parseIni(`${spelled} = value\n`).sections[0]!.entries
      return entries.length === 1 && entries[0]!.key === key && entries[0]!.reading.value === "value"
    } catch {
      // A spelling that is not a line at all cannot be used.
      return false
    }
  })
  if (found === undefined) {
    throw new AppError("NOT_PRINTABLE", {}, { subject: "no line of an INI file can have this key" })
  }
  return found
}

function addLines({ source, eol }: Parts, { entries, next }: Section, lines: string): Edit {
  const last = entries.at(-1)?.reading
  // The first line after a value that is still open would become a part of it.
  const isOpen = last?.isOpenEnded === true && lineEndAt(source, last.span.end) + 1 >= next
  const isClosed = next === 0 || source.endsWith("\n", next)
  const gap = (isClosed ? "" : eol) + (isOpen ? eol : "")
  return { start: next, end: next, text: gap + (isClosed ? lines : lines.slice(0, -eol.length)) }
}

function addSection(parts: Parts, name: string, lines: string): Edit {
  const { source, start, eol } = parts
  if (name === defaultSection) {
    const gap = source.length > start ? eol : ""
    return { start, end: start, text: lines + gap }
  }
  const header = `[${name}]`
  const [, section] = parseOrNull(`${header}\n`)?.sections ?? []
  if (section?.name !== name) {
    throw new AppError("NOT_PRINTABLE", {}, { subject: "no line of an INI file can have this section" })
  }
  const end = contentEnd(parts)
  if (end === start) return { start: end, end, text: header + eol + lines }
  const isClosed = source.endsWith("\n", end)
  const text = isClosed ? eol + header + eol + lines : `${eol}${eol}${header}${eol}${lines}`.slice(0, -eol.length)
  return { start: end, end, text }
}

function parseOrNull(text: string): Parts | null {
  try {
    return parseIni(text)
  } catch {
    return null
  }
}
