import { dryRun, followLinks, inputType, openOptions, yes } from "../option-groups.ts"
import { command } from "../spec.ts"

export const syncCommand = command({
  details: [
    "Finds every sealed file by its content, compares its recipients with the rule of the config, shows what would " +
      "change, and asks once for all. A data key is wrapped again only where something differs.",
    "With --check nothing is written, no key is needed, and the status is 1 when a file does not follow its rule.",
  ],
  arguments: {
    paths: { kind: "many", completes: "file", summary: "folders and files; the working folder when absent" },
  },
  options: {
    check: { kind: "flag", summary: "fail when something would change, and write nothing; no key is needed" },
    yes,
    dryRun,
    inputType,
    followLinks,
    ...openOptions,
  },
  examples: [
    { line: "sotto sync", shows: "make all files of this folder follow the config" },
    { line: "sotto sync --check", shows: "in CI: do they?" },
  ],
  async run(session, { args, options }) {
    const { syncFiles } = await import("../../app/commands/sync.ts")
    const paths = args.paths.length === 0 ? ["."] : args.paths
    return syncFiles(session, { ...options, paths }, { isStrict: false })
  },
})

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
