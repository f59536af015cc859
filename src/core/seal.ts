import { AppError } from "../errors/app-error.ts"
import { ruleOf, select, type Selectors } from "./select.ts"
import { checkChosen, type ChosenPath } from "./chosen-paths.ts"
import { checkCommentsSealed, commentsThatStay, withLines } from "./comments.ts"
import { type Leaf, type Opened, type Warning } from "./document.ts"
import { type Format, type MetadataBlock, type MetaMap, type Scan } from "./format.ts"
import { type Cipher } from "./gcm.ts"
import { expectedMemo, neededMemo } from "./make-memo.ts"
import { formatMemo, layoutAad, type Memo } from "./memo.ts"
import { checkMisreadNames, commentsForValues } from "./misread.ts"
import { writeMetadata } from "./metadata.ts"
import { splice } from "./splice.ts"
import { Offsets, writtenOut } from "./written-out.ts"
import { clearBytes } from "./canonical.ts"
import { type Expected, macOf } from "./open.ts"
import { readBack, type Written } from "./read-back.ts"
import {
  checkAliases,
  checkSealedComments,
  checkAmbiguousKeys,
  checkReservedKey,
  inexactIntegers,
} from "./seal-checks.ts"
import { type SealOptions } from "./seal-options.ts"
import { inOldCarrier, sealLeaves, type SealedLeaf } from "./seal-leaves.ts"
import { countedSites, shownPath, type Site } from "./site.ts"
import { structureAad, structureDigest } from "./structure.ts"
import { type Edit, equalBytes, utf8 } from "./text.ts"
import { timestamp } from "./time.ts"

export interface Sealed {
  readonly text: string
  /** The sealed text, opened again in memory: the proof that it can be read back. */
  readonly opened: Opened
  readonly sealedCount: number
  readonly warnings: readonly Warning[]
}

/** A plain document that is about to be sealed: what is selected, and where it is. */
interface SealDraft extends Expected {
  readonly format: Format
  readonly plain: string
  readonly scan: Scan
  /** Paths of the rule that name nothing here. */
  readonly unused: readonly ChosenPath[]
  readonly leaves: readonly SealedLeaf[]
  /** Comments that no walk meets, with their lines in the plain text. */
  readonly lost: readonly Site[]
  /** For each leaf the edit that puts its token in, in offsets of the plain text; `null` where none does. */
  readonly tokenEdits: readonly (Edit | null)[]
  /** Aliases written out, and text that no sealed file may hold. */
  readonly otherEdits: readonly Edit[]
}

/**
 * Seals a plain text. Sealing what `previous` holds gives its bytes back; one changed value changes its token, the
 * MAC and the date. Before the text is returned it is opened in memory and compared with what went in.
 *
 * @throws {AppError} naming key path and line; `SELF_CHECK` when the result would not open to the input
 */
export function seal(format: Format, plain: string, options: SealOptions): Sealed {
  const scan = options.scan ?? format.scan(plain)
  if (scan.metadata !== null) throw new AppError("ALREADY_SEALED")
  checkReservedKey(scan)
  const { previous } = options
  if (
    previous !== null &&
    (options.told?.size ?? 0) === 0 &&
    options.renewsMac !== true &&
    isUnchanged(plain, options)
  ) {
    return {
      text: previous.document.scan.source,
      opened: previous,
      sealedCount: countTokens(previous.leaves),
      warnings: [],
    }
  }
  const like = keptBlock(options)
  const sealWith = (keepsCarriers: boolean): Sealed =>
    sealDraft(makeDraft(format, plain, scan, like, options, keepsCarriers), like, options)
  if (previous === null) return sealWith(false)
  try {
    return sealWith(true)
  } catch (error) {
    // An old carrier may not fit where its value is now, such as a bare token inside brackets.
    if (error instanceof AppError && error.code === "SELF_CHECK") return sealWith(false)
    throw error
  }
}

function sealDraft(draft: SealDraft, like: MetadataBlock | null, options: SealOptions): Sealed {
  const old = options.previous ?? options.replaces
  const before = old?.leaves ?? []
  if (options.checksNames === true) checkMisreadNames(draft.format, draft.leaves, options.compiled, before)
  const sealedCount = countTokens(draft.leaves)
  if (sealedCount === 0 && !options.allowEmptySelection && !hasSelectedEmpty(draft.leaves))
    throw nothingToSeal(draft, before)

  const warnings: Warning[] = [
    ...draft.unused.map(({ text }) => ({ code: "PATH_UNUSED" as const, path: [text] })),
    ...(draft.macOnlyEncrypted ? [] : inexactIntegers(draft.format, draft.leaves, draft.plain)),
    ...(draft.format.commentsFollowLeaves === true ? commentsForValues(draft.plain, draft.leaves, before) : []),
    ...commentsThatStay(
      draft.lost,
      options.compiled,
      options.comments ?? "follow",
      old?.document.scan.lostComments ?? [],
    ),
  ]
  const expected = options.layoutMemo ? expectedMemo(draft) : null
  const written = finish(draft, like, options, expected)
  const first = readBack(draft.format, written, draft, options)
  const isWhole = equalBytes(first.bytes, utf8.encode(draft.plain))
  if (isWhole && (expected !== null || !draft.leaves.some(({ isVerbatim }) => isVerbatim)))
    return { text: written.text, opened: first, sealedCount, warnings }
  const bare = expected === null ? written : finish(draft, like, options, null)
  const opened = expected === null ? first : readBack(draft.format, bare, draft, options)
  const remembered = withMemo(draft, like, options, bare.text, opened, sealedCount)
  return { ...remembered, warnings: [...warnings, ...remembered.warnings] }
}

