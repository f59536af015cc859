import { type Action, type Input } from "../commands.ts"
import { noFile } from "../messages.ts"
import { clearOptions, commonOptions, onlyFile, recipientOptions, selectorOptions, typeOptions } from "../options.ts"

export const edit: Action = async (session, input) => {
  if (input.args.length === 0) throw noFile()
  const file = onlyFile(session, input.args)!
  const { editFile } = await import("../../../app/commands/edit.ts")
  return editFile(session, { ...editOptions(input), file })
}

/** What the old form has too. */
export function editOptions(input: Input) {
  const { flags } = input
  return {
    ...commonOptions(input),
    ...typeOptions(flags),
    ...recipientOptions(flags),
    ...selectorOptions(input),
    ...clearOptions,
    resume: false,
    showMasterKeys: flags.isOn("show-master-keys"),
    ignoreMac: flags.isOn("ignore-mac"),
    keepEnv: true,
    followLinks: false,
  }
}
