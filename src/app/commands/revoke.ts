import { agree } from "../agree.ts"
import { eachFile } from "../each-file.ts"
import { type LoadedFile, openLoaded, withFile } from "../open/open-file.ts"
import { type Candidate, findSealed, loadCandidate } from "../open/sealed-files.ts"
import { type ClearOptions, type CommonOptions, type OrderOptions } from "../options.ts"
import { rulesWith, openSopsrc, othersWith, recipientsOfPerson } from "../recipients/sopsrc.ts"
import { type Wanted, withoutUnknown } from "../recipients/key-plan.ts"
import { checkKnown } from "../recipients/known-recipients.ts"
import { sealedFiles } from "../report/closing.ts"
import { sealFresh } from "../seal/seal-over.ts"
import { type Outcome, type Session } from "../session.ts"
import { type Config } from "../../config/config.ts"
import { withoutName } from "../../config/edit-sopsrc.ts"
import { type Recipient } from "../../core/recipient.ts"
import { shownPath } from "../../core/site.ts"
import { utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { shown } from "../../errors/display.ts"
import { writeAtomic } from "../../host/write-atomic.ts"
import { recipientKey } from "../../keys/kinds.ts"
import { usableThreshold } from "../../keys/wrap.ts"

interface RevokeOptions extends CommonOptions, OrderOptions, ClearOptions {
  readonly name: string
  readonly yes: boolean
  readonly dryRun: boolean
  readonly json: boolean
  /** Recipients of kinds that this version does not know go. */
  readonly dropUnknown?: boolean
}

/**
 * `revoke`: takes a name out of `.sopsrc`, and seals every file that the name could read under a new data key without
 * it. The config is written last: until then the next call finds the name and finishes what was interrupted, and at no
 * moment does anybody else lose a file.
 *
 * @throws {AppError} before anything is written, when a rule, group or file would have nobody left
 */
export async function revokeName(session: Session, options: RevokeOptions): Promise<Outcome> {
  const { name } = options
  const sopsrc = await openSopsrc(session, options)
  const { config } = sopsrc
  const keys = recipientsOfPerson(config, name)
  const others = othersWith(config, name, keys)
  if (others.length > 0) {
    throw new AppError("NAME_IN_USE", { file: config.file }, { subject: `${others.join(", ")} has the same key` })
  }
  const changed = await withConfigFile(config, async () => withoutName(sopsrc.text, name))
  await checkGone(session, await sopsrc.readAs(changed), keys)
  const files = await filesFor(session, config, keys, options)
  if (options.dryRun) return { output: report(options, files) }
  if (!options.yes) await confirm(session, name, files)

  const { done, errors } = await sealAll(session, files, keys, options)
  if (errors.length > 0) {
    session.notice(`${config.file} still names ${name}: when the other files are done, run this again`)
    return { output: report(options, done, false), isReport: !options.json, errors }
  }
  await sopsrc.write(changed)
  return { output: report(options, done), isReport: !options.json }
}

function report({ json, name, dryRun }: RevokeOptions, files: readonly RevokedFile[], isFinished = true): string {
  return json ? revokeJson(name, files) : revokeText(name, files, { isLookOnly: dryRun, isFinished })
}

async function withConfigFile<T>({ file }: Config, work: () => Promise<T>): Promise<T> {
  return withFile(file, work)
}

/** A rule may hold the key itself, without the name. */
async function checkGone(session: Session, config: Config, keys: readonly Recipient[]): Promise<void> {
  for (const entry of await rulesWith(session, config, keys.map(recipientKey))) {
    const where = { file: config.file, line: entry.at.line }
    throw new AppError("CONFIG_BY_HAND", where, { subject: `rule ${entry.number} holds the key itself` })
  }
}

interface Affected extends RevokedFile {
  readonly candidate: Candidate
}

async function filesFor(
  outer: Session,
  config: Config,
  keys: readonly Recipient[],
  options: RevokeOptions,
): Promise<Affected[]> {
  const candidates = await findSealed(outer, [relativeFolder(outer, config.folder)])
  const read = async (candidate: Candidate, session: Session): Promise<Affected | null> => {
    const { file } = candidate
    const loaded = await loadCandidate(session, candidate, { ...options, inputType: undefined })
    const wanted = loaded === null ? null : without(loaded, keys, options)
    if (loaded === null || wanted === null) return null
    const other = loaded.settings.config
    if (other?.file !== config.file) {
      session.notice(
        `${file} follows ${other?.file ?? "no config"} and would be left alone, but the same key can read it`,
      )
      return null
    }
    await withFile(file, async () => {
      usableThreshold(wanted.groups, wanted.threshold)
      await checkKnown(session, loaded, wanted.groups, { named: [], keepRecipient: [] })
    })
    return { candidate, file, paths: [] }
  }
  const stop = (_: Candidate, error: AppError): never => {
    throw error
  }
  const found = await eachFile(outer, { what: "reading", items: candidates, work: read, failed: stop })
  return found.filter((each) => each !== null)
}

function relativeFolder({ io }: Session, folder: string): string {
  return folder === io.cwd ? "." : folder
}

/** @returns `null` when none of the keys can read the file. @throws {AppError} `KIND_UNKNOWN` */
function without({ document }: LoadedFile, keys: readonly Recipient[], options: RevokeOptions): Wanted | null {
  const gone = new Set(keys.map(recipientKey))
  const { groups, threshold } = document.metadata
  const isFor = groups.flat().some(({ recipient }) => gone.has(recipientKey(recipient)))
  if (!isFor) return null
  const left = groups.map((group) =>
    group.map(({ recipient }) => recipient).filter((recipient) => !gone.has(recipientKey(recipient))),
  )
  return withoutUnknown({ groups: left, threshold }, groups, options.dropUnknown)
}

async function confirm(session: Session, name: string, files: readonly Affected[]): Promise<void> {
  for (const { file } of files) session.notice(`${file} would be sealed again without ${name}`)
  const count = files.length === 1 ? "one file" : `${files.length} files`
  await agree(session, `Take ${name} out of the config, and seal ${count} again?`)
}

async function sealAll(
  session: Session,
  files: readonly Affected[],
  keys: readonly Recipient[],
  options: RevokeOptions,
): Promise<{ done: RevokedFile[]; errors: AppError[] }> {
  const errors: AppError[] = []
  const done = await eachFile<Affected, RevokedFile | null>(session, {
    what: "sealing",
    items: files,
    work: ({ candidate }, inner) => sealWithout(inner, candidate, keys, options),
    failed(_, error) {
      errors.push(error)
      return null
    },
  })
  return { done: done.filter((each) => each !== null), errors }
}

async function sealWithout(
  session: Session,
  candidate: Candidate,
  keys: readonly Recipient[],
  options: RevokeOptions,
): Promise<RevokedFile | null> {
  const loaded = await loadCandidate(session, candidate, { ...options, inputType: undefined })
  const wanted = loaded === null ? null : without(loaded, keys, options)
  if (loaded === null || wanted === null) return null
  await checkKnown(session, loaded, wanted.groups, { named: [], keepRecipient: [] })
  const file = await openLoaded(session, loaded, { ...options, wantsScan: true })
  try {
    const { text } = await sealFresh(session, file, wanted, options)
    const target = { mode: "kept", opened: file.original() } as const
    await writeAtomic(session.io, candidate.file, utf8.encode(text), target)
    const sealed = file.opened.leaves.filter(({ token, site }) => token !== null && site.kind !== "comment")
    return { file: candidate.file, paths: sealed.map(({ site }) => shownPath(site.item)) }
  } finally {
    file.dataKey.wipe()
  }
}

interface RevokedFile {
  readonly file: string
  /** Of the values that were sealed. */
  readonly paths: readonly (readonly (string | number)[])[]
}

/** What is left to do: those who could read a value know it for good. */
function revokeText(
  name: string,
  files: readonly RevokedFile[],
  { isLookOnly, isFinished }: { readonly isLookOnly: boolean; readonly isFinished: boolean },
): string {
  if (isLookOnly) {
    return [`${name} can read ${files.length} files:`, ...files.map(({ file }) => `  ${shown(file)}`), ""].join("\n")
  }
  const head =
    files.length === 0
      ? `${name} could read no file; the config no longer names them`
      : `${name} knows these values, and old versions of the files can still be opened. Change them at their source:`
  const rows = files.flatMap(({ file, paths }) => [shown(file), ...paths.map((path) => `  ${pathText(path)}`)])
  const closing = `${name} is out of the config and of ${sealedFiles(files.length)}`
  return [head, ...rows, ...(files.length === 0 || !isFinished ? [] : [closing]), ""].join("\n")
}

function revokeJson(name: string, files: readonly RevokedFile[]): string {
  const list = files.map(({ file, paths }) => ({ file, paths }))
  return `${JSON.stringify({ schema: 1, name, files: list })}\n`
}

function pathText(path: readonly (string | number)[]): string {
  const parts = path.map((part, index) => {
    if (typeof part === "number") return `[${part}]`
    if (!/^[\w-]{1,100}$/.test(part)) return `["${shown(part)}"]`
    return index === 0 ? part : `.${part}`
  })
  return parts.join("")
}
