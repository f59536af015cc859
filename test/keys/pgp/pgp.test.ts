import { spawnSync } from "node:child_process"
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { type WrappedKey } from "../../../src/core/recipient.ts"
import { SecretBytes } from "../../../src/core/secret.ts"
import { AppError } from "../../../src/errors/app-error.ts"
import { DataKeyError } from "../../../src/keys/data-key-error.ts"
import { dataKeyAsUpstream } from "../../../src/keys/data-key-as-upstream.ts"
import { pgp } from "../../../src/keys/pgp/pgp.ts"
import { unwrapDataKey } from "../../../src/keys/unwrap.ts"
import { wrapDataKey } from "../../../src/keys/wrap.ts"
import { type TestContext, type TestContextOptions, temporaryFolder, testContext } from "../context.ts"
import { endAgent, gpg, hasGpg, keyRing, newKey } from "./key-ring.ts"
import { stockSops as sops } from "../../stock-sops.ts"

const secret = new Uint8Array(32).map((_, index) => index * 5)
const goldenFp = "C642E71CB7A82A3930999987544FA72A354D640F"
const goldenSubkey = "E405845B5C844BD908005D7A6F16681C0F7ACE34"
const path = process.env["PATH"] ?? ""

function contextOf(ring: string, options: TestContextOptions = {}): TestContext {
  return testContext({ ...options, env: { PATH: path, GNUPGHOME: ring, ...options.env } })
}

function entryOf(fp: string, enc: string): WrappedKey {
  return { recipient: { type: "pgp", fp }, enc, createdAt: "2026-11-23T08:00:00Z" }
}

async function wrap(ring: string, fp: string): Promise<string> {
  return pgp.wrap(new SecretBytes(secret.slice()), { type: "pgp", fp }, contextOf(ring))
}

async function unwrap(ring: string, entry: WrappedKey, options: TestContextOptions = {}): Promise<Uint8Array | null> {
  const opened = await pgp.unwrap(entry, contextOf(ring, options))
  return opened?.use((bytes) => Uint8Array.from(bytes)) ?? null
}

async function failure(work: Promise<unknown>): Promise<AppError> {
  const error: unknown = await work.then(
    () => null,
    (caught: unknown) => caught,
  )
  if (error instanceof AppError) return error
  throw error instanceof Error ? error : new Error("it did not fail")
}

