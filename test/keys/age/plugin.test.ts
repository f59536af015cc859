import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { inspect } from "node:util"
import { describe, expect, test } from "vitest"
import { type WrappedKey } from "../../../src/core/recipient.ts"
import { SecretBytes } from "../../../src/core/secret.ts"
import { age } from "../../../src/keys/age/age.ts"
import { encodeBech32, parsePluginIdentity, parsePluginRecipient } from "../../../src/keys/age/bech32.ts"
import { parseIdentities } from "../../../src/keys/identity-sources.ts"
import { type TestContext, type TestContextOptions, temporaryFolder, testContext } from "../context.ts"

// A real plugin: it "wraps" by XOR with the byte that recipient and identity hold, and does what its mode says.
const program = `#!${process.execPath}
const protocol = process.argv[2].slice("--age-plugin=".length)
const mode = process.env.MODE || ""
const out = (type, args = [], body = Buffer.alloc(0)) => {
  let text = ["->", type, ...args].join(" ") + "\\n"
  const base64 = body.toString("base64").replace(/=+$/, "")
  for (let i = 0; i < base64.length; i += 64) text += base64.slice(i, i + 64) + "\\n"
  if (base64.length % 64 === 0) text += "\\n"
  process.stdout.write(text)
}
let input = ""
let stanza = null
const waiting = []
const inbox = []
process.stdin.on("data", (chunk) => {
  input += chunk
  for (let end = input.indexOf("\\n"); end !== -1; end = input.indexOf("\\n")) {
    const line = input.slice(0, end)
    input = input.slice(end + 1)
    if (stanza === null) { const [, type, ...args] = line.split(" "); stanza = { type, args, body: "" }; continue }
    stanza.body += line
    if (line.length === 64) continue
    const done = { ...stanza, body: Buffer.from(stanza.body, "base64") }
    stanza = null
    const next = waiting.shift()
    next === undefined ? inbox.push(done) : next(done)
  }
})
process.stdin.on("end", () => process.exit(0))
const receive = () => new Promise((resolve) => inbox.length > 0 ? resolve(inbox.shift()) : waiting.push(resolve))
const ask = (type, args, body) => { out(type, args, Buffer.from(body || "")); return receive() }
const xor = (body) => Buffer.from(body.map((byte) => byte ^ 0x33))
const main = async () => {
  const said = []
  for (let message = await receive(); message.type !== "done"; message = await receive()) said.push(message)
  if (mode === "silent end") process.exit(0)
  if (mode === "nonsense") return process.stdout.write("hello\\n")
  if (mode === "flood") return process.stdout.write("-> x\\n" + "A".repeat(3e6) + "\\n")
  if (mode === "error") { await ask("error", ["internal"], "no \\u001b[31mluck\\u202e with " + said[0].args[0]); return out("done") }
  if (mode === "msg") await ask("msg", [], "touch the \\u0007key")
  if (mode === "unknown") { const { type } = await ask("shiny-new-thing"); if (type !== "unsupported") process.exit(1) }
  if (mode === "secret" || mode === "public") {
    const { type, body } = await ask("request-" + mode, [], "PIN please")
    if (type !== "ok" || body.toString() !== "1234") { await ask("error", ["internal"], "wrong PIN: " + type); return out("done") }
  }
  if (mode === "confirm" || mode === "confirm one") {
    const encode = (text) => Buffer.from(text).toString("base64").replace(/=+$/, "")
    const { type, args } = await ask("confirm", mode === "confirm" ? [encode("do it"), encode("leave it")] : [encode("do it")], "Really?")
    if (type !== "ok" || args[0] !== "yes") { await ask("error", ["internal"], "declined: " + type + " " + args); return out("done") }
  }
  if (protocol === "recipient-v1") {
    const { body } = said.find(({ type }) => type === "wrap-file-key")
    await ask("labels", ["postquantum"])
    if (mode !== "nothing") { out("recipient-stanza", [mode === "index" ? "1" : "0", "xor", "arg"], xor(body)); await receive() }
  } else {
    const own = said.find(({ type, args }) => type === "recipient-stanza" && args[1] === "xor")
    if (own !== undefined) { out("file-key", ["0"], mode === "short" ? Buffer.alloc(5) : xor(own.body)); await receive() }
  }
  out("done")
}
main()
`

const recipient = encodeBech32({ prefix: "age1xor", bytes: Uint8Array.of(0x33) })
const identity = encodeBech32({ prefix: "AGE-PLUGIN-XOR-", bytes: Uint8Array.of(0x33) })
const secret = new Uint8Array(32).fill(0x44)
const reached = { type: "age", recipient } as const

function install(folder = temporaryFolder(), name = "age-plugin-xor"): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, name)
  writeFileSync(file, program)
  chmodSync(file, 0o755)
  return folder
}