/** Blames a comment that was meant as a value, if there is one. */
function nothingToSeal({ format, plain, leaves }: SealDraft, before: readonly Leaf[]): AppError {
  const [first] = format.commentsFollowLeaves === true ? commentsForValues(plain, leaves, before) : []
  if (first === undefined) return new AppError("NOTHING_TO_SEAL")
  const { path, line } = first
  return new AppError(
    "NOTHING_TO_SEAL",
    { path, line },
    { notes: ["# begins a comment there: put the value in quotes"] },
  )
}

/** The metadata block whose place and spelling stay. */
export function keptBlock({ previous, replaces }: SealOptions): MetadataBlock | null {
  return (previous ?? replaces)?.document.scan.metadata ?? null
}

function countTokens(leaves: readonly Leaf[]): number {
  return leaves.filter(({ token }) => token !== null).length
}

/** A selected empty string stays as it is, but counts: the rule did select something. */
function hasSelectedEmpty(leaves: readonly Leaf[]): boolean {
  return leaves.some(({ isSelected, scalar }) => isSelected && scalar?.bytes.length === 0)
}

function isUnchanged(plain: string, { previous, keys, selectors, macOnlyEncrypted, container }: SealOptions): boolean {
  const { metadata } = previous!.document
  const before = ruleOf(metadata.selectors)
  const after = ruleOf(selectors)
  return (
    keys === null &&
    // A MAC that nobody checked is not kept.
    previous!.macHex !== "" &&
    before.rule === after.rule &&
    before.text === after.text &&
    metadata.macOnlyEncrypted === macOnlyEncrypted &&
    metadata.container === container &&
    equalBytes(previous!.bytes, utf8.encode(plain))
  )
}

/** @param keepsCarriers - a kept token also keeps what was around it */
function makeDraft(
  format: Format,
  plain: string,
  scan: Scan,
  like: MetadataBlock | null,
  options: SealOptions,
  keepsCarriers: boolean,
): SealDraft {
  const banned = (scan.banned ?? []).map((span) => ({ ...span, text: "" }))
  const around = format.movesComments?.(scan) === true ? [...format.attach(scan, placeholder, like), ...banned] : null
  const framed = around === null ? scan : format.scan(splice(plain, around))
  const sites = countedSites(framed)
  const isSelected = select(sites, options.compiled)
  const { chosen } = options.compiled
  const unused = chosen === undefined ? [] : checkChosen(sites, isSelected, chosen)
  checkAmbiguousKeys(sites)
  const expanded = checkAliases(framed, sites, isSelected, options.allowClearAlias)
  const hasMoved = framed !== scan && expanded.length > 0
  const placed = hasMoved ? writtenOut(format, framed, sites, expanded) : sites
  const selected = hasMoved ? select(placed, options.compiled) : isSelected
  const leaves = sealLeaves(placed, selected, { ...options, format, source: framed.source })
  checkSealedComments(leaves, options.compiled)
  const tokens = new Map(expanded.length === 0 ? [] : leaves.map(({ site, token }) => [site, token]))
  const offsets = new Offsets(around ?? [])
  const lost = withLines(plain, framed.lostComments ?? [], (at) => (framed === scan ? at : offsets.before(at)))
  if (options.comments === "sealed") checkCommentsSealed(leaves, lost)
  const back = (edit: Edit): Edit => (framed === scan ? edit : offsets.editBefore(edit))
  const tokenEdit = ({ site, token, kept }: SealedLeaf): Edit | null => {
    if (token === null || site.span === null) return null
    const edit = back(format.seal(framed, site, token))
    return kept === null || !keepsCarriers ? edit : inOldCarrier(edit, kept, plain)
  }
  return {
    format,
    plain,
    scan,
    unused,
    leaves,
    lost,
    macHex: macOf(leaves, options.macOnlyEncrypted, clearBytes),
    macOnlyEncrypted: options.macOnlyEncrypted,
    // What an alias stood for is written out in the sealed text, and may be elsewhere in the walk.
    known: expanded.length === 0 ? { text: plain, sites } : undefined,
    tokenEdits: leaves.map(tokenEdit),
    otherEdits: [
      ...expanded.map((alias) => back(format.expand(framed, alias, (site) => tokens.get(site) ?? null))),
      ...banned,
    ],
  }
}

