import { basename, dirname, resolve, sep } from "node:path"
import { splitWords } from "../core/shlex.ts"
import { AppError } from "../errors/app-error.ts"
import { type ChildEnd, runChild } from "./child.ts"
import { type Io } from "./io.ts"
import { findProgram, isProgram, resolveProgram } from "./resolve-program.ts"

export interface Editor {
  /** Absolute. */
  readonly program: string
  /** Everything before the file. */
  readonly args: readonly string[]
  readonly runsInPrivateDir: boolean
  /** Its name, when it keeps texts in a local history that we cannot turn off: to be said once. */
  readonly historyWarning: string | null
}

interface EditorHow {
  /** It gets options that keep it from storing the text elsewhere; otherwise what the user gave, and the file. */
  readonly guardsText: boolean
  /** Folders that strangers may have written. Only the editors that nobody named are kept from them. */
  readonly outside: readonly string[]
}

/** How an editor is started. */
interface EditorRun {
  readonly env: ReadonlyMap<string, string>
  /** Whether signals that are meant for us reach it too. */
  readonly signals: "forward" | "leave"
  /** Stops waiting for it. */
  readonly abandon?: AbortSignal | undefined
}

const wellKnown = ["vim", "nano", "vi"]

/**
 * `SOPS_EDITOR`, else `EDITOR`, split without a shell; else the first of vim, nano and vi. A program that only a
 * relative entry of `PATH` leads to is not run.
 *
 * @throws {AppError} `NO_EDITOR`, `EDITOR_INVALID`
 */
export function chooseEditor(
  io: Pick<Io, "fs" | "env" | "cwd" | "platform" | "processes">,
  { guardsText, outside }: EditorHow,
): Editor {
  const variable = ["SOPS_EDITOR", "EDITOR"].find((name) => (io.env.get(name) ?? "") !== "")
  if (variable === undefined) {
    const known = wellKnown.map((name) => findProgram(io, name, { outside, isOwnerChecked: false }))
    const program = known.find((path) => path !== null)
    if (program === undefined) throw new AppError("NO_EDITOR")
    return equip(io, program, [], guardsText)
  }
  const words = splitWords(io.env.get(variable) ?? "")
  const [name, ...args] = words ?? []
  if (name === undefined || name === "") throw new AppError("EDITOR_INVALID", {}, { subject: variable })
  return equip(io, named(io, name, variable), args, guardsText)
}

/** A path is taken from the working folder, as a shell would take it; what the user named is not judged further. */
function named(io: Pick<Io, "fs" | "env" | "cwd" | "platform" | "processes">, name: string, variable: string): string {
  const path = name.includes("/") || name.includes(sep) ? resolve(io.cwd, name) : null
  if (path !== null && isProgram(io, path)) return path
  try {
    return resolveProgram(io, name, { outside: [], isOwnerChecked: false })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const notes = [`${variable} names ${name}`, ...(error.detail.notes ?? [])]
    throw new AppError("NO_EDITOR", {}, { subject: name, notes })
  }
}

function equip(io: Pick<Io, "fs">, program: string, given: readonly string[], guardsText: boolean): Editor {
  if (!guardsText) return { program, args: given, runsInPrivateDir: false, historyWarning: null }
  const habits = habitsOf(program, realOrSame(io, program))
  return {
    program,
    args: argumentsFor(habits, given),
    runsInPrivateDir: habits.runsInPrivateDir,
    historyWarning: habits.keepsHistory ? basename(program) : null,
  }
}

function realOrSame({ fs }: Pick<Io, "fs">, path: string): string {
  try {
    return fs.realpath(path)
  } catch {
    return path
  }
}

/**
 * Runs the editor on a file until it is closed.
 *
 * @returns what ended it; a signal that was meant for us is in `interruptedBy`
 * @throws {AppError} `EDITOR_FAILED` when it cannot be started or says that it failed
 */
export async function runEditor(
  io: Parameters<typeof runChild>[0],
  editor: Editor,
  file: string,
  { env, signals, abandon }: EditorRun,
): Promise<ChildEnd> {
  const subject = basename(editor.program)
  const end = await runChild(io, {
    program: editor.program,
    args: [...editor.args, file],
    env,
    cwd: editor.runsInPrivateDir ? dirname(file) : undefined,
    signals,
    abandon,
  }).catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code === "EDIT_INTERRUPTED") throw error
    throw new AppError("EDITOR_FAILED", {}, { subject, notes: [error.title, ...(error.detail.notes ?? [])] })
  })
  if (end.status !== 0 && end.interruptedBy === null) {
    const how = end.signal === null ? `it ended with status ${end.status}` : `${end.signal} ended it`
    throw new AppError("EDITOR_FAILED", {}, { subject, notes: [how] })
  }
  return end
}

/** What is known about an editor: how to make it wait, and how to keep it from storing the text anywhere else. */
interface EditorHabits {
  /** Put between the user's own arguments and the file. */
  readonly args: readonly string[]
  /** Any of these among the user's arguments says the same already. */
  readonly sameAs: readonly string[]
  /** It must not look for settings in the working folder, so it runs in the private one. */
  readonly runsInPrivateDir: boolean
  /** Keeps a local history of texts that no option turns off: worth a warning. */
  readonly keepsHistory: boolean
}

