import { type Scalar } from "./scalar.ts"
import { type Span } from "./text.ts"

/** One entry of a mapping or a list, or the root of a document (`parent` is `null`). */
export interface Item {
  readonly parent: Item | null
  /** Mapping key; `null` for a list element and for a document root. */
  readonly key: string | null
  /** Position in the list or mapping (comments do not count); the document number for a root. */
  readonly index: number
  /** What people see instead of the key, if the key could be the text of a value (security rule L8). */
  readonly shownKey?: string
}

/**
 * One place that may be sealed, or that the structure digest counts.
 *
 * Sites come in the order of upstream's walk, which is the order of the MAC; spans need not ascend.
 */
export interface Site {
  /** The entry whose value this is; for a comment the entry (or root) whose value is the container it is in. */
  readonly item: Item
  /** `null` for a null, an empty mapping or an empty list: never sealed, never hashed, but part of the structure. */
  readonly scalar: Scalar | null
  readonly kind: SiteKind
  /**
   * What a token replaces: the content with its quotes or block header, without custom tag and anchor.
   * `null` for a virtual site, which is reached through an alias and counts for the MAC only.
   */
  readonly span: Span | null
  /** How the format spells it: quote style, block header, indent. Only its own format looks inside. */
  readonly style: unknown
  /** 1-based. */
  readonly line: number
  /** A comment in a list. */
  readonly inList?: boolean
  /** A comment after a value on the same line. */
  readonly inline?: boolean
  /**
   * The entry that the comment follows, in a format that has no rule for where a value ends and a comment begins
   * (INI): a rule that selects the one selects the other, or part of a secret might stay in the clear.
   */
  readonly behind?: Item
  /** The outermost alias that leads to this virtual site. */
  readonly alias?: Alias
  /** Bytes that the MAC counts when the site stays clear, where upstream reads the text differently (INI). */
  readonly clearBytes?: Uint8Array
  /**
   * Upstream keeps only the last of repeated INI keys and its comment; we seal the others, but it does not see them.
   */
  readonly shadowed?: boolean
}

export type SiteKind = Scalar["kind"] | "null" | "map" | "list"

/** A place where `*name` stands for something written elsewhere. */
export interface Alias {
  readonly item: Item
  /** Of the text `*name`. */
  readonly span: Span
  readonly name: string
  /** The entry whose value carries the anchor. */
  readonly target: Item
  /** 1-based; the sites after it have the line of what it stands for. */
  readonly line: number
}

/** A key that is written as `*name`. */
export interface KeyAlias {
  /** The entry that has the key. */
  readonly item: Item
  /** The entry whose value carries the anchor. */
  readonly target: Item
  /** 1-based. */
  readonly line: number
}

/** Mapping keys from the root: the path that is authenticated. List positions are not part of it. */
export function keyPath(item: Item): string[] {
  const keys: string[] = []
  for (let at: Item | null = item; at !== null; at = at.parent) if (at.key !== null) keys.push(at.key)
  return keys.reverse()
}

/** Keys and list positions from the root as they are: for `get`, `set` and comparisons. Never shown: see `shownPath`. */
export function fullPath(item: Item): (string | number)[] {
  const parts: (string | number)[] = []
  for (let at: Item | null = item; at !== null && at.parent !== null; at = at.parent) parts.push(at.key ?? at.index)
  return parts.reverse()
}

/** The same for errors, notices and reports, without any key that repeats a value. */
export function shownPath(item: Item): (string | number)[] {
  const parts: (string | number)[] = []
  for (let at: Item | null = item; at !== null && at.parent !== null; at = at.parent)
    parts.push(at.shownKey ?? at.key ?? at.index)
  return parts.reverse()
}

export function documentOf(item: Item): number {
  return rootItemOf(item).index
}

/** The document that an entry is in. */
export function rootItemOf(item: Item): Item {
  let at = item
  while (at.parent !== null) at = at.parent
  return at
}

/**
 * The sites that count for sealing and opening: upstream's walk copies the comments of an anchor's value to each
 * alias, but they are neither sealed there nor part of the MAC.
 */
export function countedSites({
  sites,
  aliases,
}: {
  readonly sites: readonly Site[]
  readonly aliases: readonly Alias[]
}): readonly Site[] {
  return aliases.length === 0 ? sites : sites.filter(({ alias, kind }) => alias === undefined || kind !== "comment")
}
