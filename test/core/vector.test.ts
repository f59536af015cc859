import { createHash } from "node:crypto"
import { describe, expect, test } from "vitest"
import { canonicalScalar } from "../../src/core/canonical.ts"
import { Cipher } from "../../src/core/gcm.ts"
import { limits } from "../../src/core/limits.ts"
import { MacHash } from "../../src/core/mac.ts"
import { type Kind, textScalar } from "../../src/core/scalar.ts"
import { SecretBytes } from "../../src/core/secret.ts"
import { utf8 } from "../../src/core/text.ts"
import { formatToken, LongData, parseToken, type Token } from "../../src/core/token.ts"

// The worked vector of the format's specification: data key 00 01 ... 1f, the nth nonce is 32 times the byte n.
const dataKey = (): SecretBytes => new SecretBytes(Uint8Array.from({ length: 32 }, (_, i) => i))
const rows: { kind: Kind; aad: string; plain: string; data: string; tag: string }[] = [
  { kind: "str", aad: "db:name:", plain: "s3cr3t", data: "ypfKlere", tag: "p+4OEWOUp/r5ZaScOnkYvA==" },
  { kind: "int", aad: "db:port:", plain: "5432", data: "Wk/Kdw==", tag: "sJs8MKaclSvqsaXVqHvrzg==" },
  { kind: "float", aad: "db:ratio:", plain: "0.5", data: "Wlp2", tag: "wH0iRj549/P28tL2aPcpUQ==" },
  { kind: "bool", aad: "db:on:", plain: "True", data: "On4aDA==", tag: "glzM8hcM7rez8a7ZBKENow==" },
  {
    kind: "time",
    aad: "db:when:",
    plain: "2024-02-29T12:00:00.5Z",
    data: "worKiOnyXT4WfXrg6HH8anZH68sdWw==",
    tag: "WjCV63dWloZHw+1CXZLFfg==",
  },
  { kind: "str", aad: "hosts:", plain: "a", data: "2Q==", tag: "J4iSUBNMU+w8MAwmDcwMLw==" },
  { kind: "str", aad: "hosts:", plain: "b", data: "Ww==", tag: "xdoVnIWmEpYbdSqSCtPYnw==" },
  { kind: "comment", aad: ":", plain: " note", data: "tseKsI0=", tag: "Qfw6vWn8mufiI2w56zFo7g==" },
]

describe("the worked vector", () => {
  test.each(rows.map((row, index) => ({ ...row, nonce: index + 1 })))("$aad $plain seals to the known token", (row) => {
    const cipher = new Cipher(dataKey(), (buffer) => buffer.fill(row.nonce))
    const { data, nonce, tag } = cipher.seal(utf8.encode(row.plain), row.aad)
    const iv = Buffer.alloc(32, row.nonce).toString("base64")
    expect(formatToken(data, nonce, tag, row.kind)).toBe(
      `ENC[AES256_GCM,data:${row.data},iv:${iv},tag:${row.tag},type:${row.kind}]`,
    )
  })

  test.each(rows.map((row, index) => ({ ...row, nonce: index + 1 })))("$aad $plain opens", (row) => {
    const iv = Buffer.alloc(32, row.nonce).toString("base64")
    const token = parseToken(
      `ENC[AES256_GCM,data:${row.data},iv:${iv},tag:${row.tag},type:${row.kind}]`,
      limits.nonce_bytes_max,
    )
    if (typeof token === "string") throw new Error(token)
    const cipher = new Cipher(dataKey())
    const plain = cipher.open(token, row.aad)
    expect(utf8.decode(canonicalScalar(token.kind, plain!)!.bytes)).toBe(row.plain)
    expect(cipher.open(token, `${row.aad}x`)).toBeNull()
  })

  test.each([
    {
      macOnly: false,
      hex: "D5924F2221708AD080DAC9AF49DD04E1D922768E3E7F155DB4E24BF2F046412D7FCDDDF5B34AB559837D166539AADBC5DCA09C55BC2FB6EC40D25033BDE3FEEC",
    },
    {
      macOnly: true,
      hex: "30B5C662885FAA8458431C1A328A12A8D14CB25F55A97A6A05C8B5739F2C04437392289D0E9E804ECC7803706B08E2AD5450A436EDFB70C8D74AC29DA51B0DFB",
    },
  ])("hashes to the known MAC (mac_only_encrypted: $macOnly)", ({ macOnly, hex }) => {
    const hash = new MacHash(macOnly)
    for (const { kind, plain } of rows) if (kind !== "comment") hash.add(utf8.encode(plain))
    if (!macOnly) hash.add(utf8.encode("visible"))
    expect(hash.digest()).toBe(hex)
  })
})

