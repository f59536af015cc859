import { type Scan } from "../../core/format.ts"
import { commentScalar, textScalar } from "../../core/scalar.ts"
import { type Item, type Site } from "../../core/site.ts"
import { type Span, utf8 } from "../../core/text.ts"
import { type CommentPlace, commentText, marksEnd } from "./comment.ts"
import { type IniCommentLine, type Entry, metadataSection, type Parts, type Section } from "./parse.ts"
import { type Quote } from "./read-value.ts"
import { trimmedEnd } from "./space.ts"

export interface IniScan extends Scan {
  readonly parts: Parts
}

/** How a site is spelled: what `seal` and `open` need to put something else in its place. */
export type IniStyle =
  | { readonly type: "value"; readonly quote: Quote }
  | {
      readonly type: "comment"
      readonly place: CommentPlace
      /** Text of the span after the comment: the header that the comment of a section belongs to. */
      readonly tail: string
    }

/** Of a value without quotes. */
export const bareStyle: IniStyle = { type: "value", quote: "" }

const valueStyles: Readonly<Record<Quote, IniStyle>> = {
  "": bareStyle,
  '"': { type: "value", quote: '"' },
  "'": { type: "value", quote: "'" },
  "`": { type: "value", quote: "`" },
  '"""': { type: "value", quote: '"""' },
}

/** The entries of one key in one section: upstream takes the place of the first and the value of the last. */
export interface Group {
  readonly key: string
  readonly entries: readonly Entry[]
}

export function entriesByKey({ entries }: Section): Group[] {
  const byKey = new Map<string, { key: string; entries: Entry[] }>()
  for (const entry of entries) {
    const known = byKey.get(entry.key)
    if (known === undefined) byKey.set(entry.key, { key: entry.key, entries: [entry] })
    else known.entries.push(entry)
  }
  return [...byKey.values()]
}

/** The entries are their own groups. */
export function hasOwnKeys({ entries }: Section): boolean {
  const keys = new Set<string>()
  for (const { key } of entries) keys.add(key)
  return keys.size === entries.length
}

/** All sections but the metadata. */
export function contentSections({ sections }: Parts): Section[] {
  return sections.filter(({ name }) => name !== metadataSection)
}

/** The comments at the end of the content: upstream loses them, or takes them for a comment of the metadata. */
export function trailingComments({ sections, trailing }: Parts): readonly IniCommentLine[] {
  const last = sections.at(-1)!
  return last.name === metadataSection ? last.own : trailing
}

/**
 * All sites in the order of upstream's walk: the comment of a section before its keys, the comment of a key after it.
 *
 * Earlier lines of a repeated key are shadowed, with the item of the last one, so that one rule selects them all.
 * Comments that upstream does not see count as shadowed too. A comment of marks alone is not a site; a section without
 * any site is an empty mapping, the one before the first header too, as in upstream's tree.
 */
export function findSites(parts: Parts): Site[] {
  const root: Item = { parent: null, key: null, index: 0 }
  const sites: Site[] = []
  let last: Item | null = null
  for (const [index, section] of contentSections(parts).entries()) {
    const item: Item = { parent: root, key: section.name, index }
    last = item
    const before = sites.length
    push(sites, sectionComment(parts, section, item))
    if (hasOwnKeys(section)) {
      for (let position = 0; position < section.entries.length; position++) {
        const entry = section.entries[position]!
        const own: Item = { parent: item, key: entry.key, index: position }
        sites.push(valueSite(entry, own))
        addComments(sites, parts, entry, { section: item, item: own, isShadowed: false })
      }
    } else {
      for (const [position, { key, entries }] of entriesByKey(section).entries()) {
        addGroup(sites, parts, entries, item, { parent: item, key, index: position })
      }
    }
    if (sites.length === before) sites.push(emptySection(parts, section, item))
  }
  const trailing = trailingComments(parts)
  if (trailing.length > 0 && last !== null) {
    push(sites, ownComment(parts, trailing, last, { isFollowed: false, isShadowed: true }))
  }
  return sites
}

function emptySection({ start }: Parts, { header, line }: Section, item: Item): Site {
  const end = header?.end ?? start
  return { item, scalar: null, kind: "map", span: { start: end, end }, style: null, line }
}

function addGroup(sites: Site[], parts: Parts, entries: readonly Entry[], section: Item, item: Item): void {
  const effective = entries.at(-1)!
  sites.push(valueSite(effective, item))
  for (const entry of entries) {
    if (entry !== effective) sites.push({ ...valueSite(entry, item), shadowed: true })
  }
  for (const entry of entries) addComments(sites, parts, entry, { section, item, isShadowed: entry !== effective })
}

