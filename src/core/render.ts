import { AppError } from "../errors/app-error.ts"
import { type Leaf, type SealedDocument, type Warning } from "./document.ts"
import { type Format, type Scan } from "./format.ts"
import { applyMemo, parseMemo, restoreDocument } from "./memo.ts"
import { sameSites } from "./same-sites.ts"
import { countedSites, type Site } from "./site.ts"
import { inOrder, merged, splice } from "./splice.ts"
import { type Edit, utf8 } from "./text.ts"
import { buildTrees } from "./build-tree.ts"

/** A plain text that was scanned before, and what was found. */
export interface KnownText {
  readonly text: string
  readonly sites: readonly Site[]
}

/**
 * The plain text of an opened document: the sealed text with each token replaced by its scalar and the metadata
 * taken out. The result is scanned again and must say what was opened, site by site (docs/design/security.md S17).
 *
 * The check runs while the metadata is still in the text, since its block decides what comments belong to.
 *
 * @param options.known - a text that may come out: it needs no scan
 * @param options.wantsScan - the plain text is scanned as it is, if that can tell as much; else there is no scan
 */
export function render(
  document: SealedDocument,
  leaves: readonly Leaf[],
  memoText: string,
  {
    known,
    wantsScan = false,
  }: { readonly known?: KnownText | undefined; readonly wantsScan?: boolean | undefined } = {},
): { bytes: Uint8Array; warnings: Warning[]; scan?: Scan | undefined } {
  const { format, scan } = document
  if (format.isWhole === true) return { bytes: binaryContent(leaves), warnings: [] }
  const block = detachedBlock(document)
  checkDetach(leaves, block)
  const own = openEdits(document, leaves)
  const memo = parseMemo(memoText)
  if (memo !== null) {
    const withMemo = applyMemo(document, leaves, own, memo)
    if (withMemo !== null) {
      const text = splice(scan.source, merged(block, withMemo))
      return { bytes: utf8.encode(restoreDocument(format, text, memo)), warnings: [] }
    }
  }
  const warnings: Warning[] = memoText !== "" && memo === null ? [{ code: "MEMO_IGNORED" }] : []
  const plain = own.edits.filter((edit): edit is Edit => edit !== null)
  const whole = (): string => splice(scan.source, merged(block, plain))
  if (known !== undefined && known.text === whole() && sameSites(leaves, known.sites, format))
    return { bytes: utf8.encode(known.text), warnings }
  const plainScan = wantsScan ? sameScan(format, whole(), leaves) : null
  if (plainScan !== null) return { bytes: utf8.encode(plainScan.source), warnings, scan: plainScan }
  if (own.areConfirmed || isConfirmed(document, leaves, splice(scan.source, plain)))
    return { bytes: utf8.encode(whole()), warnings }
  // Upstream's list comments change what is an element of the list; only a printed document can say that.
  if (leaves.some(({ site, scalar }) => scalar?.kind === "comment" && site.kind === "str")) {
    return { bytes: utf8.encode(format.emit(buildTrees(leaves, scan.documents), {})), warnings }
  }
  throw new AppError("VALUE_TYPE", {}, { subject: "the opened text would not say what was sealed" })
}

/** What takes the metadata out of a sealed text. */
export function detachedBlock({ scan, metadata }: SealedDocument): readonly Edit[] {
  const { detach, detachAsUpstream = detach } = scan.metadata!
  return metadata.structure === "" && metadata.layout === "" ? detachAsUpstream : detach
}

/** The scan of a plain text that says what the leaves say, with metadata below it or without; else `null`. */
function sameScan(format: Format, text: string, leaves: readonly Leaf[]): Scan | null {
  try {
    const scan = format.scan(text)
    if (scan.metadata !== null || format.movesComments?.(scan) === true) return null
    return sameSites(leaves, countedSites(scan), format) ? scan : null
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

/** Nothing looks again at what is taken out as metadata, so no value may go with it. */
function checkDetach(leaves: readonly Leaf[], detach: readonly Edit[]): void {
  const sorted = inOrder(detach)
  for (let at = 0; at < leaves.length; at++) {
    const { site } = leaves[at]!
    // An empty root holds the metadata itself.
    if (site.span === null || site.item.parent === null) continue
    const { start, end } = site.span
    let low = 0
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (sorted[middle]!.end <= start) low = middle + 1
      else high = middle
    }
    const next = sorted[low]
    if (next !== undefined && next.start < end)
      throw new AppError("METADATA_INVALID", { line: site.line }, { subject: "it contains an entry" })
  }
}

/** To look into a long value takes a copy of it, and few files have many of them. */
const CONFIRMED_CHARS_MAX = 64 * 1024

/**
 * What to put in the places of the tokens; `null` where there is none.
 *
 * @returns `areConfirmed`: each is known to say its scalar, and what is beside it stays as it was
 */
function openEdits(
  { format, scan }: SealedDocument,
  leaves: readonly Leaf[],
): { edits: (Edit | null)[]; areConfirmed: boolean } {
  const edits: (Edit | null)[] = []
  let areConfirmed = format.confirmsEdit !== undefined && scan.aliases.length === 0
  for (let at = 0; at < leaves.length; at++) {
    const { site, scalar, token } = leaves[at]!
    if (token === null || site.span === null || scalar === null) {
      edits.push(null)
      continue
    }
    const edit = format.open(scan, site, scalar)
    areConfirmed &&= edit.text.length <= CONFIRMED_CHARS_MAX && format.confirmsEdit!(scan, site, scalar, edit.text)
    edits.push(edit)
  }
  return { edits, areConfirmed }
}

/** Whether a text says what the leaves say, once it is read. */
function isConfirmed({ format }: SealedDocument, leaves: readonly Leaf[], text: string): boolean {
  if (format.confirms?.(text, leaves, null) === true) return true
  return sameSites(leaves, countedSites(format.scan(text)), format)
}

/** A binary file is the one string `data` of its container. */
function binaryContent(leaves: readonly Leaf[]): Uint8Array {
  const data = leaves.find(({ site }) => site.item.key === "data" && site.item.parent?.parent === null)
  if (data?.scalar?.kind !== "str") {
    throw new AppError("SYNTAX", {}, { subject: "a binary container needs the one text entry `data`", exit: 4 })
  }
  return data.scalar.bytes
}
