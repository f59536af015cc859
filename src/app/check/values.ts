import { tokenMark, looksLikeToken, TokenReader } from "../../core/token.ts"
import { type CommentPolicy } from "../../core/comments.ts"
import { type SealedDocument } from "../../core/document.ts"
import { limits } from "../../core/limits.ts"
import { isSealedComment } from "../../core/open.ts"
import { isEmptyText, scalarText } from "../../core/scalar.ts"
import { ambiguousSite } from "../../core/seal-checks.ts"
import { type CompiledSelectors, select } from "../../core/select.ts"
import { countedSites, documentOf, shownPath, type Site } from "../../core/site.ts"
import { type Finding, finding, type Place, type Words } from "./finding.ts"
import { suspicionOf } from "./suspect-names.ts"

const nonceBytesUsual = 12
const tagChars = 24

interface ValueRules {
  /** Of the file itself. */
  readonly byFile: CompiledSelectors
  /** Of the rule that names it; `null` without one, and for a file that is one value. */
  readonly byRule: CompiledSelectors | null
  /** What the rule says of comments. */
  readonly comments: CommentPolicy
}

/** What shows without a key about the values of a sealed file. */
export function valueFindings(file: string, { scan, format }: SealedDocument, rules: ValueRules): Finding[] {
  const sites = countedSites(scan)
  const inFile = select(sites, rules.byFile, isSealedComment)
  const inRule = rules.byRule === null ? [] : select(sites, rules.byRule, isSealedComment)
  const tokens = new TokenReader(limits.nonce_bytes_max)
  const found: Finding[] = []
  for (const [index, site] of sites.entries()) {
    // Its path is put together only where something is said of it.
    const place = (): Place => placeOfSite(file, site, scan.documents)
    const what = inFile[index]! ? tokenFinding(place, site, tokens) : null
    if (what !== null) found.push(what)
    else if (rules.comments === "sealed" && isClearComment(site)) found.push(finding("COMMENT_CLEAR", place()))
    else if (!inFile[index]! && inRule[index] === true && isClear(site)) {
      found.push(finding("VALUE_CLEAR_BY_RULE", place()))
    }
  }
  const lost = scan.lostComments ?? []
  if (rules.comments === "sealed")
    for (const site of lost)
      if (isClearComment(site)) found.push(finding("COMMENT_CLEAR", placeOfSite(file, site, scan.documents)))
  const ambiguous = ambiguousSite(sites)
  if (ambiguous !== null) found.push(finding("KEY_AMBIGUOUS", placeOfSite(file, ambiguous, scan.documents)))
  return format.isWhole === true ? found : [...found, ...keyFindings(file, sites, scan.documents)]
}

/** How many values the two sets of selectors seal: of both, of the file's alone, of the rule's alone. */
export function compareSelections(
  { scan }: SealedDocument,
  { byFile, byRule }: { readonly byFile: CompiledSelectors; readonly byRule: CompiledSelectors },
): { readonly onlyFile: number; readonly onlyRule: number } {
  const sites = countedSites(scan)
  const inFile = select(sites, byFile, isSealedComment)
  const inRule = select(sites, byRule, isSealedComment)
  const count = (a: readonly boolean[], b: readonly boolean[]): number =>
    sites.filter((site, index) => site.scalar !== null && a[index]! && !b[index]!).length
  return { onlyFile: count(inFile, inRule), onlyRule: count(inRule, inFile) }
}

export function placeOfSite(file: string, site: Site, documents: number): Place {
  const document = documents > 1 ? documentOf(site.item) : undefined
  return { file, line: site.alias?.line ?? site.line, path: shownPath(site.item), document }
}

/** It could be sealed, and a reader of the file sees it. */
export function isClear({ kind, scalar }: Site): boolean {
  if (scalar === null || kind === "comment" || isEmptyText(scalar)) return false
  return kind !== "str" || !scalarText(scalar).includes(tokenMark)
}

function isClearComment({ kind, scalar }: Site): boolean {
  return kind === "comment" && scalar !== null && !isEmptyText(scalar) && !looksLikeToken(scalarText(scalar))
}

function tokenFinding(place: () => Place, site: Site, tokens: TokenReader): Finding | null {
  const { scalar, kind } = site
  if (scalar === null || isEmptyText(scalar)) return null
  const text = kind === "str" || kind === "comment" ? scalarText(scalar) : ""
  if (!looksLikeToken(text)) {
    if (kind === "comment") return null
    return text.includes(tokenMark)
      ? finding("TOKEN_INVALID", place(), { subject: "clear text precedes it" })
      : finding("VALUE_CLEAR", place())
  }
  const token = tokens.read(text)
  const isTrailing = token === "text after the token"
  if (isTrailing) return finding("TRAILING_TEXT", place())
  if (typeof token === "string") return finding("TOKEN_INVALID", place(), { subject: token })
  const invalid = (subject: string, words: Words = {}): Finding =>
    finding("TOKEN_INVALID", place(), { ...words, subject })
  if (token.tag.length < 16 || tagFieldChars(text) !== tagChars) return invalid("its tag is not 16 bytes long")
  const isInList = site.item.key === null && site.item.parent !== null
  if (token.kind === "comment" && kind !== "comment" && !isInList) return invalid("it is one of a comment")
  if (token.nonce.length < nonceBytesUsual) return invalid("its nonce has fewer than 12 bytes", { severity: "warning" })
  return null
}

/** The reader of tokens takes the last 16 bytes of two fields together, as upstream does. */
function tagFieldChars(text: string): number {
  const start = text.indexOf(",tag:") + 5
  return text.indexOf(",type:", start) - start
}

function keyFindings(file: string, sites: readonly Site[], documents: number): Finding[] {
  const [seen, looked] = [new Set<string>(), new Set<Site["item"]>()]
  const found: Finding[] = []
  for (const site of sites) {
    // A section or mapping has no value of its own; what is above one that was looked at was too.
    for (let item: Site["item"] | null = site.item; item !== null && !looked.has(item); item = item.parent) {
      looked.add(item)
      if (item.key === null || seen.has(item.key)) continue
      seen.add(item.key)
      const subject = suspicionOf(item.key)
      if (subject !== null)
        found.push(finding("NAME_SUSPECT", placeOfSite(file, { ...site, item }, documents), { subject }))
    }
  }
  return found
}