describe.runIf(hasGpg)("PGP", () => {
  test("S7: wraps for a fingerprint or a long key ID, and unwraps", async () => {
    const ring = keyRing("pgp.asc")
    for (const fp of [goldenFp, goldenFp.toLowerCase(), goldenFp.slice(-16), goldenSubkey, `${goldenSubkey}!`]) {
      const enc = await wrap(ring, fp)
      expect(enc).toMatch(/^-----BEGIN PGP MESSAGE-----\n[^]+\n-----END PGP MESSAGE-----$/)
      expect(await unwrap(ring, entryOf(fp, enc))).toEqual(secret)
    }
  })

  test("wraps with a public key alone, and needs no effort to unwrap a key without passphrase", async () => {
    const enc = await wrap(keyRing("pgp.pub.asc"), goldenFp)
    expect(await unwrap(keyRing("pgp.asc"), entryOf(goldenFp, enc), { effort: "silent" })).toEqual(secret)
    expect(await unwrap(keyRing("pgp.pub.asc"), entryOf(goldenFp, enc))).toBeNull()
  })

  test("a trailing ! takes exactly that subkey, and without it gpg's choice of the same certificate is right", async () => {
    const ring = keyRing()
    const { fp, subkeys } = newKey(ring, { name: "two", subkeys: 2 })
    for (const subkey of subkeys) {
      const enc = await wrap(ring, `${subkey}!`)
      const packets = gpg(ring, ["--list-packets"], enc)
      expect(packets).toContain(`keyid ${subkey.slice(-16)}`)
      for (const name of [fp, `${subkey}!`, ...subkeys]) expect(await unwrap(ring, entryOf(name, enc))).toEqual(secret)
    }
  })

  test("S7: refuses a message that was made for another key than the one that is named", async () => {
    const ring = keyRing("pgp.asc")
    const other = newKey(ring, { name: "other" })
    const enc = await wrap(ring, other.fp)
    const error = await failure(unwrap(ring, entryOf(goldenFp, enc)))
    expect(error).toMatchObject({ code: "STANZA_INVALID" })
    expect(error.message).toContain("another key")
  })

  test("S7: gpg's own configuration cannot add recipients", async () => {
    const ring = keyRing("pgp.asc")
    const other = newKey(ring, { name: "other" })
    writeFileSync(join(ring, "gpg.conf"), `encrypt-to ${other.fp}\n`)
    expect(gpg(ring, ["--list-packets"], await wrap(ring, goldenFp))).not.toContain(other.subkeys[0]!.slice(-16))
    writeFileSync(join(ring, "gpg.conf"), `recipient ${other.fp}\n`)
    expect(await failure(wrap(ring, goldenFp))).toMatchObject({ code: "STANZA_INVALID" })
  })

  test("S7: the output is cut at 64 bytes", async () => {
    const ring = keyRing("pgp.asc")
    for (const size of [64, 65, 1000, 5_000_000]) {
      const enc = gpg(ring, ["-a", "--trust-model", "always", "-e", "-r", goldenFp], "x".repeat(size))
      const entry = entryOf(goldenFp, enc)
      if (size === 64) expect((await unwrap(ring, entry))?.length).toBe(64)
      else expect((await failure(unwrap(ring, entry))).message).toMatch(/more than a data key|longer than/)
    }
  })

  test("S7: a literal packet that nobody encrypted is not a data key", async () => {
    const ring = keyRing("pgp.asc")
    const enc = gpg(ring, ["-a", "--store"], "0".repeat(32))
    expect(await failure(unwrap(ring, entryOf(goldenFp, enc)))).toMatchObject({ code: "STANZA_INVALID" })
  })

  test("S7: a passphrase is never asked for by a data key's own stanza", async () => {
    const ring = keyRing("pgp.asc")
    const both = ["-a", "--pinentry-mode", "loopback", "--passphrase", "x", "--trust-model", "always"]
    const enc = gpg(ring, [...both, "-c", "-e", "-r", goldenFp], "0".repeat(32))
    expect((await failure(unwrap(ring, entryOf(goldenFp, enc)))).message).toContain("passphrase")
  })

  test("without gpg the next step is to install it", async () => {
    const ring = keyRing("pgp.pub.asc")
    const entry = entryOf(goldenFp, await wrap(ring, goldenFp))
    const context = contextOf(ring, { env: { SOPS_GPG_EXEC: "/no/such/gpg" } })
    const error = await failure(unwrapDataKey([[entry]], 0, { context }))
    expect(error.hint).toContain("install GnuPG")
  })

  test("S7: names that are no fingerprints never reach gpg", async () => {
    const ring = keyRing("pgp.asc")
    const hostile = [
      "--output=/tmp/x",
      "-o",
      "golden@example.invalid",
      "=Golden Files",
      "",
      "85D77543",
      `${goldenFp}0`,
      "0x" + goldenFp.slice(-16),
      `${goldenFp}!!`,
    ]
    for (const fp of hostile) {
      const context = contextOf(ring)
      const groups = [[{ type: "pgp", fp } as const]]
      const work = wrapDataKey(new SecretBytes(secret.slice()), groups, 0, { context, now: new Date(0) })
      expect(await failure(work)).toMatchObject({ code: "RECIPIENT_INVALID" })
      const asked = contextOf(ring)
      await failure(unwrapDataKey([[entryOf(fp, "x")]], 0, { context: asked }))
      expect([...context.started, ...asked.started]).toEqual([])
    }
  })

  test("no key server is asked", async () => {
    const ring = keyRing()
    const error = await failure(wrap(ring, goldenFp))
    expect(error).toMatchObject({ code: "PGP_KEY" })
    expect(error.hint).toContain("gpg --import")
    expect(spawnSync("pgrep", ["-f", `dirmngr.*${ring}`]).status).not.toBe(0)
  })

  test("gpg's own words are relayed: an expired key", async () => {
    const ring = keyRing()
    gpg(ring, [
      "--faked-system-time",
      "20200101T000000",
      "--pinentry-mode",
      "loopback",
      "--passphrase",
      "",
      "--quick-gen-key",
      "old",
      "rsa2048",
      "default",
      "1d",
    ])
    const fp = gpg(ring, ["--with-colons", "--list-keys", "old"]).match(/^fpr:+([0-9A-F]+)/m)![1]!
    const error = await failure(wrap(ring, fp))
    expect(error).toMatchObject({ code: "GPG_FAILED" })
    expect(error.message).toMatch(/Unusable public key|No public key|expired/i)
    expect(error.message).not.toContain("GNUPG")
  })

  test("a locked key is left alone until somebody may be asked", async () => {
    const ring = keyRing()
    const { fp } = newKey(ring, { name: "locked", passphrase: "open sesame" })
    const entry = entryOf(fp, await wrap(ring, fp))
    endAgent(ring)
    const session = {}
    const silent = { ...contextOf(ring, { effort: "silent" }), session }
    expect(await pgp.unwrap(entry, silent)).toBeNull()
    const programs = { ...contextOf(ring, { effort: "programs" }), session, started: [] }
    expect(await pgp.unwrap(entry, programs)).toBeNull()
    expect((await pgp.explain!(entry, silent)).reasons?.join()).toContain("No pinentry")
    // To import the key, as somebody is told who has none, would be no help.
    const error = await failure(unwrapDataKey([[entry]], 0, { context: { ...silent, effort: "programs" } }))
    expect(error.hint).toContain("GPG_TTY")

    // A pinentry that knows the passphrase stands in for a person.
    const pinentry = join(temporaryFolder(), "pinentry")
    writeFileSync(
      pinentry,
      `#!/bin/sh\necho OK\nwhile read -r line; do\n  case "$line" in\n    GETPIN*) echo "D open sesame"; echo OK;;\n    *) echo OK;;\n  esac\ndone\n`,
    )
    chmodSync(pinentry, 0o755)
    writeFileSync(join(ring, "gpg-agent.conf"), `pinentry-program ${pinentry}\n`)
    endAgent(ring)
    const any = { ...contextOf(ring), session }
    const opened = await pgp.unwrap(entry, any)
    expect(opened?.use((bytes) => Uint8Array.from(bytes))).toEqual(secret)
    // The agent remembers it now.
    expect(await unwrap(ring, entry, { effort: "silent" })).toEqual(secret)
  })

  test("a stranger's file: no second look, gpg's words, and upstream's message", async () => {
    const enc = await wrap(keyRing("pgp.asc"), goldenFp)
    const ring = keyRing()
    const error = await failure(unwrapDataKey([[entryOf(goldenFp, enc)]], 0, { context: contextOf(ring) }))
    expect(error).toBeInstanceOf(DataKeyError)
    const { report, detail } = error as DataKeyError
    expect(detail.notes?.join("\n")).toContain("No secret key")
    expect(detail.hint).toContain("gpg --import")
    const text = dataKeyAsUpstream(report)
    expect(text).toContain(`${goldenFp}: FAILED`)
    expect(text.replaceAll(/\s*\|?\s+/g, " ")).toContain(
      "GnuPG binary error: failed to decrypt sops data key with pgp:",
    )
  })

  test("nothing is made in a home folder without gpg", async () => {
    const enc = await wrap(keyRing("pgp.asc"), goldenFp)
    const home = temporaryFolder()
    const context = testContext({ env: { PATH: path, HOME: home }, home })
    expect(await pgp.unwrap(entryOf(goldenFp, enc), context)).toBeNull()
    expect(context.started).toEqual([])
  })
})

