import { type Action } from "../commands.ts"
import { typeOptionsOf, warn } from "../options.ts"
import { childOptionsOf, told, twoArguments, withUser } from "./exec-env.ts"

export const execFileAction: Action = async (session, input) => {
  const { flags, args } = input
  const [file, command] = twoArguments(args)
  if (flags.isOn("background")) {
    warn(session, "--background of exec-file is deprecated")
  }
  const { execFile } = await import("../../../app/commands/exec-file.ts")
  const options = {
    ...childOptionsOf(input),
    ...typeOptionsOf(flags),
    file,
    command,
    noFifo: flags.isOn("no-fifo"),
    filename: flags.optional("filename"),
  }
  return withUser(async () => told(session, await execFile(session, options)))
}
