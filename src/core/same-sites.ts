import { type Leaf } from "./document.ts"
import { type Format } from "./format.ts"
import { sameBytes, type Scalar } from "./scalar.ts"
import { type Item, type Site } from "./site.ts"
import { equalBytes, utf8 } from "./text.ts"

/**
 * Whether a scan says what the leaves say: the same paths, kinds and bytes in the same order.
 *
 * A whole float may be read as an integer (`1.0` is printed as `1`), and formats without types read numbers,
 * booleans and dates as text. Of texts and comments only what the format's `settled` keeps counts.
 *
 * @param options.ignoresContainers - of comments only the text counts
 */
export function sameSites(
  leaves: readonly Leaf[],
  found: readonly Site[],
  format: Format,
  { ignoresContainers = false } = {},
): boolean {
  if (leaves.length !== found.length) return false
  const items = new ItemPairs(leaves.some(({ site, scalar }) => scalar?.kind === "comment" && site.kind === "str"))
  return leaves.every(({ site, scalar }, index) => {
    const other = found[index]!
    if (site === other && scalar === site.scalar) return true
    const isSame = sameReading(site, scalar, other, format) || sameSettled(site, scalar, other, format)
    if (!isSame) return false
    if (ignoresContainers && site.kind === "comment") return true
    const isListComment = scalar?.kind === "comment" && site.kind === "str"
    if (other.kind !== "comment") return items.same(site.item, other.item)
    // A comment's item is what it is in.
    return items.sameHolder(isListComment ? site.item.parent! : site.item, other.item)
  })
}

function sameReading(site: Site, scalar: Scalar | null, other: Site, { onlyAsText }: Format): boolean {
  if (scalar === null) return other.kind === site.kind
  if (other.scalar === null || site.shadowed !== other.shadowed) return false
  if (other.kind === "str" && onlyAsText?.has(scalar.kind) === true) return true
  if (!sameBytes(scalar, other.scalar)) return isNegativeZero(scalar, other.scalar)
  return scalar.kind === other.kind || isNumber(scalar.kind, other.kind)
}

/** Upstream prints the float -0 as `-0`, which is read as the integer 0. */
function isNegativeZero(scalar: Scalar, other: Scalar): boolean {
  return (
    scalar.kind === "float" &&
    other.kind === "int" &&
    utf8.decode(scalar.bytes) === "-0" &&
    utf8.decode(other.bytes) === "0"
  )
}

function sameSettled(site: Site, scalar: Scalar | null, other: Site, { settled }: Format): boolean {
  if (settled === undefined || site.kind !== other.kind) return false
  if (scalar === null || other.scalar === null || scalar.kind !== other.scalar.kind) return false
  return site.shadowed === other.shadowed && equalBytes(settled(scalar).bytes, settled(other.scalar).bytes)
}

function isNumber(a: string, b: string): boolean {
  return (a === "int" || a === "float") && (b === "int" || b === "float")
}

/** Compares places of two scans; each holder of entries is compared once. */
class ItemPairs {
  readonly #known = new Map<Item, Item>()
  readonly #ignoresPositions: boolean
  /** The holders that were compared last: siblings come together. */
  #a: Item | null = null
  #b: Item | null = null

  constructor(ignoresPositions: boolean) {
    this.#ignoresPositions = ignoresPositions
  }

  same(a: Item, b: Item): boolean {
    if (a.key !== b.key || (a.index !== b.index && !this.#ignoresPositions)) return false
    const { parent } = a
    if (parent === null || b.parent === null) return parent === b.parent
    if (parent === this.#a) return b.parent === this.#b
    if (!this.sameHolder(parent, b.parent)) return false
    this.#a = parent
    this.#b = b.parent
    return true
  }

  sameHolder(a: Item, b: Item): boolean {
    const known = this.#known.get(a)
    if (known !== undefined) return known === b
    const isSame = this.same(a, b)
    if (isSame) this.#known.set(a, b)
    return isSame
  }
}
