import { utf8 } from "../../core/text.ts"
import { type AppError } from "../../errors/app-error.ts"
import { writeAtomic } from "../../host/write-atomic.ts"
import { usableThreshold } from "../../keys/wrap.ts"
import { entryNames } from "../recipients/entry-names.ts"
import { type KeyPlan, planKeys } from "../recipients/key-plan.ts"
import { type Strangers, strangersError, strangersIn } from "../recipients/known-recipients.ts"
import { type LoadedFile, openLoaded, withFile } from "../open/open-file.ts"
import { type RotateOptions } from "./rotate.ts"
import { unwrapOnce } from "../recipients/rewrap.ts"
import { type RotatedFile, rotateJson, rotateTable } from "../report/rotate-report.ts"
import { noticeAbsent, readRotation, type Rotation, wantedAfter } from "../seal/rotation.ts"
import { sealFresh } from "../seal/seal-over.ts"
import { type Candidate } from "../open/sealed-files.ts"
import { applyPlans, planFiles } from "../planned-files.ts"
import { type Outcome, type Session } from "../session.ts"

/** What to do with a file. */
interface Planned extends RotatedFile {
  /** Whom only the file names. */
  readonly strangers: Strangers
}

/**
 * Rotates many files: the plan for each of them is known before the first is written, there is one question for
 * all of them, and each file is either old or new at any moment.
 */
export async function rotateMany(
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
      await withFile(before.file, () => sealAnew(inner, loaded, before, { rotation, options }))
      return { ...before, state: "rotated" }
    },
    failed,
  })
}

async function sealAnew(
  session: Session,
  loaded: LoadedFile,
  before: Planned,
  { rotation, options }: Job,
): Promise<void> {
  const wanted = wantedAfter(rotation, loaded, options)
  const { keepRecipient } = options
  // Nobody may have joined since the answer.
  const agreedTo = [...keepRecipient, ...before.strangers.names]
  const strangers = await strangersIn(session, loaded, wanted.groups, { named: rotation.add, keepRecipient: agreedTo })
  if (strangers.names.length > 0) throw strangersError(strangers)
  const file = await openLoaded(session, loaded, options)
  try {
    const { text } = await sealFresh(session, file, wanted, options)
    await writeAtomic(session.io, before.file, utf8.encode(text), {
      mode: "kept",
      opened: loaded.original,
      followLinks: options.followLinks,
    })
  } finally {
    file.dataKey.wipe()
  }
}

function failed({ file, isNamed }: Candidate, error: AppError): Planned {
  const strangers = { names: [], hasRule: true }
  return { file, isNamed, state: "failed", plan: null, nameOf: () => undefined, strangers, error }
}
