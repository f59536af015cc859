import { describe, expect, test } from "vitest"
import { decodeText } from "../../src/core/text.ts"
import { AppError } from "../../src/errors/app-error.ts"
import { leaks } from "../canary.ts"
import { type Random, randomFrom } from "../core/merge/documents.ts"
import { mergeRepository } from "./merging.ts"
import { honestMerge, replacedToken, type Scene, secret, tokensIn, valueTokens, type Versions } from "./tampering.ts"

const rounds = process.env["SLOW"] === "1" ? 10_000 : 600

const yaml = (a: string, list: string, deep: string, clear: string): string =>
  [
    "# file",
    "",
    "# of a",
    `a: ${secret(a)}`,
    `b: ${secret("b")} # beside`,
    "same1: equal",
    "same2: equal",
    "list:",
    `  - ${secret("one")}`,
    `  - ${secret("two")}`,
    `  - ${secret(list)}`,
    "deep:",
    "  # of x",
    `  x: ${secret("x")}`,
    `  y: ${secret(deep)}`,
    "  empty:",
    `shown_unencrypted: ${clear}`,
    `z: ${secret("z")}`,
    "",
  ].join("\n")

const json = (a: string, deep: string): string =>
  `${JSON.stringify({ a: secret(a), b: [secret("1"), secret("2")], c: { x: 1, y: secret(deep), z_unencrypted: true }, d: secret("d") }, null, 2)}\n`

const dotenv = (a: string, c: string): string =>
  `# file\nA=${secret(a)}\n# of b\nB=${secret("b")}\nC=${secret(c)}\nD=${secret("d")}\n`

const ini = (a: string, c: string): string =>
  `[one]\na = ${secret(a)}\n; of b\nb = ${secret("b")}\n\n[two]\na = ${secret(c)}\nd = ${secret("d")}\n`

const scenes: readonly Scene[] = [
  {
    path: "secrets/x.yaml",
    base: yaml("a", "3", "y", "1"),
    ours: yaml("a-ours", "3", "y", "2"),
    theirs: yaml("a", "3-theirs", "y-theirs", "1"),
    merged: yaml("a-ours", "3-theirs", "y-theirs", "2"),
  },
  {
    path: "secrets/x.json",
    base: json("a", "y"),
    ours: json("a-ours", "y"),
    theirs: json("a", "y-theirs"),
    merged: json("a-ours", "y-theirs"),
  },
  {
    path: "secrets/x.env",
    base: dotenv("a", "c"),
    ours: dotenv("a-ours", "c"),
    theirs: dotenv("a", "c-theirs"),
    merged: dotenv("a-ours", "c-theirs"),
  },
  {
    path: "secrets/x.ini",
    base: ini("a", "c"),
    ours: ini("a-ours", "c"),
    theirs: ini("a", "c-theirs"),
    merged: ini("a-ours", "c-theirs"),
  },
]

type Attack = (text: string, versions: Versions, random: Random) => string

const attacks: readonly (readonly [string, Attack])[] = [
  ["swapped tokens", (text, _, random) => exchanged(text, tokensIn(text), random)],
  [
    "swapped lines",
    (text, _, random) =>
      onLines(text, random, (lines, one, other) => {
        ;[lines[one], lines[other]] = [lines[other]!, lines[one]!]
      }),
  ],
  ["a line that is gone", (text, _, random) => onLines(text, random, (lines, one) => void lines.splice(one, 1))],
  [
    "a line that stands twice",
    (text, _, random) => onLines(text, random, (lines, one, other) => void lines.splice(other, 0, lines[one]!)),
  ],
  ["a token of the base", (text, { base }, random) => replayed(text, base, random)],
  ["a token of an older version", (text, { older }, random) => replayed(text, older, random)],
  ["a token of another file", (text, { foreign }, random) => replayed(text, foreign, random)],
  ["a line of the base", (text, { base }, random) => lineOf(text, base, random)],
  ["a line of another file", (text, { foreign }, random) => lineOf(text, foreign, random)],
  [
    "another recipient",
    (text) => text.replaceAll(/age1[a-z0-9]{20,}/g, "age1z4dsgtjqeced93dafg5c7a6f9dvw9rrnynagg445u2xw2vyejgvq099sx2"),
  ],
  ["other wrapped keys", (text, { foreign }) => withBlockOf(text, foreign)],
  ["another selector", (text) => text.replace("_unencrypted\n", "_nothing\n").replace('"_unencrypted"', '"_nothing"')],
  [
    "a MAC that covers less",
    (text) =>
      text.replace(/^( *)"?version"?.*$/m, (line, blanks: string) =>
        line.includes('"') && line.includes(":") && text.startsWith("{")
          ? `${blanks}"mac_only_encrypted": true,\n${line}`
          : `${blanks}mac_only_encrypted: true\n${line}`,
      ),
  ],
  ["a clear value", (text) => text.replace(/(shown_unencrypted: |"z_unencrypted": ).*/, "$1false")],
  ["a value in the clear", (text, _, random) => replacedToken(text, random, () => "hello")],
  ["an empty value", (text, _, random) => replacedToken(text, random, () => "")],
  [
    "a bit of a token",
    (text, _, random) =>
      replacedToken(text, random, (token) =>
        token.replace(/data:(.)/, (_all, first: string) => `data:${first === "A" ? "B" : "A"}`),
      ),
  ],
]

