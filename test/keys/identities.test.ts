import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { inspect } from "node:util"
import { Encrypter, armor } from "age-encryption"
import { describe, expect, test } from "vitest"
import { DataKeyError, describeDataKey } from "../../src/keys/data-key-error.ts"
import { dataKeyAsUpstream } from "../../src/keys/data-key-as-upstream.ts"
import { defaultKeyFiles } from "../../src/keys/key-files.ts"
import { unwrapDataKey } from "../../src/keys/unwrap.ts"
import { type TestContext, type TestContextOptions, temporaryFolder, testContext } from "./context.ts"
import { goldenGroups, goldenRow, keyFile, keyText, opensToken, recipients } from "./golden.ts"

const identityA = /^AGE-SECRET-KEY-\S+/m.exec(keyText("age-a.txt"))![0]
const identityB = /^AGE-SECRET-KEY-\S+/m.exec(keyText("age-b.txt"))![0]
const path = process.env["PATH"] ?? ""

/** Whether these identities open a file for age-a alone, or for one SSH key. */
async function opens(
  name: "k-age-flag" | "k-ssh-ed25519" | "k-ssh-rsa",
  options: TestContextOptions,
): Promise<TestContext> {
  const context = testContext(options)
  const row = goldenRow(name)
  expect(opensToken(row, await unwrapDataKey(goldenGroups(row), 0, { context }))).toBe(true)
  return context
}

async function fails(options: TestContextOptions, name = "k-age-flag"): Promise<DataKeyError> {
  const row = goldenRow(name)
  try {
    await unwrapDataKey(goldenGroups(row), row.threshold, { context: testContext(options) })
  } catch (error) {
    if (error instanceof DataKeyError) return error
    throw error
  }
  throw new Error("it did not fail")
}

const passphrase = "open sesame"

/** A key file locked as age does it, by a work factor that does not take half a second for each attempt. */
async function locked(name: string): Promise<string> {
  const encrypter = new Encrypter()
  encrypter.setPassphrase(passphrase)
  encrypter.setScryptWorkFactor(10)
  return armor.encode(await encrypter.encrypt(keyText(name)))
}

function writeKey(folder: string, name: string, text: string): string {
  const file = join(folder, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text, { mode: 0o600 })
  return file
}

