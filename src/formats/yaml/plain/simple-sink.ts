import { type BlockLayout, type ScalarStyle } from "../scan/node.ts"

/** Takes what `readSimple` finds, in the order of the text. Lines count from 0, columns too. */
export interface SimpleSink {
  openMap(at: number, line: number, column: number): void
  /** A key and its colon. @returns what takes the value; `null` when this is not plain YAML */
  key(start: number, colon: number, line: number, column: number): SimpleSink | null
  /** @param end - after the last value, or the last colon */
  closeMap(end: number): void
  openList(at: number, line: number, column: number): void
  dash(at: number): void
  closeList(end: number): void
  scalar(scalar: SimpleScalar): void
  emptyFlow(type: "map" | "list", at: number, line: number, column: number): void
  /**
   * A comment within the collection that is open: above its next entry, or after the value that comes next.
   *
   * @returns `false` when this is not plain YAML
   */
  comment(comment: SimpleComment): boolean
}

export interface SimpleComment {
  /** After its mark. */
  readonly start: number
  readonly end: number
  readonly line: number
  /** It follows a value. */
  readonly isInline: boolean
}

export interface SimpleScalar {
  readonly start: number
  readonly end: number
  readonly line: number
  readonly column: number
  readonly style: ScalarStyle
  readonly value: string
  readonly block: BlockLayout | null
}
