import { type Recipient, type WrappedKey } from "../../core/recipient.ts"
import { SecretBytes } from "../../core/secret.ts"
import { AppError } from "../../errors/app-error.ts"
import { checkRecipient } from "../parse-recipient.ts"
import { manifestOf, kinds as allManifests } from "../kinds.ts"
import { type KeyContext, type Manifest } from "../provider.ts"
import { readTiming } from "../time-limit.ts"
import { unwrapInTime } from "../unwrap-attempt.ts"
import { methods, grpcStatus } from "./grpc.ts"

/** What a call ends with: bytes, or a status with words. */
export type Answer = { readonly bytes: Uint8Array } | { readonly code: number; readonly words: string }

export interface Question {
  readonly method: string
  readonly recipient: Recipient | null
  readonly bytes: Uint8Array
}

export interface AnswerOptions {
  readonly context: KeyContext
  readonly manifests?: readonly Manifest[]
  /** Whether this may be answered; asked before anything is done. */
  readonly permit: (question: { readonly isWrap: boolean; readonly recipient: Recipient }) => Promise<boolean>
}

/** A data key, or a share of one: a service is not an oracle for other things that the same keys open. */
const isKeyLength = (length: number): boolean => length === 32 || length === 33

/** Does what a client asks for, under the same rules as for a file (security rule S14). Never throws. */
export async function answer({ method, recipient, bytes }: Question, options: AnswerOptions): Promise<Answer> {
  const isWrap = method === methods.wrap
  if (!isWrap && method !== methods.unwrap) return { code: grpcStatus.unimplemented, words: "unknown method" }
  if (recipient === null) return { code: grpcStatus.notFound, words: "Must provide a key" }
  try {
    checkRecipient(recipient)
    const manifest = manifestOf(recipient.type, options.manifests ?? allManifests)
    if (manifest === undefined) return { code: grpcStatus.notFound, words: "Unknown key type" }
    if (!(await options.permit({ isWrap, recipient }))) {
      return { code: grpcStatus.permissionDenied, words: "Request rejected by user" }
    }
    const result = isWrap
      ? await wrap(bytes, recipient, manifest, options.context)
      : await unwrap(bytes, recipient, manifest, options.context)
    return { bytes: result }
  } catch (error) {
    // Words of ours only: those of another error may quote a secret.
    const words = error instanceof AppError ? error.title : "an unexpected failure"
    return { code: grpcStatus.unknown, words }
  }
}

async function wrap(
  bytes: Uint8Array,
  recipient: Recipient,
  manifest: Manifest,
  context: KeyContext,
): Promise<Uint8Array> {
  if (!isKeyLength(bytes.length)) throw new AppError("KEYSERVICE_FAILED", {}, { subject: "that is not a data key" })
  const dataKey = new SecretBytes(Uint8Array.from(bytes))
  try {
    return Buffer.from(await (await manifest.load()).wrap(dataKey, recipient, context), "utf8")
  } finally {
    dataKey.wipe()
  }
}

async function unwrap(
  bytes: Uint8Array,
  recipient: Recipient,
  manifest: Manifest,
  context: KeyContext,
): Promise<Uint8Array> {
  const entry: WrappedKey = { recipient, enc: Buffer.from(bytes).toString("utf8"), createdAt: null }
  const time = manifest.isOnline ? { timeoutMs: readTiming(context).requestMs } : {}
  for (const effort of ["silent", "programs", "any"] as const) {
    if (manifest.isOnline && effort !== "any") continue
    const part = await unwrapInTime(entry, manifest, { context, effort, signal: context.signal, ...time })
    if (part === null) continue
    const plain = part.use((secret) => Uint8Array.from(secret))
    part.wipe()
    if (isKeyLength(plain.length)) return plain
    plain.fill(0)
    throw new AppError("KEYSERVICE_FAILED", {}, { subject: "that holds no data key" })
  }
  const explanation = await (await manifest.load()).explain?.(entry, context)
  const reason = explanation?.reasons?.join("; ") ?? "no identity here fits"
  throw new AppError(
    "DATA_KEY",
    {},
    { subject: context.dialect.explainsAsUpstream ? (explanation?.asUpstream ?? reason) : reason },
  )
}
