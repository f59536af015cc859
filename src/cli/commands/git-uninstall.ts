import { command } from "../spec.ts"

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
    const { uninstallFromGit } = await import("../../app/commands/git-uninstall.ts")
    return uninstallFromGit(session, options)
  },
})
