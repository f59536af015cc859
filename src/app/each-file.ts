import { AppError } from "../errors/app-error.ts"
import { type Progress, progressOn } from "../host/progress.ts"
import { writeInParallel } from "./in-parallel.ts"
import { type Session } from "./session.ts"

export interface EachOptions<T, R> {
  /** What is done, for the line that says how far it is. */
  readonly what: string
  readonly items: readonly T[]
  /** @param session - says what it has to say without breaking that line */
  work(item: T, session: Session): Promise<R>
  /** What an expected failure is in the report; it does not keep the others from their turn. */
  failed(item: T, error: AppError): R
}

/** Few: a cloud's limits are per second, and an unwrapping that asks a person comes one at a time in any case. */
const filesAtOnce = 8

/** Does work for many files, a few at a time, and shows on a terminal how far it is. */
export async function eachFile<T extends { readonly file: string }, R>(
  session: Session,
  { what, items, work, failed }: EachOptions<T, R>,
): Promise<R[]> {
  return withProgress(session, { what, count: items.length }, ({ inner, tick }) => {
    const each = async (item: T): Promise<R> => {
      try {
        return await work(item, inner)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        return failed(item, error.at({ file: item.file }))
      } finally {
        tick()
      }
    }
    return writeInParallel(session.io, items, filesAtOnce, each)
  })
}

interface Counted {
  /** For all that is said and asked meanwhile. */
  readonly inner: Session
  /** One more is done. */
  readonly tick: () => void
}

/** On a terminal a line of standard error says how many of the files are done, and is gone at the end. */
export async function withProgress<R>(
  session: Session,
  { what, count }: { readonly what: string; readonly count: number },
  work: (counted: Counted) => Promise<R>,
): Promise<R> {
  const { stderr } = session.io
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

/** Whatever is said or asked takes the place of the line. */
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
    io: { ...io, terminal },
    notice(text) {
      progress.clear()
      session.notice(text)
    },
  }
}
