import { limits } from "../core/limits.ts"
import { type KindsInConfig } from "../core/recipient.ts"
import { readFields } from "./creation-rule.ts"
import { mapOf, present, textOf, type StrictFields, strictFields } from "./decode.ts"
import { type RecipientSpec, isPrivateKey, recipientTypeOf } from "./recipients.ts"
import { didYouMean } from "../errors/nearest.ts"
import { type At, type ConfigEntry, type ConfigValue, invalidConfig } from "./yaml-values.ts"

/** The names of a `.sopsrc`: people, and groups of people. */
export interface Directory {
  /** Recipients that are named or written out: one, or a list of them. @throws {AppError} for an unknown name */
  read(value: ConfigValue): readonly RecipientSpec[]
  /** Every recipient that belongs to a person. */
  readonly people: readonly RecipientSpec[]
}

const nameCharsMax = 100

interface Entry extends ConfigEntry {
  readonly isGroup: boolean
}

/**
 * @param recipients - the sections `recipients` (a person, or a list of them) and `groups`, which share their names
 * @param asked - names that only asked to join, and stand for nobody yet
 * @throws {AppError} `CONFIG_INVALID` with the place, also for names that no rule uses
 */
export function readDirectory(
  recipients: ConfigEntry | undefined,
  groups: ConfigEntry | undefined,
  kinds: KindsInConfig,
  asked: ReadonlySet<string> = new Set(),
): Directory {
  const entries = new Map<string, Entry>()
  const specs = new Map<string, readonly RecipientSpec[]>()
  const open = new Set<string>()
  const people: RecipientSpec[] = []

  const add = (section: ConfigEntry | undefined, isSectionOfGroups: boolean): void => {
    if (section === undefined) return
    for (const [name, entry] of mapOf(section.value).entries) {
      checkName(name, entry.at, kinds)
      if (entries.has(name)) throw invalidConfig(entry.at, "the name of a person and of a group must differ")
      if (present(entry.value) === null) throw invalidConfig(entry.at, "a value is missing")
      entries.set(name, { ...entry, isGroup: isSectionOfGroups || namesOthers(entry.value, kinds) })
    }
  }

  const lookup = (name: string, at: At): readonly RecipientSpec[] => {
    const known = specs.get(name)
    if (known !== undefined) return known
    const entry = entries.get(name)
    if (entry === undefined && asked.has(name)) {
      throw invalidConfig(at, `${name} only asked to join`, `let them in with: sotto approve ${name}`)
    }
    if (entry === undefined) throw unknownName(name, entries.keys(), at)
    if (open.has(name)) throw invalidConfig(at, "a group is a member of itself")
    if (open.size >= limits.nesting_max) throw invalidConfig(at, "groups are nested too deeply")
    open.add(name)
    const found = [...new Set(read(entry.value, entry.isGroup ? null : name))]
    open.delete(name)
    specs.set(name, found)
    if (!entry.isGroup) people.push(...found)
    return found
  }

  const read = (value: ConfigValue, person: string | null): readonly RecipientSpec[] => {
    if (value.type === "list") {
      if (value.items.length === 0) throw invalidConfig(value.at, "an empty list names nobody")
      return [...new Set(value.items.flatMap((item) => readOne(item, person)))]
    }
    return readOne(value, person)
  }

  const readOne = (value: ConfigValue, person: string | null): readonly RecipientSpec[] => {
    if (value.type === "map") return readTyped(value, person, kinds)
    if (value.type === "list")
      throw invalidConfig(value.at, "a name or a recipient is expected here, not a list in a list")
    if (present(value) === null) throw invalidConfig(value.at, "a value is missing")
    return readRaw(value, person, kinds) ?? lookup(value.text, value.at)
  }

  add(recipients, false)
  add(groups, true)
  for (const [name, { at }] of entries) lookup(name, at)
  return { read: (value) => read(value, null), people }
}

