import { inputType } from "../option-groups.ts"
import { command } from "../spec.ts"
import { source } from "../target.ts"

export const filestatusCommand = command({
  details: [
    'Prints {"encrypted":true} or {"encrypted":false}, which is what `sops` prints; at a terminal, without --json, a line ' +
      "for people. No key is needed.",
  ],
  arguments: { file: { kind: "required", completes: "file", summary: "the file; - is standard input" } },
  options: { inputType },
  examples: [{ line: "sotto filestatus secrets.yaml", shows: "tell whether a file is sealed" }],
  async run(session, { args, options }) {
    const { fileStatus } = await import("../../app/commands/filestatus.ts")
    return fileStatus(session, { ...options, file: source(args.file) })
  },
})
