import { AppError } from "../errors/app-error.ts"
import { type Leaf, type Warning } from "./document.ts"
import { type Format, type Scan } from "./format.ts"
import { Inherited, AadPaths } from "./path.ts"
import { floatReading } from "./canonical.ts"
import { type CompiledSelectors } from "./select.ts"
import { type Alias, shownPath, type Item, keyPath, type Site } from "./site.ts"
import { equalBytes } from "./text.ts"

/**
 * Refuses metadata of the first document's kind in a later document: upstream removes it when it reads the file.
 *
 * @throws {AppError} `RESERVED_KEY`
 */
export function checkReservedKey({ sites, documents }: Scan): void {
  if (documents === 1) return
  const seen = new Set<Item>()
  for (const { item, line } of sites) {
    for (let at: Item | null = item; at !== null && !seen.has(at); at = at.parent) {
      seen.add(at)
      if (at.key === "sops" && at.parent?.parent === null && at.parent.index > 0)
        throw new AppError("RESERVED_KEY", { line, path: shownPath(at) }, { exit: 4 })
    }
  }
}

/**
 * Refuses two places that authenticate as one: `"a:b"` beside `a: {b: ...}`. Somebody could move a token between them.
 *
 * @throws {AppError} `KEY_AMBIGUOUS` with the later of the two
 */
export function checkAmbiguousKeys(sites: readonly Site[]): void {
  const found = ambiguousSite(sites)
  if (found !== null) throw new AppError("KEY_AMBIGUOUS", { path: shownPath(found.item), line: found.line })
}

/** The first site that authenticates as another place does; `null` when every place is its own. */
export function ambiguousSite(sites: readonly Site[]): Site | null {
  if (!hasColons(sites)) return null
  const aads = new AadPaths()
  const known = new Map<string, string>()
  for (const site of sites) {
    const aad = aads.of(site.item)
    const path = JSON.stringify(keyPath(site.item))
    const before = known.get(aad)
    if (before === undefined) known.set(aad, path)
    else if (before !== path) return site
  }
  return null
}

/** A key with a colon, in the path of any site. */
function hasColons(sites: readonly Site[]): boolean {
  const isOne = ({ key }: Item, above = false): boolean => above || key?.includes(":") === true
  const colons = new Inherited<boolean>(isOne)
  for (let at = 0; at < sites.length; at++) {
    const { item } = sites[at]!
    if (isOne(item, colons.ofHolder(item))) return true
  }
  return false
}

/**
 * Clear JSON integers that releases before 3.13.2 hash otherwise, so that what one release seals is a mismatch for the
 * other: `-0`, what a float does not hold, and what its shortest digits do not say (2^60). No spelling opens in all.
 */
export function inexactIntegers(format: Format, leaves: readonly Leaf[], source: string): Warning[] {
  if (format.hasOldFloats !== true) return []
  return leaves.flatMap(({ site, scalar, isSelected }): Warning[] => {
    if (isSelected || scalar?.kind !== "int") return []
    if (equalBytes(floatReading(site, source), scalar.bytes)) return []
    return [{ code: "INEXACT_INTEGER", line: site.line, path: shownPath(site.item) }]
  })
}

/**
 * The aliases that have to be written out, because the path of an alias is part of what a token authenticates.
 *
 * @throws {AppError} `ALIAS_TO_SEALED` when a clear alias leads to a value that is sealed: the alias would carry the
 *   token into a place where nobody opens it, and break upstream's MAC
 */
export function checkAliases(
  scan: Scan,
  sites: readonly Site[],
  isSelected: readonly boolean[],
  allowClear: boolean,
): Alias[] {
  const willSeal = (index: number): boolean => isSelected[index]! && (sites[index]!.scalar?.bytes.length ?? 0) > 0
  checkKeyAliases(scan, sites, willSeal)
  if (scan.aliases.length === 0) return []
  const byAlias = new Map<Alias, number[]>()
  const byTarget = new Map<Item, number[]>(scan.aliases.map(({ target }) => [target, []]))
  for (const [index, site] of sites.entries()) {
    if (site.kind === "comment") continue
    if (site.alias !== undefined) push(byAlias, site.alias, index)
    for (let at: Item | null = site.item; at !== null; at = at.parent) byTarget.get(at)?.push(index)
  }
  return scan.aliases.filter((alias) => {
    const own = byAlias.get(alias) ?? []
    const origin = byTarget.get(alias.target) ?? []
    const leaks = own.findIndex((index, nth) => !willSeal(index) && origin[nth] !== undefined && willSeal(origin[nth]))
    if (leaks !== -1 && !allowClear) {
      const target = sites[origin[leaks]!]!
      throw new AppError(
        "ALIAS_TO_SEALED",
        { path: shownPath(alias.item), line: alias.line },
        {
          exit: 23,
          notes: [`it refers to a sealed value in line ${target.line}`],
          hint: "write the value out, or pass --allow-clear-alias to leave it in the clear",
        },
      )
    }
    return leaks !== -1 || own.some(willSeal)
  })
}

/**
 * Sealed comments are read as their tokens; one that matches would keep the value below it in the clear.
 *
 * @throws {AppError} `COMMENT_PATTERN`, as upstream
 */
export function checkSealedComments(leaves: readonly Leaf[], { rule, pattern }: CompiledSelectors): void {
  if (rule !== "unencryptedCommentRegex" || pattern === null) return
  for (const { site, token } of leaves) {
    if (site.kind !== "comment" || token === null || !pattern.test(token)) continue
    throw new AppError("COMMENT_PATTERN", { path: shownPath(site.item), line: site.line })
  }
}

/** A value that is sealed cannot also be a key, which is never sealed. */
function checkKeyAliases(
  { keyAliases = [] }: Scan,
  sites: readonly Site[],
  willSeal: (index: number) => boolean,
): void {
  if (keyAliases.length === 0) return
  const sealed = new Map<Item, number>()
  for (const [index, { item, kind, line }] of sites.entries())
    if (kind !== "comment" && willSeal(index)) sealed.set(item, line)
  for (const { item, target, line } of keyAliases) {
    const targetLine = sealed.get(target)
    if (targetLine === undefined) continue
    throw new AppError(
      "ALIAS_TO_SEALED",
      { path: shownPath(item), line },
      { exit: 23, notes: [`it refers to a sealed value in line ${targetLine}`], hint: "write the key out" },
    )
  }
}

function push(map: Map<Alias, number[]>, key: Alias, index: number): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [index])
  else known.push(index)
}
