import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type Recipient } from "../../../src/core/recipient.ts"
import {
  decodeMessage,
  encodeMessage,
  frame,
  unframe,
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from "../../../src/keys/keyservice/messages.ts"
import { runs } from "../../laws/runs.ts"

const text = fc.string({ unit: "binary", maxLength: 40 }).filter((each) => each.isWellFormed())
const recipient: fc.Arbitrary<Recipient> = fc.oneof(
  text.map((each) => ({ type: "age", recipient: each }) as const),
  text.map((fp) => ({ type: "pgp", fp }) as const),
  fc
    .tuple(text, text, fc.array(fc.tuple(text, text), { maxLength: 5 }), text)
    .map(
      ([arn, role, pairs, awsProfile]) => ({ type: "kms", arn, role, context: new Map(pairs), awsProfile }) as const,
    ),
  text.map((resourceId) => ({ type: "gcp_kms", resourceId }) as const),
  fc
    .tuple(text, text, text)
    .map(([vaultUrl, name, version]) => ({ type: "azure_kv", vaultUrl, name, version }) as const),
  fc
    .tuple(text, text, text)
    .map(([vaultAddress, enginePath, keyName]) => ({ type: "hc_vault", vaultAddress, enginePath, keyName }) as const),
  text.map((keyId) => ({ type: "hckms", keyId }) as const),
)

describe("messages of a key service", () => {
  test("what is written is read", () => {
    const law = fc.property(recipient, fc.uint8Array({ maxLength: 300 }), (one, bytes) => {
      const read = decodeRequest(encodeRequest({ recipient: one, bytes }))
      expect(read?.recipient).toEqual(one)
      expect([...(read?.bytes ?? [])]).toEqual([...bytes])
      expect([...(decodeResponse(encodeResponse(bytes)) ?? [])]).toEqual([...bytes])
    })
    fc.assert(law, runs)
  })

  test("the bytes are those of protocol buffers", () => {
    const bytes = encodeRequest({ recipient: { type: "age", recipient: "age1" }, bytes: Buffer.from([1, 2]) })
    expect(Buffer.from(bytes).toString("hex")).toBe("0a0832060a046167653112020102")
    const context = new Map([["a", "b"]])
    const kms = { type: "kms", arn: "x", role: "", context, awsProfile: "p" } as const
    const hex = Buffer.from(encodeRequest({ recipient: kms, bytes: new Uint8Array(0) })).toString("hex")
    expect(hex).toBe("0a100a0e0a01781a060a0161120162220170")
  })

  test("unknown fields of every kind are skipped", () => {
    const known = Buffer.from(encodeRequest({ recipient: { type: "pgp", fp: "AB" }, bytes: Buffer.from([7]) }))
    const unknown = ["7896ffffffffffffff01", "790102030405060708", "7a03616263", "7d01020304", "fa0700"]
    const bytes = Buffer.concat([...unknown.map((hex) => Buffer.from(hex, "hex")), known])
    expect(decodeRequest(bytes)).toMatchObject({ recipient: { type: "pgp", fp: "AB" } })
  })

  const none = [
    { name: "nothing", hex: "" },
    { name: "an empty key", hex: "0a00" },
    { name: "a key of an unknown type", hex: "0a044202ffff" },
  ]
  test.each(none)("no recipient: $name", ({ hex }) => {
    expect(decodeRequest(Buffer.from(hex, "hex"))).toMatchObject({ recipient: null })
  })

  const invalid = [
    { name: "a length behind the end", hex: "0a05" },
    { name: "a huge length", hex: "12ffffffffffffffffff01" },
    { name: "an endless number", hex: "ffffffffffffffffffffffff" },
    { name: "a group", hex: "0b0c" },
    { name: "field 0", hex: "0200" },
    { name: "text that is not UTF-8", hex: "0a0532030a01ff" },
  ]
  test.each(invalid)("no message: $name", ({ hex }) => {
    expect(decodeRequest(Buffer.from(hex, "hex"))).toBeNull()
  })

  test("any bytes are a message or none, and nothing is thrown", () => {
    const law = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      decodeRequest(bytes)
      unframe(bytes)
    })
    fc.assert(law, runs)
  })

  test("frames: one message, not compressed, and nothing behind it", () => {
    const message = Buffer.from("abc")
    expect(Buffer.from(unframe(frame(message))!).toString()).toBe("abc")
    const wrong = [
      frame(message).subarray(0, 6),
      Buffer.concat([frame(message), Buffer.from("x")]),
      Buffer.from("0100000000", "hex"),
      Buffer.alloc(3),
    ]
    for (const bytes of wrong) expect(unframe(bytes)).toBeNull()
  })

  test("words of a status are percent-encoded", () => {
    expect(encodeMessage("a%b\nü")).toBe("a%25b%0A%C3%BC")
    const law = fc.property(text, (each) => {
      expect(decodeMessage(encodeMessage(each))).toBe(each)
    })
    fc.assert(law, runs)
  })
})
