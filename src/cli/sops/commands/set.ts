import { type ValueSource } from "../../../app/commands/set.ts"
import { type Action, type SopsInput } from "../commands.ts"
import { failure } from "../messages.ts"
import { clearAllowed, commonOptionsOf, typeOptionsOf } from "../options.ts"

export const setAction: Action = async (session, input) => {
  const { flags, args } = input
  const value = valueOf(input)
  const [file = "", path = ""] = args
  const { setValue } = await import("../../../app/commands/set.ts")
  return setValue(session, {
    ...changeOptionsOf(input),
    file,
    path,
    value,
    string: false,
    idempotent: flags.isOn("idempotent"),
  })
}

function valueOf({ flags, args }: SopsInput): ValueSource {
  const [isFile, isStdin] = [flags.isOn("value-file"), flags.isOn("value-stdin")]
  if (isFile && isStdin) {
    throw failure("OPTIONS_CONFLICT", 1, "Error: cannot use both --value-file and --value-stdin")
  }
  if (isStdin) {
    if (args.length === 2) return { from: "stdin" }
    const need = "Need precisely 2 positional arguments since --value-stdin is used."
    throw failure("ARGUMENT_MISSING", 100, `Error: file specified, or index and value are missing. ${need}`)
  }
  if (args.length !== 3) {
    const need = "Need precisely 3 positional arguments."
    throw failure("ARGUMENT_MISSING", 100, `Error: no file specified, or index and value are missing. ${need}`)
  }
  const word = args[2]!
  return isFile ? { from: "file", file: word } : { from: "argument", text: word }
}

/** What `unset` and the old form have too. */
export function changeOptionsOf(input: SopsInput) {
  const { flags } = input
  return {
    ...commonOptionsOf(input),
    ...typeOptionsOf(flags),
    ...clearAllowed,
    ignoreMac: flags.isOn("ignore-mac"),
    followLinks: false,
  }
}

export const unsetAction: Action = async (session, input) => {
  const [file = "", path = ""] = input.args
  if (input.args.length !== 2) {
    throw failure("ARGUMENT_MISSING", 100, "Error: no file specified, or index is missing")
  }
  const { unsetValue } = await import("../../../app/commands/set.ts")
  return unsetValue(session, { ...changeOptionsOf(input), file, path, idempotent: input.flags.isOn("idempotent") })
}
