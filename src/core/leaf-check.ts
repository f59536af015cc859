import { type Leaf } from "./document.ts"
import { exactText, type Scalar } from "./scalar.ts"
import { type Item } from "./site.ts"
import { equalBytes, type Span } from "./text.ts"

/** A mapping or list that a reader is in. */
interface Holder {
  readonly key: string | null
  readonly index: number
  /** The same one among the leaves, once one of its entries came up. */
  item: Item | null
}

/**
 * Compares what a reader meets in a text with leaves, one by one and without making sites. It knows the
 * plain cases only: as soon as something is not exactly the same, `isSame` is `false`, and a scan has to tell.
 *
 * `enter` and `leave` enclose the entries of each mapping and list, that of the root too.
 */
export class LeafCheck {
  isSame = true
  readonly #leaves: readonly Leaf[]
  readonly #places: ReadonlyMap<number, Span> | null
  /** Where values are in a sealed text, as in `SealedReading`; `null` for a plain text. */
  readonly sealed: Int32Array | null
  readonly #holders: Holder[] = []
  #next = 0

  /**
   * @param places - where values have to be, by the numbers of their leaves; all others may be anywhere
   * @param isSealed - the text has tokens in place of the values that have one
   */
  constructor(leaves: readonly Leaf[], places: ReadonlyMap<number, Span> | null, isSealed = false) {
    this.#leaves = leaves
    this.#places = places
    this.sealed = isSealed ? new Int32Array(leaves.length * 2) : null
  }

  /** The leaf that comes next. */
  get next(): Leaf | undefined {
    return this.#leaves[this.#next]
  }

  /** All leaves came up, and each was the same. */
  get isComplete(): boolean {
    return this.isSame && this.#next === this.#leaves.length && this.#next > 0
  }

  /**
   * @param key - `null` for a list element and for the root
   * @param index - position among its siblings; 0 for the root
   */
  enter(key: string | null, index: number): void {
    this.#holders.push({ key, index, item: null })
  }

  leave(): void {
    this.#holders.pop()
  }

  /** A text in the collection that is open. */
  text(key: string | null, index: number, value: string, place: Span): void {
    const leaf = this.#entry(key, index, place)
    if (leaf === undefined) return
    const { scalar } = leaf
    if (this.#tokenOf(leaf) !== null) this.isSame &&= leaf.token === value
    else if (scalar === null || scalar.kind !== "str" || exactText(scalar) !== value) this.isSame = false
  }

  /** A value of any kind; `null` for a null and for an empty collection, which `kind` tells apart. */
  value(key: string | null, index: number, scalar: Scalar | null, kind: string, place: Span): void {
    const leaf = this.#entry(key, index, place)
    if (leaf === undefined) return
    if (this.#tokenOf(leaf) !== null) this.isSame = false
    else if (scalar === null || leaf.scalar === null) this.isSame &&= scalar === leaf.scalar && leaf.site.kind === kind
    else this.isSame &&= scalar.kind === leaf.scalar.kind && equalBytes(scalar.bytes, leaf.scalar.bytes)
  }

  /** A comment in the collection that is open. */
  comment(value: string, place: Span): void {
    this.#checkPlace(place)
    const leaf = this.#leaves[this.#next++]
    const depth = this.#holders.length - 1
    // To a reader, one in a list, as upstream seals it, is text.
    if (leaf?.scalar?.kind !== "comment" || leaf.site.kind !== "comment" || !this.#isHolder(depth, leaf.site.item))
      this.isSame = false
    else this.isSame &&= leaf.site.shadowed !== true && (this.#tokenOf(leaf) ?? exactText(leaf.scalar)) === value
  }

  #tokenOf({ token }: Leaf): string | null {
    return this.sealed === null ? null : token
  }

  #checkPlace({ start, end }: Span): void {
    if (this.sealed !== null) {
      this.sealed[this.#next * 2] = start
      this.sealed[this.#next * 2 + 1] = end
    }
    if (this.#places === null) return
    const wanted = this.#places.get(this.#next)
    if (wanted !== undefined && (wanted.start !== start || wanted.end !== end)) this.isSame = false
  }

  #entry(key: string | null, index: number, place: Span): Leaf | undefined {
    this.#checkPlace(place)
    const leaf = this.#leaves[this.#next++]
    if (leaf === undefined) {
      this.isSame = false
      return undefined
    }
    const { item, kind, shadowed } = leaf.site
    const isHere = item.key === key && item.index === index && kind !== "comment" && shadowed !== true
    if (!isHere || !this.#isHolder(this.#holders.length - 1, item.parent)) this.isSame = false
    return leaf
  }

  /** Whether the leaves' entry is the collection that is open at this depth, with all that leads there. */
  #isHolder(depth: number, item: Item | null): boolean {
    const holder = this.#holders[depth]
    if (holder === undefined || item === null) return false
    if (holder.item !== null) return holder.item === item
    if (item.key !== holder.key || item.index !== holder.index) return false
    if (depth === 0 ? item.parent !== null : !this.#isHolder(depth - 1, item.parent)) return false
    holder.item = item
    return true
  }
}
