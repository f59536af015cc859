import { describe, expect, test } from "vitest"
import { type Recipient, type RecipientType } from "../../src/core/recipient.ts"
import { checkRecipient } from "../../src/keys/parse-recipient.ts"
import { parseRecipient, parseRecipients } from "../../src/keys/parse-recipient.ts"
import { keyText, recipients } from "./golden.ts"
import { recipientName } from "../../src/keys/kinds.ts"

const arn = "arn:aws:kms:eu-west-1:123456789012:key/612d5f09-a1b3-45e6-aca6-a5b005693a48"
const role = "arn:aws:iam::123456789012:role/team/sops-dev"
const gcp = "projects/my-project/locations/global/keyRings/sops/cryptoKeys/sops-key"
const fp40 = "C642E71CB7A82A3930999987544FA72A354D640F"
const huawei = "tr-west-1:abc12345-6789-0123-4567-890123456789"

describe("recipients", () => {
  const good: { type: RecipientType; text: string; name?: string }[] = [
    { type: "age", text: recipients["age-a"] },
    { type: "age", text: ` ${recipients["age-b"]}\n`, name: recipients["age-b"] },
    { type: "age", text: recipients["ssh-ed25519"] },
    { type: "age", text: recipients["ssh-rsa"] },
    { type: "pgp", text: fp40 },
    { type: "pgp", text: "C642 E71C B7A8 2A39 3099  9987 544F A72A 354D 640F", name: fp40 },
    { type: "pgp", text: `${fp40}!` },
    { type: "pgp", text: fp40.slice(-16) },
    { type: "pgp", text: fp40 + fp40.slice(0, 24) },
    { type: "kms", text: arn },
    { type: "kms", text: `${arn}+${role}` },
    { type: "kms", text: "arn:aws-us-gov:kms:us-gov-west-1:1:alias/team/key_1" },
    { type: "gcp_kms", text: gcp },
    { type: "gcp_kms", text: "projects/example.com:my-project/locations/europe-west1/keyRings/a/cryptoKeys/b" },
    { type: "azure_kv", text: "https://v.vault.azure.net/keys/k/0123456789abcdef" },
    { type: "azure_kv", text: "https://v.vault.azure.net/keys/k", name: "https://v.vault.azure.net/keys/k/" },
    { type: "azure_kv", text: "https://127.0.0.1:8443/keys/k/1" },
    { type: "hc_vault", text: "https://vault.example.com:8200/v1/transit/keys/sops-1" },
    {
      type: "hc_vault",
      text: "http://[::1]:8200/v1/team/a/transit/keys/k/",
      name: "http://[::1]:8200/v1/team/a/transit/keys/k",
    },
    { type: "hckms", text: huawei },
  ]
  test.each(good)("$type $text", ({ type, text, name }) => {
    const recipient = parseRecipient(type, text)
    expect(recipient.type).toBe(type)
    expect(recipientName(recipient)).toBe(name ?? text)
    expect(() => checkRecipient(recipient)).not.toThrow()
  })

  test("a list has commas", () => {
    expect(parseRecipients("age", `${recipients["age-a"]},\n  ${recipients["age-b"]}`)).toHaveLength(2)
    expect(parseRecipients("age", " ")).toEqual([])
    expect(() => parseRecipients("age", `${recipients["age-a"]},`)).toThrow(
      expect.objectContaining({ code: "RECIPIENT_INVALID" }),
    )
  })

  test("the role of an AWS key is a part of its own", () => {
    const extras = { context: new Map([["App", "x"]]), awsProfile: "dev" }
    expect(parseRecipient("kms", `${arn}+${role}`, extras)).toEqual({ type: "kms", arn, role, ...extras })
  })

  test("the parts of a Vault URI", () => {
    expect(parseRecipient("hc_vault", "https://v:8200/v1/a/b/keys/k")).toEqual({
      type: "hc_vault",
      vaultAddress: "https://v:8200",
      enginePath: "a/b",
      keyName: "k",
    })
  })

  test("post-quantum, tagged and plugin recipients are known by length and name", async () => {
    const { makeIdentity } = await import("../../src/keys/generate.ts")
    const { recipient } = await makeIdentity({ now: new Date(0), isPostQuantum: true })
    expect(parseRecipient("age", recipient)).toEqual({ type: "age", recipient })
    const { encodeBech32 } = await import("../../src/keys/age/bech32.ts")
    const plugin = encodeBech32({ prefix: "age1yubikey", bytes: new Uint8Array(33) })
    expect(parseRecipient("age", plugin)).toEqual({ type: "age", recipient: plugin })
    const short = encodeBech32({ prefix: "age1pq", bytes: new Uint8Array(33) })
    expect(() => parseRecipient("age", short)).toThrow(expect.objectContaining({ code: "RECIPIENT_INVALID" }))
  })

  test("an identity in place of a recipient is said, and never shown", () => {
    for (const text of [keyText("age-a.txt").split("\n")[1]!, keyText("ssh-ed25519")]) {
      try {
        parseRecipient("age", text)
        throw new Error("it was taken")
      } catch (error) {
        expect(error).toMatchObject({ code: "RECIPIENT_INVALID" })
        expect((error as Error).message).toMatch(/(AGE-SECRET-KEY-\.\.\.|this) is a secret key/)
        expect(JSON.stringify(error)).not.toContain(text.slice(20, 60))
      }
    }
  })
})