describe("where identities come from", () => {
  test("SOPS_AGE_KEY, several on one line", () =>
    opens("k-age-flag", { env: { SOPS_AGE_KEY: `# mine\n${identityB} ${identityA}\n` } }))

  test("SOPS_AGE_KEY_FILE", () => opens("k-age-flag", { env: { SOPS_AGE_KEY_FILE: keyFile("age-a.txt") } }))

  test("SOPS_AGE_KEY_CMD, which is told the recipient and not run by a shell", async () => {
    const script = writeKey(
      temporaryFolder(),
      "print key.sh",
      `#!/bin/sh\n[ "$SOPS_AGE_RECIPIENT" = "${recipients["age-a"]}" ] && cat "$1"\n`,
    )
    chmodSync(script, 0o700)
    const env = { PATH: path, SOPS_AGE_KEY_CMD: `'${script}' "${keyFile("age-a.txt")}" $(touch x)` }
    await opens("k-age-flag", { env })
  })

  test("SOPS_AGE_KEY_CMD is not run when something silent will do", async () => {
    const env = { SOPS_AGE_KEY: identityA, SOPS_AGE_KEY_CMD: "cat /nowhere" }
    expect((await opens("k-age-flag", { env })).started).toEqual([])
  })

  test("SOPS_AGE_SSH_PRIVATE_KEY_FILE", async () => {
    await opens("k-ssh-ed25519", { env: { SOPS_AGE_SSH_PRIVATE_KEY_FILE: keyFile("ssh-ed25519") } })
    await opens("k-ssh-rsa", { env: { SOPS_AGE_SSH_PRIVATE_KEY_FILE: keyFile("ssh-rsa") } })
  })

  test("SOPS_AGE_SSH_PRIVATE_KEY_CMD", () =>
    opens("k-ssh-rsa", { env: { PATH: path, SOPS_AGE_SSH_PRIVATE_KEY_CMD: `cat ${keyFile("ssh-rsa")}` } }))

  test.each(["id_ed25519", "id_rsa"])("~/.ssh/%s", async (name) => {
    const home = temporaryFolder()
    const kind = name.replace("id_", "ssh-") as "ssh-ed25519" | "ssh-rsa"
    writeKey(home, `.ssh/${name}`, keyText(kind))
    await opens(`k-${kind}`, { home })
  })

  test("the default file", async () => {
    const home = temporaryFolder()
    writeKey(home, ".config/sops/age/keys.txt", keyText("age-a.txt"))
    await opens("k-age-flag", { home, platform: "linux" })
    await opens("k-age-flag", { home, platform: "linux", asSops: true })
  })

  const defaults = [
    { name: "Linux", platform: "linux", env: {}, asSops: true, files: ["/h/.config"] },
    { name: "Linux with XDG", platform: "linux", env: { XDG_CONFIG_HOME: "/x" }, asSops: true, files: ["/x"] },
    { name: "Linux with a relative XDG", platform: "linux", env: { XDG_CONFIG_HOME: "x" }, asSops: true, files: [] },
    { name: "macOS", platform: "darwin", env: {}, asSops: true, files: ["/h/Library/Application Support"] },
    { name: "macOS with XDG", platform: "darwin", env: { XDG_CONFIG_HOME: "/x" }, asSops: true, files: ["/x"] },
    { name: "Windows", platform: "win32", env: { APPDATA: "C:\\a" }, asSops: true, files: ["C:\\a"] },
    {
      name: "all of Linux",
      platform: "linux",
      env: { XDG_CONFIG_HOME: "/x" },
      asSops: false,
      files: ["/x", "/h/.config"],
    },
    {
      name: "all of macOS",
      platform: "darwin",
      env: { XDG_CONFIG_HOME: "/x" },
      asSops: false,
      files: ["/x", "/h/.config", "/h/Library/Application Support"],
    },
    {
      name: "macOS without XDG",
      platform: "darwin",
      env: {},
      asSops: false,
      files: ["/h/Library/Application Support", "/h/.config"],
    },
  ] as const
  test.each(defaults)("default places: $name", ({ platform, env, asSops, files }) => {
    const found = defaultKeyFiles(testContext({ platform, env, asSops, home: "/h" }))
    expect(found.map((file) => file.replaceAll("\\", "/"))).toEqual(
      files.map((folder) => `${folder.replaceAll("\\", "/")}/sops/age/keys.txt`),
    )
  })
})

describe("one source that fails does not stop the others", () => {
  const broken = [
    { name: "a key file that is not there", env: { SOPS_AGE_KEY_FILE: "/nowhere/keys.txt" } },
    { name: "a command that fails", env: { PATH: path, SOPS_AGE_KEY_CMD: "false" } },
    { name: "a command that does not exist", env: { SOPS_AGE_KEY_CMD: "/nowhere/key" } },
    { name: "a command with an open quote", env: { SOPS_AGE_KEY_CMD: "cat 'x" } },
    { name: "an empty command", env: { SOPS_AGE_KEY_CMD: "" } },
    { name: "an SSH key that is none", env: { SOPS_AGE_SSH_PRIVATE_KEY_FILE: keyFile("age-a.txt") } },
    { name: "an SSH command that prints no key", env: { PATH: path, SOPS_AGE_SSH_PRIVATE_KEY_CMD: "echo no" } },
    { name: "an empty variable", env: { SOPS_AGE_KEY: "" } },
  ]
  test.each(broken)("$name", async ({ env }) => {
    const home = temporaryFolder()
    writeKey(home, ".config/sops/age/keys.txt", keyText("age-a.txt"))
    await opens("k-age-flag", { home, env })
    await opens("k-age-flag", { home, env, asSops: true, platform: "linux" })
  })

  test("a bad line spoils its source as `sops`, and only itself otherwise", async () => {
    const env = { SOPS_AGE_KEY: `${identityA}\nAGE-SECRET-KEY-1NOSUCH\n` }
    await opens("k-age-flag", { env })
    const error = await fails({ env, asSops: true })
    expect(dataKeyAsUpstream(error.report).replace(/\s+\|?\s*/g, " ")).toContain(
      "failed to parse 'SOPS_AGE_KEY' age identities",
    )
  })

  test("blanks around an identity are forgiven, but not as `sops`", async () => {
    const file = writeKey(temporaryFolder(), "keys.txt", `\uFEFF# mine\r\n  ${identityA} # alice\r\n`)
    await opens("k-age-flag", { env: { SOPS_AGE_KEY_FILE: file } })
    await fails({ env: { SOPS_AGE_KEY_FILE: file }, asSops: true })
  })
})

