import { inTime, OutOfTime, readTiming } from "./time-limit.ts"
import { type Recipient } from "../core/recipient.ts"
import { SecretBytes } from "../core/secret.ts"
import { AppError } from "../errors/app-error.ts"
import { base64, decodeBase64 } from "../core/base64.ts"
import { checkRecipient } from "./parse-recipient.ts"
import { deriveContext, type KeyContext } from "./provider.ts"
import { recipientName } from "./kinds.ts"

/** A data key has 32 bytes; a share of it has its position behind them. */
const dataKeyLengths: ReadonlySet<number> = new Set([32, 33])
/** Far more than any service makes of a data key. */
const encCharsMax = 16 * 1024

interface ServiceCall {
  /** For people: "AWS KMS". */
  readonly service: string
  readonly recipient: Recipient
  readonly context: KeyContext
}

/** Why a service did not do what it was asked, by the class of the cause. */
export type Cause =
  | "KEY_NO_CREDENTIALS"
  | "KEY_DENIED"
  | "KEY_UNAVAILABLE"
  | "KEY_CONTEXT"
  | "KEY_CIPHERTEXT"
  | "KEY_THROTTLED"
  | "KEY_NETWORK"
  | "KEY_ANSWER"

interface CauseFacts {
  readonly service: string
  /** Who asked: an ARN, a service account, where a token came from. Never a secret. */
  readonly as?: string | undefined
  /** What exactly happened. Words of ours, or codes that were held against a grammar. */
  readonly words?: string | undefined
  readonly hint?: string | undefined
}

export function serviceError(cause: Cause, { service, as, words, hint }: CauseFacts): AppError {
  const who = as === undefined ? service : `${service} (as ${as})`
  return new AppError(cause, {}, { subject: words === undefined ? who : `${who}: ${words}`, hint })
}

/**
 * Asks a service for something, within the time that all its requests may take together, and only for a recipient that
 * fits its grammar.
 *
 * @param work - gets a context whose signal ends with that time
 * @param discard - gets what comes after the time was over
 * @param translate - what an error of an SDK means; `null` for one that nobody expected
 * @throws {AppError} and nothing else
 */
export async function callService<T>(
  { service, recipient, context }: ServiceCall,
  work: (context: KeyContext) => Promise<T>,
  options: { discard?: (late: T) => void; translate?: (error: unknown) => AppError | null } = {},
): Promise<T> {
  const { discard, translate } = options
  const where = { provider: recipient.type, recipient: recipientName(recipient) }
  checkRecipient(recipient)
  const { overallMs } = readTiming(context)
  try {
    return await inTime(
      { ms: overallMs, signal: context.signal },
      (signal) => work(deriveContext(context, { signal, effort: context.effort })),
      discard,
    )
  } catch (error) {
    if (error instanceof OutOfTime) {
      const words = error.isTimeUp ? `after ${overallMs / 1000} s` : "it was given up"
      throw new AppError("KEY_TIMEOUT", where, { subject: `${service}, ${words}` })
    }
    if (error instanceof AppError) throw error.at(where)
    const known = translate?.(error)
    if (known) throw known.at(where)
    // Its message may hold anything.
    const name = error instanceof Error && /^[A-Za-z]{1,60}$/.test(error.name) ? error.name : "unknown"
    throw serviceError("KEY_ANSWER", { service, words: `an unexpected failure (${name})` }).at(where)
  }
}

/** As `callService`, for a data key: one that comes too late is wiped. */
export function callForDataKey(
  call: ServiceCall,
  work: (context: KeyContext) => Promise<SecretBytes>,
  translate?: (error: unknown) => AppError | null,
): Promise<SecretBytes> {
  return callService(call, work, { discard: (late) => late.wipe(), ...(translate === undefined ? {} : { translate }) })
}

/** Takes over what a service unwrapped. @throws {AppError} `KEY_ANSWER` when it cannot be a data key or a share */
export function dataKeyFrom(bytes: Uint8Array, service: string): SecretBytes {
  if (dataKeyLengths.has(bytes.length)) return new SecretBytes(bytes)
  const { length } = bytes
  bytes.fill(0)
  throw serviceError("KEY_ANSWER", { service, words: `what it unwrapped has ${length} bytes instead of 32` })
}

/** As `dataKeyFrom`, for base64. */
export function dataKeyFromBase64(text: string | null, service: string): SecretBytes {
  const bytes = text === null ? null : decodeBase64(text, { isPadded: true })
  if (bytes === null) throw serviceError("KEY_ANSWER", { service, words: "what it unwrapped is not base64" })
  return dataKeyFrom(bytes, service)
}

/**
 * The bytes of an `enc` field in standard base64. Line ends do not count, as for upstream.
 *
 * @throws {AppError} `STANZA_INVALID`
 */
export function encBytes(enc: string): Uint8Array {
  checkEncLength(enc)
  const bytes = decodeBase64(enc.replaceAll(/[\r\n]/g, ""), { isPadded: true })
  if (bytes !== null && bytes.length > 0) return bytes
  throw new AppError("STANZA_INVALID", {}, { subject: "it is not base64" })
}

/** @throws {AppError} `STANZA_INVALID` */
export function checkEncLength(enc: string): void {
  if (enc.length <= encCharsMax) return
  throw new AppError("STANZA_INVALID", {}, { subject: `it has more than ${encCharsMax} characters` })
}

/** The `enc` field for bytes that a service made, once they have a length that can be. @throws {AppError} `KEY_ANSWER` */
export function encFromBytes(bytes: Uint8Array | null, service: string): string {
  if (bytes === null || bytes.length < 16 || bytes.length > encCharsMax / 2) {
    throw serviceError("KEY_ANSWER", { service, words: "what it sends is not a wrapped data key" })
  }
  return base64(bytes)
}
