import { agree } from "../agree.ts"
import { type SyncOptions, noticePlan, staleFiles, syncFiles } from "./sync.ts"
import { noteNamed } from "../named-by-user.ts"
import { withFile } from "../open/open-file.ts"
import { type CommonOptions, type OrderOptions } from "../options.ts"
import { openSopsrc } from "../recipients/sopsrc.ts"
import { type Outcome, type Session } from "../session.ts"
import { supposeConfig } from "../settings.ts"
import { type Config } from "../../config/config.ts"
import { isName } from "../../config/directory.ts"
import { withName } from "../../config/edit-sopsrc.ts"
import { pendingOf, withoutPending } from "../../config/pending.ts"
import { recipientTypeOf } from "../../config/recipients.ts"
import { fingerprintOf } from "../../core/fingerprint.ts"
import { AppError } from "../../errors/app-error.ts"
import { kindsInConfig } from "../../keys/kinds.ts"
import { parseRecipient, refuseSecretKey } from "../../keys/parse-recipient.ts"

interface GrantOptions extends CommonOptions, OrderOptions {
  readonly name: string
  readonly recipient: string
  /** Numbers of rules, from 1; none: all rules. */
  readonly rules: readonly number[]
  readonly yes: boolean
  readonly dryRun: boolean
  readonly json: boolean
}

/**
 * `grant`: writes a name and its key into `.sopsrc` and its rules, and wraps the data keys of their files for it. The
 * config is written first: `sync` finishes what was interrupted.
 *
 * @throws {AppError} `RECIPIENT_INVALID`, `NAME_IN_USE`, `CONFIG_BY_HAND` before anything is written
 */
export async function grantName(session: Session, options: GrantOptions): Promise<Outcome> {
  const { name, recipient, rules } = options
  for (const word of [name, recipient]) refuseSecretKey(word)
  const type = recipientTypeOf(recipient, kindsInConfig)
  if (type === null && recipientTypeOf(name, kindsInConfig) !== null) {
    const hint = /^[\w.@+-]+$/.test(recipient) ? `sotto grant ${recipient} ${name}` : "sotto grant NAME RECIPIENT"
    throw new AppError("RECIPIENT_INVALID", {}, { subject: "the name and the recipient are swapped", hint })
  }
  if (!isName(name))
    throw new AppError("NAME_UNKNOWN", {}, { subject: "a name has letters, digits, spaces and . _ @ + -" })
  if (type === null) {
    const hint = "an age recipient begins with age1, an SSH key with ssh-, a PGP fingerprint has 40 hex digits"
    throw new AppError("RECIPIENT_INVALID", {}, { subject: "sotto does not know that kind of recipient", hint })
  }
  const given = parseRecipient(type, recipient)
  noteNamed(session, () => [given])
  const sopsrc = await openSopsrc(session, options, recipient)
  const { config } = sopsrc
  const positions = rules.length === 0 ? null : rules.map((number) => number - 1)
  const { text, after } = await withFile(config.file, async () => {
    const text = withoutPending(withName(sopsrc.text, { name, recipient, rules: positions }), name)
    return { text, after: await sopsrc.readAs(text) }
  })
  const where = rules.length === 0 ? "all rules" : `rule ${rules.join(", ")}`
  if (options.dryRun) {
    await supposeConfig(session, config, after)
    if (!options.json) session.notice(`${name} would be named by ${where} of ${config.file}`)
    return followRules(session, config, options)
  }
  if (!options.yes) {
    await supposeConfig(session, config, after)
    noticePlan(session, await staleFiles(session, syncOptions(session, config, options)))
    const question = `Let ${name} read the files of ${where} of ${config.file}?`
    await agree(session, question)
  }
  if (text !== sopsrc.text) await sopsrc.write(text)
  return followRules(session, config, options)
}

/** Wraps the files of the config for the recipients that it names now. */
function followRules(session: Session, config: Config, options: GrantOptions): Promise<Outcome> {
  return syncFiles(session, syncOptions(session, config, options), { isStrict: false })
}

function syncOptions(session: Session, config: Config, options: GrantOptions): SyncOptions {
  const folder = config.folder === session.io.cwd ? "." : config.folder
  return { ...options, paths: [folder], inputType: undefined, yes: true, check: false, followLinks: false }
}

interface ApproveOptions extends CommonOptions, OrderOptions {
  readonly name: string
  /** What the newcomer read out; `undefined`: ask for it. */
  readonly fingerprint: string | undefined
  readonly rules: readonly number[]
  readonly yes: boolean
  readonly dryRun: boolean
  readonly json: boolean
}

/**
 * `approve`: lets somebody in who asked with `join`. The key in the config is only what somebody pushed, so its
 * fingerprint is compared with the one that the newcomer reads out.
 *
 * @throws {AppError} `NAME_UNKNOWN`; `FINGERPRINT_WRONG`; `NOT_CONFIRMED` when nobody has compared it
 */
export async function approveName(session: Session, options: ApproveOptions): Promise<Outcome> {
  const { name, fingerprint, yes, dryRun } = options
  const { config } = await openSopsrc(session, options)
  const { recipient } = pendingOf(config.pending, name, config.file)
  const real = fingerprintOf(recipient)
  if (fingerprint !== undefined && plain(fingerprint) !== plain(real)) {
    throw new AppError("FINGERPRINT_WRONG", { file: config.file }, { subject: `the key of ${name} has ${real}` })
  }
  if (fingerprint === undefined && !yes && !dryRun) {
    session.notice(`the key of ${name} has the fingerprint ${real}`)
    const question = `Did ${name} tell you this fingerprint, and may they read?`
    const hint = `without a terminal, pass --fingerprint with what ${name} told you`
    await agree(session, question, { hint })
  }
  return grantName(session, { ...options, recipient, yes: true })
}

function plain(fingerprint: string): string {
  return fingerprint.toLowerCase().replaceAll(/[^0-9a-f]/g, "")
}
