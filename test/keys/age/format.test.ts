import { oneLine } from "../../../src/errors/display.ts"
import { spawnSync } from "node:child_process"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { SecretBytes } from "../../../src/core/secret.ts"
import { age } from "../../../src/keys/age/age.ts"
import { loadAead, loadPortableAead, zeroNonce } from "../../../src/keys/age/aead.ts"
import { decodeArmor, encodeArmor, openAgeFile, sealFile } from "../../../src/keys/age/file.ts"
import { decodeBase64, encodeRaw } from "../../../src/core/base64.ts"
import { decodeBech32, encodeBech32 } from "../../../src/keys/age/bech32.ts"
import { encodeHeader, parseHeader } from "../../../src/keys/age/header.ts"
import { StanzaReader, encodeStanza } from "../../../src/keys/age/stanza.ts"
import { keyFile, keyText, recipients } from "../golden.ts"
import { testContext } from "../context.ts"

const runs = { numRuns: process.env["SLOW"] === undefined ? 50 : 5000 }
const enough = 1 << 20

describe("laws", () => {
  test("armor is read back, and longer texts than allowed are not", () => {
    const law = fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = encodeArmor(bytes)
      expect(decodeArmor(text, enough)).toEqual(Buffer.from(bytes))
      expect(decodeArmor(`\n \r\n${text.replaceAll("\n", "\r\n")}\n \t`, enough)).toEqual(Buffer.from(bytes))
      expect(() => decodeArmor(text, text.length - 1)).toThrow(expect.objectContaining({ code: "STANZA_INVALID" }))
    })
    fc.assert(law, runs)
  })

  test("base64 has one spelling", () => {
    const law = fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(100), (bytes, at) => {
      const text = encodeRaw(bytes)
      expect(decodeBase64(text, { isPadded: false })).toEqual(Buffer.from(bytes))
      const index = at % (text.length + 1)
      for (const extra of ["\n", " ", "=", "-"]) {
        expect(decodeBase64(text.slice(0, index) + extra + text.slice(index), { isPadded: false })).toBeNull()
      }
    })
    fc.assert(law, runs)
  })

  test("Bech32 is read back, in both cases, and no changed character is", () => {
    const prefix = fc.constantFrom("age", "age1x-y", "AGE-SECRET-KEY-")
    const law = fc.property(prefix, fc.uint8Array({ maxLength: 80 }), fc.nat(), (prefix, bytes, at) => {
      const text = encodeBech32({ prefix, bytes })
      expect(decodeBech32(text)).toEqual({ prefix, bytes })
      const index = prefix.length + 1 + (at % (text.length - prefix.length - 1))
      const other = text[index]!.toLowerCase() === "q" ? "p" : "q"
      const swapped =
        text.slice(0, index) + (prefix === prefix.toLowerCase() ? other : other.toUpperCase()) + text.slice(index + 1)
      expect(decodeBech32(swapped)).toBeNull()
    })
    fc.assert(law, runs)
  })

  test("no letter that is one of ASCII in another case stands for it", () => {
    // U+212A is K in lower case, U+0130 and U+017F nearly I and S.
    const text = encodeBech32({ prefix: "KIS", bytes: new Uint8Array(40).map((_, at) => at * 7) })
    expect(text).toMatch(/K.*K/)
    expect(decodeBech32(text)).not.toBeNull()
    for (const [from, to] of [
      ["K", "\u{212a}"],
      ["I", "\u{130}"],
      ["S", "\u{17f}"],
    ] as const) {
      expect(decodeBech32(text.replace(from, to))).toBeNull()
      expect(decodeBech32(text.slice(0, 4) + text.slice(4).replaceAll(from, to))).toEqual(
        text.slice(4).includes(from) ? null : decodeBech32(text),
      )
    }
  })

  test("stanzas are read back", () => {
    const word = fc.string({
      minLength: 1,
      maxLength: 9,
      unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
    })
    const law = fc.property(word, fc.array(word), fc.uint8Array({ maxLength: 200 }), (type, args, body) => {
      const reader = new StanzaReader()
      const results = encodeStanza({ type, args, body })
        .slice(0, -1)
        .split("\n")
        .map((line) => reader.take(line))
      expect(results.pop()).toEqual({ type, args, body: Buffer.from(body) })
      expect(results.every((result) => result === "more")).toBe(true)
    })
    fc.assert(law, runs)
  })

  test("a file is read back, over several chunks too, with either cipher", async () => {
    const ciphers = [await loadAead(), await loadPortableAead()]
    for (const [seal, open] of [ciphers, ciphers.toReversed()] as const) {
      for (const size of [0, 1, 65535, 65536, 65537, 131072]) {
        const plain = Buffer.alloc(size, 7)
        const kept: { fileKey?: Uint8Array } = {}
        const file = await sealFile(
          plain,
          async (fileKey) => {
            kept.fileKey = Uint8Array.from(fileKey)
            return [{ type: "X", args: [], body: Buffer.alloc(0) }]
          },
          seal!,
        )
        expect(Buffer.compare(openAgeFile(parseHeader(file), kept.fileKey!, open!), plain)).toBe(0)
      }
    }
  })
})

