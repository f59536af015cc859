import { runSlot } from "../core/run-memory.ts"
import { type KeyContext } from "./provider.ts"

/** Remembers what was found out by a name, for the length of a run. What failed is tried again. */
export type SessionMemo<T> = (context: KeyContext, name: string, find: () => Promise<T>) => Promise<T>

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
