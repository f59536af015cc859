import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { commandTexts } from "../../../src/cli/sops/help.ts"
import { sopsCommands, hasCommands } from "../../../src/cli/sops/commands.ts"
import { runAsSops } from "../../../src/cli/sops/run.ts"
import { type Call, type Ended, ioFor, machine } from "../../machine.ts"

const keys = resolve(import.meta.dirname, "../../../fixtures/keys")
const golden = resolve(import.meta.dirname, "../../../fixtures/golden")
const own = machine()
const recipient = /age1[a-z0-9]+/.exec(readFileSync(join(keys, "age-a.txt"), "utf8"))![0]

async function sops(args: readonly string[], order: Partial<Call> = {}): Promise<Ended> {
  const env = new Map([...own.env, ["SOPS_AGE_KEY_FILE", join(keys, "age-a.txt")]])
  const { io, ended } = ioFor({ args, cwd: own.cwd, env, ...order })
  return ended(await runAsSops(io, args, "/no/audit/file"))
}

const file = (name: string): string => join(own.cwd, name)

beforeAll(async () => {
  writeFileSync(file("bad.yaml"), "creation_rules: 5\n")
  writeFileSync(file("bad-key.yaml"), "creation_rules:\n  - age: 5\n")
  writeFileSync(file("plain.yaml"), "a: canary-7f3a\nb: [1, two]\n---\nc: 3\n")
  writeFileSync(file("s.yaml"), (await sops(["encrypt", "--age", recipient, "plain.yaml"])).stdout)
})

afterAll(() => own.remove())

describe("what upstream sealed", () => {
  const rows = (JSON.parse(readFileSync(join(golden, "manifest.json"), "utf8")) as GoldenRow[]).filter(
    (row) =>
      row.version === "3.13.2" &&
      row.opened !== undefined &&
      row.opened !== null &&
      row.identity["SOPS_AGE_KEY_FILE"] === "keys/age-a.txt",
  )
  const suffixes: Readonly<Record<string, string>> = {
    yaml: "yaml",
    json: "json",
    dotenv: "env",
    ini: "ini",
    binary: "bin",
  }

  test.each(rows.map((row) => ({ ...row, name: row.case })))("$name is printed as upstream prints it", async (row) => {
    const name = `${row.case}.${suffixes[row.format]!}`
    writeFileSync(file(name), readFileSync(join(golden, row.sealed)))
    const ended = await sops(["decrypt", name])
    expect({ status: ended.status, stderr: ended.stderr }).toEqual({ status: 0, stderr: "" })
    expect(ended.stdout.toString("latin1")).toBe(readFileSync(join(golden, row.opened!), "latin1"))
  })
})

interface GoldenRow {
  readonly case: string
  readonly version?: string
  readonly format: string
  readonly sealed: string
  readonly opened?: string | null
  readonly identity: Readonly<Record<string, string>>
}

