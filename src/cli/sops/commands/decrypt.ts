import { type Action, type Input } from "../commands.ts"
import { failure } from "../messages.ts"
import { commonOptions, onlyFile, requireFile, targetOptions, typeOptions } from "../options.ts"

export const decrypt: Action = async (session, input) => {
  const { flags, args } = input
  const isStdin = args.length === 0
  if (isStdin && flags.isOn("in-place")) {
    throw failure("OPTIONS_CONFLICT", 8, "Error: cannot use --in-place when reading from stdin")
  }
  const source = onlyFile(session, args)
  const target = targetOptions(flags)
  if (source !== null) requireFile(session, source)
  const { decryptFiles } = await import("../../../app/commands/decrypt.ts")
  return decryptFiles(session, { ...decryptOptions(input), ...target, files: [source] })
}

/** What the old form has too. */
export function decryptOptions(input: Input) {
  const { flags } = input
  return {
    ...commonOptions(input),
    ...typeOptions(flags),
    extract: flags.optional("extract"),
    ignoreMac: flags.isOn("ignore-mac"),
    mode: undefined,
  }
}
