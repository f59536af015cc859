import { shown } from "../../errors/display.ts"
import { type Io } from "../../host/io.ts"
import { hasColor, type Paint, paintWith, type Tone } from "./paint.ts"

/** A text that is not yet safe to show; a tone gives it a colour on a terminal. */
export type Cell = string | readonly [text: string, tone: Tone]

export interface TableStyle {
  readonly paint: Paint
  /** Of the terminal; `undefined` where there is none, and then nothing is cut. */
  readonly columns: number | undefined
}

interface TableShape {
  /** Names of the columns. */
  readonly head?: readonly string[]
  /** Spaces before each line. */
  readonly indent?: number
  /** Spaces between columns; 2 by default. */
  readonly gap?: number
  /** Cuts lines that are wider than the terminal. */
  readonly isCut?: boolean
}

/** How tables look on standard output. */
export function tableStyle({ env, stdout }: Pick<Io, "env" | "stdout">): TableStyle {
  return { paint: paintWith(hasColor(env, stdout)), columns: stdout.columns }
}

const columnsMin = 40

/**
 * Rows with aligned columns, two spaces apart; the same text with and without a terminal but for colours
 * and what is cut. Whatever a cell holds, it stays on its line and acts on no terminal.
 *
 * @returns whole lines; nothing for no rows and no head
 */
export function table(
  rows: readonly (readonly Cell[])[],
  { paint, columns }: TableStyle,
  { head, indent = 0, gap = 2, isCut = false }: TableShape = {},
): string {
  const lines = [...(head === undefined ? [] : [head.map((text): Cell => [text, "head"])]), ...rows].map((cells) =>
    cells.map((cell) => (typeof cell === "string" ? { text: shown(cell) } : { text: shown(cell[0]), tone: cell[1] })),
  )
  const widths: number[] = []
  for (const cells of lines) {
    for (const [at, { text }] of cells.entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(text))
  }
  const widthMax = isCut && columns !== undefined ? Math.max(columns, columnsMin) : Number.POSITIVE_INFINITY
  return lines
    .map((cells) => {
      const last = cells.findLastIndex(({ text }) => text !== "")
      let left = widthMax - indent
      const parts = cells.slice(0, last + 1).map(({ text, tone }, at) => {
        const whole = at === last ? text : text + " ".repeat(widths[at]! - widthOf(text) + gap)
        const kept = cut(whole, left)
        left -= widthOf(kept)
        // A space needs no colour, and a line in a log no needless escapes.
        const word = kept.trimEnd()
        return tone === undefined ? kept : paint(tone, word) + kept.slice(word.length)
      })
      return `${" ".repeat(indent)}${parts.join("").trimEnd()}\n`
    })
    .join("")
}

function widthOf(text: string): number {
  return Array.from(text).length
}

function cut(text: string, width: number): string {
  if (width === Number.POSITIVE_INFINITY || widthOf(text) <= width) return text
  return width <= 0
    ? ""
    : `${Array.from(text)
        .slice(0, width - 1)
        .join("")}…`
}
