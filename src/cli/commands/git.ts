import { command } from "../spec.ts"

export const gitInstallCommand = command({
  details: [
    "Writes settings for the merge driver and for readable diffs, a block of .gitattributes from the paths of the " +
      "rules and the tracked sealed files, and hooks that check what is committed. Run it again to bring all of it " +
      "up to date. Hooks, settings and lines of others stay as they are; each is named, and the status is 1 if one " +
      "is in the way.",
    "A clone takes no settings from a repository, so everybody runs this once in each clone.",
  ],
  arguments: {},
  options: {
    global: { kind: "flag", summary: "for all repositories of this user, with the usual names of sealed files" },
    redacted: { kind: "flag", summary: "diffs show which values changed, and never the values" },
    noHooks: { kind: "flag", summary: "write no hooks" },
    noAttributes: { kind: "flag", summary: "write no attributes" },
    private: { kind: "flag", summary: "attributes for this clone alone, in .git/info/attributes" },
    chain: { kind: "flag", summary: "put a line into hooks of others that are written for sh or bash" },
    program: { kind: "text", value: "PROGRAM", summary: "how git calls this program; a name on PATH, or a whole path" },
    dryRun: { kind: "flag", summary: "show what would change; write nothing" },
  },
  examples: [
    { line: "sotto git install", shows: "once a clone" },
    { line: "sotto git install --redacted --private", shows: "only here, and without values on the screen" },
  ],
  async run(session, { options }) {
    const { installInGit } = await import("../../app/commands/git.ts")
    return installInGit(session, options)
  },
})

export const gitStatusCommand = command({
  details: [
    "Looks at the settings, attributes and hooks of this clone, and at every tracked sealed file. Each finding " +
      "has a code and a command that fixes it; the status is 1 if there is one. Nothing is written, and no key is " +
      "needed.",
  ],
  arguments: {},
  options: {},
  examples: [{ line: "sotto git status", shows: "does git show and merge sealed files here?" }],
  async run(session, { options }) {
    const { gitStatus } = await import("../../app/commands/git.ts")
    return gitStatus(session, options)
  },
})

export const gitUninstallCommand = command({
  details: [
    "Removes what `sotto git install` wrote: the settings, the block of attributes, the hooks, and the lines in " +
      "hooks of others. A setting that has another value by now is named and stays.",
  ],
  arguments: {},
  options: {
    global: { kind: "flag", summary: "what was installed for all repositories of this user" },
    keepAttributes: { kind: "flag", summary: "leave the block of attributes, which other clones may use" },
  },
  examples: [{ line: "sotto git uninstall", shows: "git treats sealed files as text again" }],
  async run(session, { options }) {
    const { uninstallFromGit } = await import("../../app/commands/git.ts")
    return uninstallFromGit(session, options)
  },
})
