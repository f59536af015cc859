import { describe, expect, test } from "vitest"
import { commands } from "../../src/cli/commands.ts"
import { call, machine } from "../machine.ts"

const lead = [
  { words: "unseal seal-me", to: "decrypt" },
  { words: "seal f", to: "encrypt" },
  { words: "open f", to: "decrypt" },
  { words: "cat f", to: "decrypt" },
  { words: "view f", to: "decrypt" },
  { words: "show f", to: "decrypt" },
  { words: "print f", to: "decrypt" },
  { words: "Unlock f", to: "decrypt" },
  { words: "lock f", to: "encrypt" },
  { words: "encrypt_string f", to: "encrypt" },
  { words: "create f", to: "edit" },
  { words: "rekey f", to: "rotate" },
  { words: "add f", to: "set" },
  { words: "rm f", to: "unset" },
  { words: "add-gpg-user f", to: "grant" },
  { words: "recipients", to: "who" },
  { words: "age-keygen", to: "keygen" },
  { words: "exec env", to: "run" },
  { words: "version", to: "--version" },
  { words: "-V", to: "--version" },
  { words: "-d f.yaml", to: "decrypt" },
  { words: "--encrypt f.yaml", to: "encrypt" },
  { words: "-r f.yaml", to: "rotate" },
  { words: "--extract x", to: "get" },
  { words: "publish f", to: "sops" },
  { words: "tell a@example.org", to: "grant" },
  { words: "killperson a@example.org", to: "revoke" },
  { words: "whoknows f", to: "who" },
  { words: "changes f", to: "diff" },
  { words: "inspect f", to: "ls" },
  { words: "convert f", to: "decrypt --output-type" },
  { words: "export f", to: "decrypt --output-type" },
  { words: "precommit", to: "git install" },
  { words: "shell f", to: "run" },
  { words: "audit", to: "check" },
  { words: "mergetool f", to: "resolve" },
]

describe("a hint that destroys: words of other tools lead to the command that does it", () => {
  test.each(lead)("sotto $words", async ({ words, to }) => {
    const { status, hint } = await say(words.split(" "))
    expect(status).toBe(64)
    expect(hint).toMatch(new RegExp(`^hint: \`sotto ${to}`))
  })

  test("no word for opening or sealing leads to unset", async () => {
    for (const word of ["unseal", "useal", "unsea", "unlock", "seal"])
      expect((await say([word, "f"])).hint).not.toContain("unset")
  })

  test("every command that a hint names is there", async () => {
    const { meanings } = await import("../../src/cli/other-words.ts")
    const named = meanings.flatMap((hint) => [...hint.matchAll(/`sotto (\S+?)[ `]/g)].map((found) => found[1]!))
    expect(named.length).toBeGreaterThan(20)
    const known = new Set([...commands.keys(), "--version", "--help", "sops", "git"])
    expect(named.filter((name) => !known.has(name))).toEqual([])
  })

  test("two letters apart from a word of another tool is not near", async () => {
    for (const word of ["get-key", "inject", "changed-files", "status-all"])
      expect((await say([word, "f"])).hint).toBe("hint: see `sotto --help`")
    expect((await say(["rekye", "f"])).hint).toContain("sotto rotate")
    expect((await say(["Decrypt", "f"])).hint).toBe("hint: did you mean `decrypt`?")
  })

  test("no word of the table is a command, which would never ask it", async () => {
    const { otherWords } = await import("../../src/cli/other-words.ts")
    expect(otherWords.filter((word) => commands.has(word))).toEqual([])
  })

  test("a mistyped command still leads to its neighbour", async () => {
    expect((await say(["decrpyt", "f"])).hint).toBe("hint: did you mean `decrypt`?")
  })
})

async function say(args: readonly string[]): Promise<{ status: number; hint: string }> {
  const own = machine()
  try {
    const { status, stderr } = await call({ args, cwd: own.cwd, env: own.env })
    return { status, hint: stderr.split("\n").find((line) => line.startsWith("hint:")) ?? "" }
  } finally {
    own.remove()
  }
}
