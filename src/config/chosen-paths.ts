import { type Selectors } from "../core/select.ts"
import { type ChosenPath, type ChosenPaths, type PathStep } from "../core/chosen-paths.ts"
import { limits } from "../core/limits.ts"
import { textOf, type StrictFields, strictList } from "./decode.ts"
import { quoted } from "./glob-regex.ts"
import { readSelectors, selectorKeys } from "./creation-rule.ts"
import { type At, type ConfigEntry, type ConfigValue, invalidConfig } from "./yaml-values.ts"

export const chosenKeys = ["encrypt", "clear"] as const

/** What a rule seals: a selector that sops has, and the paths that it was made of, if it was. */
interface Selection {
  readonly selectors: Selectors
  readonly chosen: ChosenPaths | null
}

/**
 * The selection of a rule. Its paths become `encrypted_regex` or `unencrypted_regex` for the last key of each, which is
 * all that a sealed file can say and other tools follow. Whether that is exact shows in each file.
 *
 * @throws {AppError} `CONFIG_INVALID` for paths that no key stands for
 */
export function readSelection(fields: StrictFields): Selection {
  const given = chosenKeys.flatMap((mode) => {
    const entry = fields.get(mode)
    return entry === undefined ? [] : [{ mode, entry }]
  })
  const selectors = readSelectors(fields)
  const [first, second] = given
  if (first === undefined) return { selectors, chosen: null }
  if (second !== undefined) {
    throw invalidConfig(
      second.entry.at,
      "`encrypt` and `clear` are in one rule, and sops knows only one selector per file",
      "keep `encrypt` to seal what it names alone, or `clear` to seal all but what it names",
    )
  }
  const other = selectorKeys.find((key) => fields.has(key))
  if (other !== undefined) throw invalidConfig(first.entry.at, `\`${first.mode}\` and \`${other}\` are in one rule`)
  const paths = readPaths(first.entry)
  const pattern = patternOf(paths)
  if (pattern.length > limits.pattern_chars_max) {
    throw invalidConfig(
      first.entry.at,
      `the keys of \`${first.mode}\` make a pattern of more than 1,000 characters`,
      "name a mapping instead of everything in it",
    )
  }
  const name = first.mode === "encrypt" ? "encryptedRegex" : "unencryptedRegex"
  return { selectors: { ...selectors, [name]: pattern }, chosen: { mode: first.mode, paths } }
}

function readPaths(entry: ConfigEntry): ChosenPath[] {
  const values = entry.value.type === "list" ? strictList(entry) : [entry.value]
  if (values.length === 0) throw invalidConfig(entry.value.at, "an empty list names no value")
  return values.map(readPath)
}

function readPath(value: ConfigValue): ChosenPath {
  const text = textOf(value)
  const steps = readSteps(text, value.at)
  if (steps.some(({ type }) => type === "key")) return { text, steps }
  throw invalidConfig(value.at, "a path names one key at least", "leave `encrypt` and `clear` out to seal all")
}

/** Reads `a.b`, `a[*].b`, `a.*.b` and `["a.b"].c`: the grammar of `get` and `set`, with any key and any element. */
function readSteps(text: string, at: At): PathStep[] {
  const wrong = (): Error =>
    invalidConfig(at, "this is not a path", 'write it as db.password, users[*].token or ["a.b"].c')
  const steps: PathStep[] = []
  let from = 0
  while (from < text.length) {
    if (text[from] === "[") {
      const quote = text[from + 1]
      const isQuoted = quote === '"' || quote === "'"
      const close = text.indexOf(isQuoted ? `${quote}]` : "]", from + (isQuoted ? 2 : 1))
      if (close === -1) throw wrong()
      const inner = text.slice(from + (isQuoted ? 2 : 1), close)
      if (!isQuoted && inner !== "*") throw /^\d+$/.test(inner) ? oneElement(at) : wrong()
      steps.push(isQuoted ? { type: "key", key: inner } : { type: "elements" })
      from = close + (isQuoted ? 2 : 1)
      continue
    }
    if (steps.length > 0 && text[from++] !== ".") throw wrong()
    let end = from
    while (end < text.length && text[end] !== "." && text[end] !== "[") end++
    if (end === from) throw wrong()
    const key = text.slice(from, end)
    steps.push(key === "*" ? { type: "keys" } : { type: "key", key })
    from = end
  }
  if (steps.length === 0) throw wrong()
  return steps
}

function oneElement(at: At): Error {
  return invalidConfig(
    at,
    "a path names one element of a list, and the selectors of sops cannot: they go by keys",
    "write [*] for all elements",
  )
}

/** A pattern for keys that are equal to the last one of a path. What is below it goes with it. */
function patternOf(paths: readonly ChosenPath[]): string {
  const keys = paths.map(({ steps }) => steps.findLast((step) => step.type === "key")!.key)
  const words = [...new Set(keys)].map((key) => quoted(key))
  return words.length === 1 ? `^${words[0]!}$` : `^(${words.join("|")})$`
}
