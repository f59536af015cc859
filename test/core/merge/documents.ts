/** Random documents as plain data, edits of them, a plain three-way merge of them, and their texts in each format. */

export type Value = string | number | boolean | null | MapValue | readonly Value[]
export interface MapValue {
  readonly entries: readonly EntryValue[]
}
export interface EntryValue {
  readonly key: string
  readonly value: Value
  /** Lines above it; YAML, dotenv and INI have them. */
  readonly comment: string | null
}

export type Random = (below: number) => number

/** A small generator whose numbers follow from its seed. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

export interface Shape {
  readonly depth: number
  readonly hasLists: boolean
  readonly hasComments: boolean
  /** The root holds mappings of texts. */
  readonly isIni: boolean
  readonly onlyTexts: boolean
}

export const shapes = {
  yaml: { depth: 3, hasLists: true, hasComments: true, isIni: false, onlyTexts: false },
  json: { depth: 3, hasLists: true, hasComments: false, isIni: false, onlyTexts: false },
  dotenv: { depth: 1, hasLists: false, hasComments: true, isIni: false, onlyTexts: true },
  ini: { depth: 2, hasLists: false, hasComments: true, isIni: true, onlyTexts: true },
} as const satisfies Record<string, Shape>

let count = 0

function word(random: Random): string {
  return `canary-7f3a-${random(1000)}-${count++}`
}

function scalar(random: Random, { onlyTexts }: Shape): Value {
  const kind = onlyTexts ? 0 : random(8)
  if (kind === 1) return random(1000)
  if (kind === 2) return random(2) === 0
  if (kind === 3) return null
  if (kind === 4) return `${word(random)}\nsecond line ${random(9)}\n`
  return word(random)
}

export function isMap(value: Value): value is MapValue {
  return typeof value === "object" && value !== null && "entries" in value && !Array.isArray(value)
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}

export function document(random: Random, shape: Shape): MapValue {
  return map(random, shape, shape.depth)
}

function map(random: Random, shape: Shape, depth: number): MapValue {
  const isSections = shape.isIni && depth === shape.depth
  const size = 1 + random(depth === shape.depth ? 7 : 4)
  const entries = Array.from({ length: size }, (_, at): EntryValue => {
    const value = isSections ? map(random, shape, depth - 1) : valueAt(random, shape, depth)
    return { key: `k${at}`, value, comment: shape.hasComments && random(4) === 0 ? comment(random) : null }
  })
  return { entries }
}

function comment(random: Random): string {
  return `about ${word(random)}`
}

function valueAt(random: Random, shape: Shape, depth: number): Value {
  if (depth > 1 && random(4) === 0) return map(random, shape, depth - 1)
  if (depth > 1 && shape.hasLists && random(5) === 0) {
    const isNamed = random(2) === 0
    return Array.from({ length: 1 + random(4) }, (_, at): Value => {
      if (!isNamed) return word(random)
      const name: EntryValue = { key: "name", value: `n${at}`, comment: null }
      return { entries: [name, { key: "v", value: word(random), comment: null }] }
    })
  }
  return scalar(random, shape)
}

/** The document after one random edit. */
export function edited(random: Random, shape: Shape, root: MapValue, side: string): MapValue {
  return editMap(random, shape, root, shape.depth, side)
}

function editMap(random: Random, shape: Shape, { entries }: MapValue, depth: number, side: string): MapValue {
  const isSections = shape.isIni && depth === shape.depth
  const at = entries.length === 0 ? 0 : random(entries.length)
  const entry = entries[at]
  const choice = random(10)
  if (entry === undefined || choice === 0) {
    const value = isSections ? map(random, shape, depth - 1) : valueAt(random, shape, depth)
    const added: EntryValue = {
      key: `${side}${random(3)}`,
      value,
      comment: shape.hasComments && random(3) === 0 ? comment(random) : null,
    }
    if (entries.some(({ key }) => key === added.key)) return { entries }
    return { entries: entries.toSpliced(random(entries.length + 1), 0, added) }
  }
  if (choice === 1 && entries.length > 1) return { entries: entries.toSpliced(at, 1) }
  if (choice === 2 && shape.hasComments) return { entries: entries.with(at, { ...entry, comment: comment(random) }) }
  if (choice === 3 && entries.length > 2 && !isSections) {
    const rest = entries.toSpliced(at, 1)
    return { entries: rest.toSpliced(random(rest.length + 1), 0, entry) }
  }
  return { entries: entries.with(at, { ...entry, value: editValue(random, shape, entry.value, depth, side) }) }
}

function editValue(random: Random, shape: Shape, value: Value, depth: number, side: string): Value {
  if (isMap(value)) return editMap(random, shape, value, depth - 1, side)
  if (isList(value)) {
    const at = random(value.length + 1)
    const old = value[at]
    if (old === undefined) return [...value, isMap(value[0] ?? "") ? named(random, side) : word(random)]
    if (random(3) === 0 && value.length > 1) return value.toSpliced(at, 1)
    return value.with(
      at,
      isMap(old) ? editMap(random, { ...shape, hasComments: false, hasLists: false }, old, 1, side) : word(random),
    )
  }
  return random(6) === 0 && depth > 1 && !shape.isIni ? valueAt(random, shape, depth) : scalar(random, shape)
}

function named(random: Random, side: string): MapValue {
  return {
    entries: [
      { key: "name", value: `${side}${random(3)}`, comment: null },
      { key: "v", value: word(random), comment: null },
    ],
  }
}

