import { type Action, type SopsInput } from "../commands.ts"
import { failure } from "../messages.ts"
import {
  clearAllowed,
  commonOptionsOf,
  onlyFile,
  recipientOptionsOf,
  requireFile,
  selectorOptionsOf,
  targetOptionsOf,
  typeOptionsOf,
} from "../options.ts"

export const encryptAction: Action = async (session, input) => {
  const { flags, args } = input
  const isStdin = args.length === 0
  if (isStdin && flags.isOn("in-place")) {
    throw failure("OPTIONS_CONFLICT", 8, "Error: cannot use --in-place when reading from stdin")
  }
  if (isStdin && flags.text("filename-override") === "") {
    throw failure("NAME_MISSING", 8, "Error: must specify --filename-override when reading from stdin")
  }
  const source = onlyFile(session, args)
  const target = targetOptionsOf(flags)
  if (source !== null) requireFile(session, source)
  const { encryptFiles } = await import("../../../app/commands/encrypt.ts")
  return encryptFiles(session, { ...encryptOptionsOf(input), ...target, files: [source] })
}

/** What the old form has too. */
export function encryptOptionsOf(input: SopsInput) {
  return {
    ...commonOptionsOf(input),
    ...typeOptionsOf(input.flags),
    ...recipientOptionsOf(input.flags),
    ...selectorOptionsOf(input),
    ...clearAllowed,
    container: false,
    forceNew: true,
  }
}