describe("Cipher", () => {
  test("L10: a million nonces are 32 bytes each and never repeat", () => {
    const cipher = new Cipher(dataKey())
    const seen = new Set<string>()
    for (let i = 0; i < 1_000_000; i++)
      seen.add(Buffer.from(cipher.seal(new Uint8Array(0), "").nonce).toString("latin1"))
    expect(seen.size).toBe(1_000_000)
    expect([...seen].every((nonce) => nonce.length === 32)).toBe(true)
  }, 60_000)

  test("refuses a shortened tag, and any flipped bit", () => {
    const cipher = new Cipher(dataKey())
    const { data, nonce, tag } = cipher.seal(utf8.encode("canary-7f3a"), "a:")
    const sealed = Buffer.concat([data, tag])
    const fields = (bytes: Buffer): Parameters<Cipher["open"]>[0] => ({
      data: bytes.subarray(0, -16),
      tag: bytes.subarray(-16),
      nonce,
    })
    expect(cipher.open({ data, nonce, tag: tag.subarray(0, 4) }, "a:")).toBeNull()
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const flipped = Buffer.from(sealed)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      expect(cipher.open(fields(flipped), "a:")).toBeNull()
    }
    expect(cipher.open(fields(sealed), "a:")).not.toBeNull()
  })
})

describe("long values", () => {
  const plain = Buffer.from(Array.from({ length: 200_003 }, (_, index) => index % 251))
  const cipher = new Cipher(dataKey())
  const { data, nonce, tag } = cipher.seal(plain, "data:")

  test("are opened piece by piece", () => {
    const token = parseToken(formatToken(data, nonce, tag, "str"), limits.nonce_bytes_max)
    if (typeof token === "string") throw new Error(token)
    expect(token.data).toBeInstanceOf(LongData)
    expect(Buffer.from(cipher.open(token, "data:")!).equals(plain)).toBe(true)
    expect(cipher.open(token, "other:")).toBeNull()
  })

  test("are refused with one flipped bit, in any piece", () => {
    for (const at of [0, 48 * 1024, 150_000, 200_002]) {
      const changed = Buffer.from(data)
      changed[at]! ^= 1
      const token = parseToken(formatToken(changed, nonce, tag, "str"), limits.nonce_bytes_max)
      if (typeof token === "string") throw new Error(token)
      expect(cipher.open(token, "data:")).toBeNull()
    }
  })
})

describe("a token that is sealed piece by piece", () => {
  const cipher = new Cipher(dataKey())
  const piece = 768 * 1024

  test.each([piece - 1, piece, piece + 1, 2 * piece, 2 * piece + 5])(
    "of %d bytes opens to them, and to no others",
    (size) => {
      const plain = Buffer.from(Uint8Array.from({ length: size }, (_, index) => index % 251))
      const text = cipher.sealToken(plain, "data:", "str")
      const token = parseToken(text, limits.nonce_bytes_max)
      if (typeof token === "string") throw new Error(token)
      expect(Buffer.from(cipher.open(token, "data:")!).equals(plain)).toBe(true)
      const opens = (bytes: Uint8Array, aad = "data:"): boolean => cipher.opensTo(token, aad, { kind: "str", bytes })
      expect(opens(plain)).toBe(true)
      expect(opens(plain, "other:")).toBe(false)
      expect(opens(plain.subarray(1))).toBe(false)
      for (const at of [0, Math.floor(size / 2), size - 1]) {
        const other = Buffer.from(plain)
        other[at]! ^= 1
        expect(opens(other)).toBe(false)
      }
      const forged = parseToken(text.replace(/tag:../, "tag:AA"), limits.nonce_bytes_max)
      if (typeof forged === "string") throw new Error(forged)
      expect(cipher.opensTo(forged, "data:", { kind: "str", bytes: plain })).toBe(false)
    },
  )
})

