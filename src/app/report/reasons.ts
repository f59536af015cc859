import { type Config, type RuleEntry } from "../../config/config.ts"
import { type RuleTarget, matcherOf } from "../../config/rule.ts"
import { isSealedComment } from "../../core/open.ts"
import { isEmptyText } from "../../core/scalar.ts"
import { type CompiledSelectors, select } from "../../core/select.ts"
import { type Item, type Site, fullPath } from "../../core/site.ts"

/** A rule, and why it is or is not the one for a path. */
export interface RuleReason {
  /** From 1. */
  readonly index: number
  readonly line: number
  readonly reason: string
}

interface RuleChoice {
  readonly entry: RuleEntry | null
  readonly chosen: RuleReason | null
  /** Those before it, all of them when none matches. */
  readonly passedOver: readonly RuleReason[]
}

/** The first rule that matches, and why those before it do not. */
export async function chooseRule(config: Config, target: RuleTarget): Promise<RuleChoice> {
  const passedOver: RuleReason[] = []
  for (const entry of config.rules ?? []) {
    const isMatch = await matcherOf(config, entry)
    const facts = { index: entry.number, line: entry.at.line }
    const what = matchText(entry)
    if (isMatch(target)) {
      const reason = entry.match.type === "all" ? "it names no path, so it matches every file" : `${what} matches`
      return { entry, chosen: { ...facts, reason }, passedOver }
    }
    passedOver.push({ ...facts, reason: `${what} does not match` })
  }
  return { entry: null, chosen: null, passedOver }
}

function matchText({ match }: RuleEntry): string {
  switch (match.type) {
    case "all":
      return "every path"
    case "regex":
      return `path_regex ${JSON.stringify(match.text)}`
    case "globs":
      return `path ${match.globs.map(({ text }) => JSON.stringify(text)).join(", ")}`
  }
}

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
