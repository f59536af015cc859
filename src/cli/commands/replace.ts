import { clearOptions, followLinks, inputType, openOptions, yes } from "../option-groups.ts"
import { command } from "../spec.ts"

export const replaceCommand = command({
  details: [
    "For a value that has leaked: replaces it in every sealed file that you name, or that is in a folder you " +
      "name. Tokens of other values stay as they are. Change the value where it is used first; this only updates " +
      "the copies.",
    "Both values are asked for without being shown, or come from standard input; they are never arguments. With " +
      "--old-stdin and --new-stdin together, the first line is the old value and the second the new one.",
  ],
  arguments: {
    paths: { kind: "some", completes: "file", summary: "sealed files, and folders with sealed files in them" },
  },
  options: {
    oldStdin: { kind: "flag", summary: "read the old value from standard input" },
    newStdin: { kind: "flag", summary: "read the new value from standard input" },
    inside: { kind: "flag", summary: "replace copies within longer values too, such as the password of a URL" },
    yes,
    dryRun: { kind: "flag", summary: "show where the value is; write nothing" },
    inputType,
    followLinks,
    ...clearOptions,
    ...openOptions,
  },
  examples: [
    {
      line: "sotto replace secrets/",
      shows: "ask for the old and the new value, show where it is, and replace it",
    },
    {
      line: 'printf \'%s\\n\' "$OLD" "$NEW" | sotto replace --old-stdin --new-stdin --inside --yes .',
      shows: "the same in a script",
    },
  ],
  async run(session, { args, options }) {
    const { replaceValue } = await import("../../app/commands/replace.ts")
    return replaceValue(session, { ...options, paths: args.paths })
  },
})
