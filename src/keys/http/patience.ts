import { randomInt } from "node:crypto"
import { type KeyContext } from "../provider.ts"
import { type HttpAnswer, type HttpRequest, send } from "./request.ts"

const triesMax = 3
const firstPauseMs = 200
const pauseMsMax = 4000
const busy: readonly number[] = [429, 502, 503, 504]

interface Patience {
  /** Statuses that are worth another try. */
  readonly retried?: readonly number[]
}

/**
 * As `send`, but asks again when the service is busy: after the pause that it names, or ever longer ones. Chance keeps
 * many that were sent away at once from coming back at once.
 */
export async function sendPatiently(
  request: HttpRequest,
  context: KeyContext,
  { retried = busy }: Patience = {},
): Promise<HttpAnswer> {
  for (let tries = 1; ; tries++) {
    const answer = await send(request, context)
    if (tries === triesMax || !retried.includes(answer.status)) return answer
    const pauseMs = firstPauseMs * 4 ** (tries - 1)
    await pause(namedPause(answer) ?? randomInt(pauseMs / 2, pauseMs), context.signal)
  }
}

/** A service that wants to be left alone for longer than anybody waits is asked no more within that time. */
function namedPause({ headers }: HttpAnswer): number | null {
  const seconds = headers["retry-after"] ?? ""
  return /^[0-9]{1,5}$/.test(seconds) ? Math.min(Number(seconds) * 1000, pauseMsMax) : null
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"))
    }
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop)
      resolve()
    }, ms)
    signal.addEventListener("abort", stop, { once: true })
  })
}
