import { type Recipient, type RecipientType, type WrappedKey } from "../core/recipient.ts"
import { runSlot } from "../core/run-memory.ts"
import { type SecretBytes } from "../core/secret.ts"
import { AppError } from "../errors/app-error.ts"
import { type FailedAttempt } from "./data-key-error.ts"
import { deriveContext, type Effort, type KeyContext, type Manifest } from "./provider.ts"
import { type KeyServices } from "./keyservice/services.ts"
import { manifestOf, recipientName } from "./kinds.ts"
import { checkRecipient } from "./parse-recipient.ts"
import { OutOfTime, inTime } from "./time-limit.ts"

/** One entry, and what came of it so far. */
export interface Attempt {
  readonly entry: WrappedKey
  readonly manifest: Manifest | null
  /** Of a share or of the whole data key, in bytes. */
  readonly length: number
  readonly failures: Set<string>
  /** It opened, and what was in it is not a data key. */
  hasWrongLength: boolean
}

interface Try {
  readonly context: KeyContext
  readonly effort: Effort
  /** Ends the attempt before the run does. */
  readonly signal?: AbortSignal
  /** Only of services on the network. */
  readonly timeoutMs?: number
}

function newAttempt(entry: WrappedKey, length: number, manifests: readonly Manifest[]): Attempt {
  return {
    entry,
    length,
    manifest: manifestOf(entry.recipient.type, manifests) ?? null,
    failures: new Set(),
    hasWrongLength: false,
  }
}

interface Part {
  readonly part: SecretBytes
  /** By whom it was unwrapped. */
  readonly manifest: Manifest
}

const opened = runSlot<Map<string, Part>>()

function whyNoManifest({ type }: Recipient): string {
  return type === "unknown" ? "this version does not know that kind" : `recipients of type ${type} are not supported`
}

/** What was unwrapped before in this run; the caller owns the copy. */
export function recall({ entry }: Attempt, { session }: KeyContext): SecretBytes | null {
  return opened.known(session)?.get(keyOf(entry))?.part.copy() ?? null
}

/**
 * Whether this run has unwrapped an entry with the private side of its recipient, so that nobody but the user can be
 * meant by it (security rule S3).
 */
export async function wasOpenedHere(entry: WrappedKey, context: KeyContext): Promise<boolean> {
  const manifest = opened.known(context.session)?.get(keyOf(entry))?.manifest
  if (manifest === undefined) return false
  const provider = await manifest.load()
  return provider.isFor === undefined || provider.isFor(entry, context)
}

/**
 * Tries one entry. Every failure is a reason in the attempt; what `null` means is found out only when all has failed.
 *
 * @returns the data key or share, which the caller owns, or `null`
 */
export async function tryAttempt(attempt: Attempt, options: Try): Promise<SecretBytes | null> {
  const { entry, manifest, length, failures } = attempt
  if (manifest === null) {
    if (failures.size === 0) failures.add(whyNoManifest(entry.recipient))
    return null
  }
  try {
    if (entry.recipient.type !== "age") checkRecipient(entry.recipient)
    const part = await unwrapInTime(entry, manifest, options)
    if (part === null) return null
    if (part.length === length) return remember(entry, { part, manifest }, options.context)
    attempt.hasWrongLength = true
    failures.add(`what was unwrapped has ${part.length} bytes instead of ${length}`)
    part.wipe()
  } catch (error) {
    // An aborted request has not failed: another one was faster.
    if (options.signal?.aborted !== true) failures.add(reasonOf(error))
  }
  return null
}

/** Whether the user has to be asked before this entry can be tried. */
export async function needsAnswer({ entry, manifest }: Attempt, context: KeyContext): Promise<boolean> {
  if (manifest?.isOnline !== true) return false
  const provider = await manifest.load()
  return (await provider.needsAnswer?.(entry.recipient, context)) ?? false
}

/** Asks the user; a no is the reason why the entry gives nothing. */
export async function isAgreedTo({ entry, manifest, failures }: Attempt, context: KeyContext): Promise<boolean> {
  try {
    checkRecipient(entry.recipient)
    await (await manifest?.load())?.agree?.(entry.recipient, context)
    return true
  } catch (error) {
    failures.add(reasonOf(error))
    return false
  }
}

