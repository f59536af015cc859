import { type ValueSource } from "../../app/commands/set.ts"
import { clearOptions, followLinks, openOptions, readOptions } from "../option-groups.ts"
import { command } from "../spec.ts"
import { place } from "../target.ts"
import { AppError } from "../../errors/app-error.ts"

export const setCommand = command({
  details: [
    "The value is JSON, as in sops: put text in double quotes. With --string, and at the hidden prompt that " +
      "appears when you give no value, it is plain text.",
    "Other users of the machine can see an argument while the command runs. For a secret, use the prompt, " +
      "--value-stdin or --value-file.",
    "With --string these two leave out the line end after a single line. A text of several lines, such as a private " +
      "key, is stored byte for byte, and so is any value given as JSON.",
  ],
  arguments: {
    file: { kind: "required", completes: "file", summary: "the sealed file" },
    path: {
      kind: "required",
      completes: "key path",
      summary: 'where the value goes: db.users[0] or \'["db"]["users"][0]\'',
    },
    value: {
      kind: "optional",
      completes: null,
      summary: "the value, or with --value-file the file that holds it",
    },
  },
  options: {
    string: { kind: "flag", summary: "the value is plain text, not JSON" },
    valueFile: { kind: "flag", summary: "VALUE names a file that holds the value" },
    valueStdin: { kind: "flag", summary: "read the value from standard input" },
    create: {
      kind: "flag",
      summary: "make a new key without asking, even if its name is close to another or it takes the place of values",
    },
    idempotent: { kind: "flag", summary: "do not touch the file if it has that value already" },
    ...clearOptions,
    followLinks,
    ...readOptions,
    ...openOptions,
  },
  examples: [
    { line: "sotto set secrets.yaml db.password", shows: "ask for the value without showing it" },
    { line: 'sotto set secrets.yaml \'["db"]["port"]\' 5432', shows: "set a number" },
    {
      line: "openssl rand -hex 16 | sotto set --string --value-stdin secrets.yaml api.token",
      shows: "read it from a program",
    },
  ],
  async run(session, { args, options }) {
    const { valueFile, valueStdin, ...rest } = options
    const value = valueSource(args.value, { valueFile, valueStdin })
    const { setValue } = await import("../../app/commands/set.ts")
    return setValue(session, { ...rest, file: place(args.file), path: args.path, value })
  },
})

function valueSource(word: string | undefined, options: { valueFile: boolean; valueStdin: boolean }): ValueSource {
  if (options.valueFile && options.valueStdin) {
    throw new AppError("OPTIONS_CONFLICT", {}, { subject: "--value-file and --value-stdin" })
  }
  if (options.valueStdin) {
    if (word !== undefined)
      throw new AppError("ARGUMENT_UNEXPECTED", {}, { hint: "the value comes from standard input" })
    return { from: "stdin" }
  }
  if (options.valueFile) {
    if (word === undefined) throw new AppError("ARGUMENT_MISSING", {}, { subject: "the file that holds the value" })
    return { from: "file", file: word }
  }
  return word === undefined ? { from: "prompt" } : { from: "argument", text: word }
}

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
    const { unsetValue } = await import("../../app/commands/set.ts")
    return unsetValue(session, { ...options, file: place(args.file), path: args.path })
  },
})
