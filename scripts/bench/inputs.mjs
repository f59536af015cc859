// The files that are measured: the same bytes in every run, from a seed, in the shape of real ones. Sections of twenty
// entries, values of some words; flat files of thousands of keys exist, but not in repositories.
const section = 20
const words = "alpha bravo carbon delta ember fjord glacier harbor indigo jasper kelvin lumen meadow nickel onyx".split(
  " ",
)

/** A small generator with a state (mulberry32): good enough for words, and the same everywhere. */
function random(seed) {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

function* entries(count, seed = 1) {
  const draw = random(seed)
  for (let index = 0; index < count; index++) {
    const value = Array.from({ length: 2 + draw(3) }, () => words[draw(words.length)]).join(" ")
    yield {
      section: Math.floor(index / section),
      key: `${words[draw(words.length)]}_${index}`,
      value: `${value} ${index}`,
    }
  }
}

export function yaml(count, { seed = 1, valueChars = 0 } = {}) {
  let text = ""
  let last = -1
  for (const entry of entries(count, seed)) {
    if (entry.section !== last) text += `section_${entry.section}:\n`
    last = entry.section
    text += `  ${entry.key}: "${entry.value.padEnd(valueChars, " and more")}"\n`
  }
  return text
}

export function json(count) {
  const root = {}
  for (const { section: number, key, value } of entries(count)) (root[`section_${number}`] ??= {})[key] = value
  return `${JSON.stringify(root, null, 2)}\n`
}

const escaped = ['such as "x"', "<b>bold</b> & more", "^[a-z\\d]+$", "two\nlines", "caf\u00e9 \u2014 na\u00efve", "a/b"]

/** A JSON schema as a program prints it in ASCII: nested, with long descriptions that are full of escapes. */
export function jsonSchema(count) {
  const draw = random(5)
  const definitions = {}
  for (const { section: number, key, value } of entries(count)) {
    const description = Array.from({ length: 3 + draw(6) }, () => escaped[draw(escaped.length)]).join(` ${value} `)
    const { properties } = (definitions[`definition_${number}`] ??= { type: "object", properties: {} })
    properties[key] = { type: "string", description, minLength: draw(9) }
  }
  const text = JSON.stringify({ $schema: "https://json-schema.org/draft-07/schema#", definitions }, null, 2)
  return `${text.replace(/[^\n -~]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`
}

export function dotenv(count) {
  let text = ""
  for (const { key, value } of entries(count)) text += `${key.toUpperCase()}=${value}\n`
  return text
}

export function ini(count) {
  let text = ""
  let last = -1
  for (const entry of entries(count)) {
    if (entry.section !== last) text += `[section_${entry.section}]\n`
    last = entry.section
    text += `${entry.key} = ${entry.value}\n`
  }
  return text
}

export function oneMapping(count) {
  let text = ""
  for (let index = 0; index < count; index++) text += `k${index}: v${index}\n`
  return text
}

export function listOfMappings(count) {
  let text = "items:\n"
  for (const { key, value } of entries(count)) text += `  - name: ${key}\n    value: ${value}\n`
  return text
}

export function withComments(lines) {
  let text = ""
  for (const { key, value } of entries(Math.ceil(lines / 3))) text += `# about ${key}\n${key}: "${value}"\n\n`
  return text
}

export function longValue(size) {
  return `value: "${"abcdefgh".repeat(Math.ceil(size / 8))}"\n`
}

export function binary(size) {
  const draw = random(7)
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; at += 4) bytes.writeUInt32LE(draw(0x1_0000_0000), at)
  return bytes
}

/** Entries of services that nobody asks as long as the age entry opens. */
export function withCloudRecipients(sealed) {
  const stamp = '"2026-01-01T00:00:00Z"'
  const cloud = [
    "    kms:",
    "        - arn: arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555",
    `          created_at: ${stamp}`,
    "          enc: AAAA",
    '          aws_profile: ""',
    "    gcp_kms:",
    "        - resource_id: projects/p/locations/l/keyRings/r/cryptoKeys/k",
    `          created_at: ${stamp}`,
    "          enc: AAAA",
  ]
  return sealed.replace(/^sops:\n/m, (line) => `${line}${cloud.join("\n")}\n`)
}
