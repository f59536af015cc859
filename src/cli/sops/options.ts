import { missingPath } from "../../app/machine.ts"
import {
  type CommonOptions,
  type IndentOptions,
  type OrderOptions,
  type RecipientOptions,
  type SelectorOptions,
  type TargetOptions,
  type TypeOptions,
} from "../../app/options.ts"
import { type Session } from "../../app/session.ts"
import { type FormatName, formatNames } from "../../core/format.ts"
import { type KindOptionName, forEachOption } from "../../keys/kinds.ts"
import { type SopsInput } from "./commands.ts"
import { type FlagName, type Flags } from "./flags.ts"
import { failure, nonExistent, twoTargets } from "./messages.ts"

/** Any other name says nothing, as in upstream: the file's name decides then. */
export function formatOf(text: string): FormatName | undefined {
  return formatNames.find((name) => name === text)
}

/** What every command looks up before its own name, and the key services. */
export function commonOptionsOf({ flags, global }: SopsInput): CommonOptions & IndentOptions & OrderOptions {
  return {
    config: global.optional("config"),
    indent: global.isGiven("indent") ? global.number("indent") : undefined,
    decryptionOrder: orderOf(flags.text("decryption-order")),
  }
}

/** Unknown names are fine, the same name twice is not. */
function orderOf(text: string): readonly string[] {
  if (text === "") return []
  const names = text.split(",")
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return names
  throw failure("KEY_ORDER_INVALID", 112, `Duplicate decryption key type: ${twice}`)
}

export function typeOptionsOf(flags: Flags): TypeOptions {
  return {
    inputType: formatOf(flags.text("input-type")),
    outputType: formatOf(flags.text("output-type")),
    filenameOverride: flags.optional("filename-override"),
  }
}

/** @throws {AppError} with status 8 for both `--in-place` and `--output` */
export function targetOptionsOf(flags: Flags): TargetOptions {
  const inPlace = flags.isOn("in-place")
  const output = flags.optional("output")
  if (inPlace && output !== undefined) throw twoTargets()
  return { inPlace, output, followLinks: false }
}

export function recipientOptionsOf(flags: Flags): RecipientOptions {
  return {
    ...recipientsNamed((flag) => recipientsOf(flag, flags.text(flag as FlagName))),
    awsProfile: flags.optional("aws-profile"),
    encryptionContext: piecesOf(flags.text("encryption-context")),
    shamirSecretSharingThreshold: flags.number("shamir-secret-sharing-threshold") || undefined,
  }
}

/** What flags name, kind by kind. @param textsOf - a kind that upstream has no flag for reads as not given */
export function recipientsNamed(
  textsOf: (flag: string) => readonly string[],
): Record<KindOptionName, readonly string[]> {
  return forEachOption(({ flag }) => textsOf(flag))
}

/** Of these two kinds upstream passes over an empty piece; of the others it is a recipient that is not valid. */
const passesOverEmpty: ReadonlySet<string> = new Set(["hckms", "hc-vault-transit"])

/**
 * What a flag names, as one text, which is read as that of a config is.
 *
 * @param kind - the flag without `add-` or `rm-`
 */
export function recipientsOf(kind: string, text: string): readonly string[] {
  return passesOverEmpty.has(kind) ? piecesOf(text) : [text]
}

export function piecesOf(text: string): readonly string[] {
  return text
    .split(",")
    .map((piece) => piece.trim())
    .filter((piece) => piece !== "")
}

/** The two for comments count in front of a command too, where upstream does not look for them. */
export function selectorOptionsOf({ flags, global }: SopsInput): SelectorOptions {
  return {
    unencryptedSuffix: flags.optional("unencrypted-suffix"),
    encryptedSuffix: flags.optional("encrypted-suffix"),
    unencryptedRegex: flags.optional("unencrypted-regex"),
    encryptedRegex: flags.optional("encrypted-regex"),
    // In front of a command they say nothing, as upstream.
    unencryptedCommentRegex: flags.optional("unencrypted-comment-regex"),
    encryptedCommentRegex: flags.optional("encrypted-comment-regex"),
    macOnlyEncrypted: global.isOn("mac-only-encrypted"),
  }
}

/** Upstream asks for none of this. */
export const clearAllowed = {
  useFileSelectors: true,
  allowClear: [],
  allowClearAlias: true,
  allowEmptySelection: true,
} as const

/** The first argument; what follows is ignored, and upstream says so. */
export function onlyFile(session: Session, args: readonly string[]): string | null {
  const [file, ...more] = args
  if (more.length > 0) {
    warn(session, "More than one positional argument provided. Only the first one will be used!")
    const flag = more.findLast((word) => word.startsWith("-"))
    if (flag !== undefined) {
      const hint = "Flags must always be provided before the first positional argument!"
      warn(
        session,
        `Note that one of the ignored positional argument is ${JSON.stringify(flag)}, which looks like a flag. ${hint}`,
      )
    }
  }
  return file ?? null
}

export function warn(session: Session, text: string): void {
  session.log?.({ level: "warning", logger: "CMD", text })
}

/** @throws {AppError} with status 100 */
export function requireFile(session: Session, file: string): void {
  const missing = missingPath(session, file)
  if (missing !== null) throw nonExistent(missing)
}
