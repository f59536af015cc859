import { AppError } from "../errors/app-error.ts"
import { type KeyContext } from "./provider.ts"

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