describe("passphrases", async () => {
  const env = { SOPS_AGE_KEY_FILE: writeKey(temporaryFolder(), "locked.txt", await locked("age-a.txt")) }

  test("a wrong one may be corrected twice, and not as `sops`", async () => {
    const context = await opens("k-age-flag", { env, answers: ["wrong", passphrase] })
    expect(context.questions).toEqual(Array(2).fill("hidden: passphrase for SOPS_AGE_KEY_FILE: "))

    const error = await fails({ env, answers: ["wrong", passphrase], asSops: true })
    expect(error.detail.notes?.join()).toContain("wrong passphrase")
  })

  test("without a terminal the reason is said", async () => {
    const error = await fails({ env })
    expect(error.detail.notes?.join()).toContain("there is no terminal to ask for the passphrase")
    expect(error.hint).toBe(
      "the identity of SOPS_AGE_KEY_FILE stays locked: run this at a terminal, with its passphrase at hand",
    )
  })

  test("the variable itself may hold the locked file", async () => {
    await opens("k-age-flag", { env: { SOPS_AGE_KEY: await locked("age-a.txt") }, answers: [passphrase] })
  })

  test("a file for SSH keys only asks for no age passphrase", async () => {
    const context = testContext({ env, answers: [passphrase] })
    await expect(unwrapDataKey(goldenGroups(goldenRow("k-ssh-rsa")), 0, { context })).rejects.toThrow(DataKeyError)
    expect(context.questions).toEqual([])
  })

  test("it is asked once for all entries of a file", async () => {
    const stranger = { SOPS_AGE_KEY: await locked("age-stranger.txt") }
    const context = testContext({ env: stranger, answers: [passphrase] })
    await expect(unwrapDataKey(goldenGroups(goldenRow("k-age-three")), 0, { context })).rejects.toThrow(DataKeyError)
    expect(context.questions).toHaveLength(1)
  })
})

