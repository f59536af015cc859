import { childOptions, indent, inputType, openOptions, outputType } from "../option-groups.ts"
import { command } from "../spec.ts"
import { source } from "../target.ts"
import { AppError } from "../../errors/app-error.ts"

export const execEnvCommand = command({
  details: [
    "For scripts written for sops: the command is one text that /bin/sh runs. `sotto run` needs no shell, and " +
      "takes several files and nested keys.",
  ],
  arguments: {
    file: { kind: "required", completes: "file", summary: "the sealed file; - is standard input" },
    command: { kind: "required", completes: null, summary: "one command line for the shell" },
  },
  options: {
    background: { kind: "flag", summary: "do not wait for the command (deprecated)" },
    pristine: { kind: "flag", summary: "start with an empty environment" },
    verbatim: { kind: "flag", summary: "values of .env files as stored, quotes and comments included" },
    sameProcess: { kind: "flag", summary: "let the command replace this process" },
    user: { kind: "text", value: "NAME", summary: "run the command as this user" },
    ...childOptions,
    inputType,
    ...openOptions,
  },
  examples: [
    { line: "sotto exec-env secrets.env './server --port 80'", shows: "run a command line with the values set" },
  ],
  async run(session, { args, options }) {
    if (options.sameProcess && options.background) {
      throw new AppError("OPTIONS_CONFLICT", {}, { subject: "--same-process and --background" })
    }
    const { execEnv } = await import("../../app/commands/exec-env.ts")
    return execEnv(session, { ...options, file: source(args.file), command: args.command })
  },
})

export const execFileCommand = command({
  details: [
    "Every {} in the command line is replaced by the path of a private file that holds the plaintext. It is a pipe, " +
      "which can be read once and never touches a disk, unless --no-fifo is given. It is gone when the command ends.",
  ],
  arguments: {
    file: { kind: "required", completes: "file", summary: "the sealed file; - is standard input" },
    command: {
      kind: "required",
      completes: null,
      summary: "one command line for the shell, with {} for the file",
    },
  },
  options: {
    background: { kind: "flag", summary: "do not wait for the command (deprecated)" },
    noFifo: { kind: "flag", summary: "a regular file instead of a pipe" },
    filename: { kind: "text", value: "NAME", summary: "name of the file that the command sees" },
    pristine: { kind: "flag", summary: "start with an empty environment" },
    user: { kind: "text", value: "NAME", summary: "run the command as this user" },
    ...childOptions,
    inputType,
    outputType,
    ...openOptions,
    indent,
  },
  examples: [{ line: "sotto exec-file secrets.json 'jq .db {}'", shows: "give a program a file with the plaintext" }],
  async run(session, { args, options }) {
    const { execFile } = await import("../../app/commands/exec-file.ts")
    return execFile(session, { ...options, file: source(args.file), command: args.command })
  },
})