function exchanged(text: string, tokens: readonly RegExpMatchArray[], random: Random): string {
  const [one, other] = [tokens[random(tokens.length)]![0], tokens[random(tokens.length)]![0]]
  return text.replace(one, "\0").replace(other, one).replace("\0", other)
}

function replayed(text: string, source: string, random: Random): string {
  const [to, from] = [tokensIn(text), tokensIn(source)]
  // The token of the same place as often as any.
  const at = random(to.length)
  const taken = random(2) === 0 ? from[at] : from[random(from.length)]
  return text.replace(to[at]![0], () => taken?.[0] ?? "")
}

function onLines(text: string, random: Random, change: (lines: string[], one: number, other: number) => void): string {
  const lines = text.split("\n")
  change(lines, random(lines.length - 1), random(lines.length - 1))
  return lines.join("\n")
}

function lineOf(text: string, source: string, random: Random): string {
  const from = source.split("\n")
  return onLines(text, random, (lines, one) => {
    lines[one] = from[one] ?? ""
  })
}

function withBlockOf(text: string, source: string): string {
  const cut = (all: string): number => all.search(/^(sops:|\[sops\]|sops_|\s*"sops")/m)
  return text.slice(0, cut(text)) + source.slice(cut(source))
}

/** Everything that a text says, in any order of mappings; lists in theirs. */
function facts(path: string, text: string): unknown {
  if (path.endsWith(".json")) return JSON.parse(text)
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
}

describe("tampered merges", () => {
  test.each(scenes)(
    "of $path: none is accepted that no parent vouches for",
    async (scene) => {
      const own = await mergeRepository()
      const { versions, honest, attempt, openedOf } = await honestMerge(own, scene)

      const count = { refused: 0, unread: 0, harmless: 0 }
      for (let seed = 1; seed <= rounds / scenes.length; seed++) {
        const random = randomFrom(seed * 104_729)
        const names: string[] = []
        let text = honest
        for (let nth = 1 + random(2); nth > 0; nth--) {
          const [name, attack] = attacks[random(attacks.length)]!
          names.push(name)
          text = attack(text, versions, random)
        }
        if (text === honest || text === versions.ours || text === versions.theirs) continue
        const result = await attempt(text)
        expect(leaks(result instanceof AppError ? [result.message, result.where, result.detail] : "")).toBe(false)
        if (result instanceof AppError) count.unread++
        else if (result === "fine")
          expect({
            names,
            isParents: [versions.ours, versions.theirs, versions.base, versions.older, versions.foreign].some((one) =>
              tokensIn(one).some(([token]) => text.includes(token)),
            ),
          }).toEqual({ names, isParents: true })
        else if (result.result === "refused") {
          count.refused++
          expect(result.refused.length).toBeGreaterThan(0)
        } else {
          // Whoever was accepted says exactly what the merge says, in the order of a parent.
          count.harmless++
          const opened = await openedOf(result.bytes!)
          const sorted = (all: unknown): unknown => (Array.isArray(all) ? all.map(String).toSorted() : all)
          expect({ names, text, says: sorted(facts(scene.path, opened)) }).toEqual({
            names,
            text,
            says: sorted(facts(scene.path, scene.merged)),
          })
          // What is made anew are MAC, digest and memo.
          const repaired = decodeText(result.bytes!)!
          expect({ names, gone: valueTokens(honest).filter((token) => !repaired.includes(token)) }).toEqual({
            names,
            gone: [],
          })
        }
      }
      expect(count.refused).toBeGreaterThan(rounds / 20)
      expect(count.harmless).toBeLessThan(rounds / 10)
    },
    900_000,
  )
})
