import { type LoadedFile, openFile, openLoaded, withFile } from "../open/open-file.ts"
import { type Candidate, findSealed } from "../open/sealed-files.ts"
import {
  type ClearOptions,
  type CommonOptions,
  type KnownRecipientOptions,
  type OrderOptions,
  type RecipientOptions,
  type Source,
  type TargetOptions,
  type TypeOptions,
} from "../options.ts"
import { applyPlans, planFiles } from "../planned-files.ts"
import { entryNames } from "../recipients/entry-names.ts"
import { type KeyPlan, type Wanted, planKeys, withoutUnknown } from "../recipients/key-plan.ts"
import { type Strangers, checkKnown, strangersError, strangersIn } from "../recipients/known-recipients.ts"
import { recipientsOf } from "../recipients/recipients.ts"
import { unwrapOnce } from "../recipients/rewrap.ts"
import { sealedFiles } from "../report/closing.ts"
import { putResult } from "../report/put-result.ts"
import { closeSealed } from "../report/sealed-line.ts"
import { changesJson, changesText } from "../report/sync-report.ts"
import { sealFresh } from "../seal/seal-over.ts"
import { type Outcome, type Session } from "../session.ts"
import { type Recipient, type WrappedKey } from "../../core/recipient.ts"
import { AppError } from "../../errors/app-error.ts"
import { shown } from "../../errors/display.ts"
import { type NameOf } from "../../keys/data-key-error.ts"
import { recipientKey, recipientName } from "../../keys/kinds.ts"
import { usableThreshold } from "../../keys/wrap.ts"

interface RotateOptions
  extends CommonOptions, TypeOptions, TargetOptions, ClearOptions, OrderOptions, KnownRecipientOptions {
  /** With `inPlace` folders too: all sealed files in them. */
  readonly files: readonly Source[]
  readonly add: RecipientOptions
  readonly remove: RecipientOptions
  /** Show what would be done; no key is needed. */
  readonly dryRun?: boolean
  readonly json?: boolean
  /** Recipients of kinds that this version does not know go. */
  readonly dropUnknown?: boolean
}

/**
 * `rotate`: a new data key, and every value sealed again under it. Recipients can come and go at the same time. One
 * file is done without a word; for several, and for a dry run, there is a table.
 *
 * @throws {AppError} `UNKNOWN_RECIPIENT` (security rule S3), `SELECTOR_DRIFT` (S1) before anything is wrapped
 */
export async function rotateFiles(session: Session, options: RotateOptions): Promise<Outcome> {
  const { files, inPlace, dryRun = false, json = false } = options
  const paths = files.filter((file) => file !== null)
  if (dryRun && paths.length < files.length) {
    throw new AppError("OPTIONS_CONFLICT", {}, { subject: "--dry-run and standard input" })
  }
  const found = inPlace || dryRun ? await findSealed(session, paths) : []
  const isOne = files.length === 1 && (!inPlace || found[0]?.isNamed === true)
  if (isOne && !dryRun && (!inPlace || !json)) return rotateOne(session, files[0]!, options)
  return rotateMany(session, found, options)
}

function rotateOne(session: Session, source: Source, options: RotateOptions): Promise<Outcome> {
  const rotation = readRotation(session, options)
  return withFile(source, async () => {
    const file = await openFile(session, { ...options, source, isRotation: true, wantsScan: true })
    try {
      const wanted = wantedAfter(rotation, file, options)
      if (session.dialect.warns) noticeAbsent(session, rotation, file)
      await checkKnown(session, file, wanted.groups, { named: rotation.add, keepRecipient: options.keepRecipient })
      const sealed = await sealFresh(session, file, wanted, options)
      const outcome = await putResult(session, options, {
        content: sealed.text,
        file: source,
        original: file.facts === null ? null : file.original,
        mode: "kept",
      })
      if (outcome.output === undefined) closeSealed(session, options.output ?? file.file ?? "", sealed, file.settings)
      return outcome
    } finally {
      file.dataKey.wipe()
    }
  })
}

