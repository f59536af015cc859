import { type SealedDocument } from "../../core/document.ts"
import { type Metadata } from "../../core/metadata.ts"
import { type Recipient } from "../../core/recipient.ts"
import { type NameOf } from "../../keys/data-key-error.ts"
import { recipientKey } from "../../keys/kinds.ts"
import { isReadable } from "../../keys/parse-recipient.ts"
import { isEmptyText, scalarText } from "../../core/scalar.ts"
import { countedSites, fullPath, type Item, type Site } from "../../core/site.ts"
import { looksLikeToken } from "../../core/token.ts"
import { namesInVersions } from "../recipients/entry-names.ts"
import { selectorText } from "./drift.ts"
import { type Finding, finding } from "./finding.ts"
import { type Inspected, metadataLine } from "./sealed-text.ts"
import { isClear, placeOfSite } from "./values.ts"

/** One file in two versions; `null`: it was not there. */
interface Change {
  readonly file: string
  readonly before: Inspected | null
  readonly after: Inspected
}

/** A version whose seal may have been taken off: only the version before can tell whether it was. */
export function mayBeUnsealed(after: Inspected): boolean {
  if (after.state === "plain") return after.text !== ""
  return after.state === "sealed" && countedSites(after.document.scan).some(isClear)
}

/**
 * A seal that was taken off: the whole file, or single values of it.
 *
 * @param isTemplate - whether a plain text leaves open what was sealed
 */
export async function unsealedFindings(
  { file, before, after }: Change,
  isTemplate: (file: string, text: string, before: SealedDocument) => Promise<boolean>,
): Promise<Finding[]> {
  if (before === null || (before.state !== "sealed" && before.state !== "broken")) return []
  if (after.state === "plain") {
    const { text } = after
    if (text === "") return []
    if (text !== null && before.state === "sealed" && (await isTemplate(file, text, before.document))) return []
    return [finding("FILE_UNSEALED", { file })]
  }
  if (before.state !== "sealed" || after.state !== "sealed") return []
  // Or below a path that was sealed, or above: a value that became a mapping, and the other way round.
  const [sealed, above] = [new Set<string>(), new Set<string>()]
  for (const site of countedSites(before.document.scan).filter(isSealedValue)) {
    sealed.add(pathText(site.item))
    for (
      let item = site.item.parent;
      item !== null && item.parent !== null && !above.has(pathText(item));
      item = item.parent
    )
      above.add(pathText(item))
  }
  const { scan } = after.document
  return countedSites(scan)
    .filter((site) => isClear(site) && (above.has(pathText(site.item)) || isAtOrBelow(site.item, sealed)))
    .map((site) => finding("SEAL_REMOVED", placeOfSite(file, site, scan.documents)))
}

function isAtOrBelow(item: Item, paths: ReadonlySet<string>): boolean {
  for (let at: Item | null = item; at !== null && at.parent !== null; at = at.parent)
    if (paths.has(pathText(at))) return true
  return false
}

export function isSealedValue({ kind, scalar }: Site): boolean {
  return kind === "str" && scalar !== null && !isEmptyText(scalar) && looksLikeToken(scalarText(scalar))
}

export function pathText(item: Item): string {
  return JSON.stringify(fullPath(item))
}

/**
 * What a range changes about a sealed file besides its values, for those who have to agree to it.
 *
 * @param personOf - as the config calls recipients
 */
export function metadataChanges({ file, before, after }: Change, personOf: NameOf): Finding[] {
  if (after.state !== "sealed") return []
  const place = { file, line: metadataLine(after.text) }
  const { metadata } = after.document
  const old = before?.state === "sealed" ? before.document.metadata : null
  if (old === null) return [finding("NEW_DATA_KEY", place, { subject: "the file is new" })]
  const found: Finding[] = []
  if (isOtherKey(old, metadata)) found.push(finding("NEW_DATA_KEY", place, { subject: "the file has another one" }))
  const recipients = recipientChange(old, metadata, personOf)
  if (recipients !== null) found.push(finding("RECIPIENTS_CHANGED", place, { subject: recipients }))
  const selectors = selectorChange(old, metadata)
  if (selectors !== null) found.push(finding("SELECTORS_CHANGED", place, { subject: selectors }))
  if (Date.parse(metadata.lastModified) < Date.parse(old.lastModified)) found.push(finding("LASTMODIFIED_BACK", place))
  return found
}

/**
 * Under the same data key at least one wrapped key is the same, unless all were wrapped again: then nobody can tell.
 */
export function isOtherKey(before: Metadata, after: Metadata): boolean {
  const wrapped = new Set(encsOf(before))
  return !encsOf(after).some((enc) => wrapped.has(enc))
}

export function encsOf({ groups }: Metadata): string[] {
  return groups.flat().map(({ enc }) => enc.trim())
}

function recipientChange(before: Metadata, after: Metadata, personOf: NameOf): string | null {
  const called = namesInVersions([before.groups, after.groups])
  const named = (recipient: Recipient): string => {
    const person = isReadable(recipient) ? personOf(recipient) : undefined
    return person === undefined ? called(recipient) : `${person} (${called(recipient)})`
  }
  const [old, now] = [before, after].map(
    ({ groups }) => new Map(groups.flat().map(({ recipient }) => [recipientKey(recipient), named(recipient)])),
  )
  const words = [
    ...[...now!].filter(([key]) => !old!.has(key)).map(([, name]) => `+ ${name}`),
    ...[...old!].filter(([key]) => !now!.has(key)).map(([, name]) => `- ${name}`),
  ]
  if (words.length > 0) return words.join(", ")
  if (groupsText(before) !== groupsText(after)) return "they are divided into other groups"
  return before.threshold === after.threshold ? null : `${after.threshold} groups are needed, not ${before.threshold}`
}

function groupsText({ groups }: Metadata): string {
  const sets = groups.map((group) =>
    group
      .map(({ recipient }) => recipientKey(recipient))
      .sort()
      .join("\n"),
  )
  return JSON.stringify(sets.sort())
}

function selectorChange(before: Metadata, after: Metadata): string | null {
  const words: string[] = []
  const [old, now] = [selectorText(before.selectors), selectorText(after.selectors)]
  if (old !== now) words.push(`${old} becomes ${now}`)
  if (before.macOnlyEncrypted !== after.macOnlyEncrypted) {
    words.push(after.macOnlyEncrypted ? "the MAC covers sealed values only" : "the MAC covers clear values too")
  }
  return words.length === 0 ? null : words.join("; ")
}

/** What is kept of a sealed file, to compare it with the others. */
export interface SealedFacts {
  readonly file: string
  readonly line: number | undefined
  readonly encs: readonly string[]
  readonly mac: string
  readonly lastModified: string
  /** `null`: its rule sets no limit to the age of a data key. */
  readonly maxAgeDays: number | null
}

export function sealedFacts(
  file: string,
  text: string,
  { metadata }: SealedDocument,
  maxAgeDays: number | null,
): SealedFacts {
  const { mac, lastModified } = metadata
  return { file, line: metadataLine(text), encs: encsOf(metadata), mac, lastModified, maxAgeDays }
}
