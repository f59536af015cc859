import { type Recipient } from "../core/recipient.ts"
import { AppError, type Detail, type Where } from "../errors/app-error.ts"
import { type SearchedPlace } from "./provider.ts"

/** Why one entry could not be unwrapped. */
export interface FailedAttempt {
  readonly recipient: Recipient
  /** One reason or more; never empty, never secret. */
  readonly reasons: readonly string[]
  /** Where identities for it were looked for. */
  readonly places: readonly SearchedPlace[]
  /** What to do next, where it is not to get an identity. */
  readonly hint?: string | undefined
  /** Upstream's message for it, on one line. */
  readonly asUpstream: string
}

export interface GroupReport {
  readonly isRecovered: boolean
  /** In the order of trial; empty when the group was recovered. */
  readonly attempts: readonly FailedAttempt[]
}

/** All that is known when the data key cannot be had: both faces print it in their own way. */
export interface DataKeyReport {
  readonly groups: readonly GroupReport[]
  /** As the file says; 0 when it says nothing. */
  readonly threshold: number
}

/** `DATA_KEY`, with everything that was tried. */
export class DataKeyError extends AppError {
  static override readonly name = "DataKeyError"
  readonly #report: DataKeyReport

  constructor(report: DataKeyReport, where: Where = {}, detail: Detail = {}) {
    super("DATA_KEY", where, detail)
    this.#report = report
  }

  get report(): DataKeyReport {
    return this.#report
  }

  override at(where: Where): DataKeyError {
    return this.keepStack(new DataKeyError(this.report, super.at(where).where, this.detail))
  }
}
