import { type Leaf } from "../../core/document.ts"
import { type Scan } from "../../core/format.ts"
import { LeafCheck } from "../../core/leaf-check.ts"
import { commentScalar, exactText, type Scalar, textScalar } from "../../core/scalar.ts"
import { type Item, type Site } from "../../core/site.ts"
import { type Span } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { dotenvBlockOf } from "./block.ts"
import { type LineSink, readLines, unescape } from "./lines.ts"

/** @throws {AppError} `SYNTAX` for a line without an equal sign, `TOO_LARGE` */
export function scanDotenv(source: string): Scan {
  const sink = new SiteSink(source)
  const lines = readLines(source, sink)
  return {
    source,
    sites: sink.sites,
    metadata: dotenvBlockOf(source, lines),
    aliases: [],
    documents: 1,
    ...(lines.loneReturns.length > 0 ? { banned: lines.loneReturns } : {}),
  }
}

/** Whether a text says what leaves from a scan of another text with the same names say. */
export function confirmDotenv(
  source: string,
  leaves: readonly Leaf[],
  places: ReadonlyMap<number, Span> | null,
): boolean {
  const check = new LeafCheck(leaves, places)
  check.enter(null, 0)
  try {
    readLines(source, {
      comment: (start, end) => check.comment(source.slice(start, end), { start, end }),
      variable: (key, nth, start, end) => check.text(key, nth, unescape(source.slice(start, end)), { start, end }),
    })
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
  return check.isComplete
}

/** Whether a text in the place of a value, or behind the mark of a comment, says a scalar: a line ends at LF alone. */
export function confirmDotenvValue(scalar: Scalar, text: string): boolean {
  if (text.includes("\n")) return false
  return exactText(scalar) === (scalar.kind === "str" ? unescape(text) : scalar.kind === "comment" ? text : null)
}

class SiteSink implements LineSink {
  readonly sites: Site[] = []
  readonly #source: string
  readonly #root: Item = { parent: null, key: null, index: 0 }

  constructor(source: string) {
    this.#source = source
  }

  comment(start: number, end: number, line: number): void {
    const scalar = commentScalar(this.#source.slice(start, end))
    this.sites.push({ item: this.#root, scalar, kind: "comment", span: { start, end }, style: null, line })
  }

  variable(key: string, nth: number, start: number, end: number, line: number): void {
    const item: Item = { parent: this.#root, key, index: nth }
    const scalar = textScalar(unescape(this.#source.slice(start, end)))
    this.sites.push({ item, scalar, kind: "str", span: { start, end }, style: null, line })
  }
}
