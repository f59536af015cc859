/** A place in the memory of a run for one kind of thing. */
interface RunSlot<T> {
  /** What is remembered; the first call makes it. @param run - the object that stands for the run */
  of(run: object, make: () => T): T
  /** `undefined` when nothing is remembered. */
  known(run: object): T | undefined
  forget(run: object): void
}

/**
 * What runs remember: loaded identities, opened keys, configs. It goes when the object that stands for the run goes.
 */
const memories = new WeakMap<object, Map<RunSlot<unknown>, unknown>>()

export function runSlot<T>(): RunSlot<T> {
  const slot: RunSlot<T> = {
    of(run, make) {
      const memory = memoryOf(run)
      if (!memory.has(slot)) memory.set(slot, make())
      return memory.get(slot) as T
    },
    known: (run) => memories.get(run)?.get(slot) as T | undefined,
    forget: (run) => void memories.get(run)?.delete(slot),
  }
  return slot
}

function memoryOf(run: object): Map<RunSlot<unknown>, unknown> {
  const memory = memories.get(run) ?? new Map<RunSlot<unknown>, unknown>()
  memories.set(run, memory)
  return memory
}
