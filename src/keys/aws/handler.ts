import { type KMSClientConfig } from "@aws-sdk/client-kms"
import { deriveContext, type KeyContext } from "../provider.ts"
import { send } from "../http/request.ts"

/** What the SDK hands over, as far as it counts here. */
interface SdkRequest {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query?: Readonly<Record<string, string | string[] | null>>
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

interface SdkOptions {
  readonly abortSignal?: unknown
}

interface SdkAnswer {
  readonly response: { statusCode: number; headers: Record<string, string>; body: Uint8Array }
}

interface SdkHandler {
  handle(request: SdkRequest, options?: SdkOptions): Promise<SdkAnswer>
  updateHttpClientConfig(): void
  httpHandlerConfigs(): Record<string, never>
}

/**
 * The network as the AWS SDK sees it: the same rules for proxies, certificates, redirects, sizes and time hold for its
 * requests as for our own.
 */
export function handlerFor(service: string, contextOf: () => KeyContext): SdkHandler {
  return {
    async handle(request, { abortSignal } = {}) {
      const current = contextOf()
      const signals = [current.signal, ...(abortSignal instanceof AbortSignal ? [abortSignal] : [])]
      const context = deriveContext(current, { signal: AbortSignal.any(signals), effort: current.effort })
      const body = bodyOf(request.body)
      const { method, headers } = request
      const answer = await send(
        { service, method, headers, url: urlOf(request), ...(body === undefined ? {} : { body }) },
        context,
      )
      // The SDK would wait as long as that header says, and longer than anybody else does.
      const { "retry-after": _, ...kept } = answer.headers
      return { response: { statusCode: answer.status, headers: kept, body: new Uint8Array(answer.body) } }
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  }
}

function urlOf({ protocol, hostname, port, path, query = {} }: SdkRequest): URL {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((one) => (one === null ? encode(name) : `${encode(name)}=${encode(one)}`)),
  )
  const search = pairs.length === 0 ? "" : `?${pairs.join("&")}`
  return new URL(`${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}${search}`)
}

/** As the signature has it: all but unreserved characters (RFC 3986). */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function bodyOf(body: unknown): string | Uint8Array | undefined {
  if (body === undefined || body === null || body === "") return undefined
  if (typeof body === "string" || body instanceof Uint8Array) return body
  throw new TypeError("a body of an unknown kind")
}

/** Everything the SDK would tell the user is told by our errors. */
export const silentLogger = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
} satisfies NonNullable<KMSClientConfig["logger"]>
