import { type MetaMap, type MetaValue } from "./format.ts"

/**
 * The fields of each kind of recipient, by the name of its section in the metadata. Every kind adds its own from its
 * folder, so that `Recipient` is the union of them all.
 */
// oxlint-disable-next-line typescript/no-empty-object-type
export interface RecipientFields {}

export type RecipientType = keyof RecipientFields

/** A recipient of a kind that this version knows. */
export type KnownRecipient = { [T in RecipientType]: { readonly type: T } & RecipientFields[T] }[RecipientType]

/** An entry of a section that this version does not know: it is kept as it is. */
interface UnknownRecipient {
  readonly type: "unknown"
  readonly section: string
  readonly entry: MetaMap
}

/** The public side that a data key is wrapped for. */
export type Recipient = KnownRecipient | UnknownRecipient

export type RecipientOf<T extends RecipientType> = Extract<KnownRecipient, { type: T }>

/** A recipient from the fields of its kind: the one place that puts the two together. */
export function makeRecipient<T extends RecipientType>(type: T, fields: RecipientFields[T]): RecipientOf<T> {
  // The compiler does not follow that the fields are those of this type, which the signature asks of every caller.
  return { type, ...fields } as unknown as RecipientOf<T>
}

/** One metadata entry: a data key (or a share of it) wrapped for one recipient. */
export interface WrappedKey {
  readonly recipient: Recipient
  /** Exactly the `enc` field: armor, base64 or the service's own text. */
  readonly enc: string
  /** RFC 3339 as it is in the file; `null` for age, which has none. */
  readonly createdAt: string | null
}

/** How the metadata holds one kind of recipient. */
export interface KindInFile<T extends RecipientType = RecipientType> {
  /** The section. */
  readonly type: T
  /** Its entries have a `created_at`. */
  readonly isDated: boolean
  /** A key group has the section even when it is empty, as upstream writes it. */
  readonly isAlwaysInGroup: boolean
  /** Fields beside `enc` and `created_at`. @throws {AppError} `METADATA_INVALID` */
  read(text: (name: string) => string, entry: MetaMap): RecipientFields[T]
  write(recipient: RecipientOf<T>): Readonly<Record<string, MetaValue>>
}

/** In the order in which upstream reads the sections of a group: it decides who is asked first. */
export type KindsInFile = readonly KindInFile[]

/** How a recipient of one kind is identified. */
export interface NamedKind<T extends RecipientType = RecipientType> {
  readonly type: T
  /**
   * The text that identifies a recipient: in errors, for `updatekeys`, `--rm-*` and de-duplication.
   *
   * @see sops v3.13.2, the `ToString` methods of its key sources
   */
  name(recipient: RecipientOf<T>): string
  /** The same recipient for callers that compare, without what a config may leave open and a file has. */
  loose?(recipient: RecipientOf<T>): Recipient
  /** Something is left open. */
  isOpen?(recipient: RecipientOf<T>): boolean
}

/** The texts of a mapping in a config, read as upstream's decoder reads them. */
export interface ConfigTexts {
  text(name: string): string
  /** The entries of a mapping of texts. */
  map(name: string): ReadonlyMap<string, string>
}

/** How a kind is written in configurations. */
export interface KindInConfig<T extends RecipientType = RecipientType> {
  /** The flat key of a creation rule, a comma list. */
  readonly flatKey: string
  /** The key of a key group, and in `.sopsrc`. */
  readonly groupKey: string
  /** Other names for it in `.sopsrc`. */
  readonly otherKeys?: readonly string[]
  /** An entry of a key group is a mapping of these, and not a text. */
  readonly fields?: {
    readonly needed: readonly string[]
    readonly optional: readonly string[]
    /** The recipient, or a text to read as one. */
    read(texts: ConfigTexts): RecipientFields[T] | string
    /** The mapping that is read as this recipient; what is empty may be left out. */
    write(recipient: RecipientOf<T>): Readonly<Record<string, string | ReadonlyMap<string, string>>>
  }
  /** Takes the text of a key group without judging it, as upstream does. */
  readonly plain?: (text: string) => RecipientFields[T]
  /** To upstream the flat key is a list of texts: nulls are dropped, and any scalar will do. */
  readonly isLooseList?: boolean
  /** Empty pieces of the flat list are left out. */
  readonly skipsEmpty?: boolean
  /** Whether a text that does not name its kind is of this one. */
  looksLike(text: string): boolean
}

/** The kinds that configurations can name, in the order in which upstream puts flat keys of a rule into a group. */
export type KindsInConfig = readonly (NamedKind & { readonly config: KindInConfig })[]

/** The text that identifies a recipient. */
export function nameIn(kinds: readonly NamedKind[], recipient: Recipient): string {
  if (recipient.type === "unknown") return unknownName(recipient)
  return kinds.find(({ type }) => type === recipient.type)!.name(recipient)
}

const ofEveryKind: ReadonlySet<string> = new Set(["enc", "created_at"])

/** The section, and the texts of its entry beside the wrapped key. */
function unknownName({ section, entry }: UnknownRecipient): string {
  const texts = [...entry].filter(([name, value]) => typeof value === "string" && !ofEveryKind.has(name.toLowerCase()))
  return [section, ...texts.map(([name, value]) => `${name}=${value as string}`)].join(" ")
}

/** Kind and name: equal for the same recipient, and for no other. */
export function keyIn(kinds: readonly NamedKind[], recipient: Recipient): string {
  const name = `${recipient.type}/${nameIn(kinds, recipient)}`
  return recipient.type === "unknown" ? `${name} ${JSON.stringify(recipient.entry.get("enc"))}` : name
}

/** Whether a config leaves something open that a file has. */
export function isOpenIn(kinds: readonly NamedKind[], recipient: Recipient): boolean {
  return kinds.find(({ type }) => type === recipient.type)?.isOpen?.(recipient as never) ?? false
}

/** As `keyIn`, for callers that compare with a config. */
export function looseKeyIn(kinds: readonly NamedKind[], recipient: Recipient): string {
  const kind = kinds.find(({ type }) => type === recipient.type)
  return keyIn(kinds, kind?.loose?.(recipient as never) ?? recipient)
}
