import { type Action } from "../commands.ts"
import { typeOptions, warn } from "../options.ts"
import { childOptions, told, twoArguments, withUser } from "./exec-env.ts"

export const execFile: Action = async (session, input) => {
  const { flags, args } = input
  const [file, command] = twoArguments(args)
  if (flags.isOn("background")) {
    warn(session, "exec-file's --background option is deprecated and will be removed in a future version of sops")
  }
  const { execFile: start } = await import("../../../app/exec-file.ts")
  const options = {
    ...childOptions(input),
    ...typeOptions(flags),
    file,
    command,
    noFifo: flags.isOn("no-fifo"),
    filename: flags.optional("filename"),
  }
  return withUser(async () => told(session, await start(session, options)))
}
