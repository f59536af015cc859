import { execFileSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { chooseEditor, argumentsFor, habitsOf } from "../../src/host/editor.ts"
import { machine, tempFolder } from "./machine.ts"
import { hasTmux, openPty } from "./pty.ts"
import { bundled, node, start } from "./script.ts"

const edit = bundled(new URL("scripts/edit.ts", import.meta.url))

function bin(...names: string[]): string {
  const folder = join(tempFolder(), "bin")
  mkdirSync(folder)
  for (const name of names) writeFileSync(join(folder, name), "#!/bin/sh\n", { mode: 0o755 })
  return folder
}

function choose(
  env: Record<string, string>,
  { guardsText = true, cwd = "/", outside = [] as string[] } = {},
): ReturnType<typeof chooseEditor> {
  return chooseEditor(machine({ cwd, env: new Map(Object.entries(env)) }), { guardsText, outside })
}

describe("which editor", () => {
  test.each([
    { name: "SOPS_EDITOR first", env: { SOPS_EDITOR: "joe", EDITOR: "ne" }, program: "joe", args: [] },
    { name: "an empty one is none", env: { SOPS_EDITOR: "", EDITOR: "ne" }, program: "ne", args: [] },
    { name: "arguments", env: { EDITOR: `joe -x 'a b' "c\\"d"` }, program: "joe", args: ["-x", "a b", 'c"d'] },
  ])("$name", ({ env, program, args }) => {
    const path = bin("joe", "ne")
    expect(choose({ ...env, PATH: path })).toMatchObject({ program: join(path, program), args, historyWarning: null })
  })

  test.each([
    { has: ["vi", "nano", "vim"], program: "vim" },
    { has: ["vi", "nano"], program: "nano" },
    { has: ["vi"], program: "vi" },
  ])("none named: $program of $has", ({ has, program }) => {
    const path = bin(...has)
    expect(choose({ PATH: path }).program).toBe(join(path, program))
  })

  test.each([
    { name: "none at all", env: {}, code: "NO_EDITOR" },
    { name: "one that is not there", env: { EDITOR: "no-such-editor" }, code: "NO_EDITOR" },
    { name: "an open quote", env: { EDITOR: "vim 'x" }, code: "EDITOR_INVALID" },
    { name: "a backslash at the end", env: { EDITOR: "vim \\" }, code: "EDITOR_INVALID" },
    { name: "only a comment", env: { EDITOR: "# vim" }, code: "EDITOR_INVALID" },
  ])("$name", ({ env, code }) => {
    expect(() => choose({ ...env, PATH: bin() })).toThrow(expect.objectContaining({ code, exit: 201 }))
  })

  test("a relative entry of PATH leads to nothing", () => {
    const path = bin("vim", "ed1")
    const cwd = join(path, "..")
    for (const PATH of ["bin", ":bin", "./bin"]) {
      expect(() => choose({ PATH }, { cwd })).toThrow(expect.objectContaining({ code: "NO_EDITOR" }))
      expect(() => choose({ PATH, EDITOR: "ed1" }, { cwd })).toThrow(expect.objectContaining({ code: "NO_EDITOR" }))
    }
  })

  test("an editor that nobody named does not come from the repository; one that the user named may", () => {
    const path = bin("vim")
    expect(() => choose({ PATH: path }, { outside: [path] })).toThrow(expect.objectContaining({ code: "NO_EDITOR" }))
    expect(choose({ PATH: path, EDITOR: "vim" }, { outside: [path] }).program).toBe(join(path, "vim"))
    expect(choose({ EDITOR: "./bin/vim" }, { cwd: join(path, "..") }).program).toBe(join(path, "vim"))
    // A script in a folder like /tmp, too: whoever named it knows it.
    chmodSync(path, 0o1777)
    expect(choose({ EDITOR: join(path, "vim") }, { outside: [path] }).program).toBe(join(path, "vim"))
  })
})

describe("habits", () => {
  test.each([
    ["code", [], ["--wait"]],
    ["code", ["--wait"], ["--wait"]],
    ["code", ["-n", "-w"], ["-n", "-w"]],
    ["codium", [], ["--wait"]],
    ["cursor", ["-r"], ["-r", "--wait"]],
    ["subl", [], ["--wait"]],
    ["subl", ["-w"], ["-w"]],
    ["zed", [], ["--wait"]],
    ["atom", [], ["--wait"]],
    ["gedit", [], ["--wait"]],
    ["mate", ["-w"], ["-w"]],
    ["kate", [], ["--block"]],
    ["joe", ["x"], ["x"]],
    ["nano", ["-w"], ["-w", "--ignorercfiles"]],
  ])("%s %j is called with %j", (name, given, expected) => {
    const path = bin(name)
    const editor = choose({ PATH: path, EDITOR: [name, ...given].join(" ") })
    expect(editor.args).toEqual(expected)
  })

  test("vi is judged by what it really is", () => {
    expect(habitsOf("/usr/bin/vi", "/usr/bin/vim.basic").args).toContain("NONE")
    expect(habitsOf("/usr/bin/vi", "/usr/bin/busybox").args).toEqual([])
    expect(habitsOf("C:\\Tools\\Code.CMD", "").args).toEqual(["--wait"])
  })

  test("editors with a history of their own are named", () => {
    const path = bin("code", "vim")
    expect(choose({ PATH: path, EDITOR: "code" }).historyWarning).toBe("code")
    expect(choose({ PATH: path, EDITOR: "vim" }).historyWarning).toBeNull()
  })

  test("as sops nothing is added", () => {
    const path = bin("code", "vim")
    for (const EDITOR of ["code", "vim", "code -n"]) {
      const { args, runsInPrivateDir, historyWarning } = choose({ PATH: path, EDITOR }, { guardsText: false })
      expect({ args, runsInPrivateDir, historyWarning }).toEqual({
        args: EDITOR.split(" ").slice(1),
        runsInPrivateDir: false,
        historyWarning: null,
      })
    }
  })

  test("the user's own arguments come first", () => {
    expect(argumentsFor(habitsOf("/x/emacs", ""), ["-nw"]).slice(0, 2)).toEqual(["-nw", "--eval"])
  })
})

describe("runEditor", () => {
  function editor(script: string): { env: Record<string, string>; cwd: string } {
    const cwd = tempFolder()
    writeFileSync(join(cwd, "ed.sh"), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    return { cwd, env: { PATH: process.env["PATH"] ?? "", EDITOR: "./ed.sh", SOPS_AGE_KEY: "canary-7f3a" } }
  }

  test("a script changes the text, without identities in its environment (S11)", async () => {
    const { stdout } = await start(node, [edit], editor('echo "key=$SOPS_AGE_KEY" >"$1"; pwd >>"$1"')).ended
    expect(stdout).toContain('"text":"key=\\n')
    expect(stdout).toContain('"status":0')
  })

  test("as sops it inherits everything", async () => {
    const { stdout } = await start(node, [edit, "sops"], editor('echo "key=$SOPS_AGE_KEY" >"$1"')).ended
    expect(stdout).toContain('"text":"key=canary-7f3a\\n"')
  })

  test.each(["exit 3", "kill -9 $$"])("an editor that fails (%s)", async (script) => {
    const { status, stderr } = await start(node, [edit], editor(script)).ended
    expect(status).not.toBe(0)
    expect(stderr).toContain("EDITOR_FAILED")
    expect(stderr).not.toContain("canary")
  })

  test("a signal for us reaches the editor, and the folder is removed", async () => {
    const { child, ended, said } = start(node, [edit], editor('echo "file $1"; exec sleep 60'))
    await said("file ")
    child.kill("SIGTERM")
    const { stdout } = await ended
    expect(stdout).toContain('"interruptedBy":"SIGTERM"')
    expect(existsSync(/file (.*)/.exec(stdout)?.[1] ?? "/")).toBe(false)
  })

  test("as sops a signal ends us at once, and the folder is removed", async () => {
    const { child, ended, said } = start(
      node,
      [edit, "sops"],
      editor('echo "file $1 $$"; exec sleep 5 >/dev/null 2>&1'),
    )
    await said("file ")
    child.kill("SIGTERM")
    const { stdout, signal } = await ended
    expect(signal).toBe("SIGTERM")
    expect(existsSync(/file (\S*)/.exec(stdout)?.[1] ?? "/")).toBe(false)
  })
})

function hasProgram(name: string): boolean {
  try {
    execFileSync("which", [name], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

const hostileVim = `
set modeline exrc undofile backup writebackup swapfile
set undodir=~/keep// backupdir=~/keep// directory=~/keep//
set viminfo='100,<50,s10,h,n~/keep/viminfo
`
const hostileNvim = `
set modeline exrc undofile backup writebackup swapfile
set undodir=~/keep// backupdir=~/keep// directory=~/keep//
set shada='100,<50,s10,h,n~/keep/shada
`
const hostileNano = `set backup\nset backupdir "~/keep"\nset historylog\nset positionlog\nset locking\n`
const hostileEmacs = `
(setq backup-directory-alist '(("." . "~/keep")) make-backup-files t create-lockfiles t)
(setq auto-save-file-name-transforms '((".*" "~/keep/" t)) enable-local-variables :all)
(setq savehist-file "~/keep/history" recentf-save-file "~/keep/recent")
(savehist-mode 1) (recentf-mode 1)
`

const real = [
  { name: "vim", keys: ["A", " edited", "Escape", ":wq", "Enter"], wait: "canary-7f3a" },
  { name: "nvim", keys: ["A", " edited", "Escape", ":wq", "Enter"], wait: "canary-7f3a" },
  { name: "nano", keys: ["C-e", " edited", "C-o", "Enter", "C-x"], wait: "canary-7f3a" },
  { name: "emacs", editor: "emacs -nw", keys: ["C-e", " edited", "C-x", "C-s", "C-x", "C-c"], wait: "canary-7f3a" },
]

describe.skipIf(!hasTmux())("S13: real editors on a terminal (skipped without tmux or the editor)", () => {
  for (const { name, editor = name, keys, wait } of real) {
    test.skipIf(!hasProgram(name))(name, { timeout: 60_000 }, async () => {
      const home = tempFolder()
      const cwd = join(home, "work")
      for (const folder of ["work", "keep", ".config/nvim", ".emacs.d"])
        mkdirSync(join(home, folder), { recursive: true })
      writeFileSync(join(home, ".vimrc"), hostileVim)
      writeFileSync(join(home, ".config/nvim/init.vim"), hostileNvim)
      writeFileSync(join(home, ".nanorc"), hostileNano)
      writeFileSync(join(home, ".emacs.d/init.el"), hostileEmacs)
      const exrc = "call writefile(['x'], $HOME . '/keep/exrc')\n"
      for (const file of [".vimrc", ".exrc", ".nvimrc"]) writeFileSync(join(cwd, file), exrc)
      const pty = openPty({
        cwd,
        env: { HOME: home, EDITOR: editor, NODE: node, EDIT: edit, TERM: "screen", RESULT: join(home, "result") },
      })
      pty.enter('"$NODE" "$EDIT"; echo "status $?"')
      await pty.shows(wait)
      // The text stands on the screen a moment before the editor listens.
      await new Promise((resolve) => {
        setTimeout(resolve, 500)
      })
      pty.press(...keys)
      await pty.shows("status 0")
      const { text, files, folder } = JSON.parse(
        readFileSync(join(home, "result"), "utf8").slice("result ".length),
      ) as {
        text: string
        files: string[]
        folder: string
      }
      expect(text.split("\n")[0]).toBe("canary-7f3a edited")
      expect(files).toEqual(["secret.txt"])
      expect(existsSync(folder)).toBe(false)
      // A list of recent files may be there, made at the start by the settings, but not with ours in it.
      expect(readdirSync(join(home, "keep")).filter((kept) => kept !== "recent")).toEqual([])
      expect(search(home)).toEqual([])
    })
  }
})

/** Files below a folder that hold the secret or name its file, but for the result. */
function search(folder: string): string[] {
  chmodSync(folder, 0o700)
  return readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "result")
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => /canary-7f3a|secret\.txt/.test(readFileSync(path, "latin1")))
}
