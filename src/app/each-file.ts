import { type Source } from "./options.ts"
import { type Outcome, type Session } from "./session.ts"
import { AppError } from "../errors/app-error.ts"
import { type Io } from "../host/io.ts"
import { tunedFiles } from "../host/engine.ts"
import { type Progress, progressOn } from "../host/streams.ts"
import { type Turn, filesUnderWay, inBatch } from "../host/write-batch.ts"

interface EachOptions<T, R> {
  /** What the work is called, in the progress line. */
  readonly what: string
  readonly items: readonly T[]
  /** @param session - reports without breaking that line */
  work(item: T, session: Session, index: number): Promise<R>
  /** What an expected failure becomes in the report; the others still get their turn, unless this throws it. */
  failed(item: T, error: AppError): R
  /** How many files are worked on at a time. */
  readonly atOnce?: number
}

/** Few: a cloud's limits are per second, and an unwrapping that asks a person comes one at a time in any case. */
const filesAtOnce = 8

/** Whole texts are in memory meanwhile. */
const plaintextsAtOnce = 4

/** Does work for many files, a few at a time, and shows progress on a terminal. */
export async function eachFile<T extends { readonly file: string } | Source, R>(
  session: Session,
  { what, items, work, failed, atOnce = filesAtOnce }: EachOptions<T, R>,
): Promise<R[]> {
  return withProgress(session, { what, count: items.length }, ({ inner: outer, tick }) => {
    const inner = items.length > 1 ? { ...outer, isOneOfMany: true } : outer
    const each = async (item: T, index: number): Promise<R> => {
      try {
        return await work(item, inner, index)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        return failed(item, error.at({ file: nameOf(item) }))
      } finally {
        tick()
      }
    }
    const all = (): Promise<R[]> => writeInParallel(session.io, items, atOnce, each)
    return items.length > 1 ? tunedFiles(all) : all()
  })
}

function nameOf(item: { readonly file: string } | Source): string {
  return typeof item === "object" && item !== null ? item.file : (item ?? "standard input")
}

/**
 * Does the same work for the files of a command line. One that fails does not stop the others; a single one fails as
 * itself.
 */
export async function forEachFile<T extends Source>(
  session: Session,
  what: string,
  files: readonly T[],
  work: (session: Session, file: T, index: number) => Promise<Outcome>,
): Promise<Outcome> {
  const [only] = files
  if (files.length === 1) return work(session, only!, 0)
  const errors = await eachFile<T, AppError | null>(session, {
    what,
    items: files,
    work: async (file, inner, index) => work(inner, file, index).then(() => null),
    failed: (_, error) => error,
    atOnce: plaintextsAtOnce,
  })
  const failures = errors.filter((error) => error !== null)
  return { errors: failures, tally: { done: files.length - failures.length, count: files.length } }
}

interface Counted {
  /** For everything that is said and asked meanwhile. */
  readonly inner: Session
  /** One more is done. */
  readonly tick: () => void
}

/** On a terminal a line of standard error says how many of the files are done, and is gone at the end. */
async function withProgress<R>(
  session: Session,
  { what, count }: { readonly what: string; readonly count: number },
  work: (counted: Counted) => Promise<R>,
): Promise<R> {
  const { stderr } = session.io
  // The progress of a single file is counted in values.
  if (count === 1) return work({ inner: session, tick: () => {} })
  if (session.isQuiet === true) return work({ inner: session, tick: () => {} })
  const progress = progressOn(stderr)
  const inner = stderr.isTty ? breaking(session, progress) : session
  let done = 0
  const tick = (): void => progress.show(`${what} ${++done} of ${count} files`)
  try {
    return await work({ inner, tick })
  } finally {
    progress.clear()
  }
}

/** Whatever is said or asked replaces the line. */
function breaking(session: Session, progress: Progress): Session {
  const { io } = session
  const terminal: Session["io"]["terminal"] = {
    ask(question, options) {
      progress.clear()
      return io.terminal.ask(question, options)
    },
    confirm(question, options) {
      progress.clear()
      return io.terminal.confirm(question, options)
    },
  }
  return {
    ...session,
    // The files are counted.
    meter: undefined,
    io: { ...io, terminal },
    notice(text) {
      progress.clear()
      session.notice(text)
    },
  }
}

/**
 * Does work for many files that writes them, a few at a time; those that only wait for the disk do not count.
 *
 * @returns as `inParallel`, and fails as that does
 */
export async function writeInParallel<T, R>(
  io: Io,
  items: readonly T[],
  count: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  return inBatch(io, count, (turn) => inParallel(items, filesUnderWay(io, items.length), work, turn))
}

/**
 * Does work for many items, a few at a time.
 *
 * @param turn - says when the next item may be begun
 * @returns the results in the order of the items
 * @throws the first failure, after what runs has ended; nothing new is started then
 */
async function inParallel<T, R>(
  items: readonly T[],
  count: number,
  work: (item: T, index: number) => Promise<R>,
  turn: Turn = (single) => single(),
): Promise<R[]> {
  const results: R[] = []
  const failures: unknown[] = []
  let next = 0
  const single = async (): Promise<boolean> => {
    if (next === items.length || failures.length > 0) return false
    const index = next++
    try {
      results[index] = await work(items[index]!, index)
    } catch (error) {
      failures.push(error)
    }
    return true
  }
  const run = async (): Promise<void> => {
    while (await turn(single));
  }
  await Promise.all(Array.from({ length: Math.min(count, items.length) }, run))
  if (failures.length > 0) throw failures[0]
  return results
}
