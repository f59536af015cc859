import { type Command } from "./spec.ts"

/** What is known of a command without loading it: enough for `--help`, suggestions and completions of its name. */
export interface CommandEntry {
  readonly group: "start" | "daily" | "git" | "keys" | "programs" | "tools"
  readonly summary: string
  readonly load: () => Promise<Command>
}

export const groups: Readonly<Record<CommandEntry["group"], string>> = {
  start: "Start",
  daily: "Every day",
  git: "Live with Git",
  keys: "Who can read",
  programs: "Give secrets to programs",
  tools: "Look and integrate",
}

export type CommandTable = ReadonlyMap<string, CommandEntry>

/**
 * All commands, in the order of help and docs/commands.md. Each `load` is a chunk of its own. A name of two words is a
 * command of a family: `git status` is called as `sotto git status`.
 */
export const commands: CommandTable = new Map<string, CommandEntry>([
  [
    "init",
    {
      group: "start",
      summary: "set up a repository: an identity if you have none, and a config",
      load: async () => (await import("./commands/init.ts")).initCommand,
    },
  ],
  [
    "keygen",
    {
      group: "start",
      summary: "make an age identity",
      load: async () => (await import("./commands/keygen.ts")).keygenCommand,
    },
  ],
  [
    "join",
    {
      group: "start",
      summary: "ask to be let into a repository that has a config",
      load: async () => (await import("./commands/init.ts")).joinCommand,
    },
  ],
  [
    "encrypt",
    {
      group: "daily",
      summary: "seal the values of a file, and keep every other byte",
      load: async () => (await import("./commands/encrypt.ts")).encryptCommand,
    },
  ],
  [
    "decrypt",
    {
      group: "daily",
      summary: "print a sealed file in the clear",
      load: async () => (await import("./commands/decrypt.ts")).decryptCommand,
    },
  ],
  [
    "edit",
    {
      group: "daily",
      summary: "change a sealed file in your editor",
      load: async () => (await import("./commands/edit.ts")).editCommand,
    },
  ],
  [
    "get",
    {
      group: "daily",
      summary: "print one value of a sealed file",
      load: async () => (await import("./commands/get.ts")).getCommand,
    },
  ],
  [
    "ls",
    {
      group: "daily",
      summary: "list the key paths of a sealed file, without a key",
      load: async () => (await import("./commands/ls.ts")).lsCommand,
    },
  ],
  [
    "set",
    {
      group: "daily",
      summary: "set one value of a sealed file",
      load: async () => (await import("./commands/set.ts")).setCommand,
    },
  ],
  [
    "replace",
    {
      group: "daily",
      summary: "replace a value everywhere in sealed files",
      load: async () => (await import("./commands/replace.ts")).replaceCommand,
    },
  ],
  [
    "unset",
    {
      group: "daily",
      summary: "remove one value from a sealed file",
      load: async () => (await import("./commands/set.ts")).unsetCommand,
    },
  ],
  [
    "migrate",
    {
      group: "daily",
      summary: "bring files that were sealed by another rule up to the config's rule",
      load: async () => (await import("./commands/migrate.ts")).migrateCommand,
    },
  ],
  [
    "check",
    {
      group: "git",
      summary: "find what should not be committed: plain text, keys, broken files, drift; no key is needed",
      load: async () => (await import("./commands/check.ts")).checkCommand,
    },
  ],
  [
    "git install",
    {
      group: "git",
      summary: "let git show, merge and check sealed files in this clone",
      load: async () => (await import("./commands/git.ts")).gitInstallCommand,
    },
  ],
  [
    "git uninstall",
    {
      group: "git",
      summary: "remove what `git install` wrote",
      load: async () => (await import("./commands/git.ts")).gitUninstallCommand,
    },
  ],
  [
    "status",
    {
      group: "git",
      summary: "list the sealed files: rule, readers, age of the data key",
      load: async () => (await import("./commands/status.ts")).statusCommand,
    },
  ],
  [
    "git status",
    {
      group: "git",
      summary: "tell whether this clone shows and merges sealed files",
      load: async () => (await import("./commands/git.ts")).gitStatusCommand,
    },
  ],
  [
    "git hook",
    {
      group: "git",
      summary: "what the hooks of `git install` do; called by git",
      load: async () => (await import("./commands/git-hook.ts")).gitHookCommand,
    },
  ],
  [
    "diff",
    {
      group: "git",
      summary: "which values, recipients and rules differ between versions, without showing values",
      load: async () => (await import("./commands/diff.ts")).diffCommand,
    },
  ],
  [
    "textconv",
    {
      group: "git",
      summary: "print a sealed file for git to show; called by git",
      load: async () => (await import("./commands/textconv.ts")).textconvCommand,
    },
  ],
  [
    "resolve",
    {
      group: "git",
      summary: "settle what a merge of sealed files left open",
      load: async () => (await import("./commands/resolve.ts")).resolveCommand,
    },
  ],
  [
    "repair",
    {
      group: "git",
      summary: "give a file that a server merged by line a MAC that holds, with proof",
      load: async () => (await import("./commands/repair.ts")).repairCommand,
    },
  ],
  [
    "merge-driver",
    {
      group: "git",
      summary: "merge a sealed file by key; called by git",
      load: async () => (await import("./commands/merge-driver.ts")).mergeDriverCommand,
    },
  ],
  [
    "rotate",
    {
      group: "keys",
      summary: "seal a file under a new data key; recipients can come and go",
      load: async () => (await import("./commands/rotate.ts")).rotateCommand,
    },
  ],
  [
    "updatekeys",
    {
      group: "keys",
      summary: "make files follow the recipients of the config",
      load: async () => (await import("./commands/sync.ts")).updatekeysCommand,
    },
  ],
  [
    "sync",
    {
      group: "keys",
      summary: "the same for all sealed files of a folder, or a check of them",
      load: async () => (await import("./commands/sync.ts")).syncCommand,
    },
  ],
  [
    "grant",
    {
      group: "keys",
      summary: "let somebody read: add name and key to .sopsrc, and update the files",
      load: async () => (await import("./commands/grant.ts")).grantCommand,
    },
  ],
  [
    "approve",
    {
      group: "keys",
      summary: "let somebody in who asked with `join`",
      load: async () => (await import("./commands/grant.ts")).approveCommand,
    },
  ],
  [
    "revoke",
    {
      group: "keys",
      summary: "remove somebody from .sopsrc, seal their files again, and list what they know",
      load: async () => (await import("./commands/revoke.ts")).revokeCommand,
    },
  ],
  [
    "who",
    {
      group: "keys",
      summary: "who can read which file, by name",
      load: async () => (await import("./commands/keys.ts")).whoCommand,
    },
  ],
  [
    "groups",
    {
      group: "keys",
      summary: "add or delete a key group of a file",
      load: async () => (await import("./commands/groups.ts")).groupsCommand,
    },
  ],
  [
    "run",
    {
      group: "programs",
      summary: "start a program with the values in its environment",
      load: async () => (await import("./commands/run.ts")).runCommand,
    },
  ],
  [
    "exec-env",
    {
      group: "programs",
      summary: "run a shell command line with the values in its environment",
      load: async () => (await import("./commands/exec.ts")).execEnvCommand,
    },
  ],
  [
    "exec-file",
    {
      group: "programs",
      summary: "run a shell command line that reads the plaintext from a file",
      load: async () => (await import("./commands/exec.ts")).execFileCommand,
    },
  ],
  [
    "explain",
    {
      group: "tools",
      summary: "say which rule a file has and why, who can open it, and what in it is sealed",
      load: async () => (await import("./commands/explain.ts")).explainCommand,
    },
  ],
  [
    "config export",
    {
      group: "tools",
      summary: "print the .sops.yaml that says the same as a .sopsrc",
      load: async () => (await import("./commands/config-export.ts")).configExportCommand,
    },
  ],
  [
    "doctor",
    {
      group: "tools",
      summary: "check whether this machine has what the commands need",
      load: async () => (await import("./commands/doctor.ts")).doctorCommand,
    },
  ],
  [
    "keys",
    {
      group: "tools",
      summary: "who can open a file, and which identities you hold",
      load: async () => (await import("./commands/keys.ts")).keysCommand,
    },
  ],
  [
    "filestatus",
    {
      group: "tools",
      summary: "tell whether a file is sealed",
      load: async () => (await import("./commands/filestatus.ts")).filestatusCommand,
    },
  ],
  [
    "keyservice",
    {
      group: "tools",
      summary: "let other processes open files with your keys",
      load: async () => (await import("./commands/keyservice.ts")).keyserviceCommand,
    },
  ],
  [
    "shim",
    {
      group: "tools",
      summary: "put a `sops` that is this program into a folder",
      load: async () => (await import("./commands/shim.ts")).shimCommand,
    },
  ],
  [
    "completion",
    {
      group: "tools",
      summary: "print a completion script for your shell",
      load: async () => (await import("./commands/completion.ts")).completionCommand,
    },
  ],
])

/** The words that may follow the first word of a family: `git` has `status` and others. Empty for any other word. */
export function membersOf(family: string, table: CommandTable = commands): string[] {
  return [...table.keys()].flatMap((name) => (name.startsWith(`${family} `) ? [name.slice(family.length + 1)] : []))
}
