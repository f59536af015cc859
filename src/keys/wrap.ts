import { type Recipient, type WrappedKey } from "../core/recipient.ts"
import { SecretBytes } from "../core/secret.ts"
import { checkThreshold, split } from "../core/shamir.ts"
import { AppError } from "../errors/app-error.ts"
import { shortName } from "./data-key-error.ts"
import { type KeyServices, onlyLocal } from "./keyservice/services.ts"
import { manifestOf, kinds as allManifests } from "./kinds.ts"
import { checkRecipient } from "./parse-recipient.ts"
import { type KeyContext, type KeyProvider, type Manifest } from "./provider.ts"

const recipientsMax = 500

interface WrapOptions {
  readonly context: KeyContext
  /** Goes into the metadata, to the second, for all types but age. */
  readonly now: Date
  readonly manifests?: readonly Manifest[]
  /** Whoever is asked for each recipient, one after the other until one succeeds; this process alone by default. */
  readonly services?: KeyServices
}

/**
 * The threshold that several groups are split with; upstream takes 0 for "all of them".
 *
 * @returns 0 for a single group, which is not split
 * @throws {AppError} `KEY_GROUPS_INVALID` when there is no group, an empty one, or the threshold cannot be used
 */
export function usableThreshold(groups: readonly (readonly unknown[])[], threshold: number): number {
  if (groups.length === 0) throw new AppError("KEY_GROUPS_INVALID", {}, { subject: "no recipient is named" })
  if (groups.some((group) => group.length === 0)) {
    throw new AppError("KEY_GROUPS_INVALID", {}, { subject: "empty key group provided" })
  }
  if (groups.flat().length > recipientsMax) {
    throw new AppError("KEY_GROUPS_INVALID", {}, { subject: `more than ${recipientsMax} recipients` })
  }
  if (groups.length === 1) return 0
  const usable = threshold === 0 ? groups.length : threshold
  checkThreshold(groups.length, usable)
  return usable
}

/**
 * Wraps a data key for every recipient. One group: each gets the whole key. Several: each group gets a share of it,
 * and `threshold` groups are needed to open. All are asked at the same time, and all have to succeed.
 *
 * @returns the entries, in the order of the recipients
 * @throws {AppError} `KEY_GROUPS_INVALID`; `RECIPIENT_INVALID` before anything is wrapped; `WRAP_FAILED` that names
 *   every recipient that failed
 */
export async function wrapDataKey(
  dataKey: SecretBytes,
  groups: readonly (readonly Recipient[])[],
  threshold: number,
  { context, now, manifests = allManifests, services = onlyLocal }: WrapOptions,
): Promise<WrappedKey[][]> {
  const shareThreshold = usableThreshold(groups, threshold)
  for (const recipient of groups.flat()) checkRecipient(recipient)
  const providersOf = await wrappers(services, manifests)
  const parts = shareThreshold === 0 ? [dataKey.copy()] : shares(dataKey, groups.length, shareThreshold)
  const createdAt = `${now.toISOString().slice(0, 19)}Z`

  const failures: string[] = []
  const wrapOne = async (recipient: Recipient, part: SecretBytes): Promise<WrappedKey | null> => {
    const reasons: string[] = []
    for (const load of providersOf(recipient)) {
      try {
        const provider = await load()
        const completed = (await provider.complete?.(recipient, context)) ?? recipient
        const enc = await provider.wrap(part, completed, context)
        return { recipient: completed, enc, createdAt: recipient.type === "age" ? null : createdAt }
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        reasons.push(describe(error))
      }
    }
    failures.push(`for ${shortName(recipient)}: ${reasons.join("; ")}`)
    return null
  }
  try {
    const tasks = groups.map((group, index) => settle(group.map((recipient) => wrapOne(recipient, parts[index]!))))
    const wrapped = await settle(tasks)
    if (failures.length > 0) throw new AppError("WRAP_FAILED", {}, { notes: failures })
    return wrapped.map((group) => group.filter((entry) => entry !== null))
  } finally {
    for (const part of parts) part.wipe()
  }
}

type Load = () => Promise<KeyProvider>

/** Whoever can wrap for a recipient: this process, and every other service, in this order. */
async function wrappers(
  { isLocal, remote }: KeyServices,
  manifests: readonly Manifest[],
): Promise<(recipient: Recipient) => Load[]> {
  const others = remote.length === 0 ? null : await import("./keyservice/client.ts")
  const elsewhere = remote.map(
    (address): Load =>
      () =>
        Promise.resolve(others!.remoteProvider(address)),
  )
  return (recipient) => {
    const manifest = manifestOf(recipient.type, manifests)
    const own: Load = manifest?.load ?? (() => Promise.reject(unsupported(recipient)))
    const all = isLocal ? [own, ...elsewhere] : elsewhere
    return all.length > 0 ? all : [() => Promise.reject(withoutService())]
  }
}

function withoutService(): AppError {
  const subject = "none is asked: the local one is turned off, and no other is named"
  return new AppError("KEYSERVICE_FAILED", {}, { subject })
}

function unsupported({ type }: Recipient): AppError {
  return new AppError(
    "RECIPIENT_INVALID",
    { provider: type },
    { subject: `recipients of type ${type} are not supported` },
  )
}

/** The line begins with the recipient, which is not said again. */
function describe({ title, hint }: AppError): string {
  return hint === undefined ? title : `${title} (${hint})`
}

function shares(dataKey: SecretBytes, parts: number, threshold: number): SecretBytes[] {
  return dataKey.use((bytes) => split(bytes, { parts, threshold })).map((share) => new SecretBytes(share))
}

/** Waits for all, also when one throws: the shares are wiped afterwards and nobody may still read them. */
async function settle<T>(tasks: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(tasks)
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason
    return result.value
  })
}
