import { type Leaf } from "./document.ts"
import { type Scalar } from "./scalar.ts"
import { type Alias, type Item, type KeyAlias, type Site } from "./site.ts"
import { type Edit, type Span } from "./text.ts"
import { type Tree } from "./tree.ts"
import { AppError } from "../errors/app-error.ts"

/** Every format, in the order that people see. */
export const formatNames = ["yaml", "json", "dotenv", "ini", "binary"] as const

export type FormatName = (typeof formatNames)[number]

/** What ends a line for go-yaml, and what it cannot read at all. */
export const yamlBreaks = "\0\n\r\u0085\u2028\u2029"

/** Ordered metadata as the file holds it: nested mappings, lists, scalars (text; numbers and booleans keep their type). */
export type MetaValue = string | number | boolean | null | MetaMap | readonly MetaValue[]
export type MetaMap = ReadonlyMap<string, MetaValue>

export interface MetadataBlock {
  /**
   * Of the first document. Reading it throws `METADATA_INVALID` when the block is there but is not a usable mapping.
   */
  readonly tree: MetaMap
  /** Take the block (of every document) out of the text. */
  readonly detach: readonly Edit[]
  /** The same for a file by upstream, where it is not the same: an empty document is an empty mapping there. */
  readonly detachAsUpstream?: readonly Edit[]
  /** How and where it was, so that `attach` can put another in its place; only the format looks inside. */
  readonly layout: unknown
}

/** What a scan finds. A format may add what it needs for `seal`, `open`, `insert` and `remove`. */
export interface Scan {
  readonly source: string
  /** Leaves, comments, nulls and empties outside the metadata, in the order of upstream's walk. */
  readonly sites: readonly Site[]
  readonly metadata: MetadataBlock | null
  readonly aliases: readonly Alias[]
  /** Aliases that are keys and stand for a value. A key is never sealed. */
  readonly keyAliases?: readonly KeyAlias[]
  /** Number of documents; 1 for all formats but YAML. */
  readonly documents: number
  /** Text that must not be in a sealed file, such as a BOM: the core deletes it and the memo brings it back. */
  readonly banned?: readonly Span[]
  /**
   * Comments that upstream's parser drops: no sites of the walk, so nothing seals them, and they stay in the text.
   * Found when it is asked for. Absent: the format loses none.
   */
  readonly lostComments?: readonly Site[]
}

/** The text of an entry, with its key. */
export interface EntrySpan extends Span {
  /** It ends where its line does, apart from a comment: whole lines can take it out and put it in. */
  readonly isBlock: boolean
}

export interface EmitOptions {
  /** Spaces per level; `undefined` is upstream's default (YAML 4, JSON a tab). */
  readonly indent?: number | undefined
}

interface IndentRange {
  /** The setting of a config. */
  readonly setting: "yamlIndent" | "jsonIndent" | "jsonBinaryIndent"
  readonly least: number
  /** What `least` means; absent: itself. */
  readonly leastIs?: "the default"
  /** The message for a smaller one. */
  readonly fault: string
}

/** A sealed text that says what is expected of it. */
export interface SealedReading {
  /** Its metadata was read; sites and the rest are made when somebody asks for them. */
  readonly scan: Scan
  /** Where the values are, two numbers for each leaf: start and end, as in the span of a site. */
  readonly places: Int32Array
  /** What `open` spells in place of the token of a leaf; `null` where it takes a site of this text to know. */
  spelled(leaf: Leaf): string | null
}

/**
 * One file type: how to scan its text and how to spell spans of it. Everything is synchronous and pure;
 * every failure is an `AppError` that names a line and never holds text of the document.
 */
export interface Format {
  readonly name: FormatName

  /**
   * Finds all sites. Accepts and refuses what upstream's parser accepts and refuses, and resolves scalars as it does.
   *
   * @throws {AppError} `SYNTAX` with line and column, or one of the format's more precise codes
   */
  scan(source: string): Scan

