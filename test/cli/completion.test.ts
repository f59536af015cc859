import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { commands } from "../../src/cli/commands.ts"
import { completionScript } from "../../src/cli/completion/script.ts"
import { shells } from "../../src/cli/completion/facts.ts"
import { longName } from "../../src/cli/spec.ts"

function has(program: string): boolean {
  return spawnSync(program, ["-c", "exit 0"]).status === 0
}

describe("completion scripts", () => {
  test.each(shells)("%s knows every command and every long option", async (shell) => {
    const script = await completionScript(shell)
    const prefix = shell === "fish" ? "-l " : "--"
    for (const [name, { load }] of commands) {
      for (const word of name.split(" ")) expect(script).toContain(word)
      for (const key of Object.keys((await load()).options)) expect(script).toContain(prefix + longName(key).slice(2))
    }
  })

  test.each(shells.filter((shell) => shell !== "powershell").filter(has))("%s can read it", async (shell) => {
    const folder = mkdtempSync(join(tmpdir(), "sotto-test-"))
    try {
      writeFileSync(join(folder, "script"), await completionScript(shell))
      const { status, stderr } = spawnSync(shell, ["-n", "script"], { cwd: folder })
      expect(`${status} ${String(stderr)}`).toBe("0 ")
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  const typed = [
    { name: "commands", line: ["sotto", "enc"], offers: ["encrypt"] },
    { name: "options of every command", line: ["sotto", "--ver"], offers: ["--version"] },
    { name: "options of a command", line: ["sotto", "decrypt", "--ext"], offers: ["--extract"] },
    { name: "options behind others", line: ["sotto", "decrypt", "-i", "--ignore"], offers: ["--ignore-mac"] },
    { name: "choices", line: ["sotto", "decrypt", "--input-type", "j"], offers: ["json"] },
    { name: "the second word of a name", line: ["sotto", "git", "sta"], offers: ["status"] },
    { name: "options behind a name of two words", line: ["sotto", "git", "status", "--js"], offers: ["--json"] },
    { name: "arguments that are known", line: ["sotto", "completion", "z"], offers: ["zsh"] },
    { name: "nothing for a file, which bash then completes", line: ["sotto", "decrypt", "a"], offers: [] },
    { name: "nothing for a program's own options", line: ["sotto", "run", "-f", "a", "--", "ls", "--"], offers: [] },
  ]
  test.each(typed)("bash offers $name", async ({ line, offers }) => {
    const words = line.map((word) => `'${word}'`).join(" ")
    const ask = `COMP_WORDS=(${words}); COMP_CWORD=${line.length - 1}; _sotto; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout } = spawnSync("bash", ["-c", `${await completionScript("bash")}\n${ask}`], { encoding: "utf8" })
    expect(stdout.split("\n").filter((word) => word !== "")).toEqual(offers)
  })
})
