/** How long something may take. */
export interface TimeLimit {
  /** Ends with the time, and with every signal from outside. */
  readonly signal: AbortSignal
  /** The time is up. */
  readonly isOver: boolean
}

/** The one place where times of services, keys and requests are held. It does not keep the process alive. */
export function timeLimit(ms: number, ...outside: readonly AbortSignal[]): TimeLimit {
  const timeUp = AbortSignal.timeout(ms)
  return {
    signal: AbortSignal.any([...outside, timeUp]),
    get isOver() {
      return timeUp.aborted
    },
  }
}

/** Some work was not done in its time, or somebody outside gave it up. */
export class OutOfTime extends Error {
  override readonly name = "OutOfTime"
  readonly isTimeUp: boolean

  constructor(isTimeUp: boolean) {
    super(isTimeUp ? "the time is up" : "it was given up")
    this.isTimeUp = isTimeUp
  }
}

/**
 * Does some work within a time, and waits no longer, even if the work does not look at its signal.
 *
 * @param signal - of somebody outside who may give it up
 * @param discard - gets what comes too late
 * @throws {OutOfTime} and what the work throws in time
 */
export async function inTime<T>(
  { ms, signal }: { readonly ms: number; readonly signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
  discard?: (late: T) => void,
): Promise<T> {
  const limit = timeLimit(ms, signal)
  // The timer of a signal lets the process end.
  const alive = setTimeout(() => undefined, ms)
  let isGivenUp = false
  let stop: (() => void) | undefined
  const end = new Promise<never>((_, reject) => {
    stop = () => reject(new OutOfTime(limit.isOver))
    limit.signal.addEventListener("abort", stop, { once: true })
    if (limit.signal.aborted) stop()
  })
  try {
    const task = work(limit.signal)
    task.then((late) => isGivenUp && discard?.(late)).catch(() => undefined)
    return await Promise.race([task, end])
  } catch (error) {
    throw limit.signal.aborted ? new OutOfTime(limit.isOver) : error
  } finally {
    isGivenUp = true
    clearTimeout(alive)
    if (stop !== undefined) limit.signal.removeEventListener("abort", stop)
  }
}
