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
