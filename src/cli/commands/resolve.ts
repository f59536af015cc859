import { keepEnv } from "../option-groups.ts"
import { command } from "../spec.ts"

export const resolveCommand = command({
  details: [
    "Continues where a merge of sealed files stopped. The editor shows the merged text, with git's markers only " +
      "around the values that both sides changed. What you save is sealed, written and staged. The text is in a " +
      "private folder, never in the work tree.",
    "--take decides one path, and --ours or --theirs the rest; `--take ours:.` keeps a file that the other side " +
      "removed. All of these are about values. Who may read the file is decided by --metadata, or by one question " +
      "for all files.",
  ],
  arguments: {
    files: { kind: "many", completes: "file", summary: "files in conflict; all sealed ones when absent" },
  },
  options: {
    ours: { kind: "flag", summary: "take our value wherever both sides changed one" },
    theirs: { kind: "flag", summary: "take their value wherever both sides changed one" },
    take: { kind: "list", value: "SIDE:PATH", summary: "decide one path: ours:db.password, theirs:db.password" },
    metadata: {
      kind: "choice",
      choices: ["ours", "theirs", "rule"],
      summary: "whose recipients, threshold and selectors count; rule: those of the config in the work tree",
    },
    keepRecipient: {
      kind: "list",
      value: "RECIPIENT",
      summary: "a recipient that may read the file, although no rule names it",
    },
    list: { kind: "flag", summary: "only list what is in conflict; write nothing" },
    noStage: { kind: "flag", summary: "write the file, and leave the index as it is" },
    keepEnv,
  },
  examples: [
    { line: "sotto resolve", shows: "decide what is open in an editor" },
    { line: "sotto resolve --list", shows: "which paths are in conflict?" },
    {
      line: "sotto resolve --take theirs:db.password --ours app.yaml",
      shows: "one value from theirs, the rest from ours",
    },
  ],
  async run(session, { args, options }) {
    const { resolve } = await import("../../app/commands/resolve.ts")
    return resolve(session, { ...options, files: args.files, stage: !options.noStage })
  },
})
