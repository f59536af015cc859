import { clearBytes, floatReading, canonicalScalar } from "./canonical.ts"
import { AppError } from "../errors/app-error.ts"
import { type Leaf, type Opened, type SealedDocument, type Unverified, type Warning } from "./document.ts"
import { type Cipher } from "./gcm.ts"
import { limits } from "./limits.ts"
import { MacHash } from "./mac.ts"
import { openMemo } from "./memo.ts"
import { type Meter, METER_STEP } from "./meter.ts"
import { AadPaths, SamePlaces } from "./path.ts"
import { type KnownText, render } from "./render.ts"
import { heldText, isEmptyText, type Scalar, scalarText } from "./scalar.ts"
import { type CompiledSelectors, select } from "./select.ts"
import { ambiguousSite } from "./seal-checks.ts"
import { countedSites, shownPath, type Site } from "./site.ts"
import { structureAad, structureDigest } from "./structure.ts"
import { equalBytes, utf8 } from "./text.ts"
import { isCommentToken, looksLikeToken, parseToken, type TokenFault, TokenReader, withoutNewlines } from "./token.ts"

interface OpenOptions {
  readonly cipher: Cipher
  readonly selectors: CompiledSelectors
  /** A file without a structure digest is refused. */
  readonly requireStructure: boolean
  /** The expected result; it only saves doing the same work again. */
  readonly expected?: Expected
  /**
   * Leaves of another version that were opened with the same key, by their tokens: the same token under the same path
   * opens to the same.
   */
  readonly openedBefore?: ReadonlyMap<string, Leaf> | undefined
  /** Work on values only: the layout memo is not read, and the text is not rebuilt. */
  readonly valuesOnly?: boolean
  /** The plain text is about to be sealed again, which takes its scan. */
  readonly wantsScan?: boolean
  readonly meter?: Meter | undefined
}

export interface Expected {
  readonly leaves: readonly ExpectedLeaf[]
  /** Over these leaves. */
  readonly macHex: string
  readonly macOnlyEncrypted: boolean
  readonly known?: KnownText | undefined
}

export interface ExpectedLeaf extends Leaf {
  /** A token that was opened before with the same key, and opens to the same under the same path. */
  readonly kept: { readonly token: string; readonly scalar: Scalar } | null
}

/**
 * Opens a sealed document. Nothing is returned before every token, the MAC and the structure digest hold.
 *
 * @throws {AppError} naming the key path and the line; no plaintext leaves this function then
 */
export function open(document: SealedDocument, options: OpenOptions): Opened {
  const { scan, metadata } = document
  const { leaves, warnings } = openLeaves(document, options)
  const macHex = checkMac(document, leaves, options)
  const structureHex = checkStructure(document, leaves, options)
  // Only values of dotenv files mean something else to other readers, and the memo says which must not.
  const skipsMemo = options.valuesOnly === true && document.format.valuesNeedMemo !== true
  const memoText = skipsMemo ? "" : openMemo(metadata.layout, options.cipher)
  const { expected, wantsScan } = options
  const rendered =
    options.valuesOnly === true ? null : render(document, leaves, memoText, { known: expected?.known, wantsScan })
  return {
    isVerified: true,
    document: { ...document, scan },
    leaves,
    bytes: rendered?.bytes ?? new Uint8Array(0),
    plainScan: rendered?.scan,
    macHex,
    structureHex,
    memoText,
    warnings: rendered === null ? warnings : [...warnings, ...rendered.warnings],
  }
}

/** For `--ignore-mac`: each value must still open, but nothing proves that they belong together. */
export function openUnverified(document: SealedDocument, options: OpenOptions): Unverified {
  const { leaves, warnings } = openLeaves(document, options)
  const rendered = render(document, leaves, "")
  return { isVerified: false, document, leaves, bytes: rendered.bytes, warnings: [...warnings, ...rendered.warnings] }
}

/**
 * What upstream's `--ignore-mac` means for a command that writes: the values are taken as they are, and are sealed
 * again with a MAC and a digest that hold. Nothing of the old ones is kept.
 */
export function acceptUnverified(unverified: Unverified): Opened {
  return { ...unverified, isVerified: true, macHex: "", structureHex: "", memoText: "" }
}

