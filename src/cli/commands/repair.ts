import { command } from "../spec.ts"

export const repairCommand = command({
  details: [
    "A server that does not know sealed files merges them by line, which breaks their MAC. This command merges " +
      "each of them again, from exactly the parents of that merge, and compares: if every site of the file is what " +
      "comes out, the file gets a valid MAC. No token changes, and nothing in the file itself is trusted.",
    "What no parent vouches for is named and refused, with status 51: a value that was added, moved, removed or " +
      "brought back. --ignore-mac would accept all of that.",
    "The merge is the newest commit on the first-parent line that made the file what it is; during a merge, it is " +
      "the versions in the index. A squash has lost its parents: name them.",
  ],
  arguments: {
    files: { kind: "some", completes: "file", summary: "sealed files whose MAC does not hold" },
  },
  options: {
    commit: { kind: "text", value: "REV", summary: "the merge that made the file what it is" },
    ours: { kind: "text", value: "REV", summary: "the first parent, where the merge has lost it" },
    theirs: { kind: "text", value: "REV", summary: "the second parent" },
    base: { kind: "text", value: "REV", summary: "their common ancestor; found by git when absent" },
    ci: { kind: "flag", summary: "take no choice made by hand, no other order, and no value that came back" },
    dryRun: { kind: "flag", summary: "only tell; write nothing" },
    stage: { kind: "flag", summary: "add the repaired file to the index" },
  },
  examples: [
    { line: "sotto repair secrets/app.yaml", shows: "after a merge on a forge's web page" },
    { line: "sotto repair --ci --stage secrets/*.yaml", shows: "in a bot that repairs pull requests" },
  ],
  async run(session, { args, options }) {
    const { repair } = await import("../../app/commands/repair.ts")
    return repair(session, { ...options, files: args.files })
  },
})