const vaultFields = { type: "hc_vault", vaultAddress: "https://v", enginePath: "transit", keyName: "k" } as const
const azureFields = { type: "azure_kv", vaultUrl: "https://v", name: "k", version: "1" } as const

describe("S5: hostile identifiers are refused before anything is asked", () => {
  const texts: Readonly<Record<RecipientType, readonly string[]>> = {
    age: [
      "age1",
      recipients["age-a"].slice(0, -1),
      recipients["age-a"].replace("u", "v"),
      recipients["age-a"].toUpperCase(),
      `${recipients["age-a"]}\u202e`,
      "age1../evil1qqqq",
      "ssh-ed25519 AAAA",
      "ssh-ecdsa AAAA",
      "--recipient",
      "https://age",
    ],
    pgp: [
      "",
      "x",
      "0x544FA72A354D640F",
      "354D640F",
      `${fp40}00`,
      `${fp40}!!`,
      `--output=x`,
      `${fp40.slice(0, -1)}\n`,
      "a@b.c",
      "../x",
    ],
    kms: [
      "arn:aws:kms:eu-west-1:1:key/../x",
      "arn:aws:kms:eu-west-1:1:key/a/b",
      "arn:aws:kms:eu-west-1@evil.com:1:key/a",
      "arn:aws:kms:eu-west-1.evil.com:1:key/a",
      "arn:aws:kms:eu-west-1/x:1:key/a",
      "arn:aws:kms:eu-west-1?:1:key/a",
      "arn:aws:kms:%2e:1:key/a",
      "arn:aws:kms:eu#:1:key/a",
      "arn:aws:kms::1:key/a",
      "arn:aws:kms:eu:x:key/a",
      "arn:aws:s3:eu:1:key/a",
      "arn:aws:kms:eu:1:alias/a//b",
      "arn:aws:kms:eu:1:alias/",
      "arn:aws:kms:eu:1:alias/a\u0000",
      "arn:aws:kms:eu:1:alias/a?b",
      "arn:aws:kms:eu:1:key/a+arn:aws:iam::1:role/..",
      "arn:aws:kms:eu:1:key/a+arn:aws:iam::1:role/a%2f",
      "arn:aws:kms:eu:1:key/a+arn:aws:sts::1:role/a",
      "arn:evil:kms:eu:1:key/a",
      "alias/a",
    ],
    gcp_kms: [
      "projects/../locations/l/keyRings/r/cryptoKeys/k",
      "projects/./locations/l/keyRings/r/cryptoKeys/k",
      "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
      "projects/p/locations/l/keyRings/r/cryptoKeys/..",
      "projects/p/locations/l/keyRings/../cryptoKeys/k",
      "projects/p?x/locations/l/keyRings/r/cryptoKeys/k",
      "projects/p#x/locations/l/keyRings/r/cryptoKeys/k",
      "projects/p%2f/locations/l/keyRings/r/cryptoKeys/k",
      "projects/p@x/locations/l/keyRings/r/cryptoKeys/k",
      "projects/p/locations/l/keyRings/r/cryptoKeys/k:decrypt",
      "projects//locations/l/keyRings/r/cryptoKeys/k",
      "/projects/p/locations/l/keyRings/r/cryptoKeys/k",
      "projects/p/locations/L L/keyRings/r/cryptoKeys/k\u0001",
    ],
    azure_kv: [
      "http://v.vault.azure.net/keys/k/1",
      "https://user@v.vault.azure.net/keys/k/1",
      "https://v.vault.azure.net:x/keys/k/1",
      "https://v.vault.azure.net/x/keys/k/1",
      "https://v.vault.azure.net/keys/../1",
      "https://v.vault.azure.net/keys/k/..",
      "https://v.vault.azure.net/keys/k/1?x=1",
      "https://v.vault.azure.net/keys/k/1#x",
      "https://v.vault.azure.net/keys/k%2f/1",
      "https://v.vault.azure.net/keys/k/1/2",
      "https://-v/keys/k/1",
      "https://v..w/keys/k/1",
      "https:///keys/k/1",
      "https://v?/keys/k/1",
      "https://v\\evil/keys/k/1",
    ],
    hc_vault: [
      "https://v/v1/sys/keys/seal",
      "https://v/v1/auth/keys/k",
      "https://v/v1/transit/keys/..",
      "https://v/v1/transit/keys/../seal",
      "https://v/v1/../keys/k",
      "https://v/v1/a/./b/keys/k",
      "https://v/v1/a//b/keys/k",
      "https://v/v1/transit/keys/k?x",
      "https://v/v1/transit/keys/k#x",
      "https://v/v1/transit/keys/%2e%2e",
      "https://u:p@v/v1/transit/keys/k",
      "ftp://v/v1/transit/keys/k",
      "https://v/prefix/v1/transit/keys/k",
      "https://v/v1/transit/encrypt/k",
      "https://v/v1/keys/k",
      "v/v1/transit/keys/k",
      "https://v/v1/transit/keys/k k",
      "https://v:99999999/v1/transit/keys/k",
    ],
    hckms: [
      "",
      "tr-west-1",
      "tr-west-1:",
      ":abc",
      `x@y:${huawei.slice(10)}`,
      `tr.evil.com:${huawei.slice(10)}`,
      `tr/..:${huawei.slice(10)}`,
      `${huawei}/..`,
      `${huawei}?`,
      "tr-west-1:%2e",
    ],
  }
  const rows = Object.entries(texts).flatMap(([type, list]) =>
    list.map((text) => ({ type: type as RecipientType, text })),
  )
  test.each(rows)("$type $text", ({ type, text }) => {
    expect(() => parseRecipient(type, text)).toThrow(expect.objectContaining({ code: "RECIPIENT_INVALID" }))
  })

  const fields: Recipient[] = [
    { ...vaultFields, enginePath: "sys" },
    { ...vaultFields, keyName: "../seal" },
    { ...vaultFields, keyName: "." },
    { ...vaultFields, enginePath: "" },
    { ...vaultFields, vaultAddress: "https://v/v1/x" },
    { ...vaultFields, vaultAddress: "https://v?x=" },
    { ...azureFields, vaultUrl: "https://v/x" },
    { ...azureFields, vaultUrl: "https://v@evil" },
    { ...azureFields, name: "k/../.." },
    { ...azureFields, version: "1/decrypt?" },
    { type: "kms", arn, role: "x", context: new Map(), awsProfile: "" },
    { type: "kms", arn, role: "", context: new Map([["a", "b\u0000"]]), awsProfile: "" },
    { type: "kms", arn, role: "", context: new Map(), awsProfile: "a\nb" },
    { type: "gcp_kms", resourceId: `${gcp}/../x` },
    { type: "pgp", fp: "--decrypt" },
    { type: "hckms", keyId: "x" },
    { type: "age", recipient: `${recipients["ssh-ed25519"]}\nssh-rsa` },
    { type: "age", recipient: `${recipients["ssh-ed25519"]} ${"x".repeat(9000)}` },
  ]
  test.each(fields)("$type in the metadata %#", (recipient) => {
    expect(() => checkRecipient(recipient)).toThrow(expect.objectContaining({ code: "RECIPIENT_INVALID" }))
  })
})
