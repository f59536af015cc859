import { type Meter, METER_STEP } from "../core/meter.ts"
import { type Io } from "../host/io.ts"
import { progressOn } from "../host/streams.ts"

/** Shows a person at a terminal that the work on one large file goes on. */
export interface WorkMeter {
  /** A text is about to be read. @param bytes - its size */
  begin(bytes: number): void
  readonly tick: Meter
  /** Takes the line away: before anything else is printed or asked, and before a program is started. */
  end(): void
}

/** Nobody wonders sooner. */
const quietMs = 1000
/** Reading this much takes longer than that in any case, and reports nothing meanwhile. */
const quietBytes = 4 * 1024 * 1024
const pauseMs = 100

/** @returns `undefined` without a terminal */
export function workMeter({ stderr, clock }: Pick<Io, "stderr" | "clock">): WorkMeter | undefined {
  if (!stderr.isTty) return undefined
  const progress = progressOn(stderr, { isBusy: true })
  const start = clock()
  let shownAt = -Infinity
  return {
    begin(bytes) {
      if (bytes < quietBytes) return
      shownAt = clock()
      progress.show(`reading ${Math.round(bytes / (1024 * 1024))} MB ...`)
    },
    tick(what, done, total) {
      // Few values are never long work, however busy the machine is.
      if (total < METER_STEP) return
      const now = clock()
      if (now - start < quietMs || now - shownAt < pauseMs) return
      shownAt = now
      progress.show(`${what}: ${done} of ${total} values`)
    },
    end: () => progress.clear(),
  }
}