describe.runIf(hasGpg)("the gpg program", () => {
  const real = String(spawnSync("sh", ["-c", "command -v gpg"]).stdout).trim()

  test("S6: one that lies in the workspace, or that others can write, is not run", async () => {
    const ring = keyRing("pgp.asc")
    const workspace = temporaryFolder()
    mkdirSync(join(workspace, "bin"))
    copyFileSync(real, join(workspace, "bin/gpg"))
    const env = { PATH: `${join(workspace, "bin")}:${path}`, GNUPGHOME: ring }
    const inside = testContext({ env, workspace: [workspace] })
    const wrapped = pgp.wrap(new SecretBytes(secret.slice()), { type: "pgp", fp: goldenFp }, inside)
    expect(await failure(wrapped)).toMatchObject({ code: "GPG_REFUSED" })
    expect(inside.started).toEqual([])
    chmodSync(join(workspace, "bin/gpg"), 0o777)
    const writable = testContext({ env })
    const again = pgp.wrap(new SecretBytes(secret.slice()), { type: "pgp", fp: goldenFp }, writable)
    expect(await failure(again)).toMatchObject({ code: "GPG_REFUSED" })
  })

  test("SOPS_GPG_EXEC: a path, a name on PATH; a relative path only as sops", async () => {
    const ring = keyRing("pgp.asc")
    const enc = await wrap(ring, goldenFp)
    for (const [name, isRun] of [
      [real, true],
      ["gpg", true],
      ["./gpg", false],
      ["no-such-gpg", false],
    ] as const) {
      const entry = entryOf(goldenFp, enc)
      const opened = await unwrap(ring, entry, { env: { SOPS_GPG_EXEC: name } })
      expect(opened !== null).toBe(isRun)
    }
    const context = contextOf(ring, { env: { SOPS_GPG_EXEC: "./gpg" }, asSops: true })
    await pgp.unwrap(entryOf(goldenFp, enc), context)
    expect(context.started).toEqual(["./gpg"])
  })
})

