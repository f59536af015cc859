import { command } from "../spec.ts"

export const shimCommand = command({
  details: [
    "When it is called by the name `sops`, this program takes the command lines of sops and answers as sops does; " +
      "see docs/compatibility.md. This command makes a link of that name, and prints its path. `sotto sops ...`, " +
      "and SOTTO_COMPAT=sops in the environment, do the same without a link.",
  ],
  arguments: {
    folder: { kind: "required", completes: "file", summary: "a folder of PATH, before that of another sops" },
  },
  options: { force: { kind: "flag", summary: "replace an existing `sops`" } },
  examples: [
    { line: "sotto shim ~/.local/bin", shows: "from now on `sops` is sotto" },
    { line: "sotto sops -d secrets.yaml", shows: "one command line of sops" },
  ],
  async run(session, { args, options }) {
    const { makeShim } = await import("../../app/commands/shim.ts")
    return makeShim(session, { folder: args.folder, force: options.force })
  },
})
