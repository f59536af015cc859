import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { runScript, skipReason } from "./runner.ts"
import { parseArchive, words } from "./txtar.ts"

const folder = import.meta.dirname
const scripts = readdirSync(folder).filter((name) => name.endsWith(".txtar"))

describe("scripts", () => {
  for (const name of scripts) {
    const text = readFileSync(join(folder, name), "utf8")
    test.skipIf(skipReason(text) !== null)(name, () => runScript(text))
  }
})

describe("the runner", () => {
  const passing = [
    { name: "a command's output that is mentioned", script: "exec --version\nstdout '^sotto \\d'\n" },
    { name: "a failure that is expected", script: "! exec nonsense\nstatus 64\nstderr '\\[COMMAND_UNKNOWN\\]'\n" },
    { name: "files", script: "cp a b\ncmp a b\nexists a b\n! exists c\nchmod 600 b\nmode 600 b\n-- a --\nx\n" },
    { name: "folders and variables", script: "mkdir d\ncp a d/b\ncd d\nenv X=b\nexists $X\n-- a --\n" },
    { name: "output as a file", script: "exec --version\ncp a b\n! cmp stdout a\n-- a --\n" },
    { name: "git", script: "git init -q\ngit add a\ngit commit -qm x\n! git rev-parse nothing\n-- a --\n" },
    { name: "a canary that the script brought", script: "exists a\n-- a --\ncanary-7f3a\n" },
    { name: "a canary that is expected", script: "cp a b\nplain b\n-- a --\ncanary-7f3a\n" },
    { name: "a process of its own", script: "# in a process of its own\nexec --version\nstdout sotto\n" },
  ]
  test.each(passing)("passes: $name", ({ script }) => runScript(script))

  const failing = [
    { name: "output that nobody mentions", script: "exec --version\n" },
    {
      name: "output that nobody mentions before the next command",
      script: "exec --version\nexec --version\nstdout x\n",
    },
    { name: "a failure that is not expected", script: "exec nonsense\nstderr UNKNOWN\n" },
    { name: "a success that is not expected", script: "! exec --version\nstdout sotto\n" },
    { name: "output that does not match", script: "exec --version\nstdout '^nonsense'\n" },
    { name: "the wrong status", script: "! exec nonsense\nstatus 1\nstderr UNKNOWN\n" },
    { name: "files that differ", script: "cmp a b\n-- a --\nx\n-- b --\ny\n" },
    { name: "a canary in a new file", script: "cp a b\n-- a --\ncanary-7f3a\n" },
    { name: "a canary in a file that changed", script: "cp a b\n-- a --\ncanary-7f3a 1\n-- b --\nx\n" },
    { name: "a file that was left in the folder for temporary files", script: "cp a $TMPDIR/a\n-- a --\nx\n" },
    { name: "a verb that does not exist", script: "frobnicate\n" },
  ]
  test.each(failing)("fails: $name", async ({ script }) => {
    await expect(runScript(script)).rejects.toThrow(/./)
  })

  const lines = [
    { line: "a  b", found: ["a", "b"] },
    { line: "a 'b c' d''e", found: ["a", "b c", "de"] },
    { line: "a 'it''s'", found: ["a", "it's"] },
    { line: "a b# # c", found: ["a", "b#"] },
    { line: "# c", found: [] },
    { line: "env A='x y'", found: ["env", "A=x y"] },
    { line: "$X/a '$X' $NONE", found: ["x/a", "$X", ""] },
  ]
  test.each(lines)("words of $line", ({ line, found }) => {
    expect(words(line, new Map([["X", "x"]]))).toEqual(found)
  })

  test("an archive", () => {
    const { script, files } = parseArchive("exec\n-- a --\nx\n-- b c --\n\n-- d --\n")
    expect(script).toBe("exec\n")
    expect([...files]).toEqual([
      ["a", "x\n"],
      ["b c", "\n"],
      ["d", ""],
    ])
  })
})
