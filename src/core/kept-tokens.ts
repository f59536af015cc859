import { align } from "./align.ts"
import { type Leaf, type Opened, type SealedDocument } from "./document.ts"
import { type Format } from "./format.ts"
import { AadPaths, SamePlaces } from "./path.ts"
import { sameBytes, type Scalar } from "./scalar.ts"
import { type Site } from "./site.ts"

/** A token with its content: a comment may differ in spaces from the one that it stands for. */
interface Kept {
  readonly token: string
  readonly scalar: Scalar
  /** Where it was. */
  readonly site: Site
}

/** A leaf of the new text; only those that are about to be sealed can keep a token. */
interface Wanted {
  readonly site: Site
  readonly scalar: Scalar | null
  /** The scalar is known from elsewhere, so another one with the same spelling will not do. */
  readonly isTold?: boolean
}

/**
 * The tokens of a previous file for what has not changed since: same place, kind and content. Each is given out once,
 * so a nonce can never meet another plaintext and equal values do not become visibly equal.
 *
 * Elements of one list share their place, so both files are aligned first: of equal values around a change
 * each keeps its own token. Then what moved gets the tokens that are left.
 *
 * @param spelling - how a site is written
 */
function keptTokens(
  previous: Opened | null,
  wanted: readonly Wanted[],
  spelling: (site: Site) => string = () => "",
): (Kept | null)[] {
  if (previous === null) return wanted.map(() => null)
  const { leaves, document } = previous
  const contents = new Contents(document.format)
  const partners = pairUp(leaves, wanted, contents)
  const isFree = leaves.map(isKept)
  const result = wanted.map(({ site, scalar, isTold }, index): Kept | null => {
    const old = leaves[partners[index]!]
    if (old === undefined || !isKept(old) || !mayKeep(old.scalar, scalar)) return null
    if (isTold === true && !sameBytes(old.scalar, scalar!)) return null
    if (isNegativeZero(old.scalar) !== isNegativeZero(scalar) && !isReadBack(old.scalar, scalar, spelling(site)))
      return null
    isFree[partners[index]!] = false
    return old
  })
  const left = new Map<number, Kept[]>()
  for (let at = leaves.length - 1; at >= 0; at--) {
    const old = leaves[at]!
    if (isFree[at]! && isKept(old)) push(left, contents.numberOf(old, "exact"), old)
  }
  return result.map((kept, index) => {
    if (kept !== null || wanted[index]!.isTold === true) return kept
    return left.get(contents.numberOf(wanted[index]!, "exact"))?.pop() ?? null
  })
}

/** A token, and the file that it is in. */
export interface KeptIn extends Kept {
  readonly document: SealedDocument
}

/**
 * The same from several files under one data key, such as both sides of a merge: what the first one lacks is
 * looked for in the next. A token in more than one of them is still given out once.
 */
export function keptFromAll(
  files: readonly Opened[],
  wanted: readonly Wanted[],
  spelling?: (site: Site) => string,
): (KeptIn | null)[] {
  const given = new Set<string>()
  const result = wanted.map((): KeptIn | null => null)
  for (const file of files) {
    for (const [index, kept] of keptTokens(file, wanted, spelling).entries()) {
      if (kept === null || result[index] !== null || given.has(kept.token)) continue
      given.add(kept.token)
      result[index] = { token: kept.token, scalar: kept.scalar, site: kept.site, document: file.document }
    }
  }
  return result
}

