import { type Rule } from "../../config/rule.ts"
import { type Recipient } from "../../core/recipient.ts"
import { AppError } from "../../errors/app-error.ts"
import { wasOpenedHere } from "../../keys/unwrap-attempt.ts"
import { keyContext } from "../machine.ts"
import { type LoadedFile } from "../open/open-file.ts"
import { type Session } from "../session.ts"
import { looseKey, recipientName } from "../../keys/kinds.ts"

interface KnownOptions {
  /** Recipients that the user named for this call: options that add them. */
  readonly named: readonly Recipient[]
  /** Recipients of the file that may stay even if no rule names them. */
  readonly keepRecipient: readonly string[]
  /** Gets the data key of a file without a rule, if nothing has done so yet. */
  readonly unwrap?: () => Promise<unknown>
}

/** Recipients that neither a rule, nor the user, nor the user's identities answer for. */
export interface Strangers {
  /** Each once; none when all are known. */
  readonly names: readonly string[]
  readonly hasRule: boolean
}

/**
 * Recipients in a file are not authenticated: anybody who can change it may add one and wait for the next data key. So
 * before one is wrapped, each has to be named by the rule, or by the user (security rule S3). Without a rule, those who
 * opened the file in this run may go on reading it; about all others it asks the user, and no `--yes` answers that.
 * As `sops` nobody is asked, as in upstream.
 *
 * @param groups - the recipients that the data key is about to be wrapped for
 * @throws {AppError} `UNKNOWN_RECIPIENT`
 */
export async function checkKnown(
  session: Session,
  loaded: LoadedFile,
  groups: readonly (readonly Recipient[])[],
  options: KnownOptions,
): Promise<void> {
  const strangers = await strangersIn(session, loaded, groups, options)
  if (strangers.names.length === 0) return
  if (!strangers.hasRule) {
    const { file } = loaded
    const who = strangers.names.join(", ")
    const question = `No rule says for whom ${file ?? "the file"} is. Wrap its new data key for ${who}?`
    if ((await session.io.terminal.confirm(question)) === true) return
  }
  throw strangersError(strangers)
}

export async function strangersIn(
  session: Session,
  { document, file, settings }: LoadedFile,
  groups: readonly (readonly Recipient[])[],
  { named, keepRecipient, unwrap }: KnownOptions,
): Promise<Strangers> {
  if (!session.dialect.recipients.refusesStrangers) return { names: [], hasRule: true }
  const rule = await ruleOrNull(settings)
  const known = new Set([...(rule?.groups.flat() ?? []), ...named].map(looseKey))
  const kept = new Set(keepRecipient.map((text) => text.trim()))
  // Nothing is ever wrapped for a kind that this version does not know.
  const isUnknown = (each: Recipient): boolean =>
    each.type !== "unknown" && !known.has(looseKey(each)) && !kept.has(recipientName(each))
  if (rule === null && groups.flat().some(isUnknown)) {
    await unwrap?.()
    const context = keyContext(session, [file])
    for (const entry of document.metadata.groups.flat()) {
      if (await wasOpenedHere(entry, context)) known.add(looseKey(entry.recipient))
    }
  }
  const names = new Set(groups.flat().filter(isUnknown).map(recipientName))
  return { names: [...names], hasRule: rule !== null }
}

export function strangersError({ names, hasRule }: Strangers): AppError {
  return new AppError(
    "UNKNOWN_RECIPIENT",
    { recipient: names[0] },
    {
      subject: hasRule ? undefined : "no rule of a config matches the file",
      notes: names.slice(1).map((name) => `also ${name}`),
      hint: hasRule ? undefined : "agree at a terminal, or pass --keep-recipient with each of them",
    },
  )
}

async function ruleOrNull(settings: LoadedFile["settings"]): Promise<Rule | null> {
  try {
    return await settings.sealingRule()
  } catch (error) {
    if (error instanceof AppError && error.code === "CONFIG_NO_RULE") return null
    throw error
  }
}