function machine(mode: string, options: TestContextOptions = {}): TestContext {
  const env = { PATH: install(), MODE: mode, SOTTO_AGE_PLUGINS: "other, xor", SOPS_AGE_KEY: identity, ...options.env }
  return testContext({ ...options, env })
}

const wrap = (context: TestContext): Promise<string> => age.wrap(new SecretBytes(secret.slice()), reached, context)

async function unwrap(enc: string, context: TestContext): Promise<Uint8Array | null> {
  const entry: WrappedKey = { recipient: reached, enc, createdAt: null }
  return (await age.unwrap(entry, context))?.use((bytes) => Uint8Array.from(bytes)) ?? null
}

async function reasons(enc: string, context: TestContext): Promise<string> {
  expect(await unwrap(enc, context)).toBeNull()
  const entry: WrappedKey = { recipient: reached, enc, createdAt: null }
  return JSON.stringify(await age.explain?.(entry, context))
}

describe("a plugin", () => {
  test("wraps and unwraps", async () => {
    const enc = await wrap(machine(""))
    expect(await unwrap(enc, machine(""))).toEqual(secret)
  })

  const talks = [
    { mode: "msg", answers: [], questions: [], notices: ["age-plugin-xor: touch the key"] },
    { mode: "unknown", answers: [], questions: [], notices: [] },
    { mode: "secret", answers: ["1234"], questions: ["hidden: age-plugin-xor: PIN please "], notices: [] },
    { mode: "public", answers: ["1234"], questions: ["age-plugin-xor: PIN please "], notices: [] },
    { mode: "confirm one", answers: [""], questions: ["age-plugin-xor: Really? (enter: do it) "], notices: [] },
    {
      mode: "confirm",
      answers: ["what", "y"],
      questions: Array<string>(2).fill("age-plugin-xor: Really? (y: do it, n: leave it) "),
      notices: [],
    },
  ]
  test.each(talks)("talks to the user: $mode", async ({ mode, answers, questions, notices }) => {
    const enc = await wrap(machine(""))
    const context = machine(mode, { answers })
    expect(await unwrap(enc, context)).toEqual(secret)
    expect(context.questions).toEqual(questions)
    expect(context.notices).toEqual(notices)
    const wrapping = machine(mode, { answers })
    expect(await unwrap(await wrap(wrapping), machine(""))).toEqual(secret)
    expect(wrapping.questions).toEqual(questions)
  })

  const failures = [
    { mode: "silent end", reason: "it ended before it was done" },
    { mode: "nonsense", reason: "it does not keep to the protocol" },
    { mode: "flood", reason: "it sent more than 1 MB" },
    { mode: "secret", reason: "wrong PIN: fail" },
    { mode: "confirm", reason: "declined: fail" },
  ]
  test.each(failures)("that fails: $mode", async ({ mode, reason }) => {
    const enc = await wrap(machine(""))
    await expect(wrap(machine(mode))).rejects.toMatchObject({
      code: "PLUGIN_FAILED",
      detail: { subject: expect.stringContaining(reason) as string },
    })
    expect(await reasons(enc, machine(mode))).toContain(reason)
  })

  test.each([
    { mode: "nothing", reason: "it wrapped nothing" },
    { mode: "index", reason: "it wraps a file key that nobody gave it" },
  ])("that wraps wrongly: $mode", async ({ mode, reason }) => {
    await expect(wrap(machine(mode))).rejects.toMatchObject({ code: "PLUGIN_FAILED", detail: { subject: reason } })
  })

  test("that unwraps wrongly", async () => {
    const enc = await wrap(machine(""))
    expect(await reasons(enc, machine("short"))).toContain("its file key is not valid")
  })

  test("S20, L8: its errors are shown on one line, without control characters and without the identity", async () => {
    const context = machine("error")
    const enc = await wrap(machine(""))
    const text = await reasons(enc, context)
    expect(text).toContain("no [31mluck with [identity]")
    expect(inspect(await wrap(context).catch((error: unknown) => error), { depth: 9 })).toContain(
      "no [31mluck with age1xor",
    )
  })

  test("is not started while only silence is allowed", async () => {
    const enc = await wrap(machine(""))
    const context = machine("", { effort: "programs" })
    expect(await unwrap(enc, context)).toBeNull()
    expect(context.started).toEqual([])
  })
})