function openLeaves(
  { scan, format }: SealedDocument,
  { cipher, selectors, expected, openedBefore, meter }: OpenOptions,
): { leaves: Leaf[]; warnings: Warning[] } {
  const sites = countedSites(scan)
  const isSelected = select(sites, selectors, isSealedComment)
  const keys: Keys = {
    cipher,
    aads: new AadPaths(),
    places: new SamePlaces(),
    tokens: new TokenReader(limits.nonce_bytes_max),
  }
  const ambiguous = ambiguousSite(sites)
  const warnings: Warning[] =
    ambiguous === null ? [] : [{ code: "KEY_AMBIGUOUS", line: ambiguous.line, path: shownPath(ambiguous.item) }]
  const leaves: Leaf[] = []
  for (let index = 0; index < sites.length; index++) {
    const site = sites[index]!
    if (index % METER_STEP === 0) meter?.("opening", index, sites.length)
    if (!isSelected[index]!) {
      if (site.alias !== undefined && site.kind === "str" && looksLikeToken(scalarText(site.scalar!))) {
        throw new AppError("ALIAS_TO_SEALED", place(site))
      }
      leaves.push({ site, scalar: site.scalar, isSelected: false, token: null })
      continue
    }
    const wanted = expected?.leaves[index]
    const known = wanted === undefined ? null : knownLeaf(site, wanted, keys)
    const before = known ?? (openedBefore === undefined ? null : leafOpenedBefore(site, openedBefore, keys))
    const leaf = before ?? openLeaf(site, keys, wanted)
    if (leaf === null) {
      warnings.push({ code: "COMMENT_NOT_SEALED", line: site.line, path: shownPath(site.item) })
      leaves.push({ site, scalar: site.scalar, isSelected: true, token: null })
      continue
    }
    if (leaf.scalar?.kind === "comment" && format.commentBreaks !== undefined) checkComment(leaf, format.commentBreaks)
    leaves.push(leaf)
  }
  return { leaves, warnings }
}

/** How upstream writes a sealed comment of a list: as one more string in it. */
export function isSealedComment(site: Site): boolean {
  return (
    site.kind === "comment" ||
    (site.kind === "str" &&
      site.item.parent !== null &&
      site.item.key === null &&
      isCommentToken(scalarText(site.scalar!)))
  )
}

/** What the leaves of one document are opened with. */
interface Keys {
  readonly cipher: Cipher
  readonly aads: AadPaths
  /** Of a site, and of a leaf that is known. */
  readonly places: SamePlaces
  readonly tokens: TokenReader
}

function knownLeaf(site: Site, known: ExpectedLeaf, { places }: Keys): Leaf | null {
  const { kept } = known
  if (kept === null || site.scalar === null || (site.kind === "comment") !== (known.site.kind === "comment"))
    return null
  if (site.kind !== "comment" && site.kind !== "str") return null
  if (withoutNewlines(scalarText(site.scalar)) !== kept.token) return null
  if (!places.same(site.item, known.site.item)) return null
  return { site, scalar: kept.scalar, isSelected: true, token: kept.token }
}

function leafOpenedBefore(site: Site, openedBefore: ReadonlyMap<string, Leaf>, { places }: Keys): Leaf | null {
  if (site.scalar === null || (site.kind !== "comment" && site.kind !== "str")) return null
  const known = openedBefore.get(scalarText(site.scalar))
  if (known === undefined || known.site.kind !== site.kind) return null
  const isElement = ({ item }: Site): boolean => item.key === null && item.parent !== null
  if (isElement(site) !== isElement(known.site) || !places.same(site.item, known.site.item)) return null
  return { site, scalar: known.scalar, isSelected: true, token: known.token }
}

/** What a version offers to others of its file, as `openedBefore`. */
export function leavesByToken(leaves: readonly Leaf[]): ReadonlyMap<string, Leaf> {
  const found = new Map<string, Leaf>()
  for (const leaf of leaves) if (leaf.token !== null) found.set(leaf.token, leaf)
  return found
}

/** @returns `null` for a comment that does not open: upstream keeps it as it is, and says so */
function openLeaf(site: Site, keys: Keys, expected: ExpectedLeaf | undefined): Leaf | null {
  const { scalar, kind } = site
  if (scalar === null) return { site, scalar, isSelected: true, token: null }
  if (kind !== "comment" && kind !== "str") throw new AppError("TOKEN_INVALID", place(site), { subject: "not a token" })
  // Upstream stores the empty string as it is, unauthenticated, in any place.
  if (isEmptyText(scalar)) return { site, scalar, isSelected: true, token: null }
  return openToken(site, scalarText(scalar), keys, expected)
}

/**
 * @param text - what stands in the place of the site
 * @returns `null` for a comment that does not open
 */
export function openToken(
  site: Site,
  text: string,
  { cipher, aads, tokens }: Pick<Keys, "cipher" | "aads" | "tokens">,
  expected: Pick<Leaf, "scalar"> | undefined,
): Leaf | null {
  const isComment = site.kind === "comment"
  const token = tokens.read(text)
  if (typeof token === "string") {
    if (isComment) return null
    throw tokenFault(token, site, text)
  }
  const aad = aads.of(site.item)
  // In a text every byte is right; other kinds have to be canonical.
  const wanted = expected?.scalar ?? null
  const isText = isComment ? wanted?.kind === "comment" : wanted?.kind === "str" && token.kind === "str"
  if (isText && cipher.opensTo(token, aad, wanted!)) {
    return { site, scalar: wanted, isSelected: true, token: withoutNewlines(text) }
  }
  const plain = cipher.open(token, aad)
  if (plain === null) {
    if (isComment) return null
    throw new AppError("VALUE_NOT_OPENED", place(site))
  }
  const opened = canonicalScalar(isComment ? "comment" : token.kind, plain)
  const isListComment = token.kind === "comment" && site.item.key === null && site.item.parent !== null
  if (opened === null || (!isComment && token.kind === "comment" && !isListComment)) {
    throw new AppError("VALUE_TYPE", place(site))
  }
  return { site, scalar: opened, isSelected: true, token: withoutNewlines(text) }
}

