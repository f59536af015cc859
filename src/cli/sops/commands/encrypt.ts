import { type Action, type Input } from "../commands.ts"
import { failure } from "../messages.ts"
import {
  clearOptions,
  commonOptions,
  onlyFile,
  recipientOptions,
  requireFile,
  selectorOptions,
  targetOptions,
  typeOptions,
} from "../options.ts"

export const encrypt: Action = async (session, input) => {
  const { flags, args } = input
  const isStdin = args.length === 0
  if (isStdin && flags.isOn("in-place")) {
    throw failure("OPTIONS_CONFLICT", 8, "Error: cannot use --in-place when reading from stdin")
  }
  if (isStdin && flags.text("filename-override") === "") {
    throw failure("NAME_MISSING", 8, "Error: must specify --filename-override when reading from stdin")
  }
  const source = onlyFile(session, args)
  const target = targetOptions(flags)
  if (source !== null) requireFile(session, source)
  const { encryptFiles } = await import("../../../app/commands/encrypt.ts")
  return encryptFiles(session, { ...encryptOptions(input), ...target, files: [source] })
}

/** What the old form has too. */
export function encryptOptions(input: Input) {
  return {
    ...commonOptions(input),
    ...typeOptions(input.flags),
    ...recipientOptions(input.flags),
    ...selectorOptions(input),
    ...clearOptions,
    container: false,
    forceNew: true,
  }
}
