import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { decodeText } from "../../src/core/text.ts"
import { AppError } from "../../src/errors/app-error.ts"
import { leaks } from "../canary.ts"
import { type Random, randomFrom } from "../core/merge/documents.ts"
import { stockSops } from "../stock-sops.ts"
import { config, mergeRepository, recipients } from "./merging.ts"
import { honestMerge, type Scene, secret, tokensIn, type Versions } from "./tampering.ts"

const rounds = process.env["SLOW"] === "1" ? 6_000 : 200

/** Two documents, a list of mappings, numbers, and comments at each place where one can stand. */
const manifests = (user: string, port: string, tail: string): string =>
  [
    "# of the first document",
    "kind: Secret",
    "metadata:",
    `  name: ${secret("name")}`,
    "users:",
    "  # of the first user",
    `  - name: ann`,
    `    password: ${secret(user)}`,
    `  - name: bob # beside`,
    `    password: ${secret("bob")}`,
    `port: ${port}`,
    "ratio: 0.5",
    "on: true",
    "---",
    "kind: Secret",
    `token: ${secret("token")}`,
    `  # indented`,
    `tail: "${tail}"`,
    "block: |",
    `  ${secret("line")}`,
    "  last",
    "",
  ].join("\n")

const service = (port: number, key: string): string =>
  `${JSON.stringify(
    {
      port,
      flags: [true, false, null],
      "a:b": secret("colon"),
      nested: {
        key: secret(key),
        list: [
          { id: 1, v: secret("v1") },
          { id: 2, v: secret("v2") },
        ],
      },
      "": "empty name",
      shown_unencrypted: 5,
    },
    null,
    2,
  )}\n`

const variables = (port: string, key: string): string =>
  `# head\nPORT=${port}\n\nKEY=${key}\n# of same\nSAME=${secret("same")}\nSAME2=${secret("same")}\nEMPTY=\nSHOWN_unencrypted=1\n`

const sections = (port: string, key: string): string =>
  `top = ${secret("top")}\n[server]\n; of port\nport = ${port}\nhost = ${secret("host")}\n\n[client]\nport = 7\nkey = ${key}\nshown_unencrypted = 1\n`

const scenes: readonly Scene[] = [
  {
    path: "secrets/m.yaml",
    base: manifests("ann", "80", "5"),
    ours: manifests("ann-ours", "80", "5"),
    theirs: manifests("ann", "81", "6"),
    merged: manifests("ann-ours", "81", "6"),
  },
  {
    path: "secrets/s.json",
    base: service(80, "k"),
    ours: service(81, "k"),
    theirs: service(80, "k-theirs"),
    merged: service(81, "k-theirs"),
  },
  {
    path: "secrets/v.env",
    base: variables("80", "1"),
    ours: variables("81", "1"),
    theirs: variables("80", "2"),
    merged: variables("81", "2"),
  },
  {
    path: "secrets/i.ini",
    base: sections("80", "1"),
    ours: sections("81", "1"),
    theirs: sections("80", "2"),
    merged: sections("81", "2"),
  },
]

type Forge = (text: string, versions: Versions, random: Random) => string

const one = <T>(all: readonly T[], random: Random): T => all[random(all.length)]!

function withToken(text: string, random: Random, change: (token: string) => string): string {
  const { 0: token, index = 0 } = one(tokensIn(text), random)
  return text.slice(0, index) + change(token) + text.slice(index + token.length)
}

function flipped(token: string, field: "data" | "iv" | "tag", random: Random): string {
  return token.replace(new RegExp(`(${field}:)([A-Za-z0-9+/=]+)`), (_all, name: string, encoded: string) => {
    const bytes = Buffer.from(encoded, "base64")
    const at = random(bytes.length)
    bytes[at] = bytes[at]! ^ (1 << random(8))
    return name + bytes.toString("base64")
  })
}

const linesWith = (text: string, what: RegExp): number[] =>
  text.split("\n").flatMap((line, at) => (what.test(line) ? [at] : []))

function editLine(text: string, what: RegExp, random: Random, edit: (lines: string[], at: number) => void): string {
  const found = linesWith(text, what)
  if (found.length === 0) return text
  const lines = text.split("\n")
  edit(lines, one(found, random))
  return lines.join("\n")
}

const field = (name: string): RegExp => new RegExp(`^ *"?(sops_)?${name}"?\\s*[:=]`)

