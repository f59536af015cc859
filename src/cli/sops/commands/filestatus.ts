import { AppError } from "../../../errors/app-error.ts"
import { type Action } from "../commands.ts"
import { explained, noFile } from "../messages.ts"
import { commonOptionsOf, formatOf } from "../options.ts"

export const filestatusAction: Action = async (session, input) => {
  const [file] = input.args
  if (file === undefined) throw noFile()
  const { isSealedFile } = await import("../../../app/commands/filestatus.ts")
  const inputType = formatOf(input.flags.text("input-type"))
  try {
    const encrypted = await isSealedFile(session, { ...commonOptionsOf(input), file, inputType, ofAnyBytes: true })
    return { output: `${JSON.stringify({ encrypted })}\n` }
  } catch (error) {
    if (!(error instanceof AppError) || error.code.startsWith("CONFIG_")) throw error
    return { fatal: `cannot check file status: cannot load encrypted file: ${await explained(error)}` }
  }
}