/** A list with at least one name in it is a group; a list of recipients is one person with several keys. */
function namesOthers(value: ConfigValue, kinds: KindsInConfig): boolean {
  const items = value.type === "list" ? value.items : [value]
  return items.some((item) => item.type === "scalar" && recipientTypeOf(item.text, kinds) === null)
}

function readRaw(
  { at, text }: Extract<ConfigValue, { type: "scalar" }>,
  person: string | null,
  kinds: KindsInConfig,
): readonly RecipientSpec[] | null {
  refusePrivateKey(at, text)
  const type = recipientTypeOf(text, kinds)
  return type === null ? null : [{ at, person, type, text, awsProfile: "" }]
}

function readTyped(value: ConfigValue, person: string | null, kinds: KindsInConfig): readonly RecipientSpec[] {
  // What a typed recipient may be called: as in upstream's key groups, and as in the metadata of a sealed file.
  const byKey = new Map(
    kinds.flatMap((kind) =>
      [kind.config.groupKey, ...(kind.config.otherKeys ?? [])].map((key) => [key, kind] as const),
    ),
  )
  const fields = strictFields(value, [...byKey.keys()])
  return [...fields].flatMap(([key, entry]) => {
    const items = entry.value.type === "list" ? entry.value.items : [entry.value]
    return items.map((item) => readOfKind(byKey.get(key)!, item, person))
  })
}

function readOfKind(kind: KindsInConfig[number], value: ConfigValue, person: string | null): RecipientSpec {
  const { at } = value
  const { type, config } = kind
  if (value.type !== "map") {
    const text = textOf(value)
    refusePrivateKey(at, text)
    if (text === "") throw invalidConfig(at, "a value is missing")
    return { at, person, type, text, awsProfile: "" }
  }
  if (config.fields === undefined) throw invalidConfig(at, "a text is expected here")
  const { needed, optional } = config.fields
  const fields = strictWith(value, needed, optional)
  const found = readFields(fields, kind)
  if ("recipient" in found) return { at, person, recipient: found.recipient }
  return readOfKind(kind, fields.get(needed[0]!)!.value, person)
}

function strictWith(value: ConfigValue, needed: readonly string[], others: readonly string[]): StrictFields {
  const fields = strictFields(value, [...needed, ...others])
  for (const key of needed) if (!fields.has(key)) throw invalidConfig(value.at, `\`${key}\` is missing`)
  return fields
}

function refusePrivateKey(at: At, text: string): void {
  if (!isPrivateKey(text)) return
  throw invalidConfig(
    at,
    "this is a private key; the public key belongs here",
    "take it as leaked: make a new key, and write its public side here",
  )
}

/** Names are shown in errors and notices, so nothing in them may move a terminal's cursor or hide text. */
function checkName(name: string, at: At, kinds: KindsInConfig): void {
  if (name.length > nameCharsMax) throw invalidConfig(at, "a name is longer than 100 characters")
  if (!isSpelled(name) || name.trim() !== name) {
    throw invalidConfig(at, "a name has letters, digits, spaces and . _ @ + -")
  }
  if (recipientTypeOf(name, kinds) !== null)
    throw invalidConfig(at, "a name looks like a recipient", "write it as `name: recipient`")
}

export function isName(text: string): boolean {
  return text.length <= nameCharsMax && isSpelled(text) && text.trim() === text
}

// Classes of Unicode take V8 longer to read than many a config.
function isSpelled(text: string): boolean {
  return /^[\w.@+ -]+$/.test(text) || /^[\p{L}\p{M}\p{N}._@+ -]+$/u.test(text)
}

function unknownName(name: string, known: Iterable<string>, at: At) {
  if (name.startsWith("age1")) return invalidConfig(at, "an incomplete age recipient", "copy it again, to its end")
  if (name.includes(","))
    return invalidConfig(at, "neither a name nor a recipient", "write several names as a list: [a, b]")
  const names = [...known]
  const all = names.length === 0 ? undefined : `known names: ${names.slice(0, 20).join(", ")}`
  return invalidConfig(at, "neither a name nor a recipient", didYouMean(name, names) ?? all)
}
