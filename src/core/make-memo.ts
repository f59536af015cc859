import { type Opened } from "./document.ts"
import { type Format, type Scan } from "./format.ts"
import { limits } from "./limits.ts"
import { type AliasRun, formatMemo, type Memo, pathCheck, type SpelledSite } from "./memo.ts"
import { type SealedLeaf } from "./seal-leaves.ts"
import { type Alias, type Item } from "./site.ts"
import { type Edit } from "./text.ts"

/** The input of the memo: the plain document with the edits that seal it. */
interface Source {
  readonly format: Format
  readonly plain: string
  readonly scan: Scan
  readonly leaves: readonly SealedLeaf[]
  /** One for each leaf, in offsets of the plain text. */
  readonly tokenEdits: readonly (Edit | null)[]
}

/**
 * Remembers every spelling that the canonical one would lose.
 *
 * @param canonical - how a leaf is spelled without the memo, by its number
 * @returns `null` when an alias cannot be remembered: then the layout is dropped, with a warning
 */
function buildMemo(source: Source, canonical: (index: number) => string): Memo | null {
  const { plain, scan, tokenEdits, leaves } = source
  const sites = new Map<number, SpelledSite>()
  const verbatim = new Map<number, string>()
  const ordinals: number[] = []
  let ordinal = 0
  for (let index = 0; index < leaves.length; index++) {
    const { site, token, isVerbatim } = leaves[index]!
    ordinals.push(ordinal)
    if (token === null) continue
    const edit = tokenEdits[index]
    if (edit !== undefined && edit !== null && site.span !== null) {
      const spelling = plain.slice(edit.start, edit.end)
      const isGlued = edit.text.startsWith(" ")
      if (isGlued || canonical(index) !== spelling) {
        sites.set(ordinal, { check: pathCheck(site.item), spelling, isGlued })
      }
    }
    if (isVerbatim) verbatim.set(ordinal, pathCheck(site.item))
    ordinal++
  }
  const aliases = aliasRuns(source, ordinals)
  if (aliases === null) return null
  return {
    sites,
    aliases,
    hasBom: (scan.banned ?? []).some(({ start }) => start === 0 && plain.startsWith("\uFEFF")),
    blankCrLines: blankCrLines(source),
    verbatim,
    nullRoots: nullRoots(source),
  }
}

/** What the memo will have to hold, where that is known beforehand; `null` for nothing, or when it is not known. */
export function expectedMemo(source: Source): Memo | null {
  const { spelling } = source.format
  if (spelling === undefined) return null
  const memo = buildMemo(source, (index) => spelling(source.leaves[index]!.scalar!))
  return memo !== null && !isEmpty(memo) && fitsMemo(memo) ? memo : null
}

/** The same, from what the sealed text without a memo opens to. Its leaves are in the same order. */
export function neededMemo(source: Source, { document, leaves }: Opened): Memo | null {
  const memo = buildMemo(source, (index) => {
    const { site, scalar } = leaves[index]!
    return document.format.open(document.scan, site, scalar!).text
  })
  return memo !== null && fitsMemo(memo) ? memo : null
}

function isEmpty({ sites, aliases, verbatim, hasBom, blankCrLines }: Memo): boolean {
  return sites.size + aliases.length + verbatim.size + blankCrLines.length === 0 && !hasBom
}

function fitsMemo(memo: Memo): boolean {
  const entries = memo.sites.size + memo.aliases.length + memo.verbatim.size
  return entries <= limits.memo_entries_max && formatMemo(memo).length <= limits.memo_bytes_max
}

function aliasRuns({ leaves }: Source, ordinals: readonly number[]): AliasRun[] | null {
  const runs = new Map<Alias, { ordinals: number[]; leaf: SealedLeaf }>()
  for (let index = 0; index < leaves.length; index++) {
    const leaf = leaves[index]!
    const { alias } = leaf.site
    if (alias === undefined || leaf.token === null) continue
    const known = runs.get(alias)
    if (known === undefined) runs.set(alias, { ordinals: [ordinals[index]!], leaf })
    else known.ordinals.push(ordinals[index]!)
  }
  const result: AliasRun[] = []
  for (const [alias, { ordinals: own, leaf }] of runs) {
    if (own.some((ordinal, nth) => ordinal !== own[0]! + nth)) return null
    result.push({
      first: own[0]!,
      count: own.length,
      depth: depthBelow(leaf.site.item, alias.item),
      text: `*${alias.name}`,
    })
  }
  return result
}

function depthBelow(item: Item, above: Item): number {
  let depth = 0
  for (let at: Item | null = item; at !== null && at !== above; at = at.parent) depth++
  return depth
}

function nullRoots({ plain, scan }: Source): Memo["nullRoots"] {
  return (scan.banned ?? []).flatMap(({ start, end }) => {
    const text = plain.slice(start, end)
    return text === "\r" || text === "\uFEFF" ? [] : [[start, text] as const]
  })
}

function blankCrLines({ plain, scan }: Source): number[] {
  const lines: number[] = []
  let line = 0
  let at = 0
  for (const { start } of scan.banned ?? []) {
    if (plain[start] !== "\r") continue
    for (let next = plain.indexOf("\n", at); next !== -1 && next < start; next = plain.indexOf("\n", at)) {
      line++
      at = next + 1
    }
    lines.push(line)
  }
  return lines
}
