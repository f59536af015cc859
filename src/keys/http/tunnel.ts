import { request as plainRequest } from "node:http"
import { Agent, type AgentOptions, type RequestOptions, request as tlsRequest } from "node:https"
import { type Socket, isIP } from "node:net"
import { type Duplex } from "node:stream"
import { connect } from "node:tls"
import { AppError } from "../../errors/app-error.ts"
import { networkError } from "./network-error.ts"

/** What `send` adds to a request, for the agent. */
export interface TunnelOptions {
  /** For errors. */
  readonly service: string
  /** Ends the connection while it is being made: Node keeps the signal of a request from its agent. */
  readonly until: AbortSignal
}

/** What Node hands to an agent for one connection. */
type TunnelTarget = RequestOptions & Partial<TunnelOptions>

type Ready = (error: Error | null, stream: Duplex) => void

/** Connections through the CONNECT method of an HTTP proxy: the proxy sees names and bytes, never the content. */
export class TunnelAgent extends Agent {
  readonly #proxy: URL
  readonly #roots: readonly string[] | null

  /** @param roots - for the proxy itself when it speaks TLS; `null` for Node's own */
  constructor(proxy: URL, roots: readonly string[] | null, options: AgentOptions) {
    super(options)
    this.#proxy = proxy
    this.#roots = roots
  }

  override createConnection(target: TunnelTarget, ready: Ready): undefined {
    const fail = ready as (error: Error) => void
    const name = target.host ?? ""
    const authority = `${name.includes(":") ? `[${name}]` : name}:${target.port ?? 443}`
    const isTls = this.#proxy.protocol === "https:"
    const connecting = (isTls ? tlsRequest : plainRequest)({
      host: this.#proxy.hostname.replace(/^\[|\]$/g, ""),
      port: this.#proxy.port === "" ? (isTls ? 443 : 80) : Number(this.#proxy.port),
      method: "CONNECT",
      path: authority,
      headers: { host: authority, ...proxyAuthorization(this.#proxy) },
      agent: false,
      ...(isTls && this.#roots !== null ? { ca: [...this.#roots] } : {}),
      ...(target.until === undefined ? {} : { signal: target.until }),
    })
    connecting.once("connect", ({ statusCode }, socket: Socket) => {
      if (statusCode === 200) return this.#secure(target, socket, ready)
      socket.destroy()
      fail(refused(this.#proxy, `${target.service ?? "it"}: it answered ${statusCode}`))
    })
    connecting.once("response", (response) => {
      response.destroy()
      fail(refused(this.#proxy, `${target.service ?? "it"}: it answered ${response.statusCode}`))
    })
    const failed = { service: "the proxy", host: this.#proxy.host }
    connecting.once("error", (error) => fail(networkError(error, failed)))
    connecting.end()
    return undefined
  }

  #secure(target: TunnelTarget, socket: Socket, ready: Ready): void {
    const name = target.servername ?? target.host ?? ""
    const { ca, cert, key, minVersion, rejectUnauthorized } = target
    const secured = connect({
      ca,
      cert,
      key,
      minVersion,
      rejectUnauthorized,
      socket,
      host: target.host ?? "",
      servername: isIP(name) === 0 ? name : "",
    })
    // The request hears of its end through the agent alone.
    const stop = (): void => void secured.destroy(new Error("the call was given up"))
    target.until?.addEventListener("abort", stop, { once: true })
    secured.once("secureConnect", () => {
      // From now on it belongs to the agent, which may keep it for other requests.
      target.until?.removeEventListener("abort", stop)
      ready(null, secured)
    })
    secured.once("error", ready as (error: Error) => void)
  }
}

/** The password of a proxy is in its address, as everywhere. */
export function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === "") return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { "proxy-authorization": `Basic ${Buffer.from(pair).toString("base64")}` }
}

function refused(proxy: URL, words: string): AppError {
  const subject = `the proxy ${proxy.host} does not let us through to ${words}`
  return new AppError("KEY_NETWORK", {}, { subject, hint: "check HTTPS_PROXY and NO_PROXY" })
}
