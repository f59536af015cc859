import { inputType } from "../option-groups.ts"
import { command } from "../spec.ts"

export const whoCommand = command({
  details: [
    "Reads only the metadata, so no key is needed. A recipient that the config does not name is shown as it is.",
  ],
  arguments: {
    paths: { kind: "many", completes: "file", summary: "files and folders; the working folder when absent" },
  },
  options: {
    by: {
      kind: "choice",
      value: "WHAT",
      choices: ["file", "person"],
      summary: "file: the readers of each file (the default); person: the files of each reader",
    },
    inputType,
  },
  examples: [
    { line: "sotto who secrets.yaml", shows: "who can read this file?" },
    { line: "sotto who --by person", shows: "what can each of us read?" },
  ],
  async run(session, { args, options }) {
    const { listReaders } = await import("../../app/commands/who.ts")
    const paths = args.paths.length === 0 ? ["."] : args.paths
    return listReaders(session, { ...options, by: options.by ?? "file", paths })
  },
})
