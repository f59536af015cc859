import { type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream, createServer } from "node:http2"
import { connect } from "node:net"
import { type Recipient, type WrappedKey } from "../../core/recipient.ts"
import { SecretBytes } from "../../core/secret.ts"
import { AppError } from "../../errors/app-error.ts"
import { type Address, addressText } from "./address.ts"
import {
  MessageBody,
  contentType,
  encodeMessage,
  frame,
  grpcStatus,
  methods,
  unframe,
  decodeRequest,
  encodeResponse,
} from "./messages.ts"
import { kinds as allManifests, manifestOf } from "../kinds.ts"
import { checkRecipient } from "../parse-recipient.ts"
import { type KeyContext, type Manifest } from "../provider.ts"
import { readTiming } from "../time-limit.ts"
import { unwrapInTime } from "../unwrap-attempt.ts"

/** A server that listens. */
export interface KeyServer {
  /** Where it really listens: a port of 0 has become another one. */
  readonly address: Address
  /** Ends all connections and stops listening. */
  close(): Promise<void>
}

/** Connections that nobody needs any more are not kept. */
const idleMs = 5 * 60_000
const connectionsMax = 64
const wordsMax = 1000

/**
 * Answers key service calls over HTTP/2 without TLS.
 *
 * @param work - never throws
 * @throws {AppError} `KEYSERVICE_LISTEN`
 */
export async function listen(address: Address, work: (question: Question) => Promise<Answer>): Promise<KeyServer> {
  const server = createServer({ maxSessionMemory: 1, settings: { maxConcurrentStreams: 100, enablePush: false } })
  const sessions = new Set<ServerHttp2Session>()
  server.on("session", (session) => {
    if (sessions.size >= connectionsMax) {
      session.destroy()
      return
    }
    sessions.add(session)
    session.setTimeout(idleMs, () => session.close())
    session.on("error", () => session.destroy())
    session.on("close", () => sessions.delete(session))
  })
  server.on("stream", (stream, headers) => void serve(stream, headers, work))
  server.on("sessionError", () => undefined)
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: Error) => reject(listenError(address, error)))
    const place = address.network === "unix" ? { path: address.path } : { host: address.host, port: address.port }
    server.listen(place, resolve)
  })
  server.on("error", () => undefined)
  const place = server.address()
  return {
    address:
      address.network === "tcp" && place !== null && typeof place === "object"
        ? { ...address, port: place.port }
        : address,
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
      for (const session of sessions) session.destroy()
      await closed
    },
  }
}

/** Whether somebody accepts connections on a socket that is there. */
export function isListening(address: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(
      address.network === "unix" ? { path: address.path } : { host: address.host, port: address.port },
    )
    const end = (isThere: boolean): void => {
      socket.destroy()
      resolve(isThere)
    }
    socket.once("connect", () => end(true))
    socket.once("error", () => end(false))
  })
}

async function serve(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  work: (question: Question) => Promise<Answer>,
): Promise<void> {
  stream.on("error", () => stream.destroy())
  if (headers[":method"] !== "POST" || headers["content-type"]?.startsWith(contentType) !== true) {
    stream.respond({ ":status": 415 }, { endStream: true })
    return
  }
  const body = await read(stream)
  if (body === null) {
    reply(stream, { code: grpcStatus.resourceExhausted, words: "the request is too large" })
    return
  }
  try {
    const message = unframe(body.bytes())
    const request = message === null ? null : decodeRequest(message)
    if (request === null) reply(stream, { code: grpcStatus.internal, words: "the request is not valid" })
    else reply(stream, await work({ method: headers[":path"] ?? "", ...request }))
  } finally {
    body.wipe()
  }
}

async function read(stream: ServerHttp2Stream): Promise<MessageBody | null> {
  const body = new MessageBody()
  return new Promise((resolve) => {
    stream.on("data", (chunk: Uint8Array) => {
      if (body.add(chunk)) return
      stream.removeAllListeners("data")
      stream.resume()
      resolve(null)
    })
    stream.on("end", () => resolve(body))
    stream.on("close", () => resolve(null))
  })
}

function reply(stream: ServerHttp2Stream, answer: Answer): void {
  if (stream.destroyed || stream.closed) return
  const head = { ":status": 200, "content-type": contentType }
  if ("code" in answer) {
    const words = encodeMessage(answer.words.slice(0, wordsMax))
    stream.respond({ ...head, "grpc-status": String(answer.code), "grpc-message": words }, { endStream: true })
    return
  }
  stream.respond(head, { waitForTrailers: true })
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": String(grpcStatus.ok) }))
  stream.end(frame(encodeResponse(answer.bytes)), () => answer.bytes.fill(0))
}

function listenError(address: Address, error: Error): AppError {
  const code = "code" in error && typeof error.code === "string" ? error.code : ""
  const reason =
    code === "EADDRINUSE"
      ? "something is listening there already"
      : code === "EINVAL"
        ? "the path is too long for a socket"
        : /^E[A-Z0-9]{1,20}$/.test(code)
          ? code
          : "it failed"
  return new AppError("KEYSERVICE_LISTEN", {}, { subject: `${addressText(address)}: ${reason}` })
}

/** What a call ends with: bytes, or a status with words. */
type Answer = { readonly bytes: Uint8Array } | { readonly code: number; readonly words: string }

interface Question {
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
