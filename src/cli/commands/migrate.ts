import { clearOptions, dryRun, followLinks, inputType, openOptions, yes } from "../option-groups.ts"
import { command } from "../spec.ts"

const { allowClear, allowClearAlias, allowEmptySelection } = clearOptions

export const migrateCommand = command({
  details: [
    "Finds every sealed file by its content, compares what is sealed in it with the rule of the config, shows " +
      "what would change, and asks once for all. The file then has the selectors, `mac_only_encrypted` and " +
      "`comments` of the rule. Recipients and the data key stay: see `sotto sync` and `sotto rotate`.",
    "Before a sealed value is left in the clear you are asked, also with --yes; without a terminal, name each of " +
      "them with --allow-clear. The history holds only tokens of it, but from then on anybody can read it.",
  ],
  arguments: {
    paths: { kind: "many", completes: "file", summary: "folders and files; the working folder when absent" },
  },
  options: {
    yes,
    dryRun,
    allowClear,
    allowClearAlias,
    allowEmptySelection,
    inputType,
    followLinks,
    ...openOptions,
  },
  examples: [
    { line: "sotto migrate --dry-run", shows: "which files select other values than their rule; no key is needed" },
    { line: "sotto migrate secrets/", shows: "seal the files of a folder by their rules" },
  ],
  async run(session, { args, options }) {
    const { migrateFiles } = await import("../../app/commands/migrate.ts")
    return migrateFiles(session, { ...options, paths: args.paths.length === 0 ? ["."] : args.paths })
  },
})
