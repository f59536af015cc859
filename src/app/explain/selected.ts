import { isEmptyText } from "../../core/scalar.ts"
import { type CompiledSelectors, select } from "../../core/select.ts"
import { fullPath, type Item, type Site } from "../../core/site.ts"
import { isSealedComment } from "../../core/open.ts"

/** Whether what is at a path is sealed, and why. */
export interface Because {
  readonly sealed: boolean
  readonly because: string
}

/** @param item - the entry, whose value may be a mapping or a list */
export function becauseOf(sites: readonly Site[], compiled: CompiledSelectors, item: Item): Because {
  const path = fullPath(item)
  const isBelow = (site: Site): boolean => {
    const parts = fullPath(site.item)
    return path.every((part, index) => part === parts[index])
  }
  const below = sites
    .map((site, index) => ({ site, index }))
    .filter(({ site }) => site.kind !== "comment" && isBelow(site))
  const selected = select(sites, compiled, isSealedComment)
  const sealable = below.filter(({ site }) => site.scalar !== null && !isEmptyText(site.scalar))
  if (sealable.length === 0) return { sealed: false, because: "it is empty, and nothing of it can be sealed" }
  const count = sealable.filter(({ index }) => selected[index]!).length
  const sealed = count === sealable.length
  if (count > 0 && !sealed) return { sealed, because: `${count} of ${sealable.length} values below it are sealed` }
  return { sealed, because: reason(compiled, item, sealed) }
}

function reason({ rule, text, pattern }: CompiledSelectors, item: Item, sealed: boolean): string {
  const field = fieldName(rule)
  if (rule.endsWith("CommentRegex")) {
    const isHit = sealed === rule.startsWith("encrypted")
    return `${isHit ? "a" : "no"} comment above it matches ${field} ${JSON.stringify(text)}`
  }
  const hit = (key: string): boolean => (rule.endsWith("Suffix") ? key.endsWith(text) : (pattern?.test(key) ?? false))
  const keys: string[] = []
  for (let at: Item | null = item; at !== null; at = at.parent) if (at.key !== null) keys.unshift(at.shownKey ?? at.key)
  const found = keys.find(hit)
  if (found !== undefined) return `its key ${JSON.stringify(found)} matches ${field} ${JSON.stringify(text)}`
  const isBelow = sealed === rule.startsWith("encrypted")
  return isBelow
    ? `a key below it matches ${field} ${JSON.stringify(text)}`
    : `no key of its path matches ${field} ${JSON.stringify(text)}`
}

/** `encryptedRegex` as files and configs write it. */
export function fieldName(rule: string): string {
  return rule.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