/** The comments above an entry, and the one after its value. */
function addComments(sites: Site[], parts: Parts, { own, line, reading: { comment } }: Entry, place: EntryPlace): void {
  if (own.length > 0) {
    push(sites, ownComment(parts, own, place.section, { isFollowed: comment !== null, isShadowed: place.isShadowed }))
  }
  if (comment !== null) push(sites, inlineComment(parts.source, comment, line, place))
}

interface EntryPlace {
  readonly section: Item
  readonly item: Item
  readonly isShadowed: boolean
}

function push(sites: Site[], site: Site | null): void {
  if (site !== null) sites.push(site)
}

function valueSite({ reading, line }: Entry, item: Item): Site {
  const { value, upstream, span, quote } = reading
  const style = valueStyles[quote]
  const site = { item, scalar: textScalar(value), kind: "str", span, style, line } as const
  return upstream === value ? site : { ...site, clearBytes: utf8.encode(upstream) }
}

/**
 * A section's comment is above its header, after it, or both, and upstream joins the two. A token cannot be
 * after a header, since upstream looks for the last bracket of the line; so the header is part of the span, and a
 * token is always above it.
 */
function sectionComment({ source, eol, isUpstream }: Parts, section: Section, item: Item): Site | null {
  const { header, own } = section
  if (header === null) return null
  const { comment } = header
  const lines = sectionLines(source, section)
  const text = lines.length === 0 ? "" : commentText(lines, false)
  if (text === "") return null
  const indent = source.slice(header.lineStart, header.start)
  const first = own[0]
  const last = own.at(-1)
  const tail =
    last === undefined
      ? eol + indent + source.slice(header.start, header.end)
      : source.slice(trimmedEnd(source, last.start, last.end), header.end)
  return commentSite(text, {
    item,
    span: { start: first?.start ?? header.start, end: comment?.end ?? header.end },
    place: place(lines, first === undefined ? indent : source.slice(first.lineStart, first.start), {
      isFollowed: false,
      isUpstream,
    }),
    tail,
    line: first?.line ?? section.line,
  })
}

/** The lines of a section's comment: those above its header, and what follows it. */
export function sectionLines(source: string, { header, own }: Section): string[] {
  const lines = linesOf(source, own)
  const behind = header === null ? null : header.comment
  if (behind !== null) lines.push(source.slice(behind.start, behind.end))
  return lines
}

export function linesOf(source: string, own: readonly IniCommentLine[]): string[] {
  return own.map(({ start, end }) => source.slice(start, end))
}

function ownComment(
  { source, isUpstream }: Parts,
  own: readonly IniCommentLine[],
  item: Item,
  { isFollowed, isShadowed }: { isFollowed: boolean; isShadowed: boolean },
): Site | null {
  const lines = linesOf(source, own)
  const text = commentText(lines, isFollowed)
  if (text === "") return null
  const first = own[0]!
  const last = own.at(-1)!
  const site = commentSite(text, {
    item,
    span: { start: first.start, end: trimmedEnd(source, last.start, last.end) },
    place: place(lines, source.slice(first.lineStart, first.start), { isFollowed, isUpstream }),
    tail: "",
    line: first.line,
  })
  return isShadowed ? { ...site, shadowed: true } : site
}

function inlineComment(
  source: string,
  span: Span,
  line: number,
  { section, item, isShadowed }: EntryPlace,
): Site | null {
  const spelled = source.slice(span.start, span.end)
  const text = commentText([spelled], false)
  if (text === "") return null
  const own = {
    prefix: spelled.slice(0, marksEnd(spelled)),
    indent: "",
    isInline: true,
    isFollowed: false,
    isUpstream: false,
  }
  const comment = commentSite(text, { item: section, span, place: own, tail: "", line })
  const site: Site = { ...comment, inline: true, behind: item }
  return isShadowed ? { ...site, shadowed: true } : site
}

function place(
  lines: readonly string[],
  indent: string,
  { isFollowed, isUpstream }: Pick<CommentPlace, "isFollowed" | "isUpstream">,
): CommentPlace {
  const first = lines[0]!
  const prefix = first.slice(0, marksEnd(first))
  // A line of marks alone belongs to the text; the token follows a mark of its own.
  const isBare = prefix.length >= trimmedEnd(first, 0, first.length)
  return { prefix: isBare ? `${first.charAt(0)} ` : prefix, indent, isInline: false, isFollowed, isUpstream }
}

function commentSite(
  text: string,
  parts: { item: Item; span: Span; place: CommentPlace; tail: string; line: number },
): Site {
  const style: IniStyle = { type: "comment", place: parts.place, tail: parts.tail }
  const { item, span, line } = parts
  return { item, scalar: commentScalar(text), kind: "comment", span, style, line }
}
