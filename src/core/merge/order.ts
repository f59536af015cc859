/**
 * The order of what a merge keeps: the order of the one side that changed it, else ours. What only the other side has
 * comes after the neighbour that it follows there.
 *
 * @param base, ours, theirs - names in their order; each at most once
 * @param kept - the names that the result has
 */
export function mergeOrder(
  base: readonly string[],
  ours: readonly string[],
  theirs: readonly string[],
  kept: ReadonlySet<string>,
): string[] {
  const inBase = new Set(base)
  const inOurs = new Set(ours)
  const inTheirs = new Set(theirs)
  const isCommon = (name: string): boolean => inBase.has(name) && inOurs.has(name) && inTheirs.has(name)
  const orders = [base, ours, theirs].map((order) => order.filter(isCommon).join("\0"))
  const isMovedByTheirs = orders[0] === orders[1] && orders[1] !== orders[2]
  const [first, second] = isMovedByTheirs ? [theirs, ours] : [ours, theirs]
  const inFirst = new Set(first)
  const followers = new Map<string | null, string[]>()
  let before: string | null = null
  for (const name of second) {
    if (!kept.has(name)) continue
    if (inFirst.has(name)) before = name
    else {
      const known = followers.get(before) ?? []
      known.push(name)
      followers.set(before, known)
    }
  }
  const keptFirst = first.filter((name) => kept.has(name))
  return [...(followers.get(null) ?? []), ...keptFirst.flatMap((name) => [name, ...(followers.get(name) ?? [])])]
}
