import { type Outcome, type Session } from "../../../app/session.ts"
import { AppError } from "../../../errors/app-error.ts"
import { type Action, type SopsInput } from "../commands.ts"
import { noFile } from "../messages.ts"
import {
  clearAllowed,
  commonOptionsOf,
  onlyFile,
  recipientOptionsOf,
  selectorOptionsOf,
  typeOptionsOf,
} from "../options.ts"

export const editAction: Action = async (session, input) => {
  if (input.args.length === 0) throw noFile()
  return editNamed(session, input, onlyFile(session, input.args)!)
}

/** What the old form does too. Upstream has other words and another status than `encrypt` when keys cannot be wrapped. */
export async function editNamed(session: Session, input: SopsInput, file: string): Promise<Outcome> {
  const { editFile } = await import("../../../app/commands/edit.ts")
  try {
    return await editFile(session, { ...editOptions(input), file })
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "WRAP_FAILED") throw error
    const reasons = (error.detail.notes ?? []).join(" ")
    const asUpstream = `Error encrypting the data key with one or more master keys: [${reasons}]`
    throw new AppError(error.code, error.where, { ...error.detail, exit: 128, asUpstream })
  }
}

function editOptions(input: SopsInput) {
  const { flags } = input
  return {
    ...commonOptionsOf(input),
    ...typeOptionsOf(flags),
    ...recipientOptionsOf(flags),
    ...selectorOptionsOf(input),
    ...clearAllowed,
    resume: false,
    showMasterKeys: flags.isOn("show-master-keys"),
    ignoreMac: flags.isOn("ignore-mac"),
    keepEnv: true,
    followLinks: false,
  }
}