/** What to do with a file. */
interface Planned extends RotatedFile {
  /** Whom only the file names. */
  readonly strangers: Strangers
}

/**
 * Rotates many files: the plan for each of them is known before the first is written, there is one question for
 * all of them, and each file is either old or new at any moment.
 */
async function rotateMany(
  session: Session,
  candidates: readonly Candidate[],
  options: RotateOptions,
): Promise<Outcome> {
  const rotation = readRotation(session, options)
  const isLookOnly = options.dryRun === true
  const planned = await plan(session, candidates, { rotation, options })
  const files = isLookOnly ? planned : await apply(session, await agreed(session, planned), { rotation, options })
  const output = options.json === true ? rotateJson(files) : rotateTable(files, { isLookOnly })
  return { output, isReport: options.json !== true && !isLookOnly, errors: files.flatMap(({ error }) => error ?? []) }
}

interface Job {
  readonly rotation: Rotation
  readonly options: RotateOptions
}

function plan(session: Session, items: readonly Candidate[], { rotation, options }: Job): Promise<Planned[]> {
  return planFiles<Planned>(session, {
    items,
    options,
    async work(loaded, candidate, inner) {
      noticeAbsent(inner, rotation, loaded)
      return { ...candidate, state: "planned", ...(await planOf(inner, loaded, { rotation, options })) }
    },
    failed,
  })
}

/** @throws {AppError} `UNKNOWN_RECIPIENT` where a rule says who is known, `KEY_GROUPS_INVALID` */
async function planOf(
  session: Session,
  loaded: LoadedFile,
  { rotation, options }: Job,
): Promise<Pick<Planned, "plan" | "nameOf" | "strangers">> {
  const wanted = wantedAfter(rotation, loaded, options)
  usableThreshold(wanted.groups, wanted.threshold)
  const { keepRecipient, decryptionOrder, dryRun } = options
  // A dry run needs no key; then everybody named only by the file is a stranger.
  const unwrap = async (): Promise<void> => {
    if (dryRun !== true) (await unwrapOnce(session, loaded, decryptionOrder)).wipe()
  }
  const strangers = await strangersIn(session, loaded, wanted.groups, { named: rotation.add, keepRecipient, unwrap })
  if (strangers.names.length > 0 && strangers.hasRule) throw strangersError(strangers)
  const keyPlan: KeyPlan = planKeys(loaded.document.metadata, wanted)
  return { plan: keyPlan, nameOf: entryNames(loaded.document.metadata.groups, loaded.settings.personOf), strangers }
}

/** One question for all files without a rule. */
async function agreed(session: Session, planned: readonly Planned[]): Promise<readonly Planned[]> {
  const open = planned.filter(({ strangers }) => strangers.names.length > 0)
  if (open.length === 0) return planned
  for (const { file, strangers } of open) {
    session.notice(`no rule says who may read ${file}; it names ${strangers.names.join(", ")}`)
  }
  const count = open.length === 1 ? "this file" : `these ${open.length} files`
  if ((await session.io.terminal.confirm(`Wrap the new data key of ${count} for all of them?`)) === true) return planned
  return planned.map((each) =>
    each.strangers.names.length === 0 ? each : failed(each, strangersError(each.strangers).at({ file: each.file })),
  )
}

function apply(session: Session, planned: readonly Planned[], { rotation, options }: Job): Promise<Planned[]> {
  return applyPlans<Planned>(session, {
    what: "sealing",
    items: planned,
    options,
    isDue: ({ state }) => state === "planned",
    async work(loaded, before, inner) {
      const text = await withFile(before.file, () => sealAnew(inner, loaded, before, { rotation, options }))
      return { done: { ...before, state: "rotated" }, text }
    },
    failed,
  })
}

