import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Decrypter, Encrypter, armor, generateHybridIdentity, identityToRecipient } from "age-encryption"
import { describe, expect, test } from "vitest"
import { type WrappedKey } from "../../src/core/recipient.ts"
import { SecretBytes } from "../../src/core/secret.ts"
import { age } from "../../src/keys/age/age.ts"
import { makeIdentity } from "../../src/keys/generate.ts"
import { type TestContextOptions, temporaryFolder, testContext } from "./context.ts"
import { keyFile, keyText, recipients } from "./golden.ts"
import { stockSops as sops } from "../stock-sops.ts"

const hasAge = spawnSync("age", ["--version"]).status === 0 && spawnSync("age-keygen", ["--version"]).status === 0
if (!hasAge) console.warn("age and age-keygen are not installed: they are not tested against")

const secret = new Uint8Array(32).map((_, index) => index * 7)
const now = new Date("2026-11-23T08:00:00.123Z")

async function wrap(recipient: string): Promise<WrappedKey> {
  const entry = { type: "age", recipient } as const
  return {
    recipient: entry,
    enc: await age.wrap(new SecretBytes(secret.slice()), entry, testContext()),
    createdAt: null,
  }
}

async function unwrap(recipient: string, enc: string, options: TestContextOptions): Promise<Uint8Array | null> {
  const entry: WrappedKey = { recipient: { type: "age", recipient }, enc, createdAt: null }
  const opened = await age.unwrap(entry, testContext(options))
  return opened?.use((bytes) => Uint8Array.from(bytes)) ?? null
}

const identities = [
  { name: "X25519", recipient: recipients["age-a"], file: keyFile("age-a.txt"), variable: "SOPS_AGE_KEY_FILE" },
  {
    name: "ssh-ed25519",
    recipient: recipients["ssh-ed25519"],
    file: keyFile("ssh-ed25519"),
    variable: "SOPS_AGE_SSH_PRIVATE_KEY_FILE",
  },
  {
    name: "ssh-rsa",
    recipient: recipients["ssh-rsa"],
    file: keyFile("ssh-rsa"),
    variable: "SOPS_AGE_SSH_PRIVATE_KEY_FILE",
  },
]

describe.runIf(hasAge)("the age program", () => {
  test.each(identities)("opens what we wrap: $name", async ({ recipient, file }) => {
    const { enc } = await wrap(recipient)
    const { status, stdout } = spawnSync("age", ["-d", "-i", file], { input: enc })
    expect(status).toBe(0)
    expect(new Uint8Array(stdout)).toEqual(secret)
  })

  test.each(identities)("wraps what we open: $name", async ({ recipient, file, variable }) => {
    const { stdout } = spawnSync("age", ["-a", "-r", recipient], { input: secret })
    expect(await unwrap(recipient, String(stdout), { env: { [variable]: file } })).toEqual(secret)
  })

  test("knows the identities that we make, and prints key files as we do", async () => {
    const { keyFile: text, recipient } = await makeIdentity({ now, isPostQuantum: false })
    const { stdout } = spawnSync("age-keygen", ["-y"], { input: text })
    expect(String(stdout).trim()).toBe(recipient)
    const theirs = String(spawnSync("age-keygen").stdout)
    const shape = (file: string): string[] => file.split("\n").map((line) => line.replace(/1\w{20,}|\d{4}-.*$/, ""))
    expect(shape(text)).toEqual(shape(theirs))
    expect(text).toContain("# created: 2026-11-23T08:00:00Z\n")
  })

  test("opens what we wrap for an identity that age-keygen made", async () => {
    const file = join(temporaryFolder(), "key.txt")
    spawnSync("age-keygen", ["-o", file])
    const recipient = /public key: (\S+)/.exec(readFileSync(file, "utf8"))![1]!
    const { enc } = await wrap(recipient)
    expect(await unwrap(recipient, enc, { env: { SOPS_AGE_KEY_FILE: file } })).toEqual(secret)
    expect(new Uint8Array(spawnSync("age", ["-d", "-i", file], { input: enc }).stdout)).toEqual(secret)
  })
})

describe("the age-encryption package", () => {
  test("opens what we wrap, and wraps what we open", async () => {
    const identity = keyText("age-a.txt").split("\n")[1]!
    const { enc } = await wrap(recipients["age-a"])
    const decrypter = new Decrypter()
    decrypter.addIdentity(identity)
    expect(await decrypter.decrypt(armor.decode(enc))).toEqual(secret)

    const encrypter = new Encrypter()
    encrypter.addRecipient(recipients["age-a"])
    const theirs = armor.encode(await encrypter.encrypt(secret))
    expect(await unwrap(recipients["age-a"], theirs, { env: { SOPS_AGE_KEY: identity } })).toEqual(secret)
  })

  test("post-quantum identities, ours and theirs", async () => {
    const ours = await makeIdentity({ now, isPostQuantum: true })
    expect(ours.recipient).toMatch(/^age1pq1/)
    const theirs = await generateHybridIdentity()
    for (const [recipient, key] of [
      [ours.recipient, ours.keyFile],
      [await identityToRecipient(theirs), theirs],
    ] as const) {
      const { enc } = await wrap(recipient)
      expect(await unwrap(recipient, enc, { env: { SOPS_AGE_KEY: key } })).toEqual(secret)
    }
    const { enc } = await wrap(ours.recipient)
    expect(await unwrap(ours.recipient, enc, { env: { SOPS_AGE_KEY: theirs } })).toBeNull()
  })

  test("tagged recipients are wrapped for", async () => {
    const tag = "age1tag1qt8lw0ual6avlwmwatk888yqnmdamm7xfd0wak53ut6elz5c4swx2yqdj4e"
    const { enc } = await wrap(tag)
    expect(Buffer.from(armor.decode(enc)).toString("latin1")).toContain("-> p256tag ")
  })
})

describe.runIf(sops !== undefined)("real sops", () => {
  test("unwraps what we wrap, and we what it wraps: X25519, SSH and post-quantum", async () => {
    const folder = temporaryFolder()
    const pq = await makeIdentity({ now, isPostQuantum: true })
    const pqFile = join(folder, "pq.txt")
    writeFileSync(pqFile, pq.keyFile)
    const all = [...identities, { name: "pq", recipient: pq.recipient, file: pqFile, variable: "SOPS_AGE_KEY_FILE" }]
    for (const { recipient, file, variable } of all) {
      const env = { PATH: process.env["PATH"] ?? "", HOME: folder, [variable]: file }
      const run = (...args: string[]): string => {
        const { status, stdout, stderr } = spawnSync(sops!, args, { env })
        if (status !== 0) throw new Error(String(stderr))
        return String(stdout)
      }
      const plain = join(folder, "plain.json")
      writeFileSync(plain, `{"a": "b"}`)
      const sealed = JSON.parse(run("encrypt", "--age", recipient, plain)) as { sops: { age: { enc: string }[] } }
      const [entry] = sealed.sops.age
      const dataKey = await unwrap(recipient, entry!.enc, { env })
      const rewrapped = await age.wrap(new SecretBytes(dataKey!), { type: "age", recipient }, testContext())
      entry!.enc = rewrapped
      const file2 = join(folder, "sealed.json")
      writeFileSync(file2, JSON.stringify(sealed))
      expect(JSON.parse(run("decrypt", file2))).toEqual({ a: "b" })
    }
  })
})