/** The time for all services together, or for all that is on this machine, was over. */
export function noteTimeUp({ manifest, failures }: Attempt): void {
  const subject = `${manifest?.title ?? "it"}, when the time for all of them was over`
  failures.add(reasonOf(new AppError("KEY_TIMEOUT", {}, { subject })))
}

/** Everything that is known about an entry that gave nothing, wherever it was tried. */
export async function explainEntry(attempts: readonly Attempt[], context: KeyContext): Promise<FailedAttempt> {
  const all = await Promise.all(attempts.map((attempt) => explainAttempt(attempt, context)))
  return {
    recipient: attempts[0]!.entry.recipient,
    reasons: all.flatMap(({ reasons }) => reasons),
    places: all.flatMap(({ places }) => places),
    hint: all.find(({ hint }) => hint !== undefined)?.hint,
    asUpstream: all.map(({ asUpstream }) => asUpstream).join("; "),
  }
}

async function explainAttempt({ entry, manifest, failures }: Attempt, context: KeyContext): Promise<FailedAttempt> {
  const provider = failures.size === 0 && manifest !== null ? await manifest.load() : null
  const explanation = await provider?.explain?.(entry, context)
  const reasons = failures.size > 0 ? [...failures] : (explanation?.reasons ?? ["no identity here fits"])
  const asUpstream = explanation?.asUpstream ?? reasons.join("; ")
  return { recipient: entry.recipient, reasons, places: explanation?.places ?? [], hint: explanation?.hint, asUpstream }
}

/** The request is also given up when the provider does not look at its signal. */
export async function unwrapInTime(entry: WrappedKey, manifest: Manifest, options: Try): Promise<SecretBytes | null> {
  const { context, effort, signal, timeoutMs } = options
  const provider = await manifest.load()
  signal?.throwIfAborted()
  if (timeoutMs === undefined) return provider.unwrap(entry, deriveContext(context, { signal, effort }))

  const [ms, outside] = [timeoutMs, signal ?? context.signal]
  try {
    return await inTime(
      { ms, signal: outside },
      (own) => provider.unwrap(entry, deriveContext(context, { signal: own, effort })),
      (late) => late?.wipe(),
    )
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error
    const subject = `${manifest.title}, ${error.isTimeUp ? `after ${ms / 1000} s` : "it was given up"}`
    throw new AppError("KEY_TIMEOUT", {}, { subject })
  }
}

function remember(entry: WrappedKey, { part, manifest }: Part, context: KeyContext): SecretBytes {
  const parts = opened.of(context.session, () => forgottenAtTheEnd(context))
  parts.set(keyOf(entry), { part: part.copy(), manifest })
  return part
}

function forgottenAtTheEnd(context: KeyContext): Map<string, Part> {
  const parts = new Map<string, Part>()
  context.whenOver(() => {
    opened.forget(context.session)
    for (const { part } of parts.values()) part.wipe()
  })
  return parts
}

const keys = new WeakMap<WrappedKey, string>()

function keyOf(entry: WrappedKey): string {
  const known = keys.get(entry)
  if (known !== undefined) return known
  const { recipient, enc } = entry
  const key = JSON.stringify([recipient.type, recipientName(recipient), enc])
  keys.set(entry, key)
  return key
}

/** Only the words of an expected failure are shown: another error may quote a secret. */
function reasonOf(error: unknown): string {
  if (error instanceof AppError) return error.hint === undefined ? error.title : `${error.title} (${error.hint})`
  return `an unexpected failure (${error instanceof Error ? error.name : typeof error})`
}

interface AttemptOptions {
  /** Of a share or of the whole data key, in bytes. */
  readonly length: number
  readonly manifests: readonly Manifest[]
}

/** How an entry can be unwrapped: by this process, and by every other service, in this order. */
export async function attemptsFor(
  { isLocal, remote }: KeyServices,
  { length, manifests }: AttemptOptions,
): Promise<(entry: WrappedKey) => Attempt[]> {
  const others = remote.length === 0 ? null : await import("./keyservice/client.ts")
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
