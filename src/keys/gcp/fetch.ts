import { type TlsSettings } from "../http/connections.ts"
import { jsonField } from "../http/json.ts"
import { send } from "../http/request.ts"
import { type KeyContext } from "../provider.ts"

/** What Google's library passes along, as far as it counts here. */
interface Init {
  readonly method?: string | undefined
  readonly headers?: ConstructorParameters<typeof Headers>[0]
  readonly body?: unknown
  readonly agent?: unknown
}

/**
 * The `fetch` that Google's library gets: the same rules for proxies, certificates, redirects, sizes and time hold for
 * its requests as for our own.
 */
export function fetchFor(service: string, contextOf: () => KeyContext): typeof globalThis.fetch {
  return async (input, init: Init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const body = bodyOf(init.body)
    const tls = certificateOf(init.agent)
    const answer = await send(
      {
        service,
        url,
        method: init.method ?? "GET",
        headers: Object.fromEntries(new Headers(init.headers)),
        ...(body === undefined ? {} : { body }),
        ...(tls === undefined ? {} : { tls }),
      },
      contextOf(),
    )
    const hasBody = answer.status !== 204 && answer.status !== 304
    return new Response(hasBody ? new Uint8Array(answer.body) : null, {
      status: answer.status,
      headers: { ...answer.headers },
    })
  }
}

function bodyOf(body: unknown): string | Uint8Array | undefined {
  if (body === undefined || body === null) return undefined
  if (typeof body === "string" || body instanceof Uint8Array) return body
  if (body instanceof URLSearchParams) return body.toString()
  throw new TypeError("a body of an unknown kind")
}

/** Workload identity by certificates hands them over in an agent. */
function certificateOf(agent: unknown): TlsSettings | undefined {
  const certificate = textOf(jsonField(agent, "options", "cert"))
  const key = textOf(jsonField(agent, "options", "key"))
  return certificate === null || key === null ? undefined : { certificate, key }
}

function textOf(value: unknown): string | null {
  return typeof value === "string" || Buffer.isBuffer(value) ? value.toString() : null
}
