import { AppError } from "../errors/app-error.ts"
import { type KeyContext } from "./provider.ts"

/** How long something may take. */
interface TimeLimit {
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

/** How long services on the network may take. Nothing else is timed: people and their hardware keys need their time. */
export interface Timing {
  /** One request to one service. */
  readonly requestMs: number
  /** All requests for one file together. */
  readonly overallMs: number
  /** How long one service is waited for before the next one is asked as well. */
  readonly headStartMs: number
}

const variable = "SOTTO_KEY_TIMEOUT"
const secondsByDefault = 10
const secondsMax = 3600

/** @throws {AppError} `ENVIRONMENT_INVALID` when `SOTTO_KEY_TIMEOUT` is not a number of seconds above 0 */
export function readTiming({ env }: Pick<KeyContext, "env">): Timing {
  const text = env(variable) ?? ""
  const seconds = text === "" ? secondsByDefault : /^[0-9]{1,4}(\.[0-9]{1,3})?$/.test(text) ? Number(text) : 0
  if (seconds <= 0 || seconds > secondsMax) {
    throw new AppError(
      "ENVIRONMENT_INVALID",
      {},
      { subject: `${variable} is not a number of seconds up to ${secondsMax}` },
    )
  }
  return { requestMs: Math.round(seconds * 1000), overallMs: Math.round(seconds * 1500), headStartMs: 1000 }
}
