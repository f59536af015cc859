interface RaceOptions {
  /** How long the one that started last is waited for before the next one starts as well. */
  readonly headStartMs: number
  readonly signal: AbortSignal
}

/**
 * Starts one after the other, the next when the head start is over or when all that run have failed. The first that
 * succeeds wins and the others are told to stop.
 *
 * @param start - resolves to `null` for a failure; it must not reject but for a bug
 * @param discard - gets what comes in after the winner
 */
export async function raceWithHeadStart<T, R>(
  contenders: readonly T[],
  start: (contender: T, signal: AbortSignal) => Promise<R | null>,
  { headStartMs, signal }: RaceOptions,
  discard: (result: R) => void,
): Promise<R | null> {
  const own = new AbortController()
  const both = AbortSignal.any([signal, own.signal])
  const running = new Set<Promise<R | null>>()
  let winner: R | null = null

  const run = (contender: T): void => {
    const task = start(contender, both).then((result) => {
      running.delete(task)
      if (result === null) return null
      if (winner !== null) discard(result)
      winner ??= result
      return result
    })
    running.add(task)
  }

  try {
    for (const contender of contenders) {
      if (both.aborted) break
      run(contender)
      await untilFree(running, headStartMs)
      if (winner !== null) return winner
    }
    while (running.size > 0 && winner === null) await Promise.race(running)
    return winner
  } finally {
    own.abort()
  }
}

/** Until all have failed, one has succeeded, or the time is over. */
async function untilFree(running: ReadonlySet<Promise<unknown>>, waitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), waitMs)
  })
  try {
    while (running.size > 0) {
      const first = await Promise.race([...running, timeout])
      if (first !== null) return
    }
  } finally {
    clearTimeout(timer)
  }
}