function tokenFault(fault: TokenFault, site: Site, text: string): AppError {
  if (fault === "text after the token") return new AppError("TRAILING_TEXT", place(site))
  // The type `bytes`, which no release writes, makes upstream panic, with the status of a Go program that does.
  const exit = fault === "unknown type" && text.endsWith(",type:bytes]") ? 2 : undefined
  return new AppError("TOKEN_INVALID", place(site), { subject: fault, exit })
}

export function checkComment({ site, scalar }: Leaf, breaks: string): void {
  const text = scalarText(scalar!)
  for (const character of breaks) if (text.includes(character)) throw new AppError("COMMENT_UNSAFE", place(site))
}

function place(site: Site): { line: number; path: (string | number)[] } {
  return { line: site.alias?.line ?? site.line, path: shownPath(site.item) }
}

export function checkMac(
  { metadata, format, scan }: SealedDocument,
  leaves: readonly Leaf[],
  { cipher, expected }: Pick<OpenOptions, "cipher" | "expected">,
): string {
  if (metadata.mac === "") throw new AppError("MAC_MISSING")
  const token = parseToken(metadata.mac, limits.nonce_bytes_max)
  const stored = typeof token === "string" ? null : cipher.open(token, metadata.macAad)
  if (typeof token === "string" || stored === null || token.kind !== "str") throw new AppError("MAC_INVALID")
  const wanted = utf8.decode(stored)
  const { macOnlyEncrypted } = metadata
  const isHashed =
    expected?.macOnlyEncrypted === macOnlyEncrypted && addTheSame(leaves, expected.leaves, macOnlyEncrypted)
  const computed = isHashed ? expected.macHex : macOf(leaves, macOnlyEncrypted, clearBytes)
  if (computed === wanted) return computed
  if (format.hasOldFloats === true) {
    const asFloats = macOf(leaves, macOnlyEncrypted, (site) => floatReading(site, scan.source))
    if (asFloats === wanted) return asFloats
  }
  throw new AppError("MAC_MISMATCH")
}

/** The MAC over all leaves. */
export function macOf(leaves: readonly Leaf[], macOnlyEncrypted: boolean, ofClear: (site: Site) => Uint8Array): string {
  const hash = new MacHash(macOnlyEncrypted)
  for (let at = 0; at < leaves.length; at++) {
    const leaf = leaves[at]!
    const text = isOpenedText(leaf) ? heldText(leaf.scalar!) : null
    if (text !== null) {
      hash.addText(text)
      continue
    }
    const bytes = contribution(leaf, macOnlyEncrypted, ofClear)
    if (bytes !== null) hash.add(bytes)
  }
  return hash.digest()
}

/** A sealed text: it always counts, with the bytes of the text. */
function isOpenedText({ site, scalar, token }: Leaf): boolean {
  return token !== null && scalar?.kind === "str" && site.shadowed !== true
}

/**
 * What a leaf adds to the MAC. Comments add nothing, nor do the shadowed lines that upstream does not see.
 *
 * @returns `null` for nothing
 */
function contribution(
  { site, scalar, isSelected, token }: Leaf,
  macOnlyEncrypted: boolean,
  ofClear: (site: Site) => Uint8Array,
): Uint8Array | null {
  if (scalar === null || scalar.kind === "comment" || site.kind === "comment" || site.shadowed === true) return null
  if (!isSelected && macOnlyEncrypted) return null
  return token === null && !isSelected ? ofClear(site) : scalar.bytes
}

/** Whether leaves add to the MAC what others added before: then they need no hashing. */
function addTheSame(leaves: readonly Leaf[], others: readonly Leaf[], macOnlyEncrypted: boolean): boolean {
  if (leaves === others) return true
  if (leaves.length !== others.length) return false
  return leaves.every((leaf, index) => {
    const other = others[index]!
    // The usual case, without making the bytes of a text.
    if (isOpenedText(leaf) && isOpenedText(other) && leaf.scalar === other.scalar) return true
    const bytes = contribution(leaf, macOnlyEncrypted, clearBytes)
    const before = contribution(other, macOnlyEncrypted, clearBytes)
    return bytes === null || before === null ? bytes === before : equalBytes(bytes, before)
  })
}

export function checkStructure(
  { metadata }: SealedDocument,
  leaves: readonly Leaf[],
  options: Pick<OpenOptions, "cipher" | "requireStructure">,
): string {
  if (metadata.structure === "") {
    if (options.requireStructure)
      throw new AppError(
        "STRUCTURE_CHANGED",
        {},
        { subject: "the file has no structure digest, and the configuration requires one" },
      )
    return ""
  }
  const token = parseToken(metadata.structure, limits.nonce_bytes_max)
  const stored = typeof token === "string" ? null : options.cipher.open(token, structureAad)
  if (stored === null) throw new AppError("STRUCTURE_CHANGED")
  const computed = structureDigest(leaves, metadata)
  if (computed !== utf8.decode(stored)) throw new AppError("STRUCTURE_CHANGED")
  return computed
}
