import { runSlot } from "../core/run-memory.ts"
import { type KeyContext } from "./provider.ts"

/** Remembers what was found out by a name, for the length of a run. What failed is tried again. */
type SessionMemo<T> = (context: KeyContext, name: string, find: () => Promise<T>) => Promise<T>

export function sessionMemo<T>(): SessionMemo<T> {
  const inRun = runSlot<Map<string, Promise<T>>>()
  return ({ session }, name, find) => {
    const known = inRun.of(session, () => new Map())
    const before = known.get(name)
    if (before !== undefined) return before
    const found = find()
    known.set(name, found)
    found.catch(() => known.delete(name))
    return found
  }
}

/**
 * Credentials are found once in a run, and each call for a key ends with its own signal. A library that keeps
 * credentials makes its requests for whichever call is under way at that time.
 */
export interface LiveContexts {
  during<T>(context: KeyContext, work: () => Promise<T>): Promise<T>
  /** Of the call that began last and was not given up. */
  current(): KeyContext
}

export function liveContexts(): LiveContexts {
  const live = new Set<KeyContext>()
  return {
    async during(context, work) {
      live.add(context)
      try {
        return await work()
      } finally {
        live.delete(context)
      }
    },
    current() {
      const all = [...live]
      const found = all.findLast(({ signal }) => !signal.aborted) ?? all.at(-1)
      if (found === undefined) throw new Error("no call is under way")
      return found
    },
  }
}
