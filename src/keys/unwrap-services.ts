import { type RecipientType, type WrappedKey } from "../core/recipient.ts"
import { type KeyServices } from "./keyservice/services.ts"
import { type Manifest } from "./provider.ts"
import { type Attempt, newAttempt } from "./unwrap-attempt.ts"

export interface AttemptOptions {
  /** Of a share or of the whole data key, in bytes. */
  readonly length: number
  readonly manifests: readonly Manifest[]
}

/** How an entry can be unwrapped: by this process, and by every other service, in this order. */
export async function attemptsFor(
  { isLocal, remote }: KeyServices,
  { length, manifests }: AttemptOptions,
): Promise<(entry: WrappedKey) => Attempt[]> {
  const others = remote.length === 0 ? null : await import("./keyservice/remote.ts")
  return (entry) => {
    const { type } = entry.recipient
    // A key service has no words for a kind that this version does not know.
    const elsewhere = (type === "unknown" ? [] : remote).map((address) => {
      const manifest = others!.remoteManifest(type as RecipientType, address)
      return newAttempt(entry, length, [manifest])
    })
    if (isLocal) return [newAttempt(entry, length, manifests), ...elsewhere]
    return elsewhere.length > 0 ? elsewhere : [withoutService(entry, length)]
  }
}

function withoutService(entry: WrappedKey, length: number): Attempt {
  const attempt = newAttempt(entry, length, [])
  attempt.failures.add("no key service is asked: the local one is turned off, and no other is named")
  return attempt
}
