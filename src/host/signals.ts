type Release = () => void

/** How this process ends, and who hears its signals. */
export interface Signals {
  /**
   * Runs `undo` (synchronously) when the process ends in any way that can be caught, until it is released.
   * While something is to be undone, a signal waits for the end of the synchronous work that is going on.
   */
  onEnd(undo: () => void): Release
  /** Until it is released, these signals are given to `listener` and end nothing. The last taker wins. */
  take(names: readonly NodeJS.Signals[], listener: (signal: NodeJS.Signals) => void): Release
}

/** The part of `process` that is used here. */
export interface SignalSource {
  readonly pid: number
  readonly platform: NodeJS.Platform
  on(event: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown
  on(event: "exit", listener: () => void): unknown
  off(event: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown
  off(event: "exit", listener: () => void): unknown
  kill(pid: number, signal: NodeJS.Signals): unknown
  exit(status: number): never
}

/** Signals that end a process which does not listen, and that it may get in the course of things. */
const endings: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGALRM", "SIGXCPU", "SIGUSR2"]
const endingsOfWindows: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"]

interface Taker {
  readonly names: ReadonlySet<NodeJS.Signals>
  readonly listener: (signal: NodeJS.Signals) => void
}

export function realSignals(source: SignalSource, numberOf: (signal: NodeJS.Signals) => number): Signals {
  const fatal = new Set(source.platform === "win32" ? endingsOfWindows : endings)
  const undos = new Set<() => void>()
  const takers: Taker[] = []
  const heard = new Set<NodeJS.Signals>()
  let isSettling = false

  function hear(names: Iterable<NodeJS.Signals>): void {
    for (const name of names) {
      if (heard.has(name)) continue
      heard.add(name)
      source.on(name, dispatch)
    }
  }

  /** Stops listening where nobody needs it, but not before signals that are under way have been heard. */
  function settle(): void {
    if (isSettling) return
    isSettling = true
    // One round of the event loop may be past the place where signals come in; two are not.
    setImmediate(() => setImmediate(dropListeners))
  }

  function dropListeners(): void {
    isSettling = false
    for (const name of heard) {
      const isNeeded = (undos.size > 0 && fatal.has(name)) || takers.some(({ names }) => names.has(name))
      if (isNeeded) continue
      heard.delete(name)
      source.off(name, dispatch)
    }
    if (undos.size === 0) source.off("exit", undoAll)
  }

  function dispatch(signal: NodeJS.Signals): void {
    const taker = takers.findLast(({ names }) => names.has(signal))
    if (taker !== undefined) taker.listener(signal)
    else if (fatal.has(signal)) end(signal)
  }

  function undoAll(): void {
    for (const undo of [...undos].reverse()) {
      try {
        undo()
      } catch {
        // The process ends: nobody is left to tell, and the other duties still have to be done.
      }
    }
    undos.clear()
  }

  function end(signal: NodeJS.Signals): never {
    undoAll()
    for (const name of heard) source.off(name, dispatch)
    heard.clear()
    // Whoever waits for us sees the signal, as if nobody had listened.
    source.kill(source.pid, signal)
    // The first process of a container is not killed by a signal that it does not listen to.
    return source.exit(128 + numberOf(signal))
  }

  return {
    onEnd(undo) {
      hear(fatal)
      if (undos.size === 0) {
        source.off("exit", undoAll)
        source.on("exit", undoAll)
      }
      // Each call is a duty of its own, also when two are the same function.
      const duty = (): void => undo()
      undos.add(duty)
      return () => {
        undos.delete(duty)
        settle()
      }
    },

    take(names, listener) {
      const taker = { names: new Set(names), listener }
      takers.push(taker)
      hear(names)
      return () => {
        const at = takers.indexOf(taker)
        if (at !== -1) takers.splice(at, 1)
        settle()
      }
    },
  }
}
