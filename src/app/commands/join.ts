import { shellWord } from "../../errors/display.ts"
import { relative } from "node:path"
import { parseSpec } from "../../config/recipients.ts"
import { recipientKey } from "../../keys/kinds.ts"
import { withPending } from "../../config/pending.ts"
import { fingerprintOf } from "../../core/fingerprint.ts"
import { AppError } from "../../errors/app-error.ts"
import { parseRecipient, parseRecipients } from "../../keys/parse-recipient.ts"
import { withFile } from "../open/open-file.ts"
import { type CommonOptions } from "../options.ts"
import { ownName, heldPlaces, ownRecipient } from "../recipients/own-recipient.ts"
import { openSopsrc } from "../recipients/sopsrc.ts"
import { setupReport } from "../report/setup-report.ts"
import { type Outcome, type Session } from "../session.ts"

export interface JoinOptions extends CommonOptions {
  /** `undefined`: git's name for the user. */
  readonly name: string | undefined
  readonly pq: boolean
  readonly json: boolean
}

/**
 * `join`: writes a request into `.sopsrc`, which a commit carries to those who may approve it. It gives nobody a key.
 *
 * @throws {AppError} `NAME_IN_USE` when the name or the key is in the config already
 */
export async function joinProject(session: Session, { name: said, pq, ...options }: JoinOptions): Promise<Outcome> {
  const { io } = session
  const sopsrc = await openSopsrc(session, options, null)
  const { config } = sopsrc
  const name = await ownName(session, said)
  const [held] = await heldPlaces(session)
  const isTaken = config.people.some(({ person }) => person === name)
  // No identity is made for a request that is refused.
  if (isTaken && held === undefined) throw taken(name, config.file)
  const { recipient, line } = await ownRecipient(session, held, pq)
  const key = recipientKey(parseRecipient("age", recipient))
  const mine = config.people.find((spec) => parseSpec(spec, parseRecipients).some((each) => recipientKey(each) === key))
  if (mine !== undefined)
    throw new AppError(
      "NAME_IN_USE",
      { file: config.file },
      { subject: `your key is there already, as ${mine.person}` },
    )
  if (isTaken) throw taken(name, config.file)
  const text = await withFile(config.file, async () => withPending(sopsrc.text, { name, recipient }))
  await sopsrc.readAs(text)
  await sopsrc.write(text)
  const place = relative(io.cwd, config.file)
  const fingerprint = fingerprintOf(recipient)
  const lines = [
    line,
    `${name} asks to join in ${place}; nobody has let them in yet`,
    `fingerprint: ${fingerprint}  (tell it to whoever approves, by phone or in person)`,
    `next: git add ${place} && git commit -m "${name} asks to join" && git push`,
    `then somebody who can read says: sotto approve ${shellWord(name)}`,
  ]
  const asked = { config: config.file, isNew: false, recipients: [{ name, recipient }], fingerprint }
  return setupReport(options, asked, lines)
}

function taken(name: string, file: string): AppError {
  const out = `sotto revoke ${shellWord(name)}`
  const hint = `say another name; if it is yours and its key is lost, somebody who can read takes that out afterwards: ${out}`
  return new AppError("NAME_IN_USE", { file }, { subject: `${name} is there already`, hint })
}
