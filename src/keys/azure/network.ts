import { type HttpClient, createHttpHeaders } from "@azure/core-rest-pipeline"
import { AppError } from "../../errors/app-error.ts"
import { deriveContext } from "../derive-context.ts"
import { liveContexts } from "../http/live-contexts.ts"
import { send } from "../http/request.ts"
import { type KeyContext } from "../provider.ts"

/** The library would wait as long as such a header says, and longer than anybody else does. */
const dropped: ReadonlySet<string> = new Set(["retry-after", "retry-after-ms", "x-ms-retry-after-ms"])
/** Asked on any machine to find out whether it is one of Azure's: no answer there is no failure. */
const probed: ReadonlySet<string> = new Set(["169.254.169.254"])

/** The network as Azure's library sees it: the same rules hold for its requests as for our own. */
export interface Network {
  readonly client: HttpClient
  /** The call that requests belong to while some work lasts. */
  during<T>(context: KeyContext, work: () => Promise<T>): Promise<T>
  /** What the last request failed with, if that was no probe. */
  failure(): AppError | null
}

/** One for the process: the library keeps the first client that asked a machine for its identity, and never another. */
export const network: Network = makeNetwork()

function makeNetwork(): Network {
  const calls = liveContexts()
  let failed: AppError | null = null
  const client: HttpClient = {
    async sendRequest(request) {
      const current = calls.current()
      const { abortSignal } = request
      const signals = [current.signal, ...(abortSignal instanceof AbortSignal ? [abortSignal] : [])]
      const context = deriveContext(current, { signal: AbortSignal.any(signals), effort: current.effort })
      const url = new URL(request.url)
      const body = bodyOf(request.body)
      try {
        const {
          status,
          headers,
          body: bytes,
        } = await send(
          {
            service: "the login of Azure",
            url,
            method: request.method,
            headers: request.headers.toJSON(),
            ...(body === undefined ? {} : { body }),
            ...(request.timeout > 0 ? { timeoutMs: request.timeout } : {}),
          },
          context,
        )
        const kept = Object.entries(headers).filter(([name]) => !dropped.has(name))
        return {
          request,
          status,
          headers: createHttpHeaders(Object.fromEntries(kept)),
          bodyAsText: bytes.toString("utf8"),
        }
      } catch (error) {
        if (error instanceof AppError && !probed.has(url.hostname)) failed = error
        throw error
      }
    },
  }
  return {
    client,
    during(context, work) {
      failed = null
      return calls.during(context, work)
    },
    failure: () => failed,
  }
}

function bodyOf(body: unknown): string | Uint8Array | undefined {
  if (body === undefined || body === null) return undefined
  if (typeof body === "string" || body instanceof Uint8Array) return body
  throw new TypeError("a body of an unknown kind")
}