describe("limits", () => {
  const stanza = (n: number): { type: string; args: string[]; body: Buffer } => ({
    type: `x${n}`,
    args: [],
    body: Buffer.alloc(1),
  })
  const fileKey = Buffer.alloc(16)

  test("64 stanzas, not 65", () => {
    const stanzas = Array.from({ length: 65 }, (_, n) => stanza(n))
    expect(parseHeader(encodeHeader(stanzas.slice(1), fileKey)).stanzas).toHaveLength(64)
    expect(() => parseHeader(encodeHeader(stanzas, fileKey))).toThrow(
      expect.objectContaining({ code: "STANZA_INVALID" }),
    )
  })

  test("an entry of more than 64 KB is not looked at", async () => {
    const enc = encodeArmor(
      Buffer.concat([encodeHeader([{ ...stanza(1), body: Buffer.alloc(50_000) }], fileKey), Buffer.alloc(80)]),
    )
    const entry = { recipient: { type: "age", recipient: recipients["age-a"] }, enc, createdAt: null } as const
    await expect(age.unwrap(entry, testContext())).rejects.toMatchObject({ code: "STANZA_INVALID" })
  })

  test("S7: a data key's own stanza never asks for a passphrase", async () => {
    const header = encodeHeader(
      [{ type: "scrypt", args: ["AAAAAAAAAAAAAAAAAAAAAA", "10"], body: Buffer.alloc(32) }],
      fileKey,
    )
    const enc = encodeArmor(Buffer.concat([header, Buffer.alloc(80)]))
    const entry = { recipient: { type: "age", recipient: recipients["age-a"] }, enc, createdAt: null } as const
    const context = testContext({ env: { SOPS_AGE_KEY: keyText("age-locked.txt") }, answers: ["x"] })
    await expect(age.unwrap(entry, context)).rejects.toMatchObject({ code: "STANZA_INVALID" })
    expect(context.questions).toEqual([])
  })
})

describe("what is wrapped is as sops writes it", () => {
  test("64 columns, LF, and a final newline", async () => {
    const recipient = { type: "age", recipient: recipients["age-a"] } as const
    const enc = await age.wrap(new SecretBytes(new Uint8Array(32)), recipient, testContext())
    const lines = enc.split("\n")
    expect(lines[0]).toBe("-----BEGIN AGE ENCRYPTED FILE-----")
    expect(lines.at(-2)).toBe("-----END AGE ENCRYPTED FILE-----")
    expect(lines.at(-1)).toBe("")
    expect(lines.slice(1, -3).every((line) => line.length === 64)).toBe(true)
  })

  test("a flipped bit anywhere is refused", async () => {
    const recipient = { type: "age", recipient: recipients["age-a"] } as const
    const enc = await age.wrap(new SecretBytes(new Uint8Array(32)), recipient, testContext())
    const file = decodeArmor(enc, enough)
    for (let index = 0; index < file.length; index += 3) {
      const changed = Buffer.from(file)
      changed[index] = changed[index]! ^ 1
      const context = testContext({ env: { SOPS_AGE_KEY_FILE: keyFile("age-a.txt") } })
      const entry = { recipient, enc: encodeArmor(changed), createdAt: null }
      const outcome = await age.unwrap(entry, context).catch((error: unknown) => error)
      expect(outcome === null || (outcome instanceof Error && outcome.name === "AppError")).toBe(true)
    }
  })
})

test("the packages come by import() only, when their turn comes", async () => {
  const pattern = `^(import|export) .*from "(age-encryption|@noble|bcrypt-pbkdf)`
  const { status, stdout } = spawnSync("grep", [
    "-rEn",
    pattern,
    new URL("../../../src/keys", import.meta.url).pathname,
  ])
  // What is asked at once, for a point, is a part of the build that is loaded when it is first used.
  const file = new URL("../../../scripts/parts.mjs", import.meta.url).href
  const { parts } = (await import(file)) as { parts: readonly { readonly late?: boolean; readonly roots: string[] }[] }
  const late = parts.filter((part) => part.late === true).flatMap(({ roots }) => roots)
  expect(late).toContain("keys/age/ed25519-point.ts")
  const early = String(stdout)
    .split("\n")
    .filter((line) => line !== "" && !late.some((root) => line.includes(root)))
  expect(early).toEqual([])
  expect(status).toBe(0)
})

test("the cipher of the runtime refuses a wrong tag", async () => {
  for (const aead of [await loadAead(), await loadPortableAead()]) {
    const sealed = Buffer.from(aead.seal(new Uint8Array(32), zeroNonce, Buffer.from("x")))
    sealed[3] = sealed[3]! ^ 1
    expect(aead.open(new Uint8Array(32), zeroNonce, sealed)).toBeNull()
    expect(aead.open(new Uint8Array(32), zeroNonce, new Uint8Array(3))).toBeNull()
  }
})

test.each([
  { text: "a\u001b[31m\u0007b", shown: "a [31m b" },
  { text: "a\u202eb\u200bc\u2028d\ne", shown: "a b c d e" },
  { text: `x AGE-SECRET-KEY-1ABC, age-plugin-x-1QQ'y`, shown: "x [identity] [identity]'y" },
  { text: "🔑".repeat(300), shown: `${"🔑".repeat(200)}…` },
])("S20: one line of $text", ({ text, shown }) => expect(oneLine(text)).toBe(shown))
