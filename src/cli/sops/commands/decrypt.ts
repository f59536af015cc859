import { type Action, type SopsInput } from "../commands.ts"
import { failure } from "../messages.ts"
import { commonOptionsOf, onlyFile, requireFile, targetOptionsOf, typeOptionsOf } from "../options.ts"

export const decryptAction: Action = async (session, input) => {
  const { flags, args } = input
  const isStdin = args.length === 0
  if (isStdin && flags.isOn("in-place")) {
    throw failure("OPTIONS_CONFLICT", 8, "Error: cannot use --in-place when reading from stdin")
  }
  const source = onlyFile(session, args)
  const target = targetOptionsOf(flags)
  if (source !== null) requireFile(session, source)
  const { decryptFiles } = await import("../../../app/commands/decrypt.ts")
  return decryptFiles(session, { ...decryptOptionsOf(input), ...target, files: [source] })
}

/** What the old form has too. */
export function decryptOptionsOf(input: SopsInput) {
  const { flags } = input
  return {
    ...commonOptionsOf(input),
    ...typeOptionsOf(flags),
    extract: flags.optional("extract"),
    ignoreMac: flags.isOn("ignore-mac"),
    mode: undefined,
  }
}
