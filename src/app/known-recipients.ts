import { type Rule } from "../config/rule.ts"
import { recipientKey } from "../config/recipients.ts"
import { type Recipient, recipientName } from "../core/recipient.ts"
import { AppError } from "../errors/app-error.ts"
import { type LoadedFile } from "./open-file.ts"
import { type Session } from "./session.ts"

export interface KnownOptions {
  /** Recipients that the user named for this call: options that add them. */
  readonly named: readonly Recipient[]
  /** Recipients of the file that may stay although no rule names them. */
  readonly keepRecipient: readonly string[]
}

/**
 * Recipients in a file are not authenticated: whoever can change it may add one and wait for the next data key. So
 * before one is wrapped, each has to be named by the rule, or by the user (security rule S3). Without a rule the user
 * is asked, and no `--yes` answers that. As `sops` this is not asked, since upstream does not.
 *
 * @param groups - for whom the data key is about to be wrapped
 * @throws {AppError} `UNKNOWN_RECIPIENT`
 */
export async function checkKnown(
  session: Session,
  { file, settings }: Pick<LoadedFile, "file" | "settings">,
  groups: readonly (readonly Recipient[])[],
  { named, keepRecipient }: KnownOptions,
): Promise<void> {
  if (session.asSops) return
  const rule = await ruleOrNull(settings)
  const known = new Set([...(rule?.groups.flat() ?? []), ...named].map(looseKey))
  const kept = new Set(keepRecipient.map((text) => text.trim()))
  const unknown = groups.flat().filter((each) => !known.has(looseKey(each)) && !kept.has(recipientName(each)))
  if (unknown.length === 0) return
  const names = [...new Set(unknown.map(recipientName))]
  if (rule === null) {
    const question = `No rule says for whom ${file ?? "the file"} is. Wrap its new data key for ${names.join(", ")}?`
    if ((await session.io.terminal.confirm(question)) === true) return
  }
  throw new AppError(
    "UNKNOWN_RECIPIENT",
    { recipient: names[0] },
    {
      subject: rule === null ? "no rule of a config matches the file" : undefined,
      notes: names.slice(1).map((name) => `also ${name}`),
      hint: rule === null ? "agree at a terminal, or say --keep-recipient with each of them" : undefined,
    },
  )
}

/** A rule may leave the version of an Azure key open. */
function looseKey(recipient: Recipient): string {
  return recipientKey(recipient.type === "azure_kv" ? { ...recipient, version: "" } : recipient)
}

export async function ruleOrNull(settings: LoadedFile["settings"]): Promise<Rule | null> {
  try {
    return await settings.sealingRule()
  } catch (error) {
    if (error instanceof AppError && error.code === "CONFIG_NO_RULE") return null
    throw error
  }
}