export const conflict = Symbol("conflict")

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Values alone: without comments, mappings in any order. */
function bare(value: Value | undefined): unknown {
  if (value === undefined) return undefined
  if (isMap(value)) return value.entries.map(({ key, value: inner }) => JSON.stringify([key, bare(inner)])).toSorted()
  return isList(value) ? value.map(bare) : value
}

/**
 * A plain three-way merge by key. Lists are merged here only when one side changed them.
 *
 * @returns `null` when this does not know: both sides changed one list
 */
export function merged(base: MapValue, ours: MapValue, theirs: MapValue): MapValue | typeof conflict | null {
  const by = (map: MapValue): Map<string, EntryValue> => new Map(map.entries.map((entry) => [entry.key, entry]))
  const [b, o, t] = [by(base), by(ours), by(theirs)]
  const entries: EntryValue[] = []
  let isUnknown = false
  for (const key of new Set([...o.keys(), ...t.keys()])) {
    const [was, mine, other] = [b.get(key), o.get(key), t.get(key)]
    if (mine === undefined || other === undefined) {
      const there = (mine ?? other)!
      if (was === undefined) entries.push(there)
      else if (!same(bare(was.value), bare(there.value)) || !sameComments(was, there)) return conflict
      continue
    }
    const value = mergedValue(was?.value, mine.value, other.value)
    if (value === conflict) return conflict
    if (value === null) isUnknown = true
    const note = mergedPlain(was?.comment ?? null, mine.comment, other.comment)
    if (note === conflict) return conflict
    entries.push({ key, value: value === null ? mine.value : value.value, comment: note as string | null })
  }
  return isUnknown ? null : { entries }
}

function sameComments(a: EntryValue, b: EntryValue): boolean {
  const all = (entry: EntryValue): string =>
    JSON.stringify([entry.key, entry.comment, ...(isMap(entry.value) ? entry.value.entries.map(all).toSorted() : [])])
  return same(all(a), all(b))
}

function mergedPlain(was: unknown, ours: unknown, theirs: unknown): unknown {
  if (same(ours, theirs) || same(was, theirs)) return ours
  return same(was, ours) ? theirs : conflict
}

function mergedValue(was: Value | undefined, ours: Value, theirs: Value): { value: Value } | typeof conflict | null {
  if (isMap(ours) && isMap(theirs)) {
    const inner = merged(was !== undefined && isMap(was) ? was : { entries: [] }, ours, theirs)
    return inner === conflict || inner === null ? inner : { value: inner }
  }
  const value = mergedPlain(was, ours, theirs)
  if (value !== conflict) return { value: value as Value }
  return isList(ours) && isList(theirs) ? null : conflict
}

function plain(value: Value): string {
  return typeof value === "string" ? value : JSON.stringify(value)
}

/** How a text is laid out; it stays the same over all versions of a document. */
export interface Layout {
  readonly indent: number
  readonly blankLines: boolean
}

export function print(format: keyof typeof shapes, root: MapValue, layout: Layout): string {
  switch (format) {
    case "yaml":
      return yamlMap(root, 0, layout)
    case "json":
      return `${JSON.stringify(jsonOf(root), null, layout.indent)}\n`
    case "dotenv":
      return root.entries
        .map(
          ({ key, value, comment: note }) =>
            `${note === null ? "" : `# ${note}\n`}${key.toUpperCase()}=${plain(value)}\n`,
        )
        .join("")
    case "ini":
      return root.entries
        .map(
          ({ key, value, comment: note }) =>
            `${note === null ? "" : `; ${note}\n`}[${key}]\n${iniLines(value as MapValue)}`,
        )
        .join(layout.blankLines ? "\n" : "")
  }
}

function iniLines({ entries }: MapValue): string {
  return entries
    .map(({ key, value, comment: note }) => `${note === null ? "" : `; ${note}\n`}${key} = ${plain(value)}\n`)
    .join("")
}

function jsonOf(value: Value): unknown {
  if (isMap(value)) return Object.fromEntries(value.entries.map(({ key, value: inner }) => [key, jsonOf(inner)]))
  return isList(value) ? value.map(jsonOf) : value
}

function yamlMap({ entries }: MapValue, column: number, layout: Layout): string {
  const margin = " ".repeat(column)
  return entries
    .map(({ key, value, comment: note }, at) => {
      const gap = layout.blankLines && column === 0 && at > 0 ? "\n" : ""
      return `${gap}${note === null ? "" : `${margin}# ${note}\n`}${margin}${key}:${yamlValue(value, column, layout)}`
    })
    .join("")
}

function yamlValue(value: Value, column: number, layout: Layout): string {
  const inner = column + layout.indent
  const margin = " ".repeat(inner)
  if (isMap(value)) return value.entries.length === 0 ? " {}\n" : `\n${yamlMap(value, inner, layout)}`
  if (isList(value)) {
    if (value.length === 0) return " []\n"
    const item = (each: Value): string =>
      isMap(each) ? `${margin}- ${yamlMap(each, inner + 2, layout).trimStart()}` : `${margin}- ${plain(each)}\n`
    return `\n${value.map(item).join("")}`
  }
  if (value === null) return "\n"
  const text = plain(value)
  if (!text.includes("\n")) return ` ${text}\n`
  return ` |\n${text
    .trimEnd()
    .split("\n")
    .map((line) => `${margin}${line}\n`)
    .join("")}`
}
