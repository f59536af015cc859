import { clearOptions, followLinks, openOptions, readOptions } from "../option-groups.ts"
import { command } from "../spec.ts"
import { place } from "../target.ts"

export const unsetCommand = command({
  details: ["Removes the lines of the entry and its own comments, and nothing else."],
  arguments: {
    file: { kind: "required", completes: "file", summary: "the sealed file" },
    path: { kind: "required", completes: "key path", summary: 'what to remove: db.users[0] or \'["db"]["users"][0]\'' },
  },
  options: {
    idempotent: { kind: "flag", summary: "if there is no such entry, leave the file alone and succeed" },
    ...clearOptions,
    followLinks,
    ...readOptions,
    ...openOptions,
  },
  examples: [{ line: "sotto unset secrets.yaml db.old_password", shows: "remove a value" }],
  async run(session, { args, options }) {
    const { unsetValue } = await import("../../app/commands/unset.ts")
    return unsetValue(session, { ...options, file: place(args.file), path: args.path })
  },
})
