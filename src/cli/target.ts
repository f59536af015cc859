import { type Source } from "../app/options.ts"
import { AppError } from "../errors/app-error.ts"

/** A file argument; none, or a lone dash, is standard input. */
export function source(word: string | undefined): Source {
  return word === undefined || word === "-" ? null : word
}

/** What `--output` names; a lone dash is standard output, and no file of that name. */
export function outputOf({ output }: { readonly output: string | undefined }): string | undefined {
  return output === "-" ? undefined : output
}

/**
 * The file of a command that changes it where it stands.
 *
 * @throws {AppError} `OPTIONS_CONFLICT` for a lone dash, which is standard input elsewhere
 */
export function place(word: string): string {
  if (word !== "-") return word
  throw new AppError(
    "OPTIONS_CONFLICT",
    {},
    {
      subject: "standard input is not a file that can be changed",
      hint: "a file of that name is ./-",
    },
  )
}

interface Target {
  readonly inPlace: boolean
  readonly output: string | undefined
}

/**
 * The files of a command that writes to one place: many with `--in-place`, one otherwise.
 *
 * @throws {AppError} `OPTIONS_CONFLICT` as sops has it, with status 8
 */
export function sources(words: readonly string[], { inPlace, output }: Target): readonly Source[] {
  if (inPlace && output !== undefined) throw conflict("--in-place and --output")
  const files = words.length === 0 ? [null] : words.map(source)
  if (inPlace && files.includes(null)) throw conflict("--in-place and standard input")
  if (!inPlace && files.length > 1) throw conflict("several files", "several files need --in-place")
  return files
}

function conflict(subject: string, hint?: string): AppError {
  return new AppError("OPTIONS_CONFLICT", {}, { subject, hint })
}