  /**
   * The same for a text that differs little from one that was scanned: what the difference cannot reach need not be read
   * again. Absent: it is all read.
   */
  readonly scanAgain?: (source: string, before: Scan) => Scan

  /**
   * Whether a text has metadata, asked where the scan has found something that no file of sops holds: that is said of
   * sealed files only. Absent: the scan finds no such thing.
   */
  readonly hasMetadata?: (source: string) => boolean

  /** What `edit` starts with when the file does not exist yet. */
  readonly example: string

  /**
   * Kinds that the format can only write as text. Their canonical spelling holds no character with a special meaning,
   * so it always reads back as that text. Absent: none.
   */
  readonly onlyAsText?: ReadonlySet<string>

  /** A file is one value, all of its bytes: the plain side has no text to scan, and nothing in it is selected. */
  readonly isWhole?: true

  /** JSON is a text of this format too. */
  readonly readsJson?: true

  /** A name appears once in a mapping: the scan refuses a second one. */
  readonly refusesTwice?: true

  /** The section whose entries belong to no section. */
  readonly topSection?: string

  /** What a number is printed as, by upstream. */
  readonly numberAsUpstream: (number: number) => string

  /** Spaces of indentation, where they can be chosen. */
  readonly indents?: IndentRange

  /** Releases before 3.13.2 read every number as a float, and hash it as one. */
  readonly hasOldFloats?: true

  /** Some readers see another value than the one stored: the memo has to be read even for values alone. */
  readonly valuesNeedMemo?: true

  /** Text that no opened comment may hold, since it would end there. Absent: the second scan alone decides. */
  readonly commentBreaks?: string

  /** Whether comments at the end belong elsewhere once a metadata block follows. Absent: they never do. */
  readonly movesComments?: (scan: Scan) => boolean

  /** The text with a metadata block after everything else; `null` where a block cannot simply follow. */
  readonly simplyFramed?: (text: string) => string | null

  /** The leaves beside a comment tell what it belongs to. */
  readonly commentsFollowLeaves?: true

  /** Whether a missing last line end may be part of a value. Absent: it never is. */
  readonly endsInValue?: (text: string) => boolean

  /**
   * Whether a text says what leaves from a scan of another text with the same keys say: the same paths, kinds
   * and bytes in the same order. The metadata is that of the other text, and is not compared. This knows only plain
   * cases, and makes no sites; `false` says nothing, and a scan has to tell. Absent: a scan always does.
   *
   * @param places - where the values of some leaves have to be, by the numbers of these
   */
  readonly confirms?: (source: string, leaves: readonly Leaf[], places: ReadonlyMap<number, Span> | null) => boolean

  /**
   * Whether the text that `open` puts in the place of a token says exactly the scalar, and takes nothing away from what
   * the rest of the text says: then only that was read which is new. This knows plain cases only; `false` says nothing,
   * and the whole text has to be read. Absent: it always has.
   *
   * @param text - of the edit; its place is the site's own
   */
  readonly confirmsEdit?: (scan: Scan, site: Site, scalar: Scalar, text: string) => boolean

  /**
   * Reads a text that was just sealed: whether it says what the leaves of its plain text say, with its token in place of
   * each value that has one. As `confirms` does, it knows plain cases only, and makes no sites. Absent, or `null`: a scan
   * has to tell.
   */
  readonly readsSealed?: (source: string, leaves: readonly Leaf[]) => SealedReading | null

  /**
   * Puts a token where the site's content is, in a carrier that upstream reads back as the same text.
   * The text outside the edit's span is the same in the plain and in the sealed file.
   */
  seal(scan: Scan, site: Site, token: string): Edit

  /**
   * The reverse: spells an opened scalar in the place of its token. What the carrier cannot hold is spelled as
   * upstream prints it. The edit's span is, in the sealed text, the place that `seal`'s edit produced.
   */
  open(scan: Scan, site: Site, scalar: Scalar): Edit

  /** The name that people and readers mean by a key of this format; absent: the key itself. */
  readonly nameForReaders?: (key: string) => string

