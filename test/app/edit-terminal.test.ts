import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import { seal } from "../../src/index.ts"
import { builtMain } from "../built.ts"
import { hasTmux, openPty, type Pty } from "../host/pty.ts"
import { keyFile, recipients } from "../keys/golden.ts"

const plain = "db:\n  user: admin   # keep\n  password: canary-7f3a-old\n\nlast: 1\n"

function has(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0
}

interface Scene {
  readonly pty: Pty
  readonly file: string
  readonly folder: string
  decrypt(): string
}

/** A terminal with a sealed file in its folder and `sotto` as a command. */
async function scene(editor: string): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), "sotto-edit-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, "secrets.yaml")
  writeFileSync(file, await seal(plain, { format: "yaml", recipients: { age: recipients["age-a"] } }))
  const main = await builtMain()
  const env = {
    SOPS_AGE_KEY_FILE: keyFile("age-a.txt"),
    EDITOR: editor,
    TERM: "xterm",
    TMPDIR: folder,
    XDG_STATE_HOME: join(folder, "state"),
  }
  const pty = openPty({ cwd: folder, env: { ...env, NODE: process.execPath, SOTTO: main } })
  const decrypt = (): string => {
    const { stdout } = spawnSync(process.execPath, [main, "decrypt", file], {
      env: { ...env, HOME: folder, PATH: process.env["PATH"] },
    })
    return stdout.toString()
  }
  return { pty, file, folder, decrypt }
}

function start({ pty }: Scene, args = "edit secrets.yaml"): void {
  pty.enter(`"$NODE" "$SOTTO" ${args}; echo "status $?"`)
}

/** Nothing of the plaintext may be left, in any file. */
function expectNoTrace(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const path = join(folder, name)
    if (existsSync(path) && !readdirSafe(path)) expect(readFileSync(path).includes("canary-7f3a")).toBe(false)
  }
}

function readdirSafe(path: string): boolean {
  try {
    readdirSync(path)
    return true
  } catch {
    return false
  }
}

describe.skipIf(!hasTmux())("edit in a real terminal (skipped without tmux or the editor)", () => {
  test.skipIf(!has("vim"))("vim: a changed value is saved, all else keeps its bytes", async () => {
    const own = await scene("vim")
    start(own)
    await own.pty.shows("canary-7f3a-old")
    own.pty.type(":%s/old/new/")
    own.pty.press("Enter")
    own.pty.type(":wq")
    own.pty.press("Enter")
    await own.pty.shows("status 0")
    expect(own.decrypt()).toBe(plain.replace("old", "new"))
    expectNoTrace(own.folder)
  })

  test.skipIf(!has("nano"))("nano: a changed value is saved, all else keeps its bytes", async () => {
    const own = await scene("nano")
    start(own)
    await own.pty.shows("canary-7f3a-old")
    own.pty.type("# note")
    own.pty.press("Enter", "C-o", "Enter", "C-x")
    await own.pty.shows("status 0")
    expect(own.decrypt()).toBe(`# note\n${plain}`)
    expectNoTrace(own.folder)
  })

  test.skipIf(!has("vim"))("vim: closing without a change is status 200 and leaves the file alone", async () => {
    const own = await scene("vim")
    const before = readFileSync(own.file)
    start(own)
    await own.pty.shows("canary-7f3a-old")
    own.pty.type(":q")
    own.pty.press("Enter")
    await own.pty.shows("status 200")
    expect(readFileSync(own.file).equals(before)).toBe(true)
    expectNoTrace(own.folder)
  })

  test.skipIf(!has("vim"))(
    "a syntax error names its line and goes back to the editor; giving up keeps a sealed draft",
    async () => {
      const own = await scene("vim")
      const before = readFileSync(own.file)
      start(own)
      await own.pty.shows("canary-7f3a-old")
      own.pty.type(":%s/user: admin/user: [draft/")
      own.pty.press("Enter")
      own.pty.type(":wq")
      own.pty.press("Enter")
      await own.pty.shows("Go back to the editor?")
      // The reason stands above the question.
      expect(own.pty.screen()).toMatch(/line \d, column \d[\s\S]*Go back/)
      own.pty.type("n")
      own.pty.press("Enter")
      await own.pty.shows("edit --resume")
      await own.pty.shows("status 2")
      expect(readFileSync(own.file).equals(before)).toBe(true)
      expectNoTrace(own.folder)

      // Without --resume the draft would be lost, so it is offered.
      own.pty.type("clear")
      own.pty.press("Enter")
      start(own)
      await own.pty.shows("Go on with that draft?")
      own.pty.press("Enter")
      await own.pty.shows("user: [draft")
      own.pty.type(":q")
      own.pty.press("Enter")
      await own.pty.shows("status 2")

      own.pty.type("clear")
      own.pty.press("Enter")
      start(own, "edit --resume secrets.yaml")
      await own.pty.shows("user: [draft")
      own.pty.type(":%s/\\[draft/saved/")
      own.pty.press("Enter")
      own.pty.type(":wq")
      own.pty.press("Enter")
      await own.pty.shows("status 0")
      expect(own.decrypt()).toBe(plain.replace("admin", "saved"))
      expectNoTrace(own.folder)
    },
  )
})
