import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { AppError } from "../../../src/errors/app-error.ts"
import { readMessage } from "../../../src/keys/pgp/message.ts"
import { runs } from "../../laws/runs.ts"

const keyId = "6F16681C0F7ACE34"

function stanza(version = 3, id = keyId): Buffer {
  const body = Buffer.concat([Buffer.from([version]), Buffer.from(id, "hex"), Buffer.from([1, 0, 8, 0xff])])
  return packet(1, body)
}

function packet(tag: number, body: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([Buffer.from([0xc0 | tag, 255]), length, body])
}

const data = packet(18, Buffer.from([1, ...Buffer.alloc(40)]))

function armor(bytes: Uint8Array, { headers = "", checksum = "=wLe8\n", eol = "\n" } = {}): string {
  const body =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,64}/g)
      ?.join("\n") ?? ""
  const text = `-----BEGIN PGP MESSAGE-----\n${headers}\n${body}\n${checksum}-----END PGP MESSAGE-----`
  return text.replaceAll("\n", eol)
}

function refusal(text: string): string {
  try {
    readMessage(text)
  } catch (error) {
    if (error instanceof AppError && error.code === "STANZA_INVALID") return error.message
    throw error
  }
  return "accepted"
}

describe("S7: the frame of a PGP message", () => {
  const fine = Buffer.concat([stanza(), data])
  const accepted = [
    { name: "plain", text: armor(fine) },
    { name: "with headers", text: armor(fine, { headers: "Version: GnuPG v1\nComment: x: y\n" }) },
    { name: "without a checksum", text: armor(fine, { checksum: "" }) },
    { name: "CRLF and blanks around it", text: `\n  \n${armor(fine, { eol: "\r\n" })}\r\n\r\n` },
    { name: "old packet headers", text: armor(Buffer.concat([oldStanza(), data])) },
    { name: "data in parts", text: armor(Buffer.concat([stanza(), Buffer.from([0xd2, 0xe1, 1, 2, 1, 3])])) },
    { name: "a marker in front", text: armor(Buffer.concat([packet(10, Buffer.from("PGP")), fine])) },
  ]
  test.each(accepted)("accepts: $name", ({ text }) => {
    expect(readMessage(text).keyIds).toEqual([keyId])
  })

  function oldStanza(): Buffer {
    const body = stanza().subarray(6)
    return Buffer.concat([Buffer.from([0x84, body.length]), body])
  }

  const refused = [
    {
      name: "an unencrypted literal packet",
      text: armor(packet(11, Buffer.from("b\0\0\0\0\0secret"))),
      says: "not encrypted for a public key",
    },
    {
      name: "a compressed packet",
      text: armor(packet(8, Buffer.from([1, 2, 3]))),
      says: "not encrypted for a public key",
    },
    {
      name: "a passphrase stanza",
      text: armor(Buffer.concat([stanza(), packet(3, Buffer.from([4, 9])), data])),
      says: "passphrase",
    },
    {
      name: "data without a guard",
      text: armor(Buffer.concat([stanza(), packet(9, Buffer.alloc(40))])),
      says: "not encrypted for a public key",
    },
    { name: "data for nobody", text: armor(data), says: "not encrypted for a public key" },
    { name: "stanzas without data", text: armor(stanza()), says: "not encrypted for a public key" },
    {
      name: "a literal packet behind the data",
      text: armor(Buffer.concat([stanza(), data, packet(11, Buffer.from("b"))])),
      says: "follows",
    },
    { name: "a second message", text: armor(Buffer.concat([stanza(), data, stanza(), data])), says: "follows" },
    {
      name: "65 stanzas",
      text: armor(Buffer.concat([...Array.from({ length: 65 }, () => stanza()), data])),
      says: "more than 64 keys",
    },
    { name: "an unknown stanza", text: armor(Buffer.concat([stanza(6), data])), says: "unknown version" },
    {
      name: "a length that is too long",
      text: armor(Buffer.concat([stanza(), Buffer.from([0xd2, 255, 255, 255, 255, 255, 1])])),
      says: "cut short",
    },
    { name: "a missing length", text: armor(Buffer.concat([stanza(), Buffer.from([0xd2])])), says: "cut short" },
    { name: "no packets", text: armor(Buffer.from("hello")), says: "not valid" },
    {
      name: "over 64 KB",
      text: armor(Buffer.concat([stanza(), packet(18, Buffer.alloc(64 * 1024))])),
      says: "longer than",
    },
    { name: "two armors", text: `${armor(fine)}\n${armor(fine)}`, says: "armor" },
    { name: "text before the armor", text: `hello\n${armor(fine)}`, says: "armor" },
    { name: "another armor", text: armor(fine).replaceAll("MESSAGE", "PUBLIC KEY BLOCK"), says: "armor" },
    { name: "base64 that is not canonical", text: armor(fine).replace(/\n[^\n]{4}/, "\n!!!!"), says: "armor" },
    { name: "nothing", text: "", says: "armor" },
  ]
  test.each(refused)("refuses: $name", ({ text, says }) => {
    expect(refusal(text)).toContain(says)
  })

  test("any bytes are read or refused, and nothing else is thrown", () => {
    const law = fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, cut) => {
      refusal(armor(bytes))
      refusal(armor(Buffer.concat([fine.subarray(0, cut), bytes])))
      refusal(armor(fine).slice(0, cut))
    })
    fc.assert(law, runs)
  })
})