/** As `align`, but compares common beginnings and ends one by one: nearly all of a file with few changes. */
function pairUp(leaves: readonly Leaf[], wanted: readonly Wanted[], contents: Contents): Int32Array {
  const ends = new SameEnds()
  const most = Math.min(leaves.length, wanted.length)
  let start = 0
  while (start < most && ends.isSame(leaves[start]!, wanted[start]!)) start++
  let rest = 0
  while (rest < most - start && ends.isSame(leaves.at(-1 - rest)!, wanted.at(-1 - rest)!)) rest++
  const shift = leaves.length - wanted.length
  const partners = Int32Array.from(wanted, (_, at) => (at < start ? at : at + shift))
  const end = wanted.length - rest
  if (start === end) return partners
  if (shift === 0 && ends.standAlone(leaves, wanted, start, end)) {
    const isAlike = (old: Leaf, now: Wanted): boolean =>
      ends.isSame(old, now) || contents.numberOf(old, "alike") === contents.numberOf(now, "alike")
    for (let at = start; at < end; at++) if (!isAlike(leaves[at]!, wanted[at]!)) partners[at] = -1
    return partners
  }
  const middle = align(
    leaves.slice(start, leaves.length - rest).map((leaf) => contents.numberOf(leaf, "alike")),
    wanted.slice(start, end).map((leaf) => contents.numberOf(leaf, "alike")),
  )
  for (const [at, partner] of middle.entries()) partners[start + at] = partner === -1 ? -1 : start + partner
  return partners
}

/** Compares leaves of two files without building anything from their content. */
class SameEnds {
  readonly #places = new SamePlaces()
  readonly #aads = new AadPaths()

  isSame(old: Leaf, now: Wanted): boolean {
    if (old.scalar === null || now.scalar === null) return false
    if (old.scalar.kind !== now.scalar.kind || !sameBytes(old.scalar, now.scalar)) return false
    return this.#isAtPlace(old, now)
  }

  /**
   * Whether in a range the leaves of both files stand at the same places, each at one of its own: then nothing of it can
   * have moved.
   */
  standAlone(before: readonly Leaf[], after: readonly Wanted[], start: number, end: number): boolean {
    const places = new Set<string>()
    for (let at = start; at < end; at++) {
      if (!this.#isAtPlace(before[at]!, after[at]!)) return false
      places.add(this.#aads.of(after[at]!.site.item))
    }
    return places.size === end - start
  }

  #isAtPlace(old: Leaf, now: Wanted): boolean {
    return this.#places.same(old.site.item, now.site.item)
  }
}

function isKept(leaf: Leaf): leaf is Leaf & Kept {
  return leaf.token !== null && leaf.scalar !== null
}

/**
 * A whole float is printed as an integer and so comes back as one, also from JSON by upstream before 3.13.2, where every
 * number is a float. The other way round the token would lose what its new spelling says.
 */
function mayKeep(old: Scalar, now: Scalar | null): boolean {
  return old.kind === now?.kind || (old.kind === "float" && now?.kind === "int")
}

function isNegativeZero(scalar: Scalar | null): boolean {
  if (scalar?.kind !== "float" || scalar.bytes.length !== 2) return false
  return scalar.bytes[0] === 0x2d && scalar.bytes[1] === 0x30
}

/** The float -0 is printed as `-0`, which is read as the integer 0. */
function isReadBack(old: Scalar, now: Scalar | null, spelling: string): boolean {
  return isNegativeZero(old) && now?.kind === "int" && spelling === "-0"
}

const nothing = new Uint8Array(0)
const zero = Uint8Array.of(0x30)

/** Gives the same number to the same place and content. */
class Contents {
  readonly #numbers = new Map<string, number>()
  readonly #aads = new AadPaths()
  readonly #format: Format

  constructor(format: Format) {
    this.#format = format
  }

  /** @param sense - `alike` takes an integer and the float that is printed like it for one */
  numberOf({ site, scalar }: Wanted, sense: "alike" | "exact"): number {
    const settled = scalar === null ? undefined : this.#format.settled?.(scalar)
    const { kind, bytes: own } = settled ?? scalar ?? { kind: site.kind, bytes: nothing }
    const bytes = sense === "alike" && isNegativeZero(scalar) ? zero : own
    const name = sense === "alike" && (kind === "int" || kind === "float") ? "number" : kind
    const aad = this.#aads.of(site.item)
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")
    const key = `${name} ${aad.length} ${aad} ${text}`
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, this.#numbers.size)
    return this.#numbers.size - 1
  }
}

function push(map: Map<number, Kept[]>, key: number, kept: Kept): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [kept])
  else known.push(kept)
}
