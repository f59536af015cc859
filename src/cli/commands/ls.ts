import { inputType } from "../option-groups.ts"
import { command } from "../spec.ts"
import { source } from "../target.ts"

export const lsCommand = command({
  details: [
    "Each line names a place, the kind of its value, and whether it is sealed. It shows no values and needs no " +
      "key, so it cannot tell whether somebody changed the file.",
  ],
  arguments: { file: { kind: "required", completes: "file", summary: "the sealed file; - is standard input" } },
  options: { inputType },
  examples: [
    { line: "sotto ls secrets.yaml", shows: "which key paths are there, and which are sealed?" },
    { line: "sotto ls --json secrets.yaml", shows: "the same for a script" },
  ],
  async run(session, { args, options }) {
    const { listPaths } = await import("../../app/commands/ls.ts")
    return listPaths(session, { ...options, file: source(args.file) })
  },
})
