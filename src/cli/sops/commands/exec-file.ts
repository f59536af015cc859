import { type Action } from "../commands.ts"
import { typeOptions, warn } from "../options.ts"
import { childOptions, told, twoArguments, withUser } from "./exec-env.ts"

export const execFile: Action = async (session, input) => {
  const { flags, args } = input
  const [file, command] = twoArguments(args)
  if (flags.isOn("background")) {
    warn(session, "--background of exec-file is deprecated")
  }
  const { execFile: start } = await import("../../../app/commands/exec-file.ts")
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
