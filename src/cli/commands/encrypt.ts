import { clearOptions, indent, openOptions, selectorOptions, targetOptions, typeOptions } from "../option-groups.ts"
import { recipientOptions } from "../recipient-options.ts"
import { command } from "../spec.ts"
import { outputOf, sources } from "../target.ts"

export const encryptCommand = command({
  details: [
    "Seals the values that the config's rule selects, and leaves every other byte as it is. Recipients and rules " +
      "come from the nearest .sopsrc or .sops.yaml, or from options.",
    "When --output names a sealed file, every token whose value did not change stays, and so do the data key, the " +
      "recipients and the selectors of that file.",
  ],
  arguments: {
    files: { kind: "many", completes: "file", summary: "plain files; standard input when absent or -" },
  },
  options: {
    ...targetOptions,
    ...recipientOptions,
    ...selectorOptions,
    ...typeOptions,
    container: {
      kind: "flag",
      summary: "seal the whole file as one value: for a list at the root, and other shapes that sops refuses",
    },
    forceNew: { kind: "flag", summary: "make a new data key although --output names a sealed file" },
    ...clearOptions,
    ...openOptions,
    indent,
  },
  examples: [
    { line: "sotto encrypt -i secrets.yaml", shows: "seal a file in place" },
    { line: "sotto encrypt plain.env -o secrets.env", shows: "seal into another file; what did not change stays" },
    { line: "pbpaste | sotto encrypt --filename-override token.txt -o token.txt", shows: "seal standard input" },
  ],
  async run(session, { args, options }) {
    const files = sources(args.files, options)
    const { encryptFiles } = await import("../../app/commands/encrypt.ts")
    return encryptFiles(session, { ...options, output: outputOf(options), files })
  },
})
