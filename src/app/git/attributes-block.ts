/** The lines that an installation owns in an attributes file; every other byte is somebody else's. */
const begin = "# sotto: begin"
const end = "# sotto: end"

export interface Block {
  /** Where it is, with its own line ends: half-open. */
  readonly start: number
  readonly end: number
  readonly lines: readonly string[]
}

/** @returns `null` when there is none; `"broken"` when a mark is alone, twice, or in the wrong order */
export function findBlock(text: string): Block | null | "broken" {
  const marks = [...text.matchAll(/^# sotto: (?:begin|end)(?=\r?$)/gm)]
  if (marks.length === 0) return null
  const [first, last] = marks
  if (marks.length !== 2 || first?.[0] !== begin || last?.[0] !== end) return "broken"
  const inner = text
    .slice(first.index + begin.length, last.index)
    .split(/\r?\n/)
    .slice(1, -1)
  const after = /\r?\n/y
  after.lastIndex = last.index + end.length
  const close = after.exec(text)?.[0]
  if (close !== undefined) return { start: first.index, end: last.index + end.length + close.length, lines: inner }
  // It was put after a line that had no end, and gave it one.
  const open = /\r?\n$/.exec(text.slice(0, first.index))?.[0].length ?? 0
  return { start: first.index - open, end: text.length, lines: inner }
}

/**
 * The text with these lines as its block: where it is, else at the end, since later lines win. Line ends are as in
 * the file.
 *
 * @param block - as `findBlock` found it
 */
export function withBlock(text: string, block: Block | null, lines: readonly string[]): string {
  const eol = /\r?\n/.exec(text)?.[0] ?? "\n"
  const own = [begin, ...lines, end].join(eol)
  if (block !== null) {
    const old = text.slice(block.start, block.end)
    const [head] = /^(?:\r?\n)?/.exec(old)!
    const [tail] = /(?:\r?\n)?$/.exec(old)!
    return text.slice(0, block.start) + head + own + tail + text.slice(block.end)
  }
  return text === "" || text.endsWith("\n") ? `${text}${own}${eol}` : `${text}${eol}${own}`
}

export function withoutBlock(text: string, block: Block): string {
  return text.slice(0, block.start) + text.slice(block.end)
}
