import { inputType } from "../option-groups.ts"
import { command } from "../spec.ts"

export const keysCommand = command({
  details: [
    "With files: who can open them, by the names of the config, and which of these keys you hold. With a name: its keys " +
      "in the config. Without: the identities found here, and every place that was searched.",
  ],
  arguments: { files: { kind: "many", completes: "file or member", summary: "sealed files, or names of the config" } },
  options: { inputType },
  examples: [
    { line: "sotto keys", shows: "which identities do I hold?" },
    { line: "sotto keys anna", shows: "which keys does the config have for anna?" },
    { line: "sotto keys secrets.yaml", shows: "who can open this file?" },
  ],
  async run(session, { args, options }) {
    const { listKeys } = await import("../../app/commands/keys.ts")
    return listKeys(session, { ...options, files: args.files })
  },
})

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
