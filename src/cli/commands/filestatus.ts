import { inputType } from "../option-groups.ts"
import { command } from "../spec.ts"
import { source } from "../target.ts"

export const filestatus = command({
  details: ['Prints {"encrypted":true} or {"encrypted":false}. No key is needed.'],
  arguments: { file: { kind: "required", completes: "file", summary: "the file; - is standard input" } },
  options: { inputType },
  examples: [{ line: "sotto filestatus secrets.yaml", shows: "tell whether a file is sealed" }],
  async run(session, { args, options }) {
    const { isSealedFile } = await import("../../app/commands/filestatus.ts")
    const encrypted = await isSealedFile(session, { ...options, file: source(args.file) })
    return { output: `${JSON.stringify({ encrypted })}\n` }
  },
})
