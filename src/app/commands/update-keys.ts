import { utf8 } from "../../core/text.ts"
import { type Recipient } from "../../core/recipient.ts"
import { AppError } from "../../errors/app-error.ts"
import { absolute, factsOf } from "../../host/files.ts"
import { writeAtomic } from "../../host/write-atomic.ts"
import { planKeys } from "../recipients/key-plan.ts"
import { loadSealed, withFile } from "../open/open-file.ts"
import { type CommonOptions } from "../options.ts"
import { rewrap } from "../recipients/rewrap.ts"
import { type Session } from "../session.ts"
import { loadSettings } from "../settings.ts"
import { type ReadOptions } from "../options.ts"
import { recipientName } from "../../keys/kinds.ts"

interface UpdateKeysOptions extends CommonOptions, Pick<ReadOptions, "inputType"> {
  readonly file: string
}

/** What upstream's `updatekeys` would do to one file. Recipients have their upstream names. */
export interface KeyUpdate {
  readonly isCurrent: boolean
  /** What the metadata says, and what it will say. */
  readonly threshold: readonly [before: number, after: number]
  readonly groups: readonly { common: readonly string[]; added: readonly string[]; removed: readonly string[] }[]
  apply(): Promise<void>
}

/** @throws {AppError} with status 1 when there is no config at all, which upstream checks before anything else */
export async function requireConfig(session: Session, config: string | undefined): Promise<void> {
  const { config: found } = await loadSettings(session, null, config)
  if (found === null) throw new AppError("CONFIG_UNREADABLE", {}, { asUpstream: "config file not found" })
}

/** @returns the absolute path. @throws {AppError} with status 1 when there is no such file, or it is a folder */
export function requireDocument({ io }: Session, file: string): string {
  const path = absolute(io, file)
  const facts = factsOf(io, file)
  if (facts === null) throw refused(`stat ${path}: no such file or directory`)
  if (facts.kind === "folder") throw refused("can't operate on a directory")
  return path
}

/**
 * Compares the recipients of a file with its rule. The file keeps its own threshold, as far as the rule has groups for
 * it; upstream does not look at the rule's.
 *
 * @see sops v3.13.2 cmd/sops/subcommand/updatekeys/updatekeys.go
 */
export async function planKeyUpdate(session: Session, options: UpdateKeysOptions): Promise<KeyUpdate> {
  const { file } = options
  return withFile(file, async () => {
    const loaded = await loadSealed(session, { ...options, source: file })
    const rule = await loaded.settings.sealingRule()
    if (rule === null) throw refused("The config file does not contain any creation rule")
    const { metadata } = loaded.document
    const before = metadata.threshold
    const after = Math.min(before, rule.groups.length)
    const wanted = planKeys(metadata, { groups: rule.groups, threshold: rule.groups.length < 2 ? 0 : after })
    const isSame = wanted.changes.every(({ added, removed }) => added.length === 0 && removed.length === 0)
    return {
      isCurrent: isSame && before === after,
      threshold: [before, after],
      groups: wanted.changes.map(({ added, removed }, index) => {
        const news = new Set(added)
        return {
          common: (wanted.groups[index] ?? []).filter((each) => !news.has(each)).map(recipientName),
          added: added.map(recipientName),
          removed: removed.map((recipient: Recipient) => recipientName(recipient)),
        }
      }),
      async apply() {
        const text = await withFile(file, () => rewrap(session, loaded, wanted))
        await writeAtomic(session.io, file, utf8.encode(text), { mode: "kept", opened: loaded.original() })
      },
    }
  })
}

function refused(asUpstream: string): AppError {
  return new AppError("FILE_UNREADABLE", {}, { exit: 1, asUpstream })
}
