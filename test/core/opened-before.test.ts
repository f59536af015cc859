import { describe, expect, test } from "vitest"
import { type Opened, readSealed } from "../../src/core/document.ts"
import { type Format } from "../../src/core/format.ts"
import { leavesByToken, open } from "../../src/core/open.ts"
import { scalarText } from "../../src/core/scalar.ts"
import { utf8 } from "../../src/core/text.ts"
import { ini } from "../../src/formats/ini/ini.ts"
import { json } from "../../src/formats/json/json.ts"
import { dotenv } from "../../src/formats/dotenv/dotenv.ts"
import { yaml } from "../../src/formats/yaml/yaml.ts"
import { kindsInFile } from "../../src/keys/kinds.ts"
import { cipherFor, compile, openText, sealText } from "../laws/document-laws.ts"

/** Opens a text beside another version of it. @returns what it opens to, or the code of what is wrong */
function openedBeside(format: Format, other: Opened, text: string): { opened: Opened | null; code: string | null } {
  const document = readSealed(format, text, kindsInFile)
  const options = { cipher: cipherFor(), selectors: compile(document.metadata.selectors), requireStructure: false }
  try {
    return { opened: open(document, { ...options, openedBefore: leavesByToken(other.leaves) }), code: null }
  } catch (error) {
    return { opened: null, code: (error as { code: string }).code }
  }
}

const plain = "a: one\nb: one\nlist:\n  - two\n  # three\n  - two\n# four\nc: {d: 1, e: true}\n"

describe("beside another version that was opened with the same key", () => {
  test.each([
    ["yaml", yaml, plain, plain.replace("b: one", "b: other\nnew: one").replace("  - two\n  #", "  - 2\n  #")],
    ["json", json, '{"a": "x", "b": ["x", 1]}', '{"b": ["y", "x", 1], "a": "x"}'],
    ["ini", ini, "[s]\n; note\na = x\n[t]\na = x\n", "[t]\na = x\n[s]\n; note\na = y\n"],
    ["dotenv", dotenv, "# note\nA=x\nB=x\n", "B=x\n# note\nA=y\n"],
  ] as const)("a %s opens to what it opens to alone", (_, format, before, after) => {
    const other = openText(format, sealText(format, before).text)
    const { text } = sealText(format, after, { previous: other })
    const alone = openText(format, text)
    const beside = openedBeside(format, other, text).opened!
    expect(utf8.decode(beside.bytes)).toBe(utf8.decode(alone.bytes))
    expect(beside.macHex).toBe(alone.macHex)
    const facts = ({ leaves }: Opened): unknown[] =>
      leaves.map(({ scalar, token, isSelected }) => [scalar?.kind, scalar && scalarText(scalar), token, isSelected])
    expect(facts(beside)).toEqual(facts(alone))
  })

  // Each is a token that holds where it was; it must not hold anywhere else because of that.
  test.each([
    ["under another key", (text: string, of: (at: number) => string) => text.replace(of(1), of(0))],
    [
      "exchanged",
      (text: string, of: (at: number) => string) => text.replace(of(0), "@").replace(of(1), of(0)).replace("@", of(1)),
    ],
    ["in a list", (text: string, of: (at: number) => string) => text.replace(of(2), of(0))],
    ["of a value as a comment", (text: string, of: (at: number) => string) => text.replace(of(3), of(2))],
    ["of a comment as a value", (text: string, of: (at: number) => string) => text.replace(of(2), of(3))],
    ["of a number as a text", (text: string, of: (at: number) => string) => text.replace(of(0), of(6))],
  ] as const)("a token %s is found as it is found alone", (name, tampered) => {
    const { text } = sealText(yaml, plain)
    const tokens = text.match(/ENC\[[^\]]*\]/g)!
    const after = tampered(text, (at) => tokens[at]!)
    expect(after).not.toBe(text)
    const other = openText(yaml, text)
    let alone: { bytes: Uint8Array | null; code: string | null }
    try {
      alone = { bytes: openText(yaml, after).bytes, code: null }
    } catch (error) {
      alone = { bytes: null, code: (error as { code: string }).code }
    }
    const { opened, code } = openedBeside(yaml, other, after)
    expect({ bytes: opened?.bytes ?? null, code }).toEqual(alone)
    // Upstream's MAC leaves comments out, so one that is in its own list may say what an element says.
    expect(code === null).toBe(name === "of a value as a comment")
  })
})