describe.runIf(hasGpg && sops !== undefined)("real sops", () => {
  test("unwraps what we wrap, and we what it wraps", async () => {
    const ring = keyRing("pgp.asc")
    const folder = temporaryFolder()
    const plain = join(folder, "a.yaml")
    writeFileSync(plain, "a: canary-7f3a\n")
    const env = { PATH: path, GNUPGHOME: ring, HOME: folder }
    const theirs = spawnSync(sops!, ["encrypt", "--pgp", goldenFp, plain], { env, cwd: folder })
    expect(String(theirs.stderr) + String(theirs.status)).toBe("0")
    const text = String(theirs.stdout)
    const enc = /enc: \|-?\n([^]*?-----END PGP MESSAGE-----)/.exec(text)![1]!
    const unindented = enc.replaceAll(/^ +/gm, "")
    const dataKey = await unwrap(ring, entryOf(goldenFp, unindented))
    expect(dataKey?.length).toBe(32)

    const ours = await pgp.wrap(new SecretBytes(dataKey!), { type: "pgp", fp: goldenFp }, contextOf(ring))
    const indent = /^ +/.exec(enc)![0]
    const sealed = join(folder, "sealed.yaml")
    writeFileSync(
      sealed,
      text.replace(enc, () => ours.replaceAll(/^(?=.)/gm, indent)),
    )
    const opened = spawnSync(sops!, ["decrypt", sealed], { env, cwd: folder })
    expect(String(opened.stderr) + String(opened.stdout)).toBe("a: canary-7f3a\n")
    expect(readFileSync(plain, "utf8")).toBe(String(opened.stdout))
  })
})
