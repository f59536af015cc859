import { unquoted } from "../../src/cli/completion/offer.ts"
import { spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { builtProgram } from "../built.ts"
import { hasTmux, openPty, type Pty } from "../host/pty.ts"
import { recipients } from "../keys/golden.ts"
import { call, type Machine, machine } from "../machine.ts"

const config = `version: 1
recipients:
  alice: ${recipients["age-a"]}
  albert: ${recipients["age-b"]}
  bob: ${recipients["age-c"]}
pending:
  carol: ${recipients["age-stranger"]}
rules:
  - recipients: [alice]
`
const plain = `db:
  password: canary-7f3a
  users:
    - name: canary-7f3a
"odd key": 1
"it's": 2
"a:b": 3
"line\\nbreak": 4
"\\e[2J": 5
`

let own: Machine
let env: Record<string, string>
beforeAll(async () => {
  own = machine()
  const [program, ...before] = await builtProgram()
  const bin = join(own.home, "bin")
  mkdirSync(bin)
  const words = [program, ...before].map((word) => `'${word}'`).join(" ")
  writeFileSync(join(bin, "sotto"), `#!/bin/sh\nexec ${words} "$@"\n`)
  chmodSync(join(bin, "sotto"), 0o755)
  env = { ...Object.fromEntries(own.env), PATH: `${bin}:${process.env["PATH"] ?? ""}` }
  writeFileSync(join(own.cwd, ".sopsrc"), config)
  for (const name of ["s.yaml", "two words.yaml"]) {
    writeFileSync(join(own.cwd, name), plain)
    const ended = await call({ args: ["encrypt", "-i", name], cwd: own.cwd, env: own.env })
    expect(ended.stderr).toBe("")
  }
  writeFileSync(join(own.cwd, "plain.yaml"), "a: 1\n")
  writeFileSync(join(own.cwd, "broken.yaml"), "a: [ENC[AES256_GCM,\nsops: {")
  spawnSync("mkfifo", [join(own.cwd, "pipe.yaml")])
  for (const shell of ["bash", "zsh", "fish"]) {
    const { stdout } = await call({ args: ["completion", shell], cwd: own.cwd, env: own.env })
    writeFileSync(join(own.cwd, shell === "zsh" ? "_sotto" : `completion.${shell}`), stdout)
  }
})
afterAll(() => own.remove())

/** What the program offers for a line, of which the last word is at the cursor. */
async function offered(words: readonly string[], { at = words.length - 1, shell = "zsh" } = {}): Promise<string[]> {
  const stdin = words.map((word) => `${word}\0`).join("")
  const args = ["__complete", shell, String(at)]
  const { status, stdout, stderr } = await call({ args, cwd: own.cwd, env: own.env, stdin })
  expect(`${status} ${stderr}`).toBe("0 ")
  return stdout
    .toString("utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split("\t")[0]!)
}

const files = ""
const paths = ["db", "db.password", "db.users", "db.users[0]", "db.users[0].name", '["odd key"]', `["it's"]`, '["a:b"]']

describe("the program offers", () => {
  test.each([
    { line: ["get", "s.yaml", ""], offers: paths },
    { line: ["set", "s.yaml", "db.p"], offers: ["db.password"] },
    { line: ["unset", "s.yaml", "db.u"], offers: paths.slice(2, 5) },
    { line: ["explain", "s.yaml", '["o'], offers: ['["odd key"]'] },
    { line: ["decrypt", "s.yaml", "--extract", "db.p"], offers: ["db.password"] },
    { line: ["decrypt", "s.yaml", "--extract=db.p"], offers: ["db.password"] },
    { line: ["--config", ".sopsrc", "get", "s.yaml", "db.p"], offers: ["db.password"] },
    { line: ["get", "--ignore-mac", "s.yaml", "db.p"], offers: ["db.password"] },
    { line: ["set", "s.yaml", "db.password", "se"], offers: [] },
    { line: ["get", ""], offers: [files] },
    { line: ["get", "nothing.yaml", ""], offers: [] },
    { line: ["get", "plain.yaml", ""], offers: [] },
    { line: ["get", "broken.yaml", ""], offers: [] },
    { line: ["get", ".", ""], offers: [] },
    { line: ["get", "/dev/zero", ""], offers: [] },
    // Nobody writes into it, and reading it would wait for ever.
    { line: ["get", "pipe.yaml", ""], offers: [] },
    { line: ["revoke", "al"], offers: ["alice", "albert"] },
    { line: ["grant", ""], offers: ["alice", "albert", "bob", "carol"] },
    { line: ["grant", "alice", ""], offers: [] },
    { line: ["approve", ""], offers: ["carol"] },
    { line: ["keys", "al"], offers: ["alice", "albert", files] },
    { line: ["keys", "s.yaml", "b"], offers: ["bob", files] },
    { line: ["revoke", "--config", "nothing", ""], offers: [] },
    { line: ["frobnicate", ""], offers: [] },
    { line: ["get", "--frobnicate", "s.yaml", ""], offers: [] },
    { line: ["git", ""], offers: [] },
    { line: [], offers: [] },
  ])("$line", async ({ line, offers }) => expect(await offered(line)).toEqual(offers))

  test("for a cursor that stands before the file", async () => {
    expect(await offered(["decrypt", "--extract", "db.p", "s.yaml"], { at: 2 })).toEqual(["db.password"])
  })

  test("for a line of bash, with its quotes and its three words", async () => {
    expect(await offered(["get", "'two words.yaml'", String.raw`\[\"o`], { shell: "bash" })).toEqual(['["odd key"]'])
    expect(await offered(["get", "two\\ words.yaml", `'["o`], { shell: "bash" })).toEqual(['["odd key"]'])
    expect(await offered(["decrypt", "s.yaml", "--extract", "=", "db.p"], { shell: "bash" })).toEqual(["db.password"])
    expect(await offered(["decrypt", "s.yaml", "--extract", "="], { shell: "bash" })).toEqual(paths)
  })

  test("nothing to a line that lies about its length, or to no shell", async () => {
    expect(await offered(["get", "s.yaml", ""], { at: 99 })).toEqual([])
    expect(await offered(["get", "s.yaml", ""], { shell: "tcsh" })).toEqual([])
  })
})

test.each([
  ["a\\ b", "a b"],
  ["'a b", "a b"],
  ['"a \\"b\\" \\n', 'a "b" \\n'],
  [`a'b'"c"\\'`, "abc'"],
  ["a\\", "a"],
])("%s is read as bash would", (word, text) => expect(unquoted(word)).toBe(text))

/** A shell that says when it is ready to complete. */
async function promptOf(shell: string, setup: string): Promise<Pty> {
  const pty = openPty({ cwd: own.cwd, env })
  pty.enter(`exec ${shell}`)
  pty.enter(`PS1='$ '; ${setup}; clear; echo rea'dy'`)
  await pty.shows("ready")
  return pty
}

/** Types a line and a tab, and clears the line when it has become what is wanted. */
async function completes(pty: Pty, line: string, wanted: string | RegExp): Promise<void> {
  pty.type(line)
  pty.press("Tab")
  await pty.shows(wanted)
  pty.press("C-u")
}

/** The lines that a shell prints. */
function linesOf(shell: string, ...args: readonly string[]): string[] {
  const { stdout, stderr } = spawnSync(shell, args, { cwd: own.cwd, env, encoding: "utf8" })
  expect(stderr).toBe("")
  return stdout.split("\n").filter((line) => line !== "")
}

function has(program: string): boolean {
  return spawnSync(program, ["-c", "exit 0"]).status === 0
}

describe("bash", () => {
  const ask = 'source completion.bash; COMP_WORDS=(sotto "$@"); COMP_CWORD=$#; _sotto; printf "%s\\n" "${COMPREPLY[@]}"'

  test.each([
    { line: ["get", "s.yaml", "db.p"], offers: ["db.password"] },
    {
      line: ["get", "s.yaml", "db.users"],
      offers: ["db.users", String.raw`db.users\[0\]`, String.raw`db.users\[0\].name`],
    },
    { line: ["get", "s.yaml", `'["o`], offers: ['["odd key"]'] },
    { line: ["get", "s.yaml", String.raw`"[\"o`], offers: [String.raw`[\"odd key\"]`] },
    { line: ["decrypt", "s.yaml", "--extract", "=", "db.p"], offers: ["db.password"] },
    { line: ["revoke", "b"], offers: ["bob"] },
    { line: ["get", "s"], offers: [] },
  ])("offers for $line", ({ line, offers }) => {
    expect(linesOf("bash", "-c", ask, "bash", ...line)).toEqual(offers)
  })

  test("shows summaries in a list, and puts none into a line", () => {
    const list = (type: number): string[] => linesOf("bash", "-c", `COMP_TYPE=${type}; ${ask}`, "bash", "key")
    expect(list(63)).toContain("keygen  (make an age identity)")
    expect(list(9)).toEqual(["keygen", "keys", "keyservice"])
    expect(list(37)).toEqual(["keygen", "keys", "keyservice"])
  })

  test.runIf(hasTmux())("completes at a prompt", async () => {
    const pty = await promptOf("bash --norc --noprofile", "source completion.bash")
    await completes(pty, "sotto get s.yaml '[\"o", `sotto get s.yaml '["odd key"]'`)
    await completes(pty, "sotto revoke bo", "sotto revoke bob")
  })
})

describe.runIf(has("zsh") && hasTmux())("zsh", () => {
  test("completes at a prompt", async () => {
    const pty = await promptOf("zsh -f", "fpath=($PWD $fpath); autoload -U compinit; compinit -u -D")
    await completes(pty, "sotto get s.yaml db.p", "sotto get s.yaml db.password")
    await completes(pty, "sotto decrypt s.yaml --extract=db.p", "--extract=db.password")
    await completes(pty, "sotto revoke ", /^alice +-- age1/m)
  })
})

describe.runIf(has("fish"))("fish", () => {
  test.each([
    { line: "get s.yaml db.p", offers: ["db.password\tstr, sealed"] },
    { line: "decrypt s.yaml --extract db.p", offers: ["db.password\tstr, sealed"] },
    { line: "decrypt s.yaml --extract=db.p", offers: ["--extract=db.password\tstr, sealed"] },
    { line: "revoke b", offers: [expect.stringMatching(/^bob\tage1/)] },
    { line: "get s.y", offers: ["s.yaml"] },
    { line: "get nothing.yaml ", offers: [] },
    { line: "keyg", offers: ["keygen\tmake an age identity"] },
  ])("offers for $line", ({ line, offers }) => {
    expect(linesOf("fish", "-c", `source completion.fish; complete -C "sotto ${line}"`)).toEqual(offers)
  })
})
