import { align } from "./align.ts"
import { type Leaf, type Opened } from "./document.ts"
import { type Format } from "./format.ts"
import { AadPaths } from "./path.ts"
import { type Scalar } from "./scalar.ts"
import { type Site } from "./site.ts"

/** A token with what is in it: a comment may differ in blanks from the one it is taken for. */
export interface Kept {
  readonly token: string
  readonly scalar: Scalar
  /** Where it stood. */
  readonly site: Site
}

/** What is about to be sealed. */
export interface Wanted {
  readonly site: Site
  readonly scalar: Scalar
}

/**
 * The tokens of a previous file for what did not change since: same place, kind and content. Each is given out once,
 * so a nonce can never meet another plaintext and equal values do not become visibly equal.
 *
 * Elements of one list share their place, so both files are aligned first: of equal values that stand around a change
 * each keeps its own token. Then what moved gets the tokens that are left.
 */
export function keptTokens(previous: Opened | null, wanted: readonly Wanted[]): (Kept | null)[] {
  if (previous === null) return wanted.map(() => null)
  const stock = previous.leaves.filter(isKept)
  const contents = new Contents(previous.document.format)
  const partners = align(
    stock.map((kept) => contents.numberOf(kept, "alike")),
    wanted.map((one) => contents.numberOf(one, "alike")),
  )
  const isFree = stock.map(() => true)
  const result = wanted.map(({ scalar }, index): Kept | null => {
    const old = partners[index]!
    if (old === -1 || !mayKeep(stock[old]!.scalar, scalar)) return null
    isFree[old] = false
    return stock[old]!
  })
  const left = new Map<number, Kept[]>()
  for (let old = stock.length - 1; old >= 0; old--) {
    if (isFree[old]!) push(left, contents.numberOf(stock[old]!, "exact"), stock[old]!)
  }
  return result.map((kept, index) => kept ?? left.get(contents.numberOf(wanted[index]!, "exact"))?.pop() ?? null)
}

function isKept(leaf: Leaf): leaf is Leaf & Kept {
  return leaf.token !== null && leaf.scalar !== null
}

/**
 * A whole float is printed as an integer and so comes back as one, also from JSON by upstream before 3.13.2, where every
 * number is a float. The other way round the token would lose what its new spelling says.
 */
function mayKeep(old: Scalar, now: Scalar): boolean {
  return old.kind === now.kind || (old.kind === "float" && now.kind === "int")
}

/** Gives the same number to the same place and content. */
class Contents {
  readonly #numbers = new Map<string, number>()
  readonly #aads = new AadPaths()
  readonly #format: Format

  constructor(format: Format) {
    this.#format = format
  }

  /** @param sense - `alike` takes an integer and the float of the same text for one */
  numberOf({ site, scalar }: Wanted, sense: "alike" | "exact"): number {
    const { kind, bytes } = (scalar.kind === "comment" ? this.#format.settled?.(scalar) : undefined) ?? scalar
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