/** A line of metadata beside the version's, as the format spells it. */
const withField = (text: string, name: string, value: string): string =>
  text.replace(
    /^( *)("?)((?:sops_)?)version"?( *[:=] *).*$/m,
    (line, blanks: string, quote: string, prefix: string, sign: string) =>
      `${blanks}${quote}${prefix}${name}${quote}${sign}${value}${quote === "" ? "" : ","}\n${line}`,
  )

const forgeries: readonly (readonly [string, Forge])[] = [
  [
    "another type",
    (text, _, random) =>
      withToken(text, random, (token) =>
        token.replace(
          /type:\w+/,
          () => `type:${one(["str", "int", "float", "bool", "bytes", "comment", "time"], random)}`,
        ),
      ),
  ],
  ["a bit of the data", (text, _, random) => withToken(text, random, (token) => flipped(token, "data", random))],
  ["a bit of the nonce", (text, _, random) => withToken(text, random, (token) => flipped(token, "iv", random))],
  ["a bit of the tag", (text, _, random) => withToken(text, random, (token) => flipped(token, "tag", random))],
  [
    "a token of another commit",
    (text, { base, older }, random) => {
      const source = tokensIn(one([base, older], random))
      return withToken(text, random, () => one(source, random)[0])
    },
  ],
  [
    "a token of another file",
    (text, { foreign }, random) => withToken(text, random, () => one(tokensIn(foreign), random)[0]),
  ],
  [
    "a token at another key path",
    (text, _, random) => {
      const from = one(tokensIn(text), random)[0]
      return withToken(text, random, () => from)
    },
  ],
  ["no recipient", (text, _, random) => editLine(text, /recipient/, random, (lines, at) => void lines.splice(at, 1))],
  ["a recipient less", (text) => text.replace(/^ *- recipient: .*\n( {6,}.*\n)+/m, "")],
  ["another recipient", (text) => text.replace(recipients.a, recipients.stranger)],
  [
    "recipients in another order",
    (text) => text.replace(recipients.a, "\0").replace(recipients.b, recipients.a).replace("\0", recipients.b),
  ],
  [
    "a wrapped key of somebody else",
    (text) =>
      text.replace(/(-> X25519 )(.)/, (_all, head: string, first: string) => head + (first === "A" ? "B" : "A")),
  ],
  [
    "a threshold",
    (text) =>
      withField(
        text,
        "shamir_threshold",
        one(["1", "2"], () => 0),
      ),
  ],
  ["a MAC of sealed values only", (text) => withField(text, "mac_only_encrypted", "true")],
  ["an unknown field", (text) => withField(text, "later", "1")],
  ["a second selector", (text) => withField(text, "encrypted_regex", text.startsWith("{") ? '"x"' : "x")],
  ["another selector", (text) => text.replace(/_suffix("?\s*[:=]\s*"?)_unencrypted/, "_suffix$1_clear")],
  ["a selector the other way", (text) => text.replace(/unencrypted_suffix/, "encrypted_suffix")],
  ["another date", (text) => text.replace(/lastmodified("?\s*[:=]\s*"?)20\d\d/, "lastmodified$12001")],
  ["another version", (text) => text.replace(/(version"?\s*[:=]\s*"?)3\.\d+/, "$13.1")],
  [
    "a field twice",
    (text, _, random) =>
      editLine(text, field("(version|mac|lastmodified)"), random, (lines, at) => void lines.splice(at, 0, lines[at]!)),
  ],
  [
    "a field twice, with another value",
    (text, _, random) =>
      editLine(
        text,
        field("(version|unencrypted_suffix|lastmodified|age__list_\\d__map_recipient|recipient|- recipient)"),
        random,
        (lines, at) => void lines.splice(at + random(2), 0, lines[at]!.replace(/\w(?=\W*$)/, "7")),
      ),
  ],
  [
    "a second block of metadata",
    (text, { foreign }, random) => {
      const cut = (all: string): number => all.search(/^(sops:|\[sops\]|sops_|\s*"sops")/m)
      const block = foreign.slice(cut(foreign))
      if (!text.startsWith("{"))
        return random(2) === 0 ? `${text}${block}` : `${text.slice(0, cut(text))}${block}${text.slice(cut(text))}`
      const object = block.slice(0, block.lastIndexOf("}")).trimEnd()
      const end = text.lastIndexOf("}")
      return random(2) === 0 ? `{\n${object},\n${text.slice(1)}` : `${text.slice(0, end).trimEnd()},\n${object}\n}\n`
    },
  ],
  [
    "a later block of metadata that differs",
    (text, _, random) =>
      editLine(
        text,
        /recipient|version|_suffix|shamir/,
        random,
        (lines, at) => (lines[at] = lines[at]!.replace(/\w(?=\W*$)/, "7")),
      ),
  ],
  [
    "a key twice",
    (text, _, random) =>
      editLine(text, /ENC\[/, random, (lines, at) => void lines.splice(random(at + 1), 0, lines[at]!)),
  ],
  [
    "a line at another place",
    (text, _, random) =>
      editLine(text, /ENC\[/, random, (lines, at) => {
        const [line] = lines.splice(at, 1)
        lines.splice(random(at + 2), 0, line!)
      }),
  ],
  ["no border of documents", (text) => text.replace("\n---\n", "\n")],
  [
    "another border of documents",
    (text, _, random) => editLine(text, /ENC\[/, random, (lines, at) => void lines.splice(at, 0, "---")),
  ],
  [
    "a comment",
    (text, _, random) =>
      editLine(text, /ENC\[/, random, (lines, at) => void lines.splice(at, 0, text.startsWith("{") ? "" : "# new")),
  ],
  ["a comment less", (text, _, random) => editLine(text, /^\s*[#;]/, random, (lines, at) => void lines.splice(at, 1))],
  ["a clear value", (text) => text.replace(/(shown_unencrypted"?\s*[:=]\s*)\d/i, "$19")],
  [
    "a clear entry",
    (text) =>
      text.replace(
        /^( *)("?)shown_unencrypted/im,
        (all, blanks: string, quote: string) =>
          `${blanks}${quote}new_unencrypted${quote}${quote === "" ? " = 1" : ": 1,"}\n${all}`,
      ),
  ],
  [
    "another key",
    (text, _, random) =>
      editLine(text, /^\s*"?\w+"?\s*[:=].*ENC\[/, random, (lines, at) => (lines[at] = lines[at]!.replace(/\w/, "q"))),
  ],
  [
    "an entry of another depth",
    (text, _, random) => editLine(text, /ENC\[/, random, (lines, at) => (lines[at] = `  ${lines[at]!}`)),
  ],
  ["another section", (text) => text.replace("[client]", "[client2]")],
  [
    "a value in the clear",
    (text, _, random) => withToken(text, random, () => one(["80", "81", "1", "2", "true", '""', "null"], random)),
  ],
  ["text behind a token", (text, _, random) => withToken(text, random, (token) => `${token} x`)],
  ["a case of a token", (text, _, random) => withToken(text, random, (token) => token.replace("type:str", "type:STR"))],
]

/** The metadata, line by line, without what a repair makes anew. */
function metadataOf(text: string): string[] {
  const lines = text.slice(text.search(/^(sops:|\[sops\]|sops_|\s*"sops")/m)).split("\n")
  const isDotenv = lines[0]!.startsWith("sops_")
  const isAnew = (line: string): boolean => field("(mac|lastmodified|sotto_layout|sotto_structure)").test(line)
  return lines.filter((line) => line !== "" && !isAnew(line) && (!isDotenv || line.startsWith("sops_")))
}

/** Those of values and comments. */
const bodyTokens = (text: string): string[] =>
  text
    .split("\n")
    .filter((line) => !field("(mac|sotto_layout|sotto_structure)").test(line))
    .flatMap((line) => tokensIn(line).map(([token]) => token))

/** Every line in any order. A border before the first document is none. */
const says = (text: string): string[] =>
  text
    .replace(/^((?:#.*\n)*)---\n/, "$1")
    .split("\n")
    .map((line) => line.trim().replace(/,$/, ""))
    .filter((line) => line !== "")
    .sort()

describe("forged merges", () => {
  test.each(scenes)(
    "of $path: what is accepted says what the merge says, has its tokens, and its metadata",
    async (scene) => {
      const own = await mergeRepository()
      own.actAs("a", "b")
      own.write(".sopsrc", config("a", "b"))
      const { versions, honest, attempt, openedOf } = await honestMerge(own, scene)
      const answers = { refused: 0, unread: 0, accepted: 0 }
      for (let seed = 1; seed <= rounds / scenes.length; seed++) {
        const random = randomFrom(seed * 15_485_863 + 7)
        const names: string[] = []
        let text = honest
        for (let nth = 1 + (seed % 2); nth > 0; nth--) {
          const [name, forge] = nth === 1 ? forgeries[seed % forgeries.length]! : one(forgeries, random)
          names.push(name)
          text = forge(text, versions, random)
        }
        if (text === honest || [versions.ours, versions.theirs, versions.base].includes(text)) continue
        const result = await attempt(text)
        expect(leaks(result instanceof AppError ? [result.message, result.where, result.detail] : "")).toBe(false)
        if (result instanceof AppError) answers.unread++
        else if (result !== "fine" && result.result === "refused") {
          answers.refused++
          expect(result.refused.length).toBeGreaterThan(0)
        } else {
          answers.accepted++
          const repaired = result === "fine" ? text : decodeText(result.bytes!)!
          expect({
            names,
            text,
            repaired,
            fine: result === "fine",
            says: says(await openedOf(Buffer.from(repaired))),
          }).toMatchObject({
            names,
            text,
            says: says(scene.merged),
          })
          expect({ names, text, metadata: metadataOf(repaired) }).toEqual({
            names,
            text,
            metadata: metadataOf(honest),
          })
          expect({ names, text, tokens: bodyTokens(repaired).sort() }).toEqual({
            names,
            text,
            tokens: bodyTokens(honest).sort(),
          })
          if (stockSops !== undefined) {
            writeFileSync(join(own.top, scene.path), repaired)
            const { status } = spawnSync(stockSops, ["decrypt", scene.path], {
              cwd: own.top,
              env: Object.fromEntries(own.env),
            })
            expect({ names, text, status }).toEqual({ names, text, status: 0 })
          }
        }
      }
      expect(answers.refused).toBeGreaterThan(rounds / 40)
    },
    900_000,
  )
})
