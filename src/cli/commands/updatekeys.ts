import { dryRun, followLinks, inputType, openOptions, yes } from "../option-groups.ts"
import { command } from "../spec.ts"

export const updatekeysCommand = command({
  details: [
    "Compares the recipients of each file with its rule, shows what would change, and asks once for all. The data " +
      "key stays and is wrapped for the new recipients; no value, MAC or date changes.",
  ],
  arguments: {
    files: { kind: "some", completes: "file", summary: "sealed files, and folders with sealed files in them" },
  },
  options: { yes, dryRun, inputType, followLinks, ...openOptions },
  examples: [
    { line: "sotto updatekeys secrets.yaml", shows: "show the changes, and ask" },
    { line: "sotto updatekeys -y a.yaml b.yaml secrets/", shows: "change them all" },
  ],
  async run(session, { args, options }) {
    const { syncFiles } = await import("../../app/commands/sync.ts")
    return syncFiles(session, { ...options, paths: args.files, check: false }, { isStrict: true })
  },
})