/** Stands in for the real block: only its presence matters for what comments belong to. */
export const placeholder: MetaMap = new Map([["mac", "-"]])

/** The whole sealed text: tokens, metadata, and the memo if there is one. */
export function finish(draft: SealDraft, like: MetadataBlock | null, options: SealOptions, memo: Memo | null): Written {
  const { previous, macOnlyEncrypted, selectors, cipher, structure } = options
  const before = previous?.document.metadata ?? null
  const { macHex } = draft
  const isSameMac = before !== null && previous!.macHex === macHex && before.macOnlyEncrypted === macOnlyEncrypted
  const keepsMac = isSameMac && options.renewsMac !== true && hasTheTokensOf(draft.leaves, previous!.leaves)
  const lastModified = keepsMac ? before.lastModified : timestamp(options.now)
  // Upstream writes no selector into a new binary file.
  const written = draft.format.isWhole === true ? selectors : normalized(selectors)
  const digest = structure ? structureDigest(draft.leaves, { selectors: written, macOnlyEncrypted }) : ""
  const memoText = memo === null ? "" : formatMemo(memo)
  const tree = writeMetadata(
    {
      keys: options.keys,
      lastModified,
      mac: keepsMac ? before.mac : sealText(cipher, macHex, lastModified),
      version: options.version,
      selectors: written,
      macOnlyEncrypted,
      container: options.container,
      layout:
        memoText === "" ? "" : previous?.memoText === memoText ? before!.layout : sealText(cipher, memoText, layoutAad),
      structure:
        digest === ""
          ? ""
          : previous?.structureHex === digest
            ? before!.structure
            : sealText(cipher, digest, structureAad),
    },
    (previous ?? options.replaces)?.document.metadata.tree ?? null,
    options.kinds,
  )
  const tokenEdits = draft.tokenEdits.filter((edit): edit is Edit => edit !== null)
  const block = draft.format.attach(draft.scan, tree, like, options.indent)
  return { text: splice(draft.plain, [...tokenEdits, ...draft.otherEdits, ...block]), tree }
}

/**
 * Types and comments are not in the MAC. One that stayed where such a token is new would look as if somebody had put
 * tokens of two versions together.
 */
function hasTheTokensOf(leaves: readonly Leaf[], others: readonly Leaf[]): boolean {
  const tokensOf = (all: readonly Leaf[]): string[] => all.flatMap(({ token }) => token ?? [])
  const [own, theirs] = [tokensOf(leaves), tokensOf(others)]
  return own.length === theirs.length && own.every((token, index) => token === theirs[index])
}

/** Writes the default suffix out, as upstream does, so that a later default cannot change what a file means. */
function normalized(selectors: Selectors): Selectors {
  const { rule, text } = ruleOf(selectors)
  return { ...selectors, [rule]: text }
}

function sealText(cipher: Cipher, text: string, aad: string): string {
  return cipher.sealToken(text, aad, "str")
}

/** Seals again with a memo that remembers what the tokens could not carry. */
function withMemo(
  draft: SealDraft,
  like: MetadataBlock | null,
  options: SealOptions,
  bare: string,
  opened: Opened,
  sealedCount: number,
): Sealed {
  const isBareWhole = equalBytes(opened.bytes, utf8.encode(draft.plain))
  const dropped: Sealed = {
    text: bare,
    opened,
    sealedCount,
    warnings: [...(isBareWhole ? [] : [{ code: "LAYOUT_DROPPED" } as const]), ...readOtherwise(draft.leaves)],
  }
  if (!options.layoutMemo) return dropped
  const memo = neededMemo(draft, opened)
  if (memo === null) return dropped
  const written = finish(draft, like, options, memo)
  const again = readBack(draft.format, written, draft, options)
  // An alias that was written out in the clear has no token to remember it.
  const isWhole = equalBytes(again.bytes, utf8.encode(draft.plain))
  const clear = readOtherwise(draft.leaves.filter(({ token }) => token === null))
  const warnings: Warning[] = isWhole ? clear : [{ code: "LAYOUT_DROPPED" }, ...clear]
  return { text: written.text, opened: again, sealedCount, warnings }
}

/** Values that `run` will read as the text says, since nothing can remember that it should not. */
function readOtherwise(leaves: readonly SealedLeaf[]): Warning[] {
  return leaves.flatMap(({ site, isVerbatim }) =>
    isVerbatim ? [{ code: "VERBATIM_DROPPED" as const, line: site.line, path: shownPath(site.item) }] : [],
  )
}
