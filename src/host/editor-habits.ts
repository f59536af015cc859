/** What is known about an editor: how to make it wait, and how to keep it from storing the text anywhere else. */
export interface EditorHabits {
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
  ...named(vim, "vim nvim vimx vim.basic vim.tiny vim.nox vim.gtk vim.gtk3 vim.athena view nview rvim ex vimdiff"),
  ...named({ ...vim, args: ["-f", ...vim.args], sameAs: [] }, "gvim mvim gview rgvim"),
  ...named(emacs, "emacs emacs-nox emacs-gtk emacs-lucid emacs-pgtk emacs-x11"),
  ...named({ ...unknown, keepsHistory: true }, "emacsclient"),
  ...named(nano, "nano rnano"),
  ...named(micro, "micro"),
  ...named(likeCode, "code code-insiders code-oss codium vscodium cursor windsurf positron trae kiro antigravity"),
  ...named(likeCode, "atom atom-beta pulsar zed zeditor zed-editor zedit lapce"),
  ...named(waits("--wait", ["-w"], true), "subl sublime_text sublime-text"),
  ...named(likeJetBrains, "idea idea64 pycharm webstorm goland rubymine clion phpstorm rider rustrover fleet"),
  ...named(likeJetBrains, "studio datagrip dataspell"),
  ...named(likeGedit, "gedit xed pluma bbedit mate"),
  ...named(waits("--block", ["-b"]), "kate kwrite"),
  ...named(waits("--standalone", ["-s"]), "gnome-text-editor"),
  ...named(waits("--disable-server", []), "mousepad"),
  ...named(waits("--nofork", []), "nvim-qt"),
  ...named(waits("--no-fork", []), "neovide"),
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

function named(habits: EditorHabits, names: string): (readonly [string, EditorHabits])[] {
  return names.split(" ").map((name) => [name, habits] as const)
}
