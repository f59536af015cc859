import { timeLimit, readTiming } from "../time-limit.ts"
import { type ClientRequest, type IncomingMessage, type RequestOptions, request as plainRequest } from "node:http"
import { request as tlsRequest } from "node:https"
import { AppError } from "../../errors/app-error.ts"
import { type KeyContext } from "../provider.ts"
import { type Connections, type TlsSettings, connectionsOf } from "./connections.ts"
import { isCutConnection, isUnknownIssuer, networkError } from "./network-error.ts"
import { proxyFor, proxyAuthorization, type TunnelOptions } from "./proxy.ts"

export interface HttpRequest {
  /** For errors: "AWS KMS". */
  readonly service: string
  readonly method: string
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Longer answers are refused. */
  readonly bytesMax?: number
  /** Less than the time that every request has. */
  readonly timeoutMs?: number
  /** Instead of what the variables for proxies say. */
  readonly proxy?: URL
  readonly tls?: TlsSettings
  /** A Unix socket instead of the host of the URL. */
  readonly socketPath?: string
}

export interface HttpAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Wrapped data keys, tokens and errors are all far smaller. */
const bytesMaxByDefault = 256 * 1024

/**
 * One request to one service, through the proxy and with the certificates that the environment names.
 *
 * Redirects are never followed: credentials and data keys go to the address that was checked and nowhere else.
 *
 * @returns whatever the service answered, errors of its own included
 * @throws {AppError} `KEY_NETWORK`, `KEY_TIMEOUT`, `KEY_ANSWER` for redirects and for too long an answer
 * @throws the reason of the context's signal
 */
export async function send(request: HttpRequest, context: KeyContext): Promise<HttpAnswer> {
  const requestMs = Math.min(readTiming(context).requestMs, request.timeoutMs ?? Infinity)
  context.signal.throwIfAborted()
  const limit = timeLimit(requestMs, context.signal)
  const connections = await connectionsOf(context)
  const { service, url } = request
  const host = request.socketPath ?? url.host
  try {
    return await sendTwiceIfNeeded(request, { context, connections, signal: limit.signal })
  } catch (error) {
    context.signal.throwIfAborted()
    if (!limit.isOver) throw networkError(error, { service, host })
    throw new AppError("KEY_TIMEOUT", {}, { subject: `${service} at ${host}, after ${requestMs / 1000} s` })
  }
}

interface Parts {
  readonly context: KeyContext
  readonly connections: Connections
  readonly signal: AbortSignal
}

/** Once more where that can help: a kept connection that the service had closed, a certificate the system may know. */
async function sendTwiceIfNeeded(request: HttpRequest, parts: Parts): Promise<HttpAnswer> {
  try {
    return await exchange(request, parts)
  } catch (error) {
    const mayHelp =
      isCutConnection(error) ||
      (isUnknownIssuer(error) && request.tls?.ca === undefined && (await parts.connections.trustSystem()))
    if (!mayHelp || parts.signal.aborted) throw error
    return exchange(request, parts)
  }
}

function exchange(request: HttpRequest, { context, connections, signal }: Parts): Promise<HttpAnswer> {
  const { url, service, method, socketPath } = request
  const isTls = url.protocol === "https:"
  const proxy = socketPath !== undefined ? null : (request.proxy ?? proxyFor(url, context))
  const headers: Record<string, string> = { ...request.headers, host: url.host }
  if (request.body !== undefined) headers["content-length"] = String(Buffer.byteLength(request.body))
  const options = { method, headers, signal, service, until: signal } satisfies RequestOptions & TunnelOptions

  return new Promise((resolve, reject) => {
    const sending = isTls
      ? tlsRequest(url, { ...options, agent: connections.tlsAgent(proxy, request.tls) })
      : plainOutgoing(url, { options, proxy, socketPath, agent: connections.plainAgent })
    sending.once("error", reject)
    // Without anybody who hears of it, the connection ends and nothing is said.
    sending.once("upgrade", (_, socket) => {
      socket.destroy()
      reject(new AppError("KEY_ANSWER", {}, { subject: `${service} at ${url.host} wants to speak another protocol` }))
    })
    sending.once("response", (response) => {
      receive(response, request).then(resolve, (error: unknown) => {
        sending.destroy()
        reject(error instanceof Error ? error : new Error("the answer broke off"))
      })
    })
    sending.end(request.body)
  })
}

interface Plain {
  readonly options: Omit<RequestOptions, "headers"> & { readonly headers: Record<string, string> }
  readonly proxy: URL | null
  readonly socketPath: string | undefined
  readonly agent: Connections["plainAgent"]
}

/** Without TLS a proxy gets the request itself, with the whole address in it. */
function plainOutgoing(url: URL, { options, proxy, socketPath, agent }: Plain): ClientRequest {
  if (socketPath !== undefined) return plainRequest(url, { ...options, socketPath })
  if (proxy === null) return plainRequest(url, { ...options, agent })
  const headers = { ...options.headers, ...proxyAuthorization(proxy) }
  const start = proxy.protocol === "https:" ? tlsRequest : plainRequest
  return start(proxy, { ...options, headers, path: url.href })
}

/** Go, nginx, Apache and others say so in plain words. */
const wantsTls = /HTTP request (?:was sent )?to (?:an )?HTTPS|plain HTTP to an SSL-enabled/
const wantsTlsBytesMax = 1024

async function receive(response: IncomingMessage, { service, url, bytesMax }: HttpRequest): Promise<HttpAnswer> {
  const status = response.statusCode ?? 0
  if (status >= 300 && status < 400) {
    const subject = `${service} at ${url.host} redirects to another address, and that is never followed`
    throw new AppError("KEY_ANSWER", {}, { subject })
  }
  const limit = bytesMax ?? bytesMaxByDefault
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > limit) {
      throw new AppError("KEY_ANSWER", {}, { subject: `${service} at ${url.host} sends more than ${limit} bytes` })
    }
    chunks.push(chunk)
  }
  const body = Buffer.concat(chunks)
  if (status === 400 && url.protocol === "http:" && wantsTls.test(body.toString("latin1", 0, wantsTlsBytesMax))) {
    const subject = `${service} at ${url.host}: it speaks TLS, and was asked without it`
    throw new AppError("KEY_NETWORK", {}, { subject, hint: "write https:// in its address" })
  }
  const headers = Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(", ")])
  return { status, headers: Object.fromEntries(headers) as Record<string, string>, body }
}
