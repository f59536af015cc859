import { Document, Scalar, isMap, isScalar, isSeq } from "yaml"
import { type YamlKeys, YamlText } from "./edit-yaml.ts"
import { type ConfigEntry, type ConfigValue, readOnlyDocument } from "./yaml-values.ts"
import { AppError } from "../errors/app-error.ts"

/** One place of a `.sopsrc` that names somebody. */
interface Mention {
  readonly path: YamlKeys
  readonly line: number
  /** The entry of the person; else a place that says what the person may read. */
  readonly isEntry: boolean
  /** Nothing would be left in its place. */
  readonly isAlone: boolean
}

/**
 * Takes a name out of a `.sopsrc`: its entry, and every group and rule that names it. Comments and layout stay.
 *
 * @throws {AppError} `NAME_IN_USE` where a group or rule has nobody else, `CONFIG_BY_HAND` where a place is written in
 *   a way that cannot be changed alone
 */
export function withoutName(source: string, name: string): string {
  let text = source
  for (;;) {
    const mentions = mentionsOf(text, name)
    const [first] = mentions
    if (first === undefined) return text
    // The entry goes last: as long as somebody is named, the entry has to be there.
    const next = mentions.find(({ isEntry }) => !isEntry) ?? first
    if (next.isAlone && !next.isEntry) {
      throw new AppError("NAME_IN_USE", { line: next.line }, { subject: `only ${name} is named there` })
    }
    text = edited(text, next.line, (yaml) => yaml.remove(next.path))
  }
}

interface NewName {
  readonly name: string
  readonly recipient: string
  /** Positions of the rules that are to name it; `null`: all. */
  readonly rules: readonly number[] | null
}

/**
 * Adds a person to a `.sopsrc`, or a key to one who is there, and to the rules. Comments and layout stay.
 *
 * @throws {AppError} `CONFIG_BY_HAND` for rules with key groups, `NAME_IN_USE` when the name is that of a group
 */
export function withName(source: string, { name, recipient, rules }: NewName): string {
  let text = addTo(source, ["recipients", name], recipient, name)
  const list = valueAt(text, ["rules"])
  const count = list?.type === "list" ? list.items.length : 0
  if (count === 0) throw new AppError("CONFIG_BY_HAND", {}, { subject: "it has no `rules`" })
  for (const index of rules ?? Array.from({ length: count }, (_, each) => each)) {
    const rule = valueAt(text, ["rules", index])
    if (rule?.type !== "map") throw new AppError("CONFIG_BY_HAND", {}, { subject: `it has no rule ${index + 1}` })
    if (rule.entries.has("key_groups")) {
      const subject = `rule ${index + 1} has key groups, and only you know which one ${name} belongs to`
      throw new AppError("CONFIG_BY_HAND", { line: rule.at.line }, { subject })
    }
    text = addTo(text, ["rules", index, "recipients"], name, name)
  }
  return text
}

/** One more text in a place that holds none, one, or a list. */
function addTo(source: string, path: YamlKeys, text: string, name: string): string {
  const there = valueAt(source, path)
  const line = there?.at.line ?? 1
  const edit = (change: (yaml: YamlText) => string): string => edited(source, line, change)
  if (there === null) return edit((yaml) => yaml.add(path, text))
  if (there.type === "scalar") {
    return there.text === text ? source : edit((yaml) => yaml.addToSingle(path, text))
  }
  if (there.type !== "list") {
    throw new AppError("CONFIG_BY_HAND", { line }, { subject: `the entry of ${name} is a mapping` })
  }
  const isThere = there.items.some((item) => item.type === "scalar" && item.text === text)
  return isThere ? source : edit((yaml) => yaml.append(path, text))
}

function edited(source: string, line: number, edit: (yaml: YamlText) => string): string {
  try {
    return edit(new YamlText(source))
  } catch (error) {
    throw error instanceof AppError ? error.at({ line }) : error
  }
}

function valueAt(source: string, path: YamlKeys): ConfigValue | null {
  let at = readOnlyDocument(source)
  for (const part of path) {
    if (at?.type === "map" && typeof part === "string") at = at.entries.get(part)?.value ?? null
    else if (at?.type === "list" && typeof part === "number") at = at.items[part] ?? null
    else return null
  }
  return at
}

function mentionsOf(source: string, name: string): Mention[] {
  const mentions: Mention[] = []
  const root = readOnlyDocument(source)
  if (root?.type !== "map") return mentions

  const look = (value: ConfigValue, path: YamlKeys): void => {
    if (value.type === "scalar" && value.text === name) {
      mentions.push({ path, line: value.at.line, isEntry: false, isAlone: true })
    }
    if (value.type !== "list") return
    for (const [index, item] of value.items.entries()) {
      if (item.type !== "scalar" || item.text !== name) continue
      const isAlone = value.items.length === 1
      mentions.push({ path: [...path, index], line: item.at.line, isEntry: false, isAlone })
    }
  }

  for (const section of ["recipients", "groups"]) {
    for (const [key, entry] of mapAt(root.entries.get(section))) {
      const path = [section, key]
      if (key === name) mentions.push({ path, line: entry.at.line, isEntry: true, isAlone: false })
      else look(entry.value, path)
    }
  }
  for (const [index, rule] of listAt(root.entries.get("rules")).entries()) {
    if (rule.type !== "map") continue
    const recipients = rule.entries.get("recipients")
    if (recipients !== undefined) look(recipients.value, ["rules", index, "recipients"])
    for (const [group, value] of listAt(rule.entries.get("key_groups")).entries()) {
      look(value, ["rules", index, "key_groups", group])
    }
  }
  return mentions
}

function mapAt(entry: ConfigEntry | undefined): ReadonlyMap<string, ConfigEntry> {
  return entry?.value.type === "map" ? entry.value.entries : new Map()
}

function listAt(entry: ConfigEntry | undefined): readonly ConfigValue[] {
  return entry?.value.type === "list" ? entry.value.items : []
}

/**
 * The first `.sopsrc` of a repository.
 *
 * @param people - names and recipients; all may read everything
 */
export function newSopsrc(people: readonly (readonly [name: string, recipient: string])[]): string {
  const document = new Document({ version: 1 }, { version: "1.1" })
  const put = (name: string, value: unknown): void => {
    const key = new Scalar(name)
    key.spaceBefore = true
    document.set(key, document.createNode(value))
  }
  put("recipients", Object.fromEntries(people))
  put("rules", [{ path: "*", recipients: people.map(([name]) => name) }])

  const { contents } = document
  const rule = document.getIn(["rules", 0], true)
  if (contents === null || !isMap(rule)) throw new Error("both were put there")
  contents.commentBefore =
    " Who can open which file, and what in it is sealed: docs/configuration.md of sotto explains every setting."
  rule.commentBefore = " The first rule that matches a file is used."
  const path = rule.get("path", true)
  if (isScalar(path)) path.type = Scalar.QUOTE_DOUBLE
  const names = rule.get("recipients", true)
  if (isSeq(names)) names.flow = true
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}