const unknown: EditorHabits = { args: [], sameAs: [], runsInPrivateDir: false, keepsHistory: false }

// Before the user's own settings are read, and for each file again before it is loaded, since they may turn things on.
const vimBefore = "set nomodeline noexrc noswapfile nobackup nowritebackup noundofile viminfo= shada= patchmode="
const vimBuffer = "silent! autocmd BufReadPre,BufNewFile * setlocal nomodeline noswapfile noundofile"
const vimAfter = "set nomodeline noswapfile nobackup nowritebackup noundofile patchmode="

const vim: EditorHabits = {
  ...unknown,
  args: ["-n", "-i", "NONE", "--cmd", `silent! ${vimBefore}`, "--cmd", vimBuffer, "-c", `silent! ${vimAfter}`],
  runsInPrivateDir: true,
}

const emacsSettings = [
  "(setq make-backup-files nil backup-inhibited t auto-save-default nil auto-save-list-file-prefix nil)",
  "(setq create-lockfiles nil enable-local-variables nil enable-local-eval nil enable-dir-local-variables nil)",
  "(setq delete-by-moving-to-trash nil version-control 'never undo-tree-auto-save-history nil)",
  "(dolist (mode '(savehist-mode recentf-mode desktop-save-mode save-place-mode auto-save-visited-mode)) (when (and (boundp mode) (symbol-value mode)) (funcall mode -1)))",
]

const emacs: EditorHabits = { ...unknown, args: ["--eval", `(progn ${emacsSettings.join(" ")})`] }

const nano: EditorHabits = { ...unknown, args: ["--ignorercfiles"], sameAs: ["-I", "--ignorercfiles"] }

const micro: EditorHabits = {
  ...unknown,
  args: ["-backup", "false", "-permbackup", "false", "-savehistory", "false", "-saveundo", "false"],
}

function waits(flag: string, sameAs: readonly string[], keepsHistory = false): EditorHabits {
  return { ...unknown, args: [flag], sameAs: [flag, ...sameAs], keepsHistory }
}

const likeCode = waits("--wait", ["-w"], true)
const likeJetBrains = waits("--wait", [], true)
const likeGedit = waits("--wait", ["-w"])

/** By the name of the program, without folder and ending. */
const editors: ReadonlyMap<string, EditorHabits> = new Map([
  ...ofNames(vim, "vim nvim vimx vim.basic vim.tiny vim.nox vim.gtk vim.gtk3 vim.athena view nview rvim ex vimdiff"),
  ...ofNames({ ...vim, args: ["-f", ...vim.args], sameAs: [] }, "gvim mvim gview rgvim"),
  ...ofNames(emacs, "emacs emacs-nox emacs-gtk emacs-lucid emacs-pgtk emacs-x11"),
  ...ofNames({ ...unknown, keepsHistory: true }, "emacsclient"),
  ...ofNames(nano, "nano rnano"),
  ...ofNames(micro, "micro"),
  ...ofNames(likeCode, "code code-insiders code-oss codium vscodium cursor windsurf positron trae kiro antigravity"),
  ...ofNames(likeCode, "atom atom-beta pulsar zed zeditor zed-editor zedit lapce"),
  ...ofNames(waits("--wait", ["-w"], true), "subl sublime_text sublime-text"),
  ...ofNames(likeJetBrains, "idea idea64 pycharm webstorm goland rubymine clion phpstorm rider rustrover fleet"),
  ...ofNames(likeJetBrains, "studio datagrip dataspell"),
  ...ofNames(likeGedit, "gedit xed pluma bbedit mate"),
  ...ofNames(waits("--block", ["-b"]), "kate kwrite"),
  ...ofNames(waits("--standalone", ["-s"]), "gnome-text-editor"),
  ...ofNames(waits("--disable-server", []), "mousepad"),
  ...ofNames(waits("--nofork", []), "nvim-qt"),
  ...ofNames(waits("--no-fork", []), "neovide"),
])

/**
 * Looks an editor up by the path that was asked for, and, for a name that several editors answer to (`vi`,
 * `editor`), by the file that it really is.
 */
export function habitsOf(path: string, realPath: string): EditorHabits {
  return editors.get(programName(path)) ?? editors.get(programName(realPath)) ?? unknown
}

/** The editor's own arguments, with what is missing. */
export function argumentsFor(habits: EditorHabits, given: readonly string[]): string[] {
  return habits.sameAs.some((flag) => given.includes(flag)) ? [...given] : [...given, ...habits.args]
}

function programName(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1)
  return name.replace(/\.(?:exe|cmd|bat|sh|app)$/i, "").toLowerCase()
}

function ofNames(habits: EditorHabits, names: string): (readonly [string, EditorHabits])[] {
  return names.split(" ").map((name) => [name, habits] as const)
}