async function sealAnew(
  session: Session,
  loaded: LoadedFile,
  before: Planned,
  { rotation, options }: Job,
): Promise<string> {
  const wanted = wantedAfter(rotation, loaded, options)
  const { keepRecipient } = options
  // Nobody may have joined since the answer.
  const agreedTo = [...keepRecipient, ...before.strangers.names]
  const strangers = await strangersIn(session, loaded, wanted.groups, { named: rotation.add, keepRecipient: agreedTo })
  if (strangers.names.length > 0) throw strangersError(strangers)
  const file = await openLoaded(session, loaded, { ...options, wantsScan: true })
  try {
    const { text } = await sealFresh(session, file, wanted, options)
    return text
  } finally {
    file.dataKey.wipe()
  }
}

function failed({ file, isNamed }: Candidate, error: AppError): Planned {
  const strangers = { names: [], hasRule: true }
  return { file, isNamed, state: "failed", plan: null, nameOf: () => undefined, strangers, error }
}

/** What is known of a file, and what happened to it. */
interface RotatedFile extends Candidate {
  readonly state: "planned" | "rotated" | "failed"
  readonly plan: KeyPlan | null
  readonly nameOf: NameOf
  readonly error?: AppError
}

/** A line for each file that gets a new data key, and the totals. */
function rotateTable(files: readonly RotatedFile[], { isLookOnly }: { readonly isLookOnly: boolean }): string {
  const rows = files
    .filter(({ state }) => state !== "failed")
    .map((each) =>
      shown(`${each.file}: ${["new data key", ...changesText(each, { isDone: each.state === "rotated" })].join(", ")}`),
    )
  const failures = files.length - rows.length
  const counts = [
    `${rows.length} ${isLookOnly ? "to rotate" : "rotated"}`,
    ...(failures === 0 ? [] : [`${failures} failed`]),
  ]
  return `${[...rows, `${sealedFiles(files.length)}: ${counts.join(", ")}`].join("\n")}\n`
}

function rotateJson(files: readonly RotatedFile[]): string {
  const list = files.map((each) => {
    const { file, state, error } = each
    return { file, state, groups: changesJson(each), code: error?.code }
  })
  return `${JSON.stringify({ schema: 1, files: list })}\n`
}

/** Who comes and who goes with a new data key. */
interface Rotation {
  readonly add: readonly Recipient[]
  /** Their names. */
  readonly remove: ReadonlySet<string>
}

/** @throws {AppError} `RECIPIENT_INVALID` */
function readRotation(session: Session, { add, remove }: Record<"add" | "remove", RecipientOptions>): Rotation {
  return { add: named(session, add), remove: new Set(named(session, remove).map(recipientName)) }
}

function named(session: Session, options: RecipientOptions): readonly Recipient[] {
  return recipientsOf(session, options) ?? []
}

/** @throws {AppError} `KIND_UNKNOWN`, `RECIPIENT_INVALID` */
function wantedAfter(
  { add, remove }: Rotation,
  { document }: Pick<LoadedFile, "document">,
  { dropUnknown }: { readonly dropUnknown?: boolean | undefined },
): Wanted {
  const { groups, threshold } = document.metadata
  return withoutUnknown({ groups: changed(groups, add, remove), threshold }, groups, dropUnknown)
}

/** New recipients join the first group, as in upstream; those who leave, leave all groups. */
function changed(
  groups: readonly (readonly WrappedKey[])[],
  add: readonly Recipient[],
  remove: ReadonlySet<string>,
): Recipient[][] {
  return groups.map((group, index) => {
    const before = group.map(({ recipient }) => recipient)
    const known = new Set(before.map(recipientKey))
    const added = index === 0 ? add.filter((recipient) => !known.has(recipientKey(recipient))) : []
    return [...before, ...added].filter((recipient) => !remove.has(recipientName(recipient)))
  })
}

/** Upstream says nothing, and a typo leaves somebody in. */
function noticeAbsent(session: Session, { remove }: Rotation, { file, document }: LoadedFile): void {
  const there = new Set(document.metadata.groups.flat().map(({ recipient }) => recipientName(recipient)))
  for (const name of remove) {
    if (!there.has(name)) session.notice(`${file ?? "standard input"} was never for ${name}`)
  }
}