const quirks = [
  {
    name: "a file of ours comes back as it was",
    args: ["decrypt", "s.yaml"],
    stdout: /^a: canary-7f3a\nb: \[1, two\]\n---\nc: 3\n$/,
  },
  {
    name: "an extracted mapping stands alone",
    args: ["decrypt", "--extract", '["b"]', "s.yaml"],
    stdout: /^- 1\n- two\n$/,
  },
  {
    name: "a position of a mapping",
    args: ["decrypt", "--extract", "[0]", "s.yaml"],
    status: 1,
    stderr: /component \[0\]/,
  },
  {
    name: "a config that is a folder",
    args: ["--config", ".", "decrypt", "s.yaml"],
    status: 1,
    stderr: /^open \.: /,
  },
  {
    name: "a config of the wrong types",
    args: ["--config", "bad.yaml", "decrypt", "s.yaml"],
    status: 1,
    stderr: /^error loading config: Could not unmarshal config file: /,
  },
  {
    name: "a key that holds no texts",
    args: ["--config", "bad-key.yaml", "encrypt", "plain.yaml"],
    status: 1,
    stderr: /^invalid age key configuration/,
  },
  {
    name: "no folder is made for a socket",
    args: ["keyservice", "--network", "unix", "--address", "no-such-folder/k.sock"],
    status: 1,
    stderr: /Error running keyservice/,
  },
  {
    name: "the first part of a path that is not there is named",
    args: ["unset", "s.yaml", '["x"]["y"]'],
    status: 1,
    stderr: /^Key not found: x\n$/,
  },
  { name: "a position below 0", args: ["set", "s.yaml", '["b"][-1]', "1"], status: 1, stderr: /Key not found/ },
  { name: "an empty path", args: ["set", "s.yaml", "", "1"], status: 7, stderr: /Invalid set index format/ },
  {
    name: "a lone quote",
    args: ["decrypt", "--extract", '["]', "s.yaml"],
    status: 91,
    stderr: /error parsing --extract/,
  },
  { name: "an empty key service variable", args: ["decrypt", "s.yaml"], env: { SOPS_KEYSERVICE: "" }, stdout: /^a:/ },
  {
    name: "the local key service off by an empty variable",
    args: ["decrypt", "s.yaml"],
    env: { SOPS_ENABLE_LOCAL_KEYSERVICE: "" },
    status: 128,
    stderr: /Group 0: FAILED/,
  },
  {
    name: "a variable that is no boolean",
    args: ["--version"],
    env: { SOPS_DISABLE_VERSION_CHECK: "x" },
    status: 1,
    stderr: /level=fatal msg="could not parse x as bool value/,
  },
  { name: "a version is never looked up", args: ["--version", "--check-for-updates"], stdout: /^sops 3\.\d+\.\d+\n$/ },
  {
    name: "types that nobody knows",
    args: ["decrypt", "--input-type", "yml", "--output-type", "YAML", "s.yaml"],
    stdout: /^a:/,
  },
  { name: "a standard input without a type", args: ["decrypt"], stdin: "x", status: 1, stderr: /not valid/ },
  { name: "a name that says nothing", args: ["encrypt"], stdin: "x", status: 8, stderr: /--filename-override/ },
  {
    name: "the same type twice",
    args: ["decrypt", "--decryption-order", "age,age", "s.yaml"],
    status: 112,
    stderr: /Duplicate decryption key type: age/,
  },
  {
    name: "a context that is none",
    args: ["encrypt", "--age", recipient, "--encryption-context", "x", "plain.yaml"],
    status: 6,
    stderr: /^\[AWSKMS\].*\nInvalid KMS/,
  },
  {
    name: "a comment regex before the command, where it says nothing",
    args: ["--encrypted-comment-regex", "^ secret", "encrypt", "--age", recipient, "plain.yaml"],
    stdout: /^a: ENC\[/m,
  },
  {
    name: "a comment regex in the old form",
    args: ["-e", "--encrypted-comment-regex", "^ secret", "--age", recipient, "plain.yaml"],
    stdout: /^a: canary-7f3a$/m,
  },
  {
    name: "a comment regex behind the command",
    args: ["encrypt", "--encrypted-comment-regex", "^ secret", "--age", recipient, "plain.yaml"],
    stdout: /^a: canary-7f3a$/m,
  },
  {
    name: "another comment regex behind the command",
    args: ["encrypt", "--unencrypted-comment-regex", "^ open", "--age", recipient, "plain.yaml"],
    stdout: /unencrypted_comment_regex: \^ open$|unencrypted_comment_regex: ['"]\^ open['"]$/m,
  },
  {
    name: "keys of a file that is not there",
    args: ["rotate", "--add-age", recipient, "nothing.yaml"],
    status: 49,
    stderr: /cannot add or remove keys/,
  },
  {
    name: "rotation of a file that is not there",
    args: ["rotate", "nothing.yaml"],
    status: 2,
    stderr: /Error reading file/,
  },
  {
    name: "keys without a config",
    args: ["updatekeys", "-y", "s.yaml"],
    status: 1,
    stderr: /^config file not found$/m,
  },
  { name: "an unknown topic", args: ["help", "nothing"], status: 3, stderr: /^No help topic for 'nothing'$/m },
  {
    name: "a key group that is not there",
    args: ["groups", "delete", "-f", "s.yaml", "9"],
    status: 1,
    stderr: /level=fatal/,
  },
  { name: "a group of nobody", args: ["groups", "add", "-f", "s.yaml"], status: 1, stderr: /empty key group provided/ },
]

describe("quirks", () => {
  test.each(quirks)("$name: $args", async ({ args, env = {}, stdin, status = 0, stdout = /^$/, stderr = /^$/ }) => {
    const all = new Map([...own.env, ["SOPS_AGE_KEY_FILE", join(keys, "age-a.txt")], ...Object.entries(env)])
    const ended = await sops(args, { env: all, stdin })
    expect(ended.stderr).toMatch(stderr)
    expect(ended.stdout.toString()).toMatch(stdout)
    expect(ended.status).toBe(status)
  })
})

const completions = [
  { words: ["--generate-bash-completion"], found: ["decrypt", "set", "help"] },
  { words: ["groups", "--generate-bash-completion"], found: ["add", "delete", "help"] },
  { words: ["decrypt", "x", "--generate-bash-completion"], found: [] },
  { words: ["decrypt", "--ignore", "--generate-bash-completion"], found: ["--ignore-mac"] },
  { words: ["decrypt", "--ignore-mac", "--ig", "--generate-bash-completion"], found: [] },
  { words: ["--nothing", "decrypt", "--generate-bash-completion"], found: [] },
]

describe("completion", () => {
  test.each(completions)("$words", async ({ words, found }) => {
    const { status, stdout, stderr } = await sops(words)
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
    const lines = stdout.toString().split("\n")
    for (const word of found) expect(lines).toContain(word)
    if (found.length === 0) expect(stdout.toString()).toBe("")
  })

  test("zsh gets descriptions", async () => {
    const env = new Map([...own.env, ["_CLI_ZSH_AUTOCOMPLETE_HACK", "1"]])
    const { stdout } = await sops(["--generate-bash-completion"], { env })
    expect(stdout.toString()).toMatch(/^unset:\S/m)
  })
})

test("every command has its words", () => {
  const names = [...sopsCommands].flatMap(([name, command]) =>
    hasCommands(command) ? [name, ...[...command.commands.keys()].map((inner) => `${name} ${inner}`)] : [name],
  )
  expect(names.filter((name) => (commandTexts[name] ?? "") === "")).toEqual([])
})

test("values that are too large for an environment end with the status of sops, and say what is too large", async () => {
  writeFileSync(file("large.json"), JSON.stringify({ A: "canary-7f3a".repeat(20_000) }))
  writeFileSync(file("large.json"), (await sops(["encrypt", "--age", recipient, "large.json"])).stdout)
  const { status, stderr } = await sops(["exec-env", "large.json", "true"])
  expect([status, stderr]).toEqual([1, expect.stringContaining("too large together")])
  expect(stderr).not.toContain("canary")
})

describe("an empty entry among recipients", () => {
  const line = ["encrypt", "--age", recipient]

  test.each([
    { name: "behind the last", argv: ["encrypt", "--age", `${recipient},`, "plain.yaml"] },
    { name: "in front", argv: ["-e", "--age", `,${recipient}`, "plain.yaml"] },
    { name: "between two", argv: ["encrypt", "-a", `${recipient},,${recipient}`, "plain.yaml"] },
    { name: "beside another", argv: ["encrypt", "--age", ",", "plain.yaml"] },
    { name: "of another kind", argv: [...line, "--pgp", ",", "plain.yaml"] },
    { name: "that is added", argv: ["rotate", "--add-age", `${recipient},`, "s.yaml"] },
    { name: "in the variable", argv: ["encrypt", "plain.yaml"], variable: `${recipient},` },
  ])("$name is refused as by sops", async ({ argv, variable }) => {
    const env = new Map([...own.env, ["SOPS_AGE_KEY_FILE", join(keys, "age-a.txt")]])
    if (variable !== undefined) env.set("SOPS_AGE_RECIPIENTS", variable)
    const { status, stdout, stderr } = await sops(argv, { env })
    expect([status, stdout.toString(), stderr]).toEqual([1, "", expect.stringContaining("a recipient is not valid")])
  })

  test("of kinds where sops passes over it does no harm", async () => {
    const { status } = await sops([...line, "--hc-vault-transit", ",", "--hckms", ",", "plain.yaml"])
    expect(status).toBe(0)
  })
})

describe("what stays closed", () => {
  test("S25: a link that leads elsewhere is not written through, and plaintext is for its owner alone", async () => {
    mkdirSync(file("repo/.git"), { recursive: true })
    writeFileSync(file("outside.yaml"), readFileSync(file("s.yaml")))
    symlinkSync("../outside.yaml", file("repo/link.yaml"))
    const ended = await sops(["decrypt", "-i", "link.yaml"], { cwd: file("repo") })
    expect(ended.status).toBe(3)
    expect(readFileSync(file("outside.yaml"), "utf8")).not.toContain("canary")
  })

  test("S20: a file name cannot act on the terminal", async () => {
    const { stderr } = await sops(["decrypt", "a\x1b[2Jb.yaml"])
    expect(stderr).toContain("a\\x1b[2Jb.yaml")
    expect(stderr).not.toContain("\x1b")
  })

  test("L8: no value reaches standard error", async () => {
    writeFileSync(file("bad.yaml"), "a: canary-7f3a\nb: [canary-7f3a\n")
    for (const args of [
      ["encrypt", "--age", recipient, "bad.yaml"],
      ["decrypt", "bad.yaml"],
      ["exec-env", "s.yaml", "true"],
      ["set", "s.yaml", '["a"]', "canary-7f3a"],
    ]) {
      const ended = await sops(args)
      expect(ended.status).not.toBe(0)
      expect(ended.stderr).not.toContain("canary-7f3a")
    }
  })
})

describe("set and unset", () => {
  const sealedBy = async (name: string): Promise<string> => {
    writeFileSync(file(name), (await sops(["encrypt", "--age", recipient, "plain.yaml"])).stdout)
    return readFileSync(file(name), "utf8")
  }

  test("a value that is there already is written anew, with another MAC and the same tokens", async () => {
    const before = await sealedBy("same.yaml")
    expect((await sops(["set", "same.yaml", '["a"]', '"canary-7f3a"'])).status).toBe(0)
    const after = readFileSync(file("same.yaml"), "utf8")
    expect(after).not.toBe(before)
    const withoutMac = (text: string): string => text.replace(/^ +(?:mac|lastmodified): .*\n/gm, "")
    expect(withoutMac(after)).toBe(withoutMac(before))
    expect((await sops(["decrypt", "same.yaml"])).stdout).toEqual((await sops(["decrypt", "s.yaml"])).stdout)
  })

  test("another output type does not keep it from that", async () => {
    const before = await sealedBy("typed.yaml")
    expect((await sops(["set", "--output-type", "json", "typed.yaml", '["a"]', '"canary-7f3a"'])).status).toBe(0)
    expect(readFileSync(file("typed.yaml"), "utf8")).not.toBe(before)
  })

  test("with --idempotent the file stays as it was", async () => {
    const before = await sealedBy("idempotent.yaml")
    expect((await sops(["set", "--idempotent", "idempotent.yaml", '["a"]', '"canary-7f3a"'])).status).toBe(0)
    expect((await sops(["unset", "--idempotent", "idempotent.yaml", '["nothing"]'])).status).toBe(0)
    expect(readFileSync(file("idempotent.yaml"), "utf8")).toBe(before)
  })
})

describe("a type that was asked for", () => {
  test.each([
    { type: "yaml", text: "key1: value1\nkey2:\n- v1\n", printed: "key1: value1\nkey2:\n    - v1\n" },
    { type: "dotenv", text: "A=1\n", printed: 'A: "1"\n' },
    { type: "ini", text: "[s]\na = 1\n", printed: 'DEFAULT: {}\ns:\n    a: "1"\n' },
  ])("$type that was sealed as JSON comes back as YAML", async ({ type, text, printed }) => {
    const typed = ["--input-type", type]
    const args = ["encrypt", "--age", recipient, "--filename-override", "untold", ...typed, "in.txt"]
    writeFileSync(file("in.txt"), text)
    writeFileSync(file("as-json"), (await sops(args)).stdout)
    expect(readFileSync(file("as-json"), "utf8")[0]).toBe("{")
    const { stdout } = await sops(["decrypt", "--input-type", "yaml", "--output-type", "yaml", "as-json"])
    expect(stdout.toString("utf8")).toBe(printed)
  })

  test.each(["ini", "dotenv"])("and that cannot be printed is refused as an error of %s", async (type) => {
    writeFileSync(file("hello.txt"), "hello")
    writeFileSync(file("not-typed"), (await sops(["encrypt", "--age", recipient, "hello.txt"])).stdout)
    const args = ["decrypt", "--input-type", type, "--output-type", "ini", "not-typed"]
    expect(await sops(args)).toMatchObject({ status: 1 })
  })
})
