import { type RecipientOptions } from "../../../app/options.ts"
import { missingPath } from "../../../app/machine.ts"
import { type Action, type SopsInput } from "../commands.ts"
import { changeFlags, type FlagName, type Flags } from "../flags.ts"
import { goQuoted, failure, noFile } from "../messages.ts"
import {
  clearAllowed,
  commonOptionsOf,
  onlyFile,
  piecesOf,
  recipientsOf,
  recipientsNamed,
  targetOptionsOf,
  typeOptionsOf,
} from "../options.ts"

export const rotateAction: Action = async (session, input) => {
  const { flags, args } = input
  if (args.length === 0) throw noFile()
  const file = onlyFile(session, args)!
  const target = targetOptionsOf(flags)
  const missing = missingPath(session, file)
  if (missing !== null && changeFlags.some((name) => flags.text(name) !== "")) {
    const hint = "use the `edit` subcommand instead."
    const text = `Error: cannot add or remove keys on non-existent file ${goQuoted(missing)}, ${hint}`
    throw failure("FILE_MISSING", 49, text)
  }
  const { rotateFiles } = await import("../../../app/commands/rotate.ts")
  return rotateFiles(session, { ...rotateOptionsOf(input), ...target, files: [file] })
}

/** What the old form has too. */
export function rotateOptionsOf(input: SopsInput) {
  const { flags } = input
  return {
    ...commonOptionsOf(input),
    ...typeOptionsOf(flags),
    ...clearAllowed,
    add: changed(flags, "add"),
    remove: changed(flags, "rm"),
    keepRecipient: [],
  }
}

function changed(flags: Flags, what: "add" | "rm"): RecipientOptions {
  return {
    ...recipientsNamed((kind) => recipientsOf(kind, flags.text(`${what}-${kind}` as FlagName))),
    awsProfile: flags.optional("aws-profile"),
    encryptionContext: piecesOf(flags.text("encryption-context")),
    shamirSecretSharingThreshold: undefined,
  }
}
