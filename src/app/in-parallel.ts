import { type Io } from "../host/io.ts"
import { filesUnderWay, inBatch, type Turn } from "../host/write-batch.ts"

/**
 * Does work for many files that writes them, a few at a time; those that only wait for the disk do not count.
 *
 * @returns as `inParallel`, and fails as that does
 */
export async function writeInParallel<T, R>(
  io: Io,
  items: readonly T[],
  count: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  return inBatch(io, count, (turn) => inParallel(items, filesUnderWay, work, turn))
}

/**
 * Does work for many items, a few at a time.
 *
 * @param turn - says when the next item may be begun
 * @returns the results in the order of the items
 * @throws the first failure, after what runs has ended; nothing new is started then
 */
export async function inParallel<T, R>(
  items: readonly T[],
  count: number,
  work: (item: T, index: number) => Promise<R>,
  turn: Turn = (single) => single(),
): Promise<R[]> {
  const results: R[] = []
  const failures: unknown[] = []
  let next = 0
  const single = async (): Promise<boolean> => {
    if (next === items.length || failures.length > 0) return false
    const index = next++
    try {
      results[index] = await work(items[index]!, index)
    } catch (error) {
      failures.push(error)
    }
    return true
  }
  const run = async (): Promise<void> => {
    while (await turn(single));
  }
  await Promise.all(Array.from({ length: Math.min(count, items.length) }, run))
  if (failures.length > 0) throw failures[0]
  return results
}
