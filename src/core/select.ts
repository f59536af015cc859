import { AppError } from "../errors/app-error.ts"
import { type ChosenPaths } from "./chosen-paths.ts"
import { Inherited } from "./path.ts"
import { limits } from "./limits.ts"
import { type Item, type Site } from "./site.ts"

/** The rules that choose sites; at most one is not empty. With none, `_unencrypted` keys stay clear. */
export interface Selectors {
  readonly unencryptedSuffix: string
  readonly encryptedSuffix: string
  readonly unencryptedRegex: string
  readonly encryptedRegex: string
  readonly unencryptedCommentRegex: string
  readonly encryptedCommentRegex: string
}

export const noSelectors: Selectors = {
  unencryptedSuffix: "",
  encryptedSuffix: "",
  unencryptedRegex: "",
  encryptedRegex: "",
  unencryptedCommentRegex: "",
  encryptedCommentRegex: "",
}

export const defaultSuffix = "_unencrypted"

/** A compiled RE2 pattern: an unanchored search in linear time. */
export interface Pattern {
  test(text: string): boolean
}

/** Selectors with the pattern they need; `pattern` is `null` for a suffix, or when it is not a valid RE2. */
export interface CompiledSelectors {
  readonly rule: keyof Selectors
  readonly text: string
  readonly pattern: Pattern | null
  /** The paths that the selector was made from: it has to seal exactly what they name. */
  readonly chosen?: ChosenPaths
}

/** The one rule of a set, or the default. @throws {RangeError} when more than one is set */
export function ruleOf(selectors: Selectors): { rule: keyof Selectors; text: string } {
  const set = Object.entries(selectors).filter(([, text]) => text !== "") as [keyof Selectors, string][]
  if (set.length > 1) throw new RangeError("more than one selector")
  const [rule, text] = set[0] ?? (["unencryptedSuffix", defaultSuffix] as const)
  return { rule, text }
}

/**
 * Decides for each site whether it is sealed. A hit on any key of the path counts for everything below it; comment
 * rules look at the comments right before a value or right before anything that encloses it.
 *
 * @param isComment - a list element that holds a sealed comment, as upstream writes them, counts as a comment
 * @see sops v3.13.2 sops.go, shouldBeEncrypted and the walk functions
 */
export function select(
  sites: readonly Site[],
  compiled: CompiledSelectors,
  isComment: (site: Site) => boolean = (site) => site.kind === "comment",
): boolean[] {
  switch (compiled.rule) {
    case "unencryptedSuffix":
      return byKey(sites, (key) => key.endsWith(compiled.text), false)
    case "encryptedSuffix":
      return byKey(sites, (key) => key.endsWith(compiled.text), true)
    case "unencryptedRegex":
      return byKey(sites, matcher(compiled), false)
    case "encryptedRegex":
      return byKey(sites, matcher(compiled), true)
    case "unencryptedCommentRegex":
      return byComment(sites, matcher(compiled), false, isComment)
    case "encryptedCommentRegex":
      return byComment(sites, matcher(compiled), true, isComment)
  }
}

function matcher({ pattern }: CompiledSelectors): (text: string) => boolean {
  if (pattern === null) return () => false
  const known = new Map<string, boolean>()
  let budget = limits.pattern_budget_chars_max
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before
    budget -= text.length
    if (budget < 0) throw new AppError("TOO_LARGE", {}, { subject: "text that a selector's pattern runs over" })
    const hit = pattern.test(text)
    known.set(text, hit)
    return hit
  }
}

function byKey(sites: readonly Site[], hit: (key: string) => boolean, ifHit: boolean): boolean[] {
  const isHit = ({ key }: Item, above = false): boolean => above || (key !== null && hit(key))
  const hits = new Inherited<boolean>(isHit)
  const isSelected = (item: Item): boolean => isHit(item, hits.ofHolder(item)) === ifHit
  const selected: boolean[] = []
  for (let at = 0; at < sites.length; at++) {
    const { item, behind } = sites[at]!
    selected.push(isSelected(item) || (behind !== undefined && isSelected(behind)))
  }
  return selected
}

/** The comments that are active in one open container: those since its last finished entry. */
interface Active {
  /** One of them matches. */
  isHit: boolean
  /** One of them matches that is not the last. */
  wasHit: boolean
  /** The entry that is being walked, or was walked last. */
  current: Item | null
}

function forget(state: Active): void {
  state.isHit = false
  state.wasHit = false
}

function byComment(
  sites: readonly Site[],
  hit: (text: string) => boolean,
  ifHit: boolean,
  isComment: (site: Site) => boolean,
): boolean[] {
  const containers = new Map<Item, Active>()
  const stateOf = (container: Item): Active => {
    let state = containers.get(container)
    if (state === undefined) containers.set(container, (state = { isHit: false, wasHit: false, current: null }))
    return state
  }
  /** Enters `item` in its container and in all above: what was there before is finished, and its comments gone. */
  const enter = (item: Item): void => {
    for (let at = item; at.parent !== null; at = at.parent) {
      const state = stateOf(at.parent)
      if (state.current !== null && state.current !== at) forget(state)
      state.current = at
    }
  }
  const isActive = (container: Item | null, skipLast: boolean): boolean => {
    for (let at = container, skip = skipLast; at !== null; at = at.parent, skip = false) {
      const { isHit, wasHit } = stateOf(at)
      if (skip ? wasHit : isHit) return true
    }
    return false
  }

  return sites.map((site) => {
    if (site.kind === "comment" && site.shadowed === true) {
      // Upstream does not see it, so it marks nothing.
      return isActive(site.item, false) ? ifHit : !ifHit
    }
    if (site.kind === "comment") {
      enter(site.item)
      const state = stateOf(site.item)
      if (state.current !== null) forget(state)
      state.current = null
      state.wasHit = state.isHit
      state.isHit ||= hit(Buffer.from(site.scalar!.bytes).toString("utf8"))
      // A marker must not seal itself, but a marker that keeps things clear covers itself.
      return isActive(site.item, ifHit) ? ifHit : !ifHit
    }
    if (isComment(site)) return isActive(site.item.parent, false) ? ifHit : !ifHit
    enter(site.item)
    return isActive(site.item.parent, false) ? ifHit : !ifHit
  })
}
