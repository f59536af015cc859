import { isBreak } from "../scan/chars.ts"

const INDENT_MIN = 2
const INDENT_MAX = 9

/**
 * Text in the making, with what go-yaml's printer remembers between two steps. Comments wait in four places until they
 * are printed; a later one in the same place replaces one that still waits, which is how upstream loses some.
 */
export interface Writer {
  readonly parts: string[]
  readonly step: number
  column: number
  /** Of the enclosing collection; -1 outside of any. */
  indent: number
  /** So far the line holds only spaces and signs that count as indentation. */
  isFresh: boolean
  /** What comes next needs no space before it. */
  isBlank: boolean
  /** The indentation at which a foot comment was printed just now, which an empty line sets off; -1 for none. */
  footIndent: number
  readonly pending: { head: string; line: string; foot: string; tail: string }
  /** A comment that should have ended a line before this key. */
  held: string
}

/** An indentation that go-yaml does not accept becomes 2, as there. */
export function indentStep(indent: number): number {
  return indent < INDENT_MIN || indent > INDENT_MAX ? INDENT_MIN : indent
}

export function newWriter(indent: number): Writer {
  return {
    parts: [],
    step: indentStep(indent),
    column: 0,
    indent: -1,
    isFresh: true,
    isBlank: true,
    footIndent: -1,
    pending: { head: "", line: "", foot: "", tail: "" },
    held: "",
  }
}

export function pend({ pending }: Writer, comments: Partial<Writer["pending"]>): void {
  pending.head = comments.head || pending.head
  pending.line = comments.line || pending.line
  pending.foot = comments.foot || pending.foot
  pending.tail = comments.tail || pending.tail
}

/** What follows a dash is indented by two; everything else to the next multiple of the step. */
export function increaseIndent(writer: Writer, { isFlow, inList }: { isFlow: boolean; inList: boolean }): void {
  if (writer.indent < 0) writer.indent = isFlow ? writer.step : 0
  else if (inList) writer.indent += 2
  else writer.indent = writer.step * Math.floor((writer.indent + writer.step) / writer.step)
}

function put(writer: Writer, text: string): void {
  writer.parts.push(text)
  writer.column += text.length
}

export function breakLine(writer: Writer): void {
  writer.parts.push("\n")
  writer.column = 0
  writer.isFresh = true
}

/** Goes to the indentation, on a new line when this one is in use. */
export function startLine(writer: Writer): void {
  const indent = Math.max(writer.indent, 0)
  if (!writer.isFresh || writer.column > indent || (writer.column === indent && !writer.isBlank)) breakLine(writer)
  if (writer.footIndent === indent) breakLine(writer)
  if (writer.column < indent) put(writer, " ".repeat(indent - writer.column))
  writer.isBlank = true
  writer.footIndent = -1
}

export function writeSign(
  writer: Writer,
  text: string,
  {
    isGlued = false,
    isBlank = false,
    isIndent = false,
  }: { isGlued?: boolean; isBlank?: boolean; isIndent?: boolean } = {},
): void {
  if (!isGlued && !writer.isBlank) put(writer, " ")
  put(writer, text)
  writer.isBlank = isBlank
  writer.isFresh &&= isIndent
}

export function word(writer: Writer, text: string): void {
  if (!writer.isBlank) put(writer, " ")
  put(writer, text)
  writer.isBlank = false
  writer.isFresh = false
}

/** Prints what waits above an entry: what belongs below the one before, then its own. */
export function headComment(writer: Writer): boolean {
  const { head, tail } = writer.pending
  if (tail !== "") {
    writer.pending.tail = ""
    startLine(writer)
    comment(writer, tail)
    writer.footIndent = Math.max(writer.indent, 0)
  }
  if (head === "") return false
  writer.pending.head = ""
  startLine(writer)
  comment(writer, head)
  return true
}

export function lineComment(writer: Writer): boolean {
  const { line } = writer.pending
  if (line === "") return false
  writer.pending.line = ""
  if (!writer.isBlank) put(writer, " ")
  comment(writer, line)
  return true
}

/** A comment that waits for the end of a line while a key begins goes after that key's value, if it can. */
export function holdLineComment(writer: Writer): void {
  if (writer.pending.line === "") return
  writer.held = writer.pending.line
  writer.pending.line = ""
}

export function releaseLineComment(writer: Writer, isLeaf: boolean): void {
  const { held, pending } = writer
  if (held === "") return
  if (!isLeaf) {
    const { line } = pending
    pending.line = held
    lineComment(writer)
    pending.line = line
  } else if (pending.line === "") pending.line = held
  else return
  writer.held = ""
}

export function footComment(writer: Writer): void {
  const { foot } = writer.pending
  if (foot === "") return
  writer.pending.foot = ""
  startLine(writer)
  comment(writer, foot)
  writer.footIndent = Math.max(writer.indent, 0)
}

/** Indents every line of a comment; one that lost its marker to a strange line break gets a new one. */
function comment(writer: Writer, text: string): void {
  let afterBreak = false
  let hasMarker = false
  for (const part of linesAndBreaks(text)) {
    if (isBreak(part.charCodeAt(0))) {
      writer.parts.push(part)
      writer.column = 0
      writer.isFresh = true
      afterBreak = true
      hasMarker = false
      continue
    }
    if (afterBreak) startLine(writer)
    if (!hasMarker && !part.startsWith("#")) put(writer, "# ")
    hasMarker = true
    put(writer, part)
    writer.isFresh = false
    afterBreak = false
  }
  if (!afterBreak) breakLine(writer)
  writer.isBlank = true
}

function* linesAndBreaks(text: string): Generator<string> {
  let from = 0
  for (let i = 0; i < text.length; i++) {
    if (!isBreak(text.charCodeAt(i))) continue
    if (i > from) yield text.slice(from, i)
    yield text[i]!
    from = i + 1
  }
  if (from < text.length) yield text.slice(from)
}
