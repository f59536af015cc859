import { command } from "../spec.ts"

export const mergeDriverCommand = command({
  details: [
    "Git calls this for a sealed file that two branches changed, once `sotto git install` has told it to. The " +
      "versions are opened in memory and merged by key, and the result is sealed: plaintext never reaches the work " +
      "tree.",
    "In a conflict the file stays as yours, git keeps all three versions, and `sotto resolve` continues from " +
      "there. It uses no network, asks nothing and starts no program, unless your own git config says `sotto.online " +
      "= true`.",
  ],
  arguments: {
    base: { kind: "required", completes: "file", summary: "the common ancestor; empty when both sides added the file" },
    ours: { kind: "required", completes: "file", summary: "our version, which the result replaces" },
    theirs: { kind: "required", completes: "file", summary: "their version" },
    size: { kind: "optional", completes: null, summary: "length of conflict markers" },
    path: { kind: "optional", completes: null, summary: "the file in the work tree" },
    labelBase: { kind: "optional", completes: null, summary: "what git calls the common ancestor" },
    labelOurs: { kind: "optional", completes: null, summary: "what git calls our version" },
    labelTheirs: { kind: "optional", completes: null, summary: "what git calls their version" },
  },
  options: {
    verbose: { kind: "flag", summary: "say what was merged; SOTTO_MERGE_VERBOSE=1 does the same" },
  },
  // Whatever else goes wrong is a conflict, and has its status.
  failureExit: 64,
  examples: [
    {
      line: "sotto merge-driver -- %O %A %B %L %P %S %X %Y",
      shows: "as `sotto git install` writes it into the config",
    },
  ],
  async run(session, { args, options }) {
    const { mergeDriver } = await import("../../app/commands/merge-driver.ts")
    const labels = [args.labelBase, args.labelOurs, args.labelTheirs]
    return mergeDriver(session, { ...args, labels, verbose: options.verbose })
  },
})
