import { agree } from "../agree.ts"
import { pendingOf } from "../../config/pending.ts"
import { fingerprintOf } from "../../core/fingerprint.ts"
import { AppError } from "../../errors/app-error.ts"
import { type CommonOptions, type OpenOptions } from "../options.ts"
import { openSopsrc } from "../recipients/sopsrc.ts"
import { type Outcome, type Session } from "../session.ts"
import { grantName } from "./grant.ts"

export interface ApproveOptions extends CommonOptions, OpenOptions {
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
    const question = `Has ${name} told you this fingerprint, and may they read?`
    const hint = `without a terminal, say --fingerprint with what ${name} has told you`
    await agree(session, question, { hint })
  }
  return grantName(session, { ...options, recipient, yes: true })
}

function plain(fingerprint: string): string {
  return fingerprint.toLowerCase().replaceAll(/[^0-9a-f]/g, "")
}
