import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  connect as connectHttp2,
} from "node:http2"
import { connect as connectSocket } from "node:net"
import { type RecipientType } from "../../core/recipient.ts"
import { SecretBytes } from "../../core/secret.ts"
import { AppError } from "../../errors/app-error.ts"
import { oneLine } from "../../errors/display.ts"
import { type Address, addressText } from "./address.ts"
import {
  MessageBody,
  contentType,
  decodeMessage,
  frame,
  methods,
  grpcStatus,
  unframe,
  type Request,
  decodeResponse,
  encodeRequest,
} from "./messages.ts"
import { type KeyProvider, type Manifest } from "../provider.ts"
import { timeLimit, readTiming } from "../time-limit.ts"

interface KeyServiceCall extends Request {
  readonly address: Address
  readonly method: (typeof methods)[keyof typeof methods]
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

/**
 * Asks one key service one thing, over a connection of its own.
 *
 * @throws {AppError} `KEYSERVICE_FAILED` with the service's own words, made safe to show; `KEY_TIMEOUT`
 */
export async function callKeyService(call: KeyServiceCall): Promise<Uint8Array> {
  const { address, signal, timeoutMs } = call
  const session = connect(address)
  const limit = timeLimit(timeoutMs, signal)
  const stop = (): void => session.destroy()
  limit.signal.addEventListener("abort", stop)
  if (limit.signal.aborted) stop()
  try {
    const { headers, trailers, body } = await exchange(session, call)
    const code = trailers["grpc-status"] ?? headers["grpc-status"]
    if (code !== String(grpcStatus.ok)) throw failed(address, wordsOf({ ...headers, ...trailers }))
    const message = unframe(body)
    const answer = message === null ? null : decodeResponse(message)
    if (answer === null || answer.length === 0) throw failed(address, "its answer is not valid")
    return answer
  } catch (error) {
    if (limit.isOver) throw new AppError("KEY_TIMEOUT", {}, { subject: addressText(address) })
    if (error instanceof AppError) throw error
    throw failed(address, reasonOf(error))
  } finally {
    limit.signal.removeEventListener("abort", stop)
    session.destroy()
  }
}

function connect(address: Address): ClientHttp2Session {
  const socket =
    address.network === "unix"
      ? connectSocket({ path: address.path })
      : connectSocket({ host: address.host, port: address.port })
  const session = connectHttp2(authority(address), { createConnection: () => socket })
  // Streams only hear that they were cancelled: what went wrong is said here.
  socket.on("error", (error) => session.emit("error", error))
  return session
}

function authority(address: Address): string {
  return address.network === "unix" ? "http://localhost" : addressText(address).replace("tcp:", "http:")
}

interface Exchange {
  readonly headers: IncomingHttpHeaders
  readonly trailers: IncomingHttpHeaders
  readonly body: Uint8Array
}

function exchange(session: ClientHttp2Session, { method, address, ...request }: KeyServiceCall): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const body = new MessageBody()
    let headers: IncomingHttpHeaders = {}
    let trailers: IncomingHttpHeaders = {}
    let stream: ClientHttp2Stream
    session.on("error", reject)
    session.on("close", () => reject(failed(address, "the connection was closed")))
    try {
      stream = session.request({ ":method": "POST", ":path": method, "content-type": contentType, te: "trailers" })
    } catch {
      reject(failed(address, "the connection was closed"))
      return
    }
    stream.on("response", (found) => {
      headers = found
    })
    stream.on("trailers", (found: IncomingHttpHeaders) => {
      trailers = found
    })
    stream.on("data", (chunk: Uint8Array) => {
      if (!body.add(chunk)) reject(failed(address, "its answer is too large"))
    })
    stream.on("error", reject)
    stream.on("end", () => resolve({ headers, trailers, body: body.bytes() }))
    stream.end(frame(encodeRequest(request)))
  })
}

function wordsOf(headers: IncomingHttpHeaders): string {
  const code = headers["grpc-status"]
  if (code === undefined) return noGrpc
  const text = oneLine(decodeMessage(String(headers["grpc-message"] ?? "").slice(0, 2000)))
  if (code === String(grpcStatus.permissionDenied)) return text === "" ? "it refused" : `it refused: ${text}`
  return text === "" ? `status ${oneLine(String(code))}` : text
}

const noGrpc = "it does not speak gRPC"

/** A code of the system, never a message: that may quote what was sent. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : ""
  if (code === "ECONNREFUSED" || code === "ENOENT") return "nothing is listening there"
  if (code === "ECONNRESET" || code === "EPIPE") return "it cut the connection"
  if (code === "ERR_HTTP2_ERROR" || code === "ERR_HTTP2_SESSION_ERROR") return noGrpc
  return /^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? code : "the connection failed"
}

function failed(address: Address, subject: string): AppError {
  return new AppError("KEYSERVICE_FAILED", {}, { subject: `${addressText(address)}: ${subject}` })
}

const encCharsMax = 64 * 1024

/** A key service in the place of a provider: for it every type of recipient is a question over the wire. */
export function remoteManifest(type: RecipientType, address: Address): Manifest {
  return { type, title: addressText(address), isOnline: true, load: () => Promise.resolve(remoteProvider(address)) }
}

export function remoteProvider(address: Address): KeyProvider {
  return {
    async wrap(dataKey, recipient, context) {
      const { requestMs: timeoutMs } = readTiming(context)
      const call = { address, method: methods.wrap, recipient, signal: context.signal, timeoutMs }
      const answer = await dataKey.use((bytes) => callKeyService({ ...call, bytes }))
      const enc = Buffer.from(answer).toString("utf8")
      // What goes into a file is printable text, whoever sent it (security rule S20).
      if (enc.length <= encCharsMax && /^[\x20-\x7e\n]+$/.test(enc)) return enc
      throw new AppError("KEYSERVICE_FAILED", {}, { subject: `${addressText(address)}: its answer is not valid` })
    },

    // Whoever answers may not have looked at the name of the recipient.
    isFor: () => Promise.resolve(false),

    async unwrap({ recipient, enc }, context) {
      const { requestMs: timeoutMs } = readTiming(context)
      const bytes = Buffer.from(enc, "utf8")
      const call = { address, method: methods.unwrap, recipient, bytes, signal: context.signal, timeoutMs }
      return new SecretBytes(Uint8Array.from(await callKeyService(call)))
    },
  }
}
