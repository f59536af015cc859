import { clearOptions, dryRun, followLinks, inputType, openOptions, yes } from "../option-groups.ts"
import { command } from "../spec.ts"

const { allowClear, allowClearAlias, allowEmptySelection } = clearOptions

export const migrate = command({
  details: [
    "Finds every sealed file by its content, compares what is sealed in it with the rule of the config, shows what would " +
      "change, and asks once for all. Selectors, what the MAC covers (`mac_only_encrypted`) and comments (`comments`) " +
      "are then those of the rule. Recipients and the data key stay: see `sotto sync` and `sotto rotate`.",
    "A value that is sealed and would come to stand in the clear is asked about, also with --yes: without a terminal " +
      "each of them has to be named by --allow-clear. The history has its tokens only, but from then on anybody reads it.",
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
