import { isMark, skipSpace, trim } from "./space.ts"

/**
 * The text of a comment as upstream seals it: lines without indent, joined with LF, without the marks and spaces at the
 * start of the first line.
 *
 * A first line of marks alone would leave an empty first line, and every release panics when it prints that; so such
 * a comment keeps its marks, which upstream prints as they are.
 *
 * @param lines - each from its mark on
 * @param isFollowed - upstream joins the comment after the value to this one
 * @returns `""` for marks alone: such a comment is never sealed
 * @see sops v3.13.2 stores/ini/store.go, `stripCommentChar`
 */
export function commentText(lines: readonly string[], isFollowed: boolean): string {
  const joined = trim(lines.join("\n"))
  const text = joined.slice(marksEnd(joined))
  if (firstLine(text) !== "") return text
  return lines.length > 1 || isFollowed ? joined : ""
}

/** Where the marks and spaces end that upstream takes off a first line: marks of one kind, and spaces but no tabs. */
export function marksEnd(text: string): number {
  const mark = text.charCodeAt(0)
  if (!isMark(mark)) return 0
  let end = 1
  while (text.charCodeAt(end) === mark || text.charCodeAt(end) === 0x20) end++
  return end
}

function firstLine(text: string): string {
  const end = text.indexOf("\n")
  return trim(end === -1 ? text : text.slice(0, end))
}

export interface CommentPlace {
  /** Marks and spaces before the token, or the text. */
  readonly prefix: string
  /** White space before each line. */
  readonly indent: string
  /** A comment after a value: one line. */
  readonly isInline: boolean
  /** Upstream joins the comment after the value to this one. */
  readonly isFollowed: boolean
  /** The file is upstream's, so its further lines are spelled as upstream prints them. */
  readonly isUpstream: boolean
}

/**
 * Spells a comment: after its old marks, or after the other mark if it starts with one itself. What upstream's own
 * reading cannot give back (an empty first line, spaces at the start) is spelled as near as possible.
 */
export function spellComment(text: string, place: CommentPlace): string {
  const { prefix, indent, isInline, isUpstream } = place
  const other = prefix.startsWith("#") ? ";" : "#"
  const candidates = [prefix + text, text, other + text, `${other} ${text}`]
  const exact = candidates.find((candidate) => readComment(candidate, place) === text) ?? nearest(text, place)
  const found = isUpstream ? exact.split("\n").map(printedLine).join("\n") : exact
  return isInline || indent === "" ? found : found.replaceAll("\n", `\n${indent}`)
}

/** @returns `null` when it cannot be one comment */
function readComment(spelled: string, { isInline, isFollowed }: CommentPlace): string | null {
  const lines: string[] = []
  for (const line of spelled.split("\n")) {
    const start = skipSpace(line, 0, line.length)
    if (start === line.length) continue
    if (!isMark(line.charCodeAt(start))) return null
    lines.push(line.slice(start))
  }
  if (lines.length === 0 || (isInline && (lines.length > 1 || endsEntry(spelled)))) return null
  return commentText(lines, isFollowed)
}

/** A backslash at the end of a value's line would make the next line a part of it. */
function endsEntry(line: string): boolean {
  return trim(line).endsWith("\\")
}

/** An empty first line becomes a line of marks; an inline comment has all its lines on one. */
function nearest(text: string, { prefix, isInline }: CommentPlace): string {
  const [first = "", ...others] = text.split("\n").map(trim)
  const rest = others.filter((line) => line !== "")
  if (isInline) return prefix + [first, ...rest].join(" ")
  return [first === "" ? trim(prefix) : prefix + first, ...rest.map(printedLine)].join("\n")
}

/** A line as upstream prints it: its mark, a space, and the rest without white space around it. */
function printedLine(line: string): string {
  if (!isMark(line.charCodeAt(0))) return `; ${trim(line)}`
  return `${line.charAt(0)} ${trim(line.slice(1))}`
}

/** What equal comments have in common: all but the spaces that upstream's printing changes. */
export function settledComment(text: string): string {
  const [first = "", ...rest] = text.split("\n")
  const head = trim(first)
  return [
    head.slice(marksEnd(head)) === "" ? "" : head,
    ...rest.filter((line) => trim(line) !== "").map(printedLine),
  ].join("\n")
}
