import { AppError } from "../errors/app-error.ts"
import { type Leaf, type Opened, type SealedDocument } from "./document.ts"
import { type Format, type SealedReading } from "./format.ts"
import { limits } from "./limits.ts"
import { memoEdits, openMemo, parseMemo, placesOf, restoreDocument } from "./memo.ts"
import { readMetadata } from "./metadata.ts"
import { METER_STEP } from "./meter.ts"
import { checkComment, checkMac, checkStructure, type Expected, openToken } from "./open.ts"
import { AadPaths } from "./path.ts"
import { type Back, type Written } from "./read-back.ts"
import { detachedBlock, type KnownText } from "./render.ts"
import { changedField } from "./same-metadata.ts"
import { isEmptyText, sameBytes } from "./scalar.ts"
import { sameSites } from "./same-sites.ts"
import { type CompiledSelectors } from "./select.ts"
import { SpliceCheck } from "./splice-check.ts"
import { merged, splice } from "./splice.ts"
import { type Edit, utf8 } from "./text.ts"
import { TokenReader } from "./token.ts"

/**
 * Reads a sealed text back whose plain text is known, without a second document: it is compared as it is read, its
 * tokens are opened to what they have to hold, and their spellings put back have to give the plain text. What `open`
 * would find is the same: a place at a time, keys, order and clear values are those of the leaves, which decide what is
 * selected, what the MAC covers and what the digest says.
 *
 * @returns `null` where the whole way has to tell, for what is not plain and for every fault
 */
export function openKnown(format: Format, { text, tree }: Written, expected: Expected, back: Back): Opened | null {
  const { leaves, known } = expected
  if (known === undefined || isByComment(back.compiled) || !isPlainlySealed(leaves)) return null
  try {
    if (!sameSites(leaves, known.sites, format)) return null
    const reading = format.readsSealed?.(text, leaves) ?? null
    if (reading === null || reading.scan.metadata === null) return null
    if (changedField(tree, reading.scan.metadata.tree) !== null) return null
    const metadata = readMetadata(reading.scan.metadata.tree, back.kinds)
    const document = { format, scan: reading.scan, metadata }
    const memoText = openMemo(metadata.layout, back.cipher)
    if (!opensToText(document, reading, leaves, memoText, known)) return null
    if (!opensToLeaves(format, leaves, back)) return null
    const macHex = checkMac(document, leaves, { cipher: back.cipher, expected })
    const structureHex = checkStructure(document, leaves, { cipher: back.cipher, requireStructure: false })
    const bytes = utf8.encode(known.text)
    return { isVerified: true, document, leaves, bytes, macHex, structureHex, memoText, warnings: [] }
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

/** A token is another comment, and might mark what follows it. */
function isByComment({ rule }: CompiledSelectors): boolean {
  return rule === "encryptedCommentRegex" || rule === "unencryptedCommentRegex"
}

/** What is selected has a token, but for what is null or empty, and nothing else has one. */
function isPlainlySealed(leaves: Expected["leaves"]): boolean {
  return leaves.every(({ scalar, isSelected, token }) =>
    token === null ? !isSelected || scalar === null || isEmptyText(scalar) : isSelected && scalar !== null,
  )
}

/** Whether putting the spellings back, and taking the metadata out, gives the plain text. */
function opensToText(
  document: SealedDocument,
  { places, spelled }: SealedReading,
  leaves: readonly Leaf[],
  memoText: string,
  known: KnownText,
): boolean {
  const { format, scan } = document
  const block = detachedBlock(document)
  if (memoText === "") {
    const check = new SpliceCheck(scan.source, known.text, block)
    const order = inTextOrder(leaves.length, places)
    for (let index = 0; index < order.length; index++) {
      const at = order[index]!
      const leaf = leaves[at]!
      if (leaf.token === null) continue
      const spelling = spelled(leaf)
      if (spelling === null || !check.edit(places[at * 2]!, places[at * 2 + 1]!, spelling)) return false
    }
    return check.end()
  }
  const edits: (Edit | null)[] = []
  for (let at = 0; at < leaves.length; at++) {
    const leaf = leaves[at]!
    const spelling = leaf.token === null ? null : spelled(leaf)
    if (leaf.token !== null && spelling === null) return false
    edits.push(spelling === null ? null : { start: places[at * 2]!, end: places[at * 2 + 1]!, text: spelling })
  }
  const memo = parseMemo(memoText)
  const respelled = memo === null || memo.aliases.length > 0 ? null : memoEdits(document, leaves, edits, memo)
  if (memo === null || respelled === null) return false
  // A spelling that the memo gives has to be all of its value.
  for (const [index, { start, end }] of placesOf({ ...respelled, edits: merged(block, respelled.edits) })) {
    const { span } = leaves[index]!.site
    if (span?.start !== start || span.end !== end) return false
  }
  return restoreDocument(format, splice(scan.source, merged(block, respelled.edits)), memo) === known.text
}

/** The numbers of leaves as they come in the text: only a comment beside a value comes before that in the walk. */
function inTextOrder(count: number, places: Int32Array): Uint32Array {
  const order = new Uint32Array(count)
  let isSorted = true
  for (let at = 0; at < count; at++) {
    order[at] = at
    if (at > 0 && places[at * 2]! < places[at * 2 - 2]!) isSorted = false
  }
  return isSorted ? order : order.sort((a, b) => places[a * 2]! - places[b * 2]!)
}

/** Whether each token opens to what its leaf holds. */
function opensToLeaves(format: Format, leaves: Expected["leaves"], { cipher, meter }: Back): boolean {
  const keys = { cipher, aads: new AadPaths(), tokens: new TokenReader(limits.nonce_bytes_max) }
  return leaves.every((leaf, index) => {
    if (index % METER_STEP === 0) meter?.("checking", index, leaves.length)
    const { site, scalar, token, kept } = leaf
    if (scalar?.kind === "comment" && format.commentBreaks !== undefined) checkComment(leaf, format.commentBreaks)
    if (token === null || scalar === null) return token === null
    // One that is kept was opened under this path a moment ago.
    const opened = kept?.token === token ? kept : openToken(site, token, keys, leaf)
    if (opened?.token !== token || opened.scalar === null) return false
    return opened.scalar.kind === scalar.kind && sameBytes(opened.scalar, scalar)
  })
}