describe("a token of a text", () => {
  const cipher = new Cipher(dataKey())
  const read = (plain: Uint8Array | string): Token => {
    const token = parseToken(cipher.sealToken(plain, "a:", "str"), limits.nonce_bytes_max)
    if (typeof token === "string") throw new Error(token)
    return token
  }

  test.each(["a", "two words", "\u00e9\u4e2d\ud83d\ude00", "\ufffd", "x\ufffdy", "z".repeat(3000), "\ufeffmark", "\0"])(
    "%j opens to it, and to nothing else",
    (text) => {
      const bytes = Buffer.from(text)
      for (const token of [read(text), read(bytes)]) {
        expect(Buffer.from(cipher.open(token, "a:")!).equals(bytes)).toBe(true)
        expect(cipher.opensTo(token, "a:", textScalar(text))).toBe(true)
        expect(cipher.opensTo(token, "a:", { kind: "str", bytes })).toBe(true)
        expect(cipher.opensTo(token, "b:", textScalar(text))).toBe(false)
        for (const other of [`${text} `, `x${text}`, text.slice(1), text.toUpperCase() + text])
          expect(cipher.opensTo(token, "a:", textScalar(other))).toBe(false)
        expect(cipher.opensTo({ ...token, tag: Buffer.alloc(16) }, "a:", textScalar(text))).toBe(false)
      }
    },
  )

  test("bytes that are not text are not the text that they are shown as", () => {
    for (const bytes of [Buffer.of(0xff), Buffer.from("a\xe9b", "latin1"), Buffer.of(0x61, 0xed, 0xa0, 0x80)]) {
      const token = read(bytes)
      expect(cipher.opensTo(token, "a:", textScalar(bytes.toString("utf8")))).toBe(false)
      expect(cipher.opensTo(token, "a:", { kind: "str", bytes })).toBe(true)
    }
  })
})

describe("MacHash", () => {
  test("gathers small and large values to the same hash", () => {
    const parts = Array.from({ length: 400 }, (_, i) => Buffer.alloc(i * 3, i & 0xff))
    const hash = new MacHash(false)
    for (const part of [...parts, Buffer.alloc(200_000, 1), ...parts]) hash.add(part)
    const whole = createHash("sha512").update(Buffer.concat([...parts, Buffer.alloc(200_000, 1), ...parts]))
    expect(hash.digest()).toBe(whole.digest("hex").toUpperCase())
  })

  test("gathers texts and bytes of all lengths, in their order", () => {
    const parts = Array.from({ length: 300 }, (_, i) => "aé\u{1f600}".repeat((i * 7) % 41 === 0 ? 500 : (i * 13) % 50))
    const hash = new MacHash(false)
    for (const [index, part] of parts.entries()) {
      if (index % 5 === 0) hash.add(utf8.encode(part))
      else hash.addText(part)
    }
    expect(hash.digest()).toBe(createHash("sha512").update(parts.join("")).digest("hex").toUpperCase())
  })
})

test("canonical scalars are derived from the typed value", () => {
  const text = (kind: Kind, plain: string): string | null => {
    const scalar = canonicalScalar(kind, utf8.encode(plain))
    return scalar === null ? null : utf8.decode(scalar.bytes)
  }
  expect(text("int", "+5")).toBe("5")
  expect(text("int", "0x10")).toBeNull()
  expect(text("int", "9223372036854775808")).toBeNull()
  expect(text("bool", "t")).toBe("True")
  expect(text("bool", "yes")).toBeNull()
  expect(text("float", "1e21")).toBe("1000000000000000000000")
  expect(text("float", "1e400")).toBeNull()
  expect(text("time", "2001-12-14T21:59:43.10-05:00")).toBe("2001-12-14T21:59:43.1-05:00")
  expect(text("time", "2001-12-14")).toBeNull()
})