describe("the error", () => {
  const home = "/no/home"

  test("names the file's people, what is held, and every place that was searched", async () => {
    const error = await fails(
      { env: { SOPS_AGE_KEY_FILE: keyFile("age-stranger.txt") }, home, platform: "linux" },
      "k-age-three",
    )
    const names = new Map([
      [recipients["age-a"], "alice"],
      [recipients["age-b"], "bob"],
      [recipients["age-c"], "ci"],
      [recipients["age-stranger"], "ops"],
    ])
    const detail = describeDataKey(error.report, (recipient) =>
      recipient.type === "age" ? names.get(recipient.recipient) : undefined,
    )
    expect(detail.subject).toBe("this file is for alice, bob and ci; you hold ops")
    expect(detail.notes).toContain(`you hold ops (${recipients["age-stranger"]}), from SOPS_AGE_KEY_FILE`)
    expect(detail.notes?.filter((note) => note.startsWith("searched"))).toEqual([
      "searched SOPS_AGE_SSH_PRIVATE_KEY_FILE: not set",
      "searched SOPS_AGE_SSH_PRIVATE_KEY_CMD: not set",
      "searched /no/home/.ssh/id_ed25519: not there",
      "searched /no/home/.ssh/id_rsa: not there",
      "searched SOPS_AGE_KEY: not set",
      "searched SOPS_AGE_KEY_FILE: one identity",
      "searched SOPS_AGE_KEY_CMD: not set",
      "searched /no/home/.config/sops/age/keys.txt: not there",
    ])
    expect(detail.hint).toBe(
      `send this line to alice or bob or ci, with your name in it: sotto grant NAME ${recipients["age-stranger"]}; or ask with a commit: sotto join NAME`,
    )
  })

  test("keeps what was tried when a file is added", async () => {
    const error = (await fails({ home })).at({ file: "secrets.yaml" })
    expect(error.report.groups).toHaveLength(1)
    expect(error.where.file).toBe("secrets.yaml")
    expect(error.exit).toBe(128)
  })

  const asUpstream = [
    {
      name: "nothing found",
      row: "k-age-three",
      env: {},
      expected: (recipient: string) => `  ${recipient}: FAILED
    - | failed to load age identities. Did not find keys in
      | locations 'SOPS_AGE_SSH_PRIVATE_KEY_FILE',
      | 'SOPS_AGE_SSH_PRIVATE_KEY_CMD', '/tmp/agek/.ssh/id_ed25519',
      | '/tmp/agek/.ssh/id_rsa', 'SOPS_AGE_KEY',
      | 'SOPS_AGE_KEY_FILE', 'SOPS_AGE_KEY_CMD', and
      | '/tmp/agek/.config/sops/age/keys.txt'.`,
    },
    {
      name: "a stranger's identity",
      row: "k-age-three",
      env: { SOPS_AGE_KEY: keyText("age-stranger.txt").split("\n")[1]! },
      expected: (recipient: string) => `  ${recipient}: FAILED
    - | failed to create reader for decrypting sops data key with
      | age: identity did not match any of the recipients: incorrect
      | identity for recipient block. Did not find keys in locations
      | 'SOPS_AGE_SSH_PRIVATE_KEY_FILE',
      | 'SOPS_AGE_SSH_PRIVATE_KEY_CMD', '/tmp/agek/.ssh/id_ed25519',
      | '/tmp/agek/.ssh/id_rsa', 'SOPS_AGE_KEY_FILE', and
      | 'SOPS_AGE_KEY_CMD'.`,
    },
  ]
  test.each(asUpstream)("as sops 3.13.2 prints it: $name", async ({ row, env, expected }) => {
    const error = await fails({ env, home: "/tmp/agek", platform: "linux", asSops: true }, row)
    const blocks = (["age-a", "age-b", "age-c"] as const).map((name) => expected(recipients[name]))
    expect(dataKeyAsUpstream(error.report)).toBe(`Failed to get the data key required to decrypt the SOPS file.

Group 0: FAILED
${blocks.join("\n  \n")}

Recovery failed because no master key was able to decrypt the file. In
order for SOPS to recover the file, at least one key has to be successful,
but none were.`)
  })

  test("as sops 3.13.2 prints it: too few groups", async () => {
    const options = { env: { SOPS_AGE_KEY_FILE: keyFile("age-a.txt") }, asSops: true, home: "/tmp/agek" }
    const text = dataKeyAsUpstream((await fails(options, "k-shamir")).report)
    expect(text).toContain(
      "\n\nGroup 0: SUCCESS\n\nGroup 1: FAILED\n  age1z4dsgtjqeced93dafg5c7a6f9dvw9rrnynagg445u2xw2vyejgvq099sx2: FAILED\n    - | ",
    )
    expect(
      text.endsWith(`

Recovery failed because the file was encrypted with a Shamir threshold of
2, but only 1 part(s) were successfully recovered, one for each successful
key group. In order for SOPS to recover the file, at least 2 groups have to
be successful. In order for a group to be successful, decryption has to
succeed with any of the keys in that key group.`),
    ).toBe(true)
  })

  test("L8: no identity and no passphrase is ever in it", async () => {
    const env = {
      PATH: path,
      SOPS_AGE_KEY: `${identityB}X ${keyText("age-stranger.txt")}`,
      SOPS_AGE_KEY_CMD: `echo ${identityB}canary-7f3a`,
      SOPS_AGE_SSH_PRIVATE_KEY_CMD: "echo canary-7f3a",
      SOPS_AGE_KEY_FILE: writeKey(temporaryFolder(), "locked.txt", await locked("age-a.txt")),
    }
    for (const asSops of [false, true]) {
      const error = await fails({ env, answers: ["canary-7f3a", "canary-7f3a", "canary-7f3a"], asSops })
      const shown = [
        inspect(error, { depth: 20, showHidden: true }),
        dataKeyAsUpstream(error.report),
        String(error.stack),
      ].join()
      expect(shown).not.toContain("canary-7f3a")
      expect(shown).not.toMatch(/AGE-SECRET-KEY-(PQ-)?1\w/)
    }
  })
})
