import { type MergeEntry } from "./tree.ts"

/** Offsets of lines; only LF ends one, since texts are merged without their CR. */
export function startOfLine(source: string, at: number): number {
  return source.lastIndexOf("\n", at - 1) + 1
}

export function lineEnd(source: string, at: number): number {
  const end = source.indexOf("\n", at)
  return end === -1 ? source.length : end
}

/** After the line end of the line that an offset is in. */
export function afterLine(source: string, at: number): number {
  return Math.min(lineEnd(source, at) + 1, source.length)
}

export function columnAt(source: string, at: number): number {
  return at - startOfLine(source, at)
}

/** Whether only spaces come before an offset on its line. */
export function beginsLine(source: string, at: number): boolean {
  return source.slice(startOfLine(source, at), at).trim() === ""
}

/** How far the line of an offset is indented. */
export function indentAt(source: string, at: number): number {
  const start = startOfLine(source, at)
  let end = start
  while (source[end] === " " || source[end] === "\t") end++
  return end - start
}

/** Where the lines of an entry begin, with the comments above it. */
export function topOf(source: string, { above, span }: MergeEntry): number {
  return startOfLine(source, Math.min(above[0]?.span?.start ?? Infinity, span!.start))
}

/** Where the text of an entry ends, with the comments after its content. Its own comment, beside it, does not count. */
export function endOf(source: string, { entries, free, span }: MergeEntry): number {
  let end = span!.end
  const last = entries.at(-1)
  if (last?.span?.isBlock === true) end = Math.max(lineEnd(source, end), endOf(source, last))
  for (const comment of free) if (comment.span !== null && span!.isBlock) end = Math.max(end, comment.span.end)
  return end
}

/** Indents all lines but the first by that many spaces. */
export function indented(text: string, by: number): string {
  if (by === 0 || !text.includes("\n")) return text
  return text
    .split("\n")
    .map((line, at) => (at === 0 ? line : indentedLine(line, by)))
    .join("\n")
}

/** Indents all lines. */
export function indentedLines(text: string, by: number): string {
  return by === 0
    ? text
    : text
        .split("\n")
        .map((line) => indentedLine(line, by))
        .join("\n")
}

function indentedLine(line: string, by: number): string {
  if (line === "") return line
  if (by > 0) return " ".repeat(by) + line
  return line.slice(0, -by).trim() === "" ? line.slice(-by) : line.trimStart()
}

/** Of a value, or of the line that it is below. */
const blockHeader = /^(?:|.*[\s])[|>][-+\d]*[ \t]*$/

/** Where the comment beside an entry begins, with the spaces before its mark; else where one would begin. */
export function besideStart(source: string, { beside, span, entries, lines }: MergeEntry): number {
  const own = beside[0]?.span ?? null
  if (own === null) {
    const headEnd = lineEnd(source, span!.start)
    const value = lines.at(-1)?.span ?? null
    // The text of a block follows its header.
    const begins = value === null || value.start > headEnd ? span!.start : value.start
    const isTextBlock = value !== null && value.end > headEnd && blockHeader.test(source.slice(begins, headEnd))
    return isTextBlock || entries.at(-1)?.span?.isBlock === true ? headEnd : span!.end
  }
  let at = own.start
  while (at > 0 && " \t#;".includes(source[at - 1]!)) at--
  return at
}

/** Where the comment beside an entry ends, or would. */
export function besideEnd(source: string, entry: MergeEntry): number {
  return entry.beside.at(-1)?.span?.end ?? besideStart(source, entry)
}
