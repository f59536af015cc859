import { randomBytes } from "node:crypto"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { limits } from "../../src/core/limits.ts"
import { formatToken, isCommentToken, LongData, TokenReader, looksLikeToken, parseToken } from "../../src/core/token.ts"

const tag = "AAAAAAAAAAAAAAAAAAAAAA=="
const usualToken = `ENC[AES256_GCM,data:YQ==,iv:${Buffer.alloc(32).toString("base64")},tag:${tag},type:str]`
const good = `ENC[AES256_GCM,data:YQ==,iv:AQID,tag:${tag},type:str]`

describe("parseToken", () => {
  test("reads the four fields", () => {
    const token = parseToken(good, limits.nonce_bytes_max)
    expect(token).toMatchObject({ kind: "str", nonce: Buffer.from([1, 2, 3]) })
    expect(token).toMatchObject({ data: Buffer.from("a"), tag: Buffer.alloc(16) })
  })

  test.each([
    { name: "a leading blank", text: ` ${good}`, fault: "not a token" },
    { name: "empty data", text: good.replace("YQ==", ""), fault: "not a token" },
    {
      name: "fields in another order",
      text: "ENC[AES256_GCM,iv:AQID,data:YQ==,tag:AA==,type:str]",
      fault: "not a token",
    },
    { name: "no closing bracket", text: good.slice(0, -1), fault: "not a token" },
    { name: "text after the bracket (S19)", text: `${good} plain`, fault: "text after the token" },
    { name: "a second line after the bracket (S19)", text: `${good}\nplain`, fault: "text after the token" },
    { name: "a second bracket", text: `${good}]`, fault: "unknown type" },
    { name: "an unknown type", text: good.replace("type:str", "type:secret"), fault: "unknown type" },
    {
      name: "type bytes, on which upstream panics",
      text: good.replace("type:str", "type:bytes"),
      fault: "unknown type",
    },
    { name: "a type in another case", text: good.replace("type:str", "type:STR"), fault: "unknown type" },
    { name: "base64 without padding", text: good.replace("YQ==", "YQ"), fault: "not canonical base64" },
    { name: "base64 with too much padding", text: good.replace("YQ==", "YQ======"), fault: "not canonical base64" },
    { name: "base64 with stray bits", text: good.replace("YQ==", "YR=="), fault: "not canonical base64" },
    { name: "the URL-safe alphabet", text: good.replace("AQID", "__-_"), fault: "not canonical base64" },
    {
      name: "a nonce of 65 bytes",
      text: good.replace("AQID", Buffer.alloc(65).toString("base64")),
      fault: "bad nonce",
    },
  ])("refuses $name", ({ text, fault }) => {
    expect(parseToken(text, limits.nonce_bytes_max)).toBe(fault)
  })

  const long = Buffer.alloc(120_001, 7).toString("base64")
  test.each([
    { name: "a blank", text: `${long.slice(0, 90_000)} ${long.slice(90_001)}` },
    { name: "the URL-safe alphabet", text: `${long.slice(0, 60_000)}_${long.slice(60_001)}` },
    { name: "a sign at a border of pieces", text: `${long.slice(0, 65_535)}!${long.slice(65_536)}` },
    { name: "stray bits", text: `${long.slice(0, -3)}${long.at(-3) === "B" ? "C" : "B"}==` },
    { name: "a character too few", text: long.slice(4, -3) },
    { name: "padding within", text: `${long.slice(0, 70_000)}====${long.slice(70_004)}` },
    { name: "a letter outside ASCII", text: `${long.slice(0, 70_000)}\u0141${long.slice(70_001)}` },
  ])("refuses long base64 with $name", ({ text }) => {
    expect(parseToken(good.replace("YQ==", text), limits.nonce_bytes_max)).toBe("not canonical base64")
    expect(parseToken(good.replace(tag, text), limits.nonce_bytes_max)).toBe("not canonical base64")
  })

  test("reads long data", () => {
    const token = parseToken(good.replace("YQ==", long), limits.nonce_bytes_max)
    if (typeof token === "string" || !(token.data instanceof LongData)) throw new Error("long data stays text")
    expect(token.data.length).toBe(120_001)
    const bytes = Buffer.concat([...token.data.pieces()].map((piece) => Buffer.from(piece)))
    expect(bytes.equals(Buffer.alloc(120_001, 7))).toBe(true)
  })

  test("takes exactly what encoding gives", () => {
    const letter = fc.constantFrom(..."ABQgwEIMz09+/=-_ \n".split(""))
    const law = fc.property(fc.array(letter, { minLength: 1, maxLength: 12 }), (letters) => {
      const text = letters.join("")
      const token = parseToken(
        good.replace("YQ==", () => text),
        limits.nonce_bytes_max,
      )
      const isCanonical = Buffer.from(text, "base64").toString("base64") === text
      expect(typeof token === "object").toBe(isCanonical)
      const usual = usualToken.replace("YQ==", () => text)
      expect(parseToken(usual, limits.nonce_bytes_max)).toEqual(
        isCanonical ? expect.objectContaining({ data: Buffer.from(text, "base64") }) : "not canonical base64",
      )
    })
    fc.assert(law, { numRuns: 2000 })
  })

  test("takes each field of a token as everybody writes it in one spelling alone", () => {
    const data = randomBytes(25)
    const nonce = randomBytes(32)
    const tail = randomBytes(16)
    const token = formatToken(data, nonce, tail, "str")
    expect(parseToken(token, limits.nonce_bytes_max)).toEqual({ data, nonce, tag: tail, kind: "str" })
    for (const field of [data, nonce, tail]) {
      const text = field.toString("base64")
      const digits = text.replace(/=+$/, "")
      const others = [
        ..."-_ \n=!\u0141"
          .split("")
          .flatMap((sign) => [0, 20, digits.length - 1].map((at) => digits.slice(0, at) + sign + digits.slice(at + 1))),
        // The bits that do not count.
        ..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
          .split("")
          .map((sign) => digits.slice(0, -1) + sign)
          .filter((other) => Buffer.from(other, "base64").equals(field) && other !== digits),
      ]
        .map((other) => other + text.slice(digits.length))
        // A padding in place of the last digit may leave what a shorter field is written as.
        .filter((other) => Buffer.from(other, "base64").toString("base64") !== other)
      expect(others.length).toBeGreaterThan(20)
      const read = others.filter(
        (other) => typeof parseToken(token.replace(text, other), limits.nonce_bytes_max) !== "string",
      )
      expect(read).toEqual([])
    }
  })

  test("lets the final newline of a block scalar through", () => {
    expect(typeof parseToken(`${good}\n`, limits.nonce_bytes_max)).toBe("object")
  })

  test("takes the last 16 bytes for the tag, however the fields divide them", () => {
    const both = Buffer.from(Array.from({ length: 40 }, (_, index) => index))
    for (const border of [3, 12, 24, 30, 36]) {
      const [data, rest] = [both.subarray(0, border).toString("base64"), both.subarray(border).toString("base64")]
      const token = parseToken(good.replace("YQ==", data).replace(tag, rest), limits.nonce_bytes_max)
      expect(token).toMatchObject({ data: both.subarray(0, 24), tag: both.subarray(24) })
    }
  })

  test("fields of one token hold until the next is read", () => {
    const reader = new TokenReader(limits.nonce_bytes_max)
    const texts = [1, 2].map((byte) =>
      formatToken(Buffer.alloc(5, byte), Buffer.alloc(32, byte), Buffer.alloc(16, byte), "str"),
    )
    for (const [index, text] of texts.entries()) {
      const byte = index + 1
      const fields = { data: Buffer.alloc(5, byte), nonce: Buffer.alloc(32, byte), tag: Buffer.alloc(16, byte) }
      expect(reader.read(text)).toMatchObject({ ...fields, kind: "str" })
    }
  })

  test("reads what it writes", () => {
    const text = formatToken(Buffer.from("data"), Buffer.alloc(32, 7), Buffer.alloc(16, 9), "int")
    expect(parseToken(text, limits.nonce_bytes_max)).toMatchObject({ kind: "int", nonce: Buffer.alloc(32, 7) })
    expect(looksLikeToken(text)).toBe(true)
    expect(isCommentToken(text)).toBe(false)
  })
})
