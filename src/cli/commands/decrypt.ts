import { AppError } from "../../errors/app-error.ts"
import { indent, openOptions, targetOptions, typeOptions } from "../option-groups.ts"
import { command } from "../spec.ts"
import { outputOf, sources } from "../target.ts"

export const decryptCommand = command({
  details: [
    "Prints the file as it was before it was sealed, byte for byte. Nothing is printed or written before the MAC is " +
      "checked.",
  ],
  arguments: {
    files: { kind: "many", completes: "file", summary: "sealed files; standard input when absent or -" },
  },
  options: {
    ...targetOptions,
    extract: { kind: "text", value: "PATH", summary: 'print one value only: \'["db"]["users"][0]\' or db.users[0]' },
    ignoreMac: {
      kind: "flag",
      summary: "print although the MAC does not match; the values may have been tampered with",
    },
    mode: {
      kind: "number",
      base: 8,
      value: "MODE",
      summary: "permissions of a new plaintext file in octal; 0600 when absent",
    },
    ...typeOptions,
    ...openOptions,
    indent,
  },
  examples: [
    { line: "sotto decrypt secrets.yaml", shows: "print a file in the clear" },
    { line: 'sotto decrypt --extract \'["db"]["password"]\' secrets.yaml', shows: "print one value" },
    { line: "sotto decrypt --output-type json secrets.yaml", shows: "print a YAML file as JSON" },
    { line: "sotto decrypt -i a.yaml b.yaml", shows: "open files in place" },
  ],
  async run(session, { args, options }) {
    const files = sources(args.files, options)
    if (options.ignoreMac && options.inPlace) {
      // The sealed file would be gone, and the next seal would vouch for what nobody did.
      const hint = "print it, or write it to another file with --output"
      throw new AppError("OPTIONS_CONFLICT", {}, { subject: "--in-place and --ignore-mac", hint })
    }
    const { decryptFiles } = await import("../../app/commands/decrypt.ts")
    return decryptFiles(session, { ...options, output: outputOf(options), files })
  },
})
