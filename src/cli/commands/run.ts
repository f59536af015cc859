import { AppError } from "../../errors/app-error.ts"
import { childOptions, inputType, openOptions } from "../option-groups.ts"
import { command } from "../spec.ts"
import { source } from "../target.ts"

export const runCommand = command({
  details: [
    "Starts the program without a shell, with the values of the files in its environment only. Signals are passed " +
      "on, and its status is returned (128 + n after signal n). 125 is a failure of sotto itself, 126 a program " +
      "that cannot be executed, 127 one that does not exist.",
    "Names must be valid names of variables. Those that make a program load or run code of the file's choosing " +
      "(LD_PRELOAD, NODE_OPTIONS, PATH and the like) are refused unless --allow-env names them, since anybody who can " +
      "change the file could run code with them; docs/threat-model.md lists them. Plain settings pass.",
  ],
  arguments: {
    command: { kind: "some", completes: null, summary: "the program and its arguments, preferably after --" },
  },
  options: {
    file: { kind: "list", short: "f", value: "FILE", summary: "sealed file; may be repeated, and later files win" },
    only: { kind: "list", separator: ",", value: "KEYS", summary: "set these keys only" },
    prefix: { kind: "text", value: "TEXT", summary: "put this before each name" },
    flatten: { kind: "text", value: "TEXT", summary: "join nested keys with this, such as __" },
    pristine: { kind: "flag", summary: "start with an empty environment" },
    verbatim: { kind: "flag", summary: "values of .env files as stored, quotes and comments included" },
    ...childOptions,
    inputType,
    ...openOptions,
  },
  passThrough: true,
  failureExit: 125,
  examples: [
    { line: "sotto run -f secrets.env -- ./server --port 80", shows: "start a server with its secrets" },
    { line: "sotto run -f base.yaml -f prod.yaml --flatten __ -- env", shows: "several files, with nested keys" },
  ],
  async run(session, { args, options }) {
    if (options.file.length === 0) {
      throw new AppError("ARGUMENT_MISSING", {}, { subject: "FILE", hint: "name the sealed file with -f" })
    }
    const { file, prefix, ...rest } = options
    const { runWithValues } = await import("../../app/commands/run.ts")
    return runWithValues(session, { ...rest, files: file.map(source), prefix: prefix ?? "", command: args.command })
  },
})