  /** The value that the usual readers of such files see; absent: the value itself. */
  readonly valueForReaders?: (scalar: Scalar) => string

  /** The text with line ends that it may have had when it was sealed, where they count. Absent: they do not. */
  readonly otherLineEnds?: (text: string) => readonly string[]

  /**
   * The text with the line ends that its tokens and metadata had when they were written, where they certainly had
   * others; `null` where nothing says so. Without a key.
   */
  readonly sealedLineEnds?: (text: string) => string | null

  /**
   * How `open` spells a scalar in a file that this program sealed, where nothing around it decides: then we know
   * before sealing what the memo has to hold.
   */
  readonly spelling?: (scalar: Scalar) => string

  /**
   * What to seal for a selected site that upstream would read wrongly as it is; `null` for all others.
   * The memo remembers how it was spelled, so it has to be the same for `settled`.
   */
  readonly sealable?: (site: Site) => Scalar | null

  /**
   * The part of a text or comment that counts in comparisons, since not every spelling gives back the exact bytes:
   * upstream prints INI comments with other spaces, and seals some that no line can spell; in dotenv it prints a line
   * break and a backslash with an `n` alike. What a token holds is kept where it settles to what the text says. Absent:
   * all of it.
   */
  readonly settled?: (scalar: Scalar) => Scalar

  /**
   * Writes an alias out in full, since a sealed value is bound to its own path.
   * `leaf` gives the token of a virtual site, or `null` where it stays clear.
   */
  expand(scan: Scan, alias: Alias, leaf: (site: Site) => string | null): Edit

  /** The whole value of an entry, with tag and anchor; `null` when nothing is there. */
  valueSpan(scan: Scan, item: Item): Span | null

  /**
   * Where whole entries are: from key, dash or header to the end of the value; comments above and beside are outside.
   * One of several documents begins at its marker.
   *
   * @returns a look-up that gives `null` for what the text does not hold, such as what an alias leads to
   */
  places(scan: Scan): (item: Item) => EntrySpan | null

  /**
   * Adds a metadata block to a text that has none.
   *
   * @param like - the block of the previous file, whose place and indent are kept; `null` for a new file: last, and
   *   indented as upstream does
   * @param indent - spaces per level of a new block; `undefined` is upstream's default
   */
  attach(scan: Scan, tree: MetaMap, like: MetadataBlock | null, indent?: number): Edit[]

  /** Sets the value at a path: replaces it, or adds it (and what is missing on the way) in the style of its siblings. */
  set(scan: Scan, path: readonly (string | number)[], value: Tree): Edit[]

  /** Removes an entry with its own comments; the parent stays, as `{}` or `[]` when it was the last. */
  unset(scan: Scan, path: readonly (string | number)[]): Edit[]

  /** Prints a tree as upstream prints it: for conversion and `--extract` only. */
  emit(documents: readonly Tree[], options: EmitOptions): string

  /** Prints a part of a document that is not a mapping, as upstream's `--extract` does. */
  emitValue(value: Tree, options: EmitOptions): string
}

/** A field by name: the exact spelling wins, else any letter case, as upstream's decoder takes it. */
export function field(map: MetaMap, name: string): MetaValue | undefined {
  if (map.has(name)) return map.get(name)
  // What becomes these letters was one letter each.
  for (const key of map.keys()) if (key.length === name.length && key.toLowerCase() === name) return map.get(key)
  return undefined
}

export function invalidMetadata(subject: string): AppError {
  return new AppError("METADATA_INVALID", {}, { subject })
}

/** Text of a field; numbers and booleans become text, null and absence the empty string. */
export function textField(map: MetaMap, name: string): string {
  const value = field(map, name)
  if (value === undefined || value === null) return ""
  if (typeof value === "string") return value
  if (typeof value === "number") return String(value)
  if (typeof value === "boolean") return value ? "1" : "0"
  throw invalidMetadata(`${name} is not text`)
}
