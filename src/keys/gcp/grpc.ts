import { randomInt } from "node:crypto"
import { isIP } from "node:net"
import { checkServerIdentity, type PeerCertificate, rootCertificates } from "node:tls"
import { setTimeout as pause } from "node:timers/promises"
import { KeyManagementServiceClient } from "@google-cloud/kms/build/src/v1/key_management_service_client.js"
import { credentials, logVerbosity, setLogVerbosity, status as codes } from "@grpc/grpc-js"
import * as gax from "google-gax"
import { GoogleAuth } from "google-auth-library"
import { runSlot } from "../../core/run-memory.ts"
import { AppError } from "../../errors/app-error.ts"
import { isUnknownIssuer, networkError } from "../http/network-error.ts"
import { proxyFor } from "../http/proxy.ts"
import { namedRoots, systemRoots } from "../http/connections.ts"
import { type KeyContext } from "../provider.ts"
import { serviceError } from "../service.ts"
import { readTiming } from "../time-limit.ts"
import { gcpService } from "./authorization.ts"
import { type GcpAnswer, type GcpQuestion, type Way, failureOf } from "./question.ts"

// It would print what failed on the way, with addresses, on standard error.
setLogVerbosity(logVerbosity.NONE)

type Client = KeyManagementServiceClient

/** Connections of one run, by where they lead. Whose token goes along is said with each call. */
const clients = runSlot<Map<string, Client>>()

const notGrpc = "NOT_GRPC"
const universe = "googleapis.com"
const answerBytesMax = 256 * 1024
const triesMax = 3
const firstPauseMs = 200

/**
 * Asks by Google's own client. What is to be trusted, the way through a proxy and all times are ours, as for every other
 * service.
 *
 * @throws {AppError} what the answer means when it is a failure
 */
export async function askByGrpc(question: GcpQuestion, way: Way): Promise<GcpAnswer> {
  const { endpoint, context } = way
  const { host } = new URL(endpoint.origin)
  let roots = await namedRoots(context)
  for (let tries = 1; ; tries++) {
    const client = await clientFor(endpoint.origin, roots, context)
    try {
      return await callOnce(client, question, way)
    } catch (error) {
      context.signal.throwIfAborted()
      const failure = readFailure(error)
      const system = failure.isUnknownIssuer && tries === 1 ? await systemRoots(context) : null
      if (system !== null) roots = system
      else if (tries === triesMax || !failure.isBusy) throw meaning(failure, question, { ...way, host })
      else await pause(randomInt(firstPauseMs / 2, firstPauseMs) * 4 ** (tries - 1), null, { signal: context.signal })
    }
  }
}

async function callOnce(client: Client, { to, operation, bytes }: GcpQuestion, way: Way): Promise<GcpAnswer> {
  const { authorization, context } = way
  const options = {
    timeout: readTiming(context).requestMs,
    // Another try is ours to make.
    retry: { retryCodes: [] },
    otherArgs: { headers: { ...authorization.headers } },
  }
  const stop = (): void => void client.close().catch(() => {})
  context.signal.addEventListener("abort", stop, { once: true })
  try {
    const name = to.resourceId
    if (operation === "encrypt") {
      const [answer] = await client.encrypt({ name, plaintext: bytes }, options)
      return { name: answer.name ?? null, bytes: bytesOf(answer.ciphertext) }
    }
    const [answer] = await client.decrypt({ name, ciphertext: bytes }, options)
    return { name: null, bytes: bytesOf(answer.plaintext) }
  } finally {
    context.signal.removeEventListener("abort", stop)
    if (context.signal.aborted) clients.forget(context.session)
  }
}

function bytesOf(value: Uint8Array | string | null | undefined): Uint8Array | null {
  return value instanceof Uint8Array ? value : null
}

async function clientFor(origin: string, roots: readonly string[] | null, context: KeyContext): Promise<Client> {
  const known = clients.of(context.session, () => new Map())
  const key = JSON.stringify([origin, roots === null ? 0 : roots.length])
  const found = known.get(key)
  if (found !== undefined) return found
  const url = new URL(origin)
  const port = url.port === "" ? 443 : Number(url.port)
  const proxy = proxyFor(url, context)
  const certificates = Buffer.from((roots ?? rootCertificates).join("\n"))
  const address = url.hostname.replace(/^\[|\]$/g, "")
  const hasName = isIP(address) === 0
  const verify = hasName
    ? {}
    : { checkServerIdentity: (_: string, peer: PeerCertificate) => checkServerIdentity(address, peer) }
  const options = {
    sslCreds: credentials.createSsl(certificates, null, null, verify),
    servicePath: proxy === null ? url.hostname : proxy.hostname,
    port: proxy === null ? port : Number(proxy.port === "" ? 80 : proxy.port),
    // The client asks it for nothing more: the token is in the headers.
    auth: new GoogleAuth({ projectId: "-", universeDomain: universe }),
    universeDomain: universe,
    "grpc.max_receive_message_length": answerBytesMax,
    "grpc.enable_http_proxy": 0,
    "grpc.enable_retries": 0,
    ...(proxy === null ? {} : throughProxy(proxy, url.hostname, port)),
    // A server name that is an address is refused by Node from 26 on, and grpc-js always sends one; the certificate is
    // held against the address itself.
    ...(hasName ? {} : { "grpc.ssl_target_name_override": "address.invalid", "grpc.default_authority": url.host }),
  }
  const client = new KeyManagementServiceClient(options, withoutOthers)
  known.set(key, client)
  return client
}

