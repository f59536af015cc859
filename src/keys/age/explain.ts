import { type Looked } from "../identities.ts"

/**
 * Upstream's message for one age entry that no identity unwraps, on one line.
 *
 * @see sops v3.13.2 age/keysource.go, Decrypt and formatError
 */
export function explainAsUpstream(places: readonly Looked[]): string {
  const count = places.reduce((sum, { identities }) => sum + identities, 0)
  const failures = places.flatMap(({ upstream }) => upstream)
  const loading = failures.length === 0 ? "" : `. Errors while loading age identities: ${failures.join("; ")}`
  return `${cause(count)}${loading}${unused(places)}`
}

function cause(count: number): string {
  if (count === 0) return "failed to load age identities"
  const why =
    count === 1
      ? "identity did not match any of the recipients: incorrect identity for recipient block"
      : "no identity matched any of the recipients"
  return `failed to create reader for decrypting sops data key with age: ${why}`
}

function unused(places: readonly Looked[]): string {
  const isAnythingRead = places.some(wasRead)
  const names = places
    .filter(({ state, isDefault, kind }) => state === "absent" && !(isDefault && kind === "age" && isAnythingRead))
    .concat(places.filter(({ state }) => state === "empty"))
    .map(({ name }) => `'${name}'`)
  const last = names.pop()
  if (last === undefined) return ""
  if (names.length === 0) return `. Did not find keys in location ${last}.`
  const comma = names.length === 1 ? "" : ","
  return `. Did not find keys in locations ${names.join(", ")}${comma} and ${last}.`
}

/** Upstream names its default file only when nothing else could be read. */
function wasRead({ state, kind, upstream }: Looked): boolean {
  if (state === "found") return true
  return kind === "age" && (state === "empty" || upstream.some((text) => text.startsWith("failed to parse")))
}
