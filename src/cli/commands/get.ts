import { indent, openOptions, typeOptions } from "../option-groups.ts"
import { command } from "../spec.ts"
import { source } from "../target.ts"

export const getCommand = command({
  details: [
    "Text is printed as it is, without a final newline; lists, mappings and other values are printed in the " +
      "output format.",
  ],
  arguments: {
    file: { kind: "required", completes: "file", summary: "the sealed file; - is standard input" },
    path: {
      kind: "required",
      completes: "key path",
      summary: 'where the value stands: db.users[0] or \'["db"]["users"][0]\'',
    },
  },
  options: {
    ignoreMac: {
      kind: "flag",
      summary: "print although the MAC does not match; the value may have been tampered with",
    },
    ...typeOptions,
    ...openOptions,
    indent,
  },
  examples: [{ line: "sotto get secrets.yaml db.password", shows: "print one value" }],
  async run(session, { args, options }) {
    const { getValue } = await import("../../app/commands/get.ts")
    return getValue(session, { ...options, file: source(args.file), path: args.path })
  },
})
