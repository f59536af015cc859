import { utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { writeAtomic, type WriteOptions } from "../../host/write-atomic.ts"
import { withProgress } from "../each-file.ts"
import { writeInParallel } from "../in-parallel.ts"
import { type TargetOptions } from "../options.ts"
import { type Outcome, type Session } from "../session.ts"

export interface Result {
  /** A text for standard output is encoded piece by piece, as it is written. */
  readonly content: string | Uint8Array
  /** What the input held when it was read, so that somebody else's change is not lost; `null` for a stream. */
  readonly original: Uint8Array | null
  /** The input; `null` for standard input. */
  readonly file: string | null
  /** What another file held when its tokens were taken over; it must still be the same. */
  readonly outputBefore?: Uint8Array | undefined
  readonly mode: WriteOptions["mode"]
}

/** Leaves the result where the user wants it: in the file itself, in another one, or on standard output. */
export async function putResult(
  { io }: Session,
  { inPlace, output, followLinks }: TargetOptions,
  result: Result,
): Promise<Outcome> {
  const { content, mode } = result
  const isInPlace = inPlace && result.file !== null
  if (!isInPlace && output === undefined) return { output: content }
  const bytes = typeof content === "string" ? utf8.encode(content) : content
  if (inPlace && result.file !== null) {
    await writeAtomic(io, result.file, bytes, { mode, followLinks, opened: result.original ?? undefined })
    return {}
  }
  await writeAtomic(io, output!, bytes, { mode, followLinks, opened: result.outputBefore })
  return {}
}

/**
 * Does the same work for several files, and shows on a terminal how far it is. One that fails does not stop the
 * others; a single one fails as itself.
 *
 * @param what - what is done, for the line that says how far it is
 * @param work - gets the session that says what it has to say without breaking that line
 */
export async function forEachFile<T>(
  session: Session,
  what: string,
  files: readonly T[],
  work: (session: Session, file: T, index: number) => Promise<Outcome>,
): Promise<Outcome> {
  const [only] = files
  if (files.length === 1) return work(session, only!, 0)
  const results = await withProgress(session, { what, count: files.length }, ({ inner, tick }) =>
    writeInParallel(session.io, files, filesAtOnce, (file, at) => failureOf(() => work(inner, file, at)).finally(tick)),
  )
  return { errors: results.filter((error) => error !== null) }
}

/** While a service is asked about one file, others are worked on. More would only take memory. */
const filesAtOnce = 4

async function failureOf(work: () => Promise<unknown>): Promise<AppError | null> {
  try {
    await work()
    return null
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}
