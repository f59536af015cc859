import { spawnSync } from "node:child_process"
import { readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { SecretBytes } from "../../../src/core/secret.ts"
import { age } from "../../../src/keys/age/age.ts"
import { parseSshPrivateKey } from "../../../src/keys/age/ssh-private.ts"
import { parseSshRecipient, sshRecipientOf, sshTag } from "../../../src/keys/age/ssh-public.ts"
import { montgomeryPoint } from "../../../src/keys/age/ed25519-point.ts"
import { temporaryFolder, testContext } from "../context.ts"
import { recipients } from "../golden.ts"

const hasSshKeygen = spawnSync("ssh-keygen", ["-?"]).error === undefined
if (!hasSshKeygen) console.warn("ssh-keygen is not installed: its keys are not tested")
const passphrase = "canary-7f3a pässphrase"

function sshKeygen(...args: string[]): string {
  const file = join(temporaryFolder(), "key")
  const { status, stderr } = spawnSync("ssh-keygen", ["-q", "-C", "test key", ...args, "-f", file])
  if (status !== 0) throw new Error(String(stderr))
  return file
}

const secret = new Uint8Array(32).fill(0x5a)

async function roundTrip(file: string, answers: readonly string[]): Promise<{ opened: boolean; questions: string[] }> {
  const recipient = { type: "age", recipient: readFileSync(`${file}.pub`, "utf8").trim() } as const
  const enc = await age.wrap(new SecretBytes(secret.slice()), recipient, testContext())
  const context = testContext({ env: { SOPS_AGE_SSH_PRIVATE_KEY_FILE: file }, answers })
  const opened = await age.unwrap({ recipient, enc, createdAt: null }, context)
  const isSame = opened?.use((bytes) => Buffer.compare(bytes, secret) === 0) ?? false
  return { opened: isSame, questions: context.questions }
}

describe.runIf(hasSshKeygen)("keys that ssh-keygen made", () => {
  const open = [
    { name: "ed25519", args: ["-t", "ed25519", "-N", ""] },
    { name: "RSA", args: ["-t", "rsa", "-b", "2048", "-N", ""] },
    { name: "RSA of 3072 bits", args: ["-t", "rsa", "-b", "3072", "-N", ""] },
    { name: "RSA in PKCS#1", args: ["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", ""] },
    { name: "RSA in PKCS#8", args: ["-t", "rsa", "-b", "2048", "-m", "PKCS8", "-N", ""] },
  ]
  test.each(open)("$name", async ({ args }) => {
    expect(await roundTrip(sshKeygen(...args), [])).toEqual({ opened: true, questions: [] })
  })

  const locked = [
    { name: "ed25519", args: ["-t", "ed25519"] },
    { name: "ed25519 with CBC", args: ["-t", "ed25519", "-Z", "aes256-cbc"] },
    { name: "ed25519 with AES-128", args: ["-t", "ed25519", "-Z", "aes128-ctr"] },
    { name: "RSA", args: ["-t", "rsa", "-b", "2048"] },
    { name: "RSA in PKCS#1, its public side in the .pub file", args: ["-t", "rsa", "-b", "2048", "-m", "PEM"] },
    { name: "RSA in PKCS#8, its public side in the .pub file", args: ["-t", "rsa", "-b", "2048", "-m", "PKCS8"] },
  ]
  test.each(locked)("locked: $name", async ({ args }) => {
    const file = sshKeygen(...args, "-N", passphrase, "-a", "2")
    const { opened, questions } = await roundTrip(file, ["wrong", passphrase])
    expect(opened).toBe(true)
    expect(questions).toEqual(Array(2).fill(`hidden: passphrase for ${file}: `))
  })

  test("a locked key is left alone when no stanza is for it", async () => {
    const file = sshKeygen("-t", "ed25519", "-N", passphrase, "-a", "1")
    const recipient = { type: "age", recipient: recipients["ssh-ed25519"] } as const
    const enc = await age.wrap(new SecretBytes(secret.slice()), recipient, testContext())
    const context = testContext({ env: { SOPS_AGE_SSH_PRIVATE_KEY_FILE: file }, answers: [passphrase] })
    expect(await age.unwrap({ recipient, enc, createdAt: null }, context)).toBeNull()
    expect(context.questions).toEqual([])
  })

  test("a locked PEM key without its public side says what is missing", async () => {
    const file = sshKeygen("-t", "rsa", "-b", "2048", "-m", "PEM", "-N", passphrase)
    rmSync(`${file}.pub`)
    const context = testContext({ env: { SOPS_AGE_SSH_PRIVATE_KEY_FILE: file } })
    const entry = { recipient: { type: "age", recipient: recipients["ssh-rsa"] }, enc: "", createdAt: null } as const
    const { places } = (await age.explain?.(entry, context)) ?? { places: [] }
    expect(places[0]).toMatchObject({
      state: "failed",
      reasons: ["it is locked, and there is no public key beside it in a .pub file"],
    })
  })

  test("the tag is that of the public key, whatever the comment", () => {
    const file = sshKeygen("-t", "ed25519", "-N", "")
    const [type, blob] = readFileSync(`${file}.pub`, "utf8").split(" ")
    const bare = parseSshRecipient(`${type} ${blob}`)
    const full = parseSshRecipient(`  ${type}   ${blob}\tsome body `)
    if (typeof bare === "string" || typeof full === "string") throw new Error("not parsed")
    expect(sshTag(full)).toBe(sshTag(bare))
    expect(sshRecipientOf(full)).toBe(`${type} ${blob}`)
  })

  test.each([
    { name: "ECDSA", args: ["-t", "ecdsa", "-N", ""] },
    { name: "RSA of 1024 bits", args: ["-t", "rsa", "-b", "1024", "-N", ""] },
  ])("$name cannot be used", async ({ args }) => {
    const file = sshKeygen(...args)
    expect(await parseSshPrivateKey(readFileSync(file), null)).toMatchObject({ state: "unusable" })
    expect(parseSshRecipient(readFileSync(`${file}.pub`, "utf8"))).toBeTypeOf("string")
  })
})

describe("recipients that are none", () => {
  const blob = recipients["ssh-ed25519"].split(" ")[1]!
  const cases = [
    { name: "no key", text: "ssh-ed25519" },
    { name: "broken base64", text: `ssh-ed25519 ${blob.slice(0, -1)}` },
    { name: "the key of another type", text: `ssh-rsa ${blob}` },
    {
      name: "bytes behind the key",
      text: `ssh-ed25519 ${Buffer.concat([Buffer.from(blob, "base64"), Buffer.alloc(3)]).toString("base64")}`,
    },
    { name: "options in front", text: `restrict ssh-ed25519 ${blob}` },
    { name: "another algorithm", text: `ssh-dss ${blob}` },
  ]
  test.each(cases)("$name", ({ text }) => expect(parseSshRecipient(text)).toBeTypeOf("string"))

  test("bytes that are no point of the curve", () => {
    // y = 2 has no x on the curve; y = 1 is the neutral element.
    expect(montgomeryPoint(Uint8Array.of(2, ...new Uint8Array(31)))).toBeNull()
    expect(montgomeryPoint(Uint8Array.of(1, ...new Uint8Array(31)))).toEqual(Buffer.alloc(32))
  })
})

describe("private key files that are none", () => {
  const cases = [
    "",
    "-----BEGIN OPENSSH PRIVATE KEY-----\n",
    pem("OPENSSH PRIVATE KEY", "AAAA"),
    pem("RSA PRIVATE KEY", "AAAA"),
    pem("EC PRIVATE KEY", "AAAA"),
  ]
  test.each(cases)("%j", async (text) => {
    expect(await parseSshPrivateKey(Buffer.from(text), null)).toMatchObject({ state: "unusable" })
  })

  function pem(label: string, body: string): string {
    return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`
  }
})
