import { type Leaf } from "../../../core/document.ts"
import { LeafCheck } from "../../../core/leaf-check.ts"
import { exactText, sameBytes, type Scalar } from "../../../core/scalar.ts"
import { type Span } from "../../../core/text.ts"
import { resolveScalar, resolvesToString } from "../resolve/resolve.ts"
import { type YamlSite } from "../resolve/model.ts"
import { type SimpleComment, type SimpleScalar, type SimpleSink, isPlain, readSimple } from "./simple.ts"
import { simpleScalar } from "./simple-nodes.ts"
import { type Metadata } from "./simple-sites.ts"

/**
 * Whether a plain text says what the leaves of another text with the same keys say: only the values may
 * differ.
 *
 * @param metadataKey - of the entry that is metadata; it has to be the last
 * @returns `false` for texts that are not that plain, too: then a scan has to tell
 */
export function confirmSimple(
  source: string,
  metadataKey: string,
  leaves: readonly Leaf[],
  places: ReadonlyMap<number, Span> | null,
): boolean {
  const sink = new CheckSink(source, metadataKey, new LeafCheck(leaves, places))
  return readSimple(source, sink) && sink.check.isComplete
}

/** On one line, and without a sign that `readSimple` leaves to others. */
const readable = /^[ -~\xa1-\u2027\u202a-\ud7ff]*$/
const quoted = /^"[ !#-[\]-~\xa1-\u2027\u202a-\ud7ff]*"$|^'[ -&(-~\xa1-\u2027\u202a-\ud7ff]*'$/
const commentText = /^ ?[!-~](?:[ -~]*[!-~])?$/

/**
 * Whether a text in the place of a value of plain YAML, or behind the mark of a comment, says a scalar. Of a value on
 * one line, all that is around it stays as it was if the new one is on one line too, and no key.
 */
export function confirmSimpleEdit({ kind, style }: YamlSite, scalar: Scalar, text: string): boolean {
  if (style.type === "comment" || kind === "comment") {
    return kind === scalar.kind && commentText.test(text) && exactText(scalar) === text
  }
  if (style.simple === undefined || kind !== "str") return false
  if (style.simple !== "plain" || quoted.test(text)) {
    return scalar.kind === "str" && quoted.test(text) && exactText(scalar) === text.slice(1, -1)
  }
  if (!isPlain(text) || !readable.test(text)) return false
  if (resolvesToString(text)) return scalar.kind === "str" && exactText(scalar) === text
  const found = resolveScalar("", "plain", text)
  return typeof found === "object" && found?.kind === scalar.kind && sameBytes(found, scalar)
}

/** Takes the metadata: it was read already. */
const nothing: SimpleSink = {
  openMap: () => undefined,
  key: () => nothing,
  closeMap: () => undefined,
  openList: () => undefined,
  dash: () => undefined,
  closeList: () => undefined,
  scalar: () => undefined,
  emptyFlow: () => undefined,
  comment: () => true,
}

/** Compares what a plain text says with leaves. */
export class CheckSink implements SimpleSink {
  readonly check: LeafCheck
  readonly #source: string
  readonly #metadataKey: string
  /** Entries so far of the collections that are open. */
  readonly #counts: number[] = []
  /** The entry whose value comes next. */
  #key: string | null = null
  #index = 0
  /** The entry of the metadata, once it came up. */
  metadata: Omit<Metadata, "nodes"> | null = null
  /** Where the last value ends. */
  #end = 0
  #isBelowComment = false
  readonly #ofMetadata: SimpleSink

  /** @param ofMetadata - takes the metadata */
  constructor(source: string, metadataKey: string, check: LeafCheck, ofMetadata: SimpleSink = nothing) {
    this.check = check
    this.#source = source
    this.#metadataKey = metadataKey
    this.#ofMetadata = ofMetadata
  }

  openMap(): void {
    this.check.enter(this.#key, this.#index)
    this.#counts.push(0)
  }

  key(start: number, colon: number, line: number, column: number): SimpleSink | null {
    if (this.metadata !== null || !this.check.isSame) return null
    const name = this.#source.slice(start, colon)
    const depth = this.#counts.length
    if (depth === 1 && name === this.#metadataKey) {
      const key = simpleScalar({ start, end: colon, line, column, style: "plain", value: name, block: null })
      this.metadata = { key, colon, position: this.#counts[0]!, endBefore: this.#end }
      return this.#isBelowComment ? null : this.#ofMetadata
    }
    this.#end = colon + 1
    this.#key = name
    this.#index = this.#counts[depth - 1]!++
    this.#isBelowComment = false
    return this
  }

  closeMap(): void {
    this.#counts.pop()
    this.check.leave()
  }

  openList(): void {
    this.openMap()
  }

  dash(): void {
    this.#key = null
    this.#index = this.#counts[this.#counts.length - 1]!++
    this.#isBelowComment = false
  }

  closeList(): void {
    this.closeMap()
  }

  scalar(scalar: SimpleScalar): void {
    const { style, value } = scalar
    this.#end = scalar.end
    if (style !== "plain" || resolvesToString(value)) {
      this.check.text(this.#key, this.#index, value, scalar)
      return
    }
    const found = resolveScalar("", style, value)
    if (found === "unsupported" || found === "mismatch") this.check.isSame = false
    else this.check.value(this.#key, this.#index, found, found === null ? "null" : found.kind, scalar)
  }

  emptyFlow(type: "map" | "list", start: number): void {
    this.#end = start + 2
    this.check.value(this.#key, this.#index, null, type, { start, end: start + 2 })
  }

  comment(comment: SimpleComment): boolean {
    this.check.comment(this.#source.slice(comment.start, comment.end), comment)
    this.#isBelowComment = !comment.isInline
    return this.check.isSame
  }
}
