import { inputType } from "../option-groups.ts"
import { command } from "../spec.ts"

export const keys = command({
  details: [
    "With files: who can open them, by the names of the config, and which of these keys you hold. Without: the " +
      "identities found here, and every place that was searched.",
  ],
  arguments: { files: { kind: "many", completes: "file", summary: "sealed files" } },
  options: { inputType },
  examples: [
    { line: "sotto keys", shows: "which identities do I hold?" },
    { line: "sotto keys secrets.yaml", shows: "who can open this file?" },
  ],
  async run(session, { args, options }) {
    const { listKeys } = await import("../../app/commands/keys.ts")
    return listKeys(session, { ...options, files: args.files })
  },
})
