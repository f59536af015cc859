import { type Outcome } from "../../../app/session.ts"
import { AppError } from "../../../errors/app-error.ts"
import { type Action, type SopsInput } from "../commands.ts"
import { type FlagName, type Flags } from "../flags.ts"
import { explained, failure } from "../messages.ts"
import { commonOptionsOf, piecesOf, recipientsNamed } from "../options.ts"

export const addGroupAction: Action = async (session, input) => {
  if (input.args.length > 0) throw failure("ARGUMENT_UNEXPECTED", 1, "error: no positional arguments allowed")
  const { flags } = input
  const { addGroup } = await import("../../../app/commands/groups.ts")
  const pieces = (name: FlagName): readonly string[] => flags.list(name).flatMap(piecesOf)
  return withFatal(flags, () =>
    addGroup(session, {
      ...shared(input),
      ...recipientsNamed((flag) => pieces(flag as FlagName)),
      awsProfile: flags.optional("aws-profile"),
      encryptionContext: piecesOf(flags.text("encryption-context")),
    }),
  )
}

export const deleteGroupAction: Action = async (session, input) => {
  const [word, more] = input.args
  if (word === undefined || more !== undefined) {
    throw failure("ARGUMENT_MISSING", 1, "error: exactly one positional argument (index) required")
  }
  if (!/^\d{1,9}$/.test(word)) {
    const reason = `strconv.ParseUint: parsing ${JSON.stringify(word)}: invalid syntax`
    return { fatal: `failed to parse [index] argument: ${reason}` }
  }
  const { deleteGroup } = await import("../../../app/commands/groups.ts")
  return withFatal(input.flags, () => deleteGroup(session, { ...shared(input), index: Number(word) }))
}

function shared(input: SopsInput) {
  const { flags } = input
  return {
    ...commonOptionsOf(input),
    file: flags.text("file"),
    inPlace: flags.isOn("in-place"),
    shamirSecretSharingThreshold: flags.number("shamir-secret-sharing-threshold") || undefined,
    keepRecipient: [],
    followLinks: false,
  }
}

/** Once the file was read, failures of these commands have no status of their own. */
async function withFatal(flags: Flags, work: () => Promise<Outcome>): Promise<Outcome & { readonly fatal?: string }> {
  if (flags.text("file") === "")
    throw failure("FILE_UNREADABLE", 2, "Error reading file: open : no such file or directory")
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AppError) || ["FILE_MISSING", "FILE_UNREADABLE"].includes(error.code)) throw error
    if (error.code.startsWith("CONFIG_")) throw error
    return { fatal: fatalWords.get(error.code) ?? (await explained(error)) }
  }
}

const fatalWords: ReadonlyMap<string, string> = new Map([
  ["NO_RECIPIENT", "empty key group provided"],
  ["DATA_KEY", "Error getting data key: no key group could be recovered"],
])
