import { type KeyContext } from "./provider.ts"

/** Remembers what was found out by a name, for the length of a run. What failed is tried again. */
export type SessionMemo<T> = (context: KeyContext, name: string, find: () => Promise<T>) => Promise<T>

export function sessionMemo<T>(): SessionMemo<T> {
  const bySession = new WeakMap<object, Map<string, Promise<T>>>()
  return ({ session }, name, find) => {
    const known = bySession.get(session) ?? new Map<string, Promise<T>>()
    bySession.set(session, known)
    const before = known.get(name)
    if (before !== undefined) return before
    const found = find()
    known.set(name, found)
    found.catch(() => known.delete(name))
    return found
  }
}
