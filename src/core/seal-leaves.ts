import { type CommentChoice, staysClear } from "./comments.ts"
import { type Leaf, type Opened } from "./document.ts"
import { type Format } from "./format.ts"
import { type Cipher } from "./gcm.ts"
import { type Meter, METER_STEP } from "./meter.ts"
import { type KeptIn, keptFromAll } from "./kept-tokens.ts"
import { AadPaths } from "./path.ts"
import { heldText, isEmptyText, type Scalar } from "./scalar.ts"
import { type CompiledSelectors } from "./select.ts"
import { type Site } from "./site.ts"
import { type Edit } from "./text.ts"
import { toldSites, type ToldValues } from "./told.ts"
import { verbatimScalars } from "./memo.ts"

/** A leaf to write, and the leaf of the previous file whose token it keeps. */
export interface SealedLeaf extends Leaf {
  readonly kept: KeptIn | null
  /** `run` passes it on as it is. */
  readonly isVerbatim: boolean
}

interface LeafOptions {
  readonly cipher: Cipher
  readonly previous: Opened | null
  readonly alsoKept?: readonly Opened[] | undefined
  readonly replaces?: Opened | undefined
  readonly told?: ToldValues | undefined
  readonly comments?: CommentChoice | undefined
  readonly format: Format
  readonly compiled: CompiledSelectors
  /** The text that the spans of the sites are of. */
  readonly source: string
  readonly meter?: Meter | undefined
}

const noValues: ToldValues = new Map()

/** For a whole document: a pattern that every token matches is worth no more. */
const markedTriesMax = 1000

/**
 * Gives every selected site its token: the one from the previous file where nothing changed, else a new one. What a
 * kept token holds is what the leaf holds, even where a new token replaces it (`replaces`).
 */
export function sealLeaves(
  sites: readonly Site[],
  isSelected: readonly boolean[],
  {
    cipher,
    previous,
    alsoKept = [],
    replaces,
    told = noValues,
    comments,
    format,
    compiled,
    source,
    meter,
  }: LeafOptions,
): SealedLeaf[] {
  const values = toldSites(sites, isSelected, told, format)
  const scalarOf = (site: Site, index: number): Scalar | null =>
    values[index]?.scalar ?? (isSelected[index]! ? format.sealable?.(site) : null) ?? site.scalar
  const first = previous ?? replaces
  const files = first === undefined ? [] : [first, ...alsoKept]
  const found =
    files.length === 0
      ? null
      : keptFromAll(
          files,
          sites.map((site, index) => ({ site, scalar: scalarOf(site, index), isTold: values[index] !== null })),
          ({ span }) => (span === null ? "" : source.slice(span.start, span.end)),
        )
  const verbatim = new Set(files.flatMap((file) => [...verbatimScalars(file)]))
  const isLeftClear = staysClear(comments ?? "follow", files)
  const aads = new AadPaths()
  const marked = compiled.rule === "unencryptedCommentRegex" ? compiled.pattern : null
  let triesLeft = markedTriesMax
  const fresh = (scalar: Scalar, aad: string): string =>
    cipher.sealToken(heldText(scalar) ?? scalar.bytes, aad, scalar.kind)
  /** A token may match a short pattern by chance, and the next one may not; then a comment would seem to be a mark. */
  const unmarked = (scalar: Scalar, aad: string): string => {
    let token = fresh(scalar, aad)
    for (; triesLeft > 0 && marked!.test(token); triesLeft--) token = fresh(scalar, aad)
    return token
  }
  const isSet = (index: number): boolean => values[index]?.isVerbatim ?? false
  return sites.map((site, index): SealedLeaf => {
    if (index % METER_STEP === 0) meter?.("sealing", index, sites.length)
    const scalar = scalarOf(site, index)
    const isClear = !isSelected[index]! || isLeftClear(site)
    if (isClear || scalar === null || isEmptyText(scalar))
      return { site, scalar, isSelected: isSelected[index]!, token: null, kept: null, isVerbatim: isSet(index) }
    const old = found?.[index] ?? null
    const isVerbatim = values[index] === null ? old !== null && verbatim.has(old.scalar) : isSet(index)
    if (old !== null && previous !== null) {
      return { site, scalar: old.scalar, isSelected: true, token: old.token, kept: old, isVerbatim }
    }
    const aad = aads.of(site.item)
    const held = old?.scalar ?? scalar
    const isMark = site.kind === "comment" && marked !== null
    const token = isMark ? unmarked(held, aad) : fresh(held, aad)
    return { site, scalar: held, isSelected: true, token, kept: null, isVerbatim }
  })
}

/**
 * The edit of a leaf whose token is kept, in the carrier that it had, if that opened to what is there now.
 * Upstream writes a bare token where it prints quotes or a block, and an edit of one value must not respell
 * all the others.
 *
 * @param edit - as the format would write it, in offsets of `plain`
 */
export function inOldCarrier(edit: Edit, { site, scalar, document }: KeptIn, plain: string): Edit {
  if (site.span === null) return edit
  const { start, end, text } = document.format.open(document.scan, site, scalar)
  const carrier = document.scan.source.slice(start, end)
  // What opens with a tag of its own, such as the text `<<`, begins before the content that is sealed.
  const from = Math.max(0, Math.min(edit.start, edit.end - text.length))
  return text === plain.slice(from, edit.end) ? { start: from, end: edit.end, text: carrier } : edit
}
