import { monotonicMs } from "../core/monotonic.ts"
import { type WrappedKey } from "../core/recipient.ts"
import { SecretBytes } from "../core/secret.ts"
import { combine } from "../core/shamir.ts"
import { DataKeyError, type DataKeyReport, type GroupReport, type NameOf, describeDataKey } from "./data-key-error.ts"
import { reaches, type Effort, type KeyContext, type Manifest } from "./provider.ts"
import { type KeyServices, onlyLocal } from "./keyservice/services.ts"
import { kinds as allManifests } from "./kinds.ts"
import { raceWithHeadStart } from "./race.ts"
import { timeLimit, type Timing, readTiming } from "./time-limit.ts"
import {
  type Attempt,
  explainEntry,
  isAgreedTo,
  needsAnswer,
  noteTimeUp,
  recall,
  tryAttempt,
  attemptsFor,
} from "./unwrap-attempt.ts"

const dataKeyLength = 32

interface UnwrapOptions {
  readonly context: KeyContext
  /** Types of recipients; `null` or absent: age, pgp, then all others as the file has them. */
  readonly decryptionOrder?: readonly string[] | null
  readonly manifests?: readonly Manifest[]
  /** Whoever is asked; this process alone by default. */
  readonly services?: KeyServices
  /** For the error: what people call a recipient. */
  readonly nameOf?: NameOf
  /** Instead of `SOTTO_KEY_TIMEOUT` and the built-in times. */
  readonly timing?: Timing
  /**
   * By `monotonicMs()`: after that no further entry is tried with what is on this machine. For files that nobody has
   * looked at: each of many entries may cost a computation.
   */
  readonly localUntil?: number | undefined
}

/**
 * Gets the data key of a file: the whole key from a single group, or enough shares of it from several.
 *
 * What costs nothing is tried first, for all groups at once: identities in the environment and in files, then commands
 * of the user. Services on the network follow, each a second after the one before, until one answers. What asks the
 * user comes last, and only for groups that are still missing. The effort of the context is the limit; below `any`
 * nothing goes over the network. An order that was asked for splits this into rounds,
 * one for each type that it names.
 *
 * @returns the data key, which the caller owns and wipes; each entry is unwrapped once in a run
 * @throws {DataKeyError} `DATA_KEY` with all that was tried
 */
export async function unwrapDataKey(
  groups: readonly (readonly WrappedKey[])[],
  threshold: number,
  options: UnwrapOptions,
): Promise<SecretBytes> {
  const { context, decryptionOrder = null, nameOf } = options
  const { manifests = allManifests, services = onlyLocal } = options
  const timing = options.timing ?? readTiming(context)
  const length = groups.length > 1 ? dataKeyLength + 1 : dataKeyLength
  const makeAttempts = await attemptsFor(services, { length, manifests })
  const states = groups.map((group): Group => {
    return { attempts: inOrder(group.flatMap(makeAttempts), decryptionOrder), part: null }
  })
  const patience = { leftMs: timing.overallMs }
  const isDone = (): boolean => partsOf(states).length >= enough(groups.length, threshold)

  for (const group of states) group.part = recallAny(group, context)
  for (const round of roundsOf(states, decryptionOrder)) {
    if (isDone()) break
    await runRound(round, { context, timing, patience, isDone, localUntil: options.localUntil ?? Infinity })
  }

  const parts = partsOf(states)
  if (parts.length < needed(groups.length, threshold)) {
    for (const part of parts) part.wipe()
    const report = await reportOf(states, threshold, context)
    throw new DataKeyError(report, {}, { ...describeDataKey(report, nameOf), exit: exitOf(states) })
  }
  return groups.length === 1 ? parts[0]! : join(parts)
}

interface Group {
  /** In the order of trial. */
  readonly attempts: readonly Attempt[]
  part: SecretBytes | null
}

/** A group as far as one round goes. */
interface Turn {
  readonly group: Group
  readonly attempts: readonly Attempt[]
}

interface Circumstances {
  readonly context: KeyContext
  readonly timing: Timing
  /** For services on the network, in all rounds together. */
  readonly patience: { leftMs: number }
  readonly isDone: () => boolean
  readonly localUntil: number
}

async function runRound(round: readonly Turn[], circumstances: Circumstances): Promise<void> {
  const { context, isDone, localUntil } = circumstances
  await runLocal(round, "silent", { context, localUntil })
  if (isDone() || !reaches(context.effort, "programs")) return
  await runLocal(round, "programs", { context, localUntil })
  if (isDone() || !reaches(context.effort, "any")) return
  const waiting = await waitingForAnswer(round, context)
  const isWaiting = (attempt: Attempt): boolean => waiting.has(attempt)
  await runOnline(
    only(round, (attempt) => !isWaiting(attempt)),
    circumstances,
  )
  for (const turn of only(round, isWaiting)) {
    if (isDone()) return
    if (turn.group.part === null) await runOnline([await agreedOf(turn, context)], circumstances)
  }
  for (const turn of round) {
    if (isDone()) return
    await runLocal([turn], "any", { context, localUntil })
  }
}

function only(round: readonly Turn[], isWanted: (attempt: Attempt) => boolean): Turn[] {
  return round
    .map(({ group, attempts }) => ({ group, attempts: attempts.filter(isWanted) }))
    .filter(({ attempts }) => attempts.length > 0)
}

/** Attempts that cannot begin before the user has answered something. */
async function waitingForAnswer(round: readonly Turn[], context: KeyContext): Promise<Set<Attempt>> {
  const found = new Set<Attempt>()
  for (const attempt of round.flatMap(({ group, attempts }) => (group.part === null ? attempts : []))) {
    if (await needsAnswer(attempt, context)) found.add(attempt)
  }
  return found
}