/** The client makes two of other services with it, which take as long again and are never asked. */
const withoutOthers = { ...gax, IamClient: Object, LocationsClient: Object } as unknown as typeof gax

function throughProxy({ username, password }: URL, host: string, port: number): Readonly<Record<string, string>> {
  return {
    "grpc.http_connect_target": `dns:${host}:${port}`,
    "grpc.default_authority": `${host}:${port}`,
    "grpc.ssl_target_name_override": host,
    ...(username === ""
      ? {}
      : { "grpc.http_connect_creds": `${decodeURIComponent(username)}:${decodeURIComponent(password)}` }),
  }
}

interface GrpcFailure {
  readonly code: codes
  /** The connection's own failure, as a constant of Node's or OpenSSL's; `null` when the service has answered. */
  readonly connection: string | null
  readonly isConnected: boolean
  readonly isUnknownIssuer: boolean
  readonly isBusy: boolean
  readonly isTooLong: boolean
  readonly reason: string | null
}

/** What its texts say, in constants that `networkError` knows. */
const connectionTexts: readonly (readonly [RegExp, string])[] = [
  [/unable to (?:verify|get)/, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  [/self.signed certificate/, "SELF_SIGNED_CERT_IN_CHAIN"],
  [/certificate has expired/, "CERT_HAS_EXPIRED"],
  [/does not match certificate/, "ERR_TLS_CERT_ALTNAME_INVALID"],
  [/no application protocol|Protocol error|Missing ALPN/i, notGrpc],
  [/wrong version number/, "EPROTO"],
  [/socket disconnected|Connection dropped/, "ECONNRESET"],
  [/Name resolution failed/, "ENOTFOUND"],
]

/** Texts are looked at and never shown. */
function readFailure(error: unknown): GrpcFailure {
  const { code, details, reason } = error as { code?: unknown; details?: unknown; reason?: unknown }
  const text = typeof details === "string" ? details : ""
  const isConnected =
    !/^(?:No connection established|Connection dropped|Failed to connect|Name resolution failed)/.test(text)
  const number: codes = typeof code === "number" ? code : codes.UNKNOWN
  const named = /\bE[A-Z]{4,30}\b/.exec(text)?.[0] ?? null
  const connection = isConnected ? null : (connectionTexts.find(([pattern]) => pattern.test(text))?.[1] ?? named)
  const isTooLong = text.startsWith("Received message larger than max")
  return {
    code: number,
    connection,
    isConnected,
    isUnknownIssuer: isUnknownIssuer({ code: connection }),
    isTooLong,
    isBusy: isConnected && !isTooLong && (number === codes.RESOURCE_EXHAUSTED || number === codes.UNAVAILABLE),
    reason: typeof reason === "string" ? reason : null,
  }
}

/** As google.api's HTTP mapping has them. */
const httpStatuses: ReadonlyMap<codes, number> = new Map([
  [codes.INVALID_ARGUMENT, 400],
  [codes.FAILED_PRECONDITION, 400],
  [codes.UNAUTHENTICATED, 401],
  [codes.PERMISSION_DENIED, 403],
  [codes.NOT_FOUND, 404],
  [codes.RESOURCE_EXHAUSTED, 429],
])

function meaning(failure: GrpcFailure, { operation }: GcpQuestion, way: Way & { readonly host: string }): AppError {
  const { authorization, context, host } = way
  const { code, connection, isConnected, isTooLong, reason } = failure
  if (code === codes.DEADLINE_EXCEEDED) {
    const seconds = readTiming(context).requestMs / 1000
    return new AppError("KEY_TIMEOUT", {}, { subject: `${gcpService} at ${host}, after ${seconds} s` })
  }
  if (connection === notGrpc) {
    const hint = "SOPS_GCP_KMS_CLIENT_TYPE=rest asks an endpoint that speaks REST"
    return serviceError("KEY_NETWORK", { service: gcpService, words: `the endpoint ${host} does not speak gRPC`, hint })
  }
  if (!isConnected) return networkError({ code: connection }, { service: gcpService, host })
  return failureOf({
    as: authorization.as,
    operation,
    status: isTooLong ? 500 : (httpStatuses.get(code) ?? 500),
    isPrecondition: code === codes.FAILED_PRECONDITION,
    isServiceOff: reason === "SERVICE_DISABLED",
    words: isTooLong ? "its answer is too long" : `status ${codes[code] ?? "UNKNOWN"}`,
  })
}
