import { limits } from "../core/limits.ts"
import { utf8 } from "../core/text.ts"
import { AppError } from "../errors/app-error.ts"
import { type MapNode, type ScalarNode, type YamlNode } from "../formats/yaml/scan/node.ts"
import { parseYaml } from "../formats/yaml/scan/parse.ts"
import { resolveScalar } from "../formats/yaml/resolve/resolve.ts"

/** 1-based line and column. */
export interface At {
  readonly line: number
  readonly column: number
}

/** A config as data that knows where it stands. Aliases and merge keys (`<<`) are followed. */
export type ConfigValue = ConfigScalar | ConfigList | ConfigMap

interface ConfigScalar {
  readonly type: "scalar"
  readonly at: At
  /** As written, without quotes. */
  readonly text: string
  /** What go-yaml resolves it to; `other` is a time, `mismatch` a tag that does not fit. */
  readonly kind: "null" | "bool" | "int" | "float" | "text" | "other" | "mismatch"
  /** Of a bool `True` or `False`, of an int or float its decimal digits. */
  readonly canonical: string
  /** Many people name their keys so: `- &alice age1...`. */
  readonly anchor: string | null
}

interface ConfigList {
  readonly type: "list"
  readonly at: At
  readonly items: readonly ConfigValue[]
}

export interface ConfigMap {
  readonly type: "map"
  readonly at: At
  /** By key; those of merged mappings come last. */
  readonly entries: ReadonlyMap<string, ConfigEntry>
  /** Why it cannot be read as a mapping. Sections that nobody reads may be wrong, as upstream has it. */
  readonly fault: ConfigFault | null
}

export interface ConfigEntry {
  /** Of the key. */
  readonly at: At
  readonly value: ConfigValue
}

interface ConfigFault {
  readonly at: At
  readonly problem: string
}

/** Aliases multiply what they stand for, so the values are counted as they are followed. */
const valuesMax = 100_000

/**
 * Reads the first document of a config.
 *
 * @returns `null` when it is empty
 * @throws {AppError} `CONFIG_INVALID` with line and column
 */
export function readValues(source: string): ConfigValue | null {
  const root = parse(source)[0]?.root ?? null
  return root === null ? null : convert(root, { left: valuesMax }, 0)
}

/** The same for a file that must hold one document. */
export function readOnlyDocument(source: string): ConfigValue | null {
  const documents = parse(source)
  const second = documents[1]?.root
  if (second !== undefined && second !== null) throw invalidConfig(at(second), "a config is one YAML document")
  return readValues(source)
}

/** A config that is wrong at one place. `problem` never holds its text: a private key may be in the wrong place. */
export function invalidConfig(where: At, problem: string, hint?: string): AppError {
  return new AppError("CONFIG_INVALID", { ...where }, { subject: problem, hint })
}

function parse(source: string): ReturnType<typeof parseYaml>["documents"] {
  try {
    return parseYaml(source.startsWith("\ufeff") ? source.slice(1) : source).documents
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    // Whatever is wrong with a config is exit status 1, while the same fault of a document is not.
    throw new AppError("CONFIG_INVALID", error.where, { ...error.detail, exit: undefined, subject: error.title })
  }
}

interface Budget {
  left: number
}

function convert(node: YamlNode, budget: Budget, depth: number): ConfigValue {
  if (--budget.left < 0 || depth > limits.nesting_max)
    throw invalidConfig(at(node), "it holds too many values or levels")
  switch (node.type) {
    case "scalar":
      return convertScalar(node)
    case "alias":
      return convert(node.target, budget, depth + 1)
    case "list":
      return { type: "list", at: at(node), items: node.items.map((item) => convert(item, budget, depth + 1)) }
    case "map":
      return convertMap(node, budget, depth)
  }
}

function convertMap(node: MapNode, budget: Budget, depth: number): ConfigMap {
  const entries = new Map<string, ConfigEntry>()
  const merged: { at: At; value: ConfigValue }[] = []
  let fault: ConfigFault | null = null
  for (const pair of node.pairs) {
    const key = pair.key.type === "alias" ? pair.key.target : pair.key
    const entry = { at: at(pair.key), value: convert(pair.value, budget, depth + 1) }
    if (key.type !== "scalar") fault ??= { at: entry.at, problem: "a key is not a text" }
    else if (isMergeKey(key)) merged.push(entry)
    else if (entries.has(key.value)) fault ??= { at: entry.at, problem: "duplicate key in a mapping" }
    else entries.set(key.value, entry)
  }
  if (merged.length > 1) fault ??= { at: merged[1]!.at, problem: "duplicate key in a mapping" }
  for (const { at: place, value } of merged) {
    const maps = value.type === "list" ? value.items : [value]
    for (const map of maps) {
      if (map.type !== "map") fault ??= { at: place, problem: "`<<` takes a mapping or a list of mappings" }
      else {
        fault ??= map.fault
        // What is in the mapping itself wins, then what was merged first.
        for (const [name, entry] of map.entries) if (!entries.has(name)) entries.set(name, entry)
      }
    }
  }
  return { type: "map", at: at(node), entries, fault }
}

function isMergeKey(key: ScalarNode): boolean {
  return key.value === "<<" && ((key.style === "plain" && key.tag === "") || key.tag === "!!merge")
}

function at(node: YamlNode): At {
  return { line: node.line, column: node.column + 1 }
}

function convertScalar(node: ScalarNode): ConfigScalar {
  const { anchor, tag, style, value } = node
  const place = { type: "scalar", at: at(node), anchor } as const
  const resolved = resolveScalar(tag, style, value)
  if (resolved === null) return { ...place, kind: "null", text: value, canonical: "" }
  if (resolved === "mismatch") return { ...place, kind: "mismatch", text: value, canonical: "" }
  if (resolved === "unsupported") return { ...place, kind: "other", text: value, canonical: "" }
  const canonical = utf8.decode(resolved.bytes)
  switch (resolved.kind) {
    case "str":
      return { ...place, kind: "text", text: canonical, canonical }
    case "bool":
    case "int":
    case "float":
      return { ...place, kind: resolved.kind, text: value, canonical }
    case "time":
    case "bytes":
    case "comment":
      return { ...place, kind: "other", text: value, canonical: "" }
  }
}