describe("S6: a plugin that a file or config chose", () => {
  test("runs when the user says so at the prompt, who is asked once", async () => {
    const context = machine("", { env: { SOTTO_AGE_PLUGINS: "" }, answers: ["y"] })
    await wrap(context)
    await wrap(context)
    expect(context.questions).toHaveLength(1)
    expect(context.questions[0]).toMatch(
      /^A recipient asks for the age plugin xor\. Run \/.*age-plugin-xor\? \[y\/N\] $/,
    )
  })

  test.each([["n"], [""], []])("does not run otherwise: %j", async (...answers) => {
    const context = machine("", { env: { SOTTO_AGE_PLUGINS: "" }, answers })
    await expect(wrap(context)).rejects.toMatchObject({
      code: "PLUGIN_REFUSED",
      hint: "allow it with SOTTO_AGE_PLUGINS=xor",
    })
    expect(context.started).toEqual([])
  })

  test("runs as `sops` without a question, as upstream's do", async () => {
    const context = machine("", { env: { SOTTO_AGE_PLUGINS: "" }, asSops: true })
    expect(await unwrap(await wrap(context), machine(""))).toEqual(secret)
  })

  const places = [
    {
      name: "in the working folder",
      build: (root: string) => ({ PATH: install(join(root, "work/bin")), workspace: [join(root, "work")] }),
      reason: "is in the repository or working folder",
    },
    {
      name: "linked from the working folder",
      build(root: string) {
        const work = join(root, "work")
        mkdirSync(work)
        symlinkSync(join(install(join(root, "bin")), "age-plugin-xor"), join(work, "age-plugin-xor"))
        return { PATH: work, workspace: [work] }
      },
      reason: "is in the repository or working folder",
    },
    {
      name: "in the working folder behind a link",
      build(root: string) {
        const work = install(join(root, "work"))
        mkdirSync(join(root, "bin"))
        symlinkSync(join(work, "age-plugin-xor"), join(root, "bin/age-plugin-xor"))
        return { PATH: join(root, "bin"), workspace: [work] }
      },
      reason: "is in the repository or working folder",
    },
    {
      name: "in node_modules",
      build: (root: string) => ({ PATH: install(join(root, "node_modules/.bin")), workspace: [] }),
      reason: "is in a node_modules folder",
    },
    {
      name: "writable by others",
      build(root: string) {
        chmodSync(join(install(root), "age-plugin-xor"), 0o777)
        return { PATH: root, workspace: [] }
      },
      reason: "can be written by others",
    },
    {
      name: "in a folder that others can write",
      build(root: string) {
        chmodSync(dirname(install(join(root, "open/bin"))), 0o777)
        return { PATH: join(root, "open/bin"), workspace: [] }
      },
      reason: "is in a folder that others can write",
    },
    {
      name: "nowhere",
      build: (root: string) => ({ PATH: root, workspace: [] }),
      reason: "was not found on PATH",
    },
    {
      name: "in a relative folder of PATH",
      build: () => ({ PATH: "bin:.:", workspace: [] }),
      reason: "was not found on PATH",
    },
  ] satisfies { name: string; build(root: string): { PATH: string; workspace: string[] }; reason: string }[]
  test.each(places)("is refused $name, also as `sops`", async ({ build, reason }) => {
    const { PATH, workspace } = build(temporaryFolder())
    for (const asSops of [false, true]) {
      const context = testContext({
        env: { PATH, SOTTO_AGE_PLUGINS: "xor", SOPS_AGE_KEY: identity },
        workspace,
        asSops,
      })
      await expect(wrap(context)).rejects.toMatchObject({
        code: "PLUGIN_REFUSED",
        detail: { subject: expect.stringContaining(reason) as string },
      })
      expect(context.started).toEqual([])
    }
  })

  test("who works in the home folder may keep programs below it", async () => {
    const home = temporaryFolder()
    const context = machine("", { env: { PATH: install(join(home, ".local/bin")) }, home, workspace: [home, "/"] })
    expect(await unwrap(await wrap(context), machine(""))).toEqual(secret)
  })

  const names = ["evil/../x", "..", "a.b", "a_b", "a+b", "x".repeat(33)]
  test.each(names)("a name that is more than letters, digits and hyphens: %j", (name) => {
    const bytes = Uint8Array.of(1)
    expect(parsePluginRecipient(encodeBech32({ prefix: `age1${name}`, bytes }))).toBeNull()
    expect(parsePluginIdentity(encodeBech32({ prefix: `AGE-PLUGIN-${name.toUpperCase()}-`, bytes }))).toBeNull()
  })

  test("a name with a blank, which no Bech32 text has", () => {
    expect(parsePluginRecipient("age1a b1qy0myjly")).toBeNull()
    expect(parsePluginIdentity("AGE-PLUGIN-A B-1QY92WPV0")).toBeNull()
  })

  test("names that are right", () => {
    expect(parsePluginRecipient(recipient)).toBe("xor")
    expect(parsePluginIdentity(identity)).toBe("xor")
    expect(parseIdentities(identity, { severalPerLine: false, strict: true }).identities).toHaveLength(1)
  })
})
