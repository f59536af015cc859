import { AppError } from "../errors/app-error.ts"
import { type Scan } from "./format.ts"
import { AadPaths } from "./path.ts"
import { type Alias, fullPath, type Item, keyPath, type Site } from "./site.ts"

/**
 * Refuses two places that authenticate as one: `"a:b"` beside `a: {b: ...}`. A token could be moved between them.
 *
 * @throws {AppError} `KEY_AMBIGUOUS` with the later of the two
 */
export function checkAmbiguousKeys(sites: readonly Site[]): void {
  const hasColon = sites.some(({ item }) => {
    for (let at: Item | null = item; at !== null; at = at.parent) if (at.key?.includes(":") === true) return true
    return false
  })
  if (!hasColon) return
  const aads = new AadPaths()
  const known = new Map<string, string>()
  for (const { item, line } of sites) {
    const aad = aads.of(item)
    const path = JSON.stringify(keyPath(item))
    const before = known.get(aad)
    if (before === undefined) known.set(aad, path)
    else if (before !== path) throw new AppError("KEY_AMBIGUOUS", { path: fullPath(item), line })
  }
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
  if (scan.aliases.length === 0) return []
  const willSeal = (index: number): boolean => isSelected[index]! && (sites[index]!.scalar?.bytes.length ?? 0) > 0
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
        { path: fullPath(alias.item), line: sites[own[leaks]!]!.line },
        {
          exit: 23,
          notes: [`it stands for a sealed value in line ${target.line}`],
          hint: "write the value out, or say --allow-clear-alias to have it in the clear",
        },
      )
    }
    return leaks !== -1 || own.some(willSeal)
  })
}

function push(map: Map<Alias, number[]>, key: Alias, index: number): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [index])
  else known.push(index)
}