/** Asks for each attempt of a group, and leaves those that the user agrees to. People take the time that they need. */
async function agreedOf({ group, attempts }: Turn, context: KeyContext): Promise<Turn> {
  const agreed: Attempt[] = []
  for (const attempt of attempts) if (await isAgreedTo(attempt, context)) agreed.push(attempt)
  return { group, attempts: agreed }
}

/** Groups at the same time, entries of a group one after the other. */
async function runLocal(
  round: readonly Turn[],
  effort: Effort,
  { context, localUntil }: Pick<Circumstances, "context" | "localUntil">,
): Promise<void> {
  const tasks = round.map(async ({ group, attempts }) => {
    for (const attempt of attempts) {
      // What failed for a reason of its own does not get better with more effort.
      if (attempt.manifest?.isOnline === true || attempt.failures.size > 0) continue
      if (group.part !== null) return
      if (monotonicMs() > localUntil) {
        noteTimeUp(attempt)
        continue
      }
      group.part = await tryAttempt(attempt, { context, effort })
    }
  })
  await Promise.all(tasks)
}

async function runOnline(round: readonly Turn[], { context, timing, patience, isDone }: Circumstances): Promise<void> {
  const turns = round.map(({ group, attempts }) => ({
    group,
    attempts: attempts.filter(({ manifest }) => manifest?.isOnline === true),
  }))
  if (turns.every(({ group, attempts }) => group.part !== null || attempts.length === 0)) return

  const stop = new AbortController()
  if (patience.leftMs === 0) return giveUp(turns)

  const began = monotonicMs()
  const limit = timeLimit(patience.leftMs, context.signal, stop.signal)
  const tasks = turns.map(async ({ group, attempts }) => {
    if (group.part !== null) return
    const start = (attempt: Attempt, own: AbortSignal): Promise<SecretBytes | null> =>
      tryAttempt(attempt, { context, effort: "any", signal: own, timeoutMs: timing.requestMs })
    const discard = (part: SecretBytes): void => part.wipe()
    group.part = await raceWithHeadStart(
      attempts,
      start,
      { headStartMs: timing.headStartMs, signal: limit.signal },
      discard,
    )
    if (isDone()) stop.abort()
    if (limit.isOver) giveUp([{ group, attempts }])
  })
  await Promise.all(tasks)
  patience.leftMs = Math.max(0, Math.floor(patience.leftMs - (monotonicMs() - began)))
}

function giveUp(turns: readonly Turn[]): void {
  for (const attempt of turns.flatMap(({ group, attempts }) => (group.part === null ? attempts : []))) {
    if (attempt.failures.size === 0) noteTimeUp(attempt)
  }
}

/** Without an order that was asked for there is one round; with one, types come strictly after each other. */
function roundsOf(groups: readonly Group[], order: readonly string[] | null): Turn[][] {
  if (order === null) return [groups.map((group) => ({ group, attempts: group.attempts }))]
  return [...order.keys(), order.length].map((rank) =>
    groups.map((group) => ({ group, attempts: group.attempts.filter(({ entry }) => rankOf(entry, order) === rank) })),
  )
}

function inOrder(attempts: readonly Attempt[], order: readonly string[] | null): Attempt[] {
  return [...attempts].sort((a, b) => rankOf(a.entry, order) - rankOf(b.entry, order))
}

function recallAny({ attempts }: Group, context: KeyContext): SecretBytes | null {
  for (const attempt of attempts) {
    const part = recall(attempt, context)
    if (part !== null) return part
  }
  return null
}

/** A file that does not say how many are needed may need them all. */
function enough(groups: number, threshold: number): number {
  if (groups === 1) return 1
  return threshold >= 2 ? threshold : groups
}

function needed(groups: number, threshold: number): number {
  return groups === 1 ? 1 : Math.max(threshold, 2)
}

function partsOf(groups: readonly Group[]): SecretBytes[] {
  return groups.map(({ part }) => part).filter((part) => part !== null)
}

function join(parts: readonly SecretBytes[]): SecretBytes {
  const shares = parts.map((part) => part.use((bytes) => Uint8Array.from(bytes)))
  try {
    return new SecretBytes(combine(shares))
  } finally {
    for (const share of shares) share.fill(0)
    for (const part of parts) part.wipe()
  }
}

async function reportOf(groups: readonly Group[], threshold: number, context: KeyContext): Promise<DataKeyReport> {
  const reports: GroupReport[] = []
  for (const { attempts, part } of groups) {
    const entries = new Set(part === null ? attempts.map(({ entry }) => entry) : [])
    const failed = [...entries].map((entry) =>
      explainEntry(
        attempts.filter((attempt) => attempt.entry === entry),
        context,
      ),
    )
    reports.push({ isRecovered: part !== null, attempts: await Promise.all(failed) })
  }
  return { groups: reports, threshold }
}

/** Upstream takes a data key of any length from a local identity, and fails at the first value then: status 25. */
function exitOf(states: readonly Group[]): number | undefined {
  const attempts = states.flatMap((state) => state.attempts)
  return attempts.some(({ hasWrongLength, manifest }) => hasWrongLength && manifest?.isOnline === false)
    ? 25
    : undefined
}

const byDefault: readonly string[] = ["age", "pgp"]

/** Position of the entry's type; all types that are not named share the last one. */
function rankOf({ recipient }: WrappedKey, order: readonly string[] | null): number {
  const listed = order ?? byDefault
  const index = listed.indexOf(recipient.type)
  return index === -1 ? listed.length : index
}
