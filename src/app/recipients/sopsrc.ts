import { fileLimits } from "../machine.ts"
import { type CommonOptions } from "../options.ts"
import { type Session } from "../session.ts"
import { forgetConfigs, loadSettings } from "../settings.ts"
import { type Config, type RuleEntry, readConfig } from "../../config/config.ts"
import { parseSpec } from "../../config/recipients.ts"
import { resolveEntry } from "../../config/rule.ts"
import { type Recipient } from "../../core/recipient.ts"
import { decodeText, utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { didYouMean } from "../../errors/nearest.ts"
import { readFile } from "../../host/files.ts"
import { writeAtomic } from "../../host/write-atomic.ts"
import { recipientKey } from "../../keys/kinds.ts"
import { parseRecipients } from "../../keys/parse-recipient.ts"

/** The `.sopsrc` of the working folder, to be changed as text. */
interface SopsrcText {
  readonly config: Config
  readonly text: string
  /** The same config with another text, read and checked with all its rules. @throws {AppError} `CONFIG_INVALID` */
  readAs(text: string): Promise<Config>
  /** @throws {AppError} `CHANGED_MEANWHILE` */
  write(text: string): Promise<void>
}

/**
 * @param recipient - what is to be added; `null`: not known
 * @throws {AppError} `CONFIG_UNREADABLE` without any config, `CONFIG_BY_HAND` for a `.sops.yaml`: it has no names, and
 *   people write it in too many ways
 */
export async function openSopsrc(
  session: Session,
  options: CommonOptions,
  recipient: string | null = null,
): Promise<SopsrcText> {
  const { config } = await loadSettings(session, null, options.config)
  if (config === null) throw new AppError("CONFIG_UNREADABLE", {}, { hint: "make one with `sotto init`" })
  const { file, folder, kind } = config
  if (kind !== "sopsrc") {
    const hint = await byHand(session, config, recipient)
    throw new AppError("CONFIG_BY_HAND", { file }, { subject: "people have names in .sopsrc only", hint })
  }
  const { bytes } = await readFile(session.io, file, fileLimits)
  const text = decodeText(bytes)
  if (text === null) throw new AppError("CONFIG_INVALID", { file }, { subject: "it is not UTF-8 text" })
  return {
    config,
    text,
    async readAs(changed) {
      const read = readConfig(utf8.encode(changed), { file, folder, kind, kinds: config.kinds })
      const rules = { parse: parseRecipients, dialect: session.dialect.config }
      for (const entry of read.rules ?? []) await resolveEntry(read, entry, rules)
      return read
    },
    async write(changed) {
      await writeAtomic(session.io, file, utf8.encode(changed), { mode: "kept", opened: bytes })
      forgetConfigs(session)
    },
  }
}

/** The keys of a person. @throws {AppError} `NAME_UNKNOWN` */
export function recipientsOfPerson({ people, file }: Config, name: string): Recipient[] {
  const specs = people.filter(({ person }) => person === name)
  const recipients = specs.flatMap((spec) => parseSpec(spec, parseRecipients))
  if (recipients.length > 0) return recipients
  const names = new Set(people.flatMap(({ person }) => person ?? []))
  throw new AppError("NAME_UNKNOWN", { file }, { subject: name, hint: didYouMean(name, names) })
}

/** Others who have one of these keys, under another name. */
export function othersWith(config: Config, name: string, recipients: readonly Recipient[]): string[] {
  const keys = new Set(recipients.map(recipientKey))
  const others = config.people.filter(
    (spec) => spec.person !== name && parseSpec(spec, parseRecipients).some((each) => keys.has(recipientKey(each))),
  )
  return [...new Set(others.flatMap(({ person }) => person ?? []))]
}

/** The rules that hold one of these keys, by themselves or by a name. */
export async function rulesWith({ dialect }: Session, config: Config, keys: readonly string[]): Promise<RuleEntry[]> {
  const wanted = new Set(keys)
  const found: RuleEntry[] = []
  for (const entry of config.rules ?? []) {
    const { groups } = await resolveEntry(config, entry, { parse: parseRecipients, dialect: dialect.config })
    if (groups.flat().some((each) => wanted.has(recipientKey(each)))) found.push(entry)
  }
  return found
}

/**
 * How somebody gets into a `.sops.yaml`, which is changed by hand: what to write where, and what to run then.
 *
 * @param recipient - `null`: not known
 */
export async function byHand({ dialect }: Session, config: Config | null, recipient: string | null): Promise<string> {
  const file = config?.file ?? "the config"
  const [first, ...others] = config?.rules ?? []
  const key = recipient ?? "your recipient (sotto init shows it)"
  if (config === null || first === undefined) return `add a rule to ${file} that names ${key}, and run: sotto sync`
  const { groups } = await resolveEntry(config, first, { parse: parseRecipients, dialect: dialect.config })
  const field =
    recipient === null || recipient.startsWith("age1") || recipient.startsWith("ssh-") ? "`age`" : "its kind"
  const inRule = groups.length > 1 ? `to ${field} of one key group of` : `to ${field} in`
  const rules = `the rule of line ${first.at.line}`
  const more = others.length === 0 ? "" : `, and the same in each other rule whose files they are to read`
  return `add ${key} ${inRule} ${rules} of ${file} (behind a comma where it lists one already)${more}, and run: sotto sync`
}
