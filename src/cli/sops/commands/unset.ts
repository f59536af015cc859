import { type Action } from "../commands.ts"
import { failure } from "../messages.ts"
import { changeOptionsOf } from "./set.ts"

export const unsetAction: Action = async (session, input) => {
  const [file = "", path = ""] = input.args
  if (input.args.length !== 2) {
    throw failure("ARGUMENT_MISSING", 100, "Error: no file specified, or index is missing")
  }
  const { unsetValue } = await import("../../../app/commands/unset.ts")
  return unsetValue(session, { ...changeOptionsOf(input), file, path, idempotent: input.flags.isOn("idempotent") })
}
