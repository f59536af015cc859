/**
 * Does work for many items, a few at a time.
 *
 * @returns the results in the order of the items
 * @throws the first failure, after what runs has ended; nothing new is started then
 */
export async function inParallel<T, R>(
  items: readonly T[],
  count: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const failures: unknown[] = []
  let next = 0
  const run = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const index = next++
      try {
        results[index] = await work(items[index]!, index)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, items.length) }, run))
  if (failures.length > 0) throw failures[0]
  return results
}
