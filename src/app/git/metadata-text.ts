import { shown } from "../../errors/display.ts"
import { type FormatName } from "../../core/format.ts"

/** The metadata of a sealed text as text, and the text without it. */
interface Parted {
  readonly metadata: string
  readonly rest: string
}

/**
 * Where every release writes the metadata of each format. If a text hides it elsewhere, it stays in the rest, where it
 * does no harm.
 */
const partings: Readonly<Record<FormatName, (text: string) => Parted>> = {
  yaml: (text) => byLines(text, /^(?:sops|"sops"|'sops')[ \t]*:/, (line) => /^[ \t]|^\r?$/.test(line)),
  dotenv: (text) => byLines(text, /^sops_/, (line) => line.startsWith("sops_")),
  ini: (text) => byLines(text, /^\[sops\]/, (line) => !line.startsWith("[")),
  json: fromJson,
  binary: fromJson,
}

/** Parts a text from its metadata without the code of its format. */
export function metadataInText(text: string, format: FormatName): Parted {
  return partings[format](text)
}

function byLines(text: string, begins: RegExp, goesOn: (line: string) => boolean): Parted {
  const metadata: string[] = []
  const rest: string[] = []
  let isIn = false
  let isFirst = true
  for (const line of text.split("\n")) {
    isIn = begins.test(line) || (isIn && goesOn(line))
    if (!isIn) rest.push(line)
    else if (isFirst) metadata.push(line)
    // Each document of a YAML file holds it again.
    if (!isIn && metadata.length > 0) isFirst = false
  }
  const end = isIn && rest.length > 0 ? "\n" : ""
  return { metadata: metadata.join("\n"), rest: rest.join("\n") + end }
}

/** The member `sops` of the outermost object, with the comma that would remain. */
function fromJson(text: string): Parted {
  let depth = 0
  let start = -1
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (character === '"') {
      const end = endOfString(text, at)
      if (
        start === -1 &&
        depth === 1 &&
        text.slice(at, end) === '"sops"' &&
        /^\s{0,100}:/.test(text.slice(end, end + 101))
      ) {
        start = at
      }
      at = end - 1
    } else if (character === "{" || character === "[") depth++
    else if (character === "}" || character === "]") {
      depth--
      if (start !== -1 && depth === 1) return without(text, start, at + 1)
    }
  }
  return { metadata: "", rest: text }
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++
    else if (text[at] === '"') return at + 1
  }
  return text.length
}

function without(text: string, start: number, end: number): Parted {
  const metadata = text.slice(start, end)
  let before = start
  while (before > 0 && /[\s]/.test(text[before - 1]!)) before--
  if (text[before - 1] === ",") return { metadata, rest: text.slice(0, before - 1) + text.slice(end) }
  const after = /^\s{0,100},/.exec(text.slice(end, end + 101))?.[0].length ?? 0
  return { metadata, rest: text.slice(0, start) + text.slice(end + after).replace(/^\s+/, "") }
}

/** Fields that begin the entry of one recipient, and others that belong to its name. */
const beginnings: ReadonlySet<string> = new Set([
  "recipient",
  "fp",
  "arn",
  "resource_id",
  "key_id",
  "vault_url",
  "vault_address",
])
const additions: ReadonlyMap<string, string> = new Map([
  ["role", "+"],
  ["name", "/keys/"],
  ["engine_path", "/v1/"],
  ["key_name", "/keys/"],
])
const selectors: ReadonlySet<string> = new Set([
  "unencrypted_suffix",
  "encrypted_suffix",
  "unencrypted_regex",
  "encrypted_regex",
  "unencrypted_comment_regex",
  "encrypted_comment_regex",
])
/** In JSON a value ends in its line; elsewhere its line does, unless it has quotes. */
const field =
  /(?:^|[\s"{,]|__map_)(?:sops_)?([a-z_]{2,40}?)(?:"[ \t]{0,100}:[ \t]{0,100}("(?:[^"\\\n]|\\.)*"|[^\s,}\]]+)|[ \t]{0,100}[:=][ \t]{0,100}("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s"'][^\n]*))/g

function unquoted(spelt: string): string {
  const text = spelt.trimEnd()
  const inside = /^(["'`])[^]*\1$/.test(text) ? text.slice(1, -1) : text
  return text.startsWith('"') ? inside.replaceAll(/\\(["\\/])/g, "$1") : inside
}

/** Who it is for, and what in it is sealed, as comment lines, without date and MAC, which change each time. */
export function metadataSummary(metadata: string): string[] {
  const recipients: string[] = []
  const lines: string[] = []
  for (const [, key = "", json, line = ""] of metadata.matchAll(field)) {
    const value = unquoted(json ?? line)
    const before = additions.get(key)
    if (beginnings.has(key)) recipients.push(value)
    else if (before !== undefined && recipients.length > 0) recipients.push(`${recipients.pop()}${before}${value}`)
    else if (selectors.has(key)) lines.push(`${key} ${value}`)
    else if (key === "shamir_threshold") lines.push(`threshold ${value}`)
    else if (key === "mac_only_encrypted" && value === "true") lines.push("MAC only encrypted")
  }
  return sottoLines(recipients, lines)
}

export function sottoLines(recipients: readonly string[], others: readonly string[]): string[] {
  const all = recipients.length === 0 ? others : [`for ${recipients.join(", ")}`, ...others]
  return all.map((line) => `# sotto: ${shown(line)}\n`)
}
