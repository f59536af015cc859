import { request as plainRequest } from "node:http"
import { type AgentOptions, type RequestOptions, Agent, request as tlsRequest } from "node:https"
import { type Socket, BlockList, isIP } from "node:net"
import { type Duplex } from "node:stream"
import { connect } from "node:tls"
import { AppError } from "../../errors/app-error.ts"
import { networkError } from "./network-error.ts"
import { type KeyContext } from "../provider.ts"

/**
 * The proxy for an address, by the variables that Go programs obey, in either case of letters.
 *
 * @returns `null` when the address is asked directly: no proxy is set, NO_PROXY names it, or it is this machine
 * @throws {AppError} `ENVIRONMENT_INVALID`
 * @see golang.org/x/net/http/httpproxy, which upstream uses for every provider
 */
export function proxyFor(url: URL, { env }: Pick<KeyContext, "env">): URL | null {
  const read = (name: string): string => env(name) || env(name.toLowerCase()) || ""
  // In a CGI program HTTP_PROXY is a header of whoever asked.
  const isCgi = (env("REQUEST_METHOD") ?? "") !== ""
  const name = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY"
  const text = name === "HTTP_PROXY" && isCgi ? "" : read(name)
  if (text === "" || isDirect(url, read("NO_PROXY"))) return null
  return parseProxy(text, name)
}

/** @throws {AppError} `ENVIRONMENT_INVALID`; it does not show the text, which may hold a password */
export function parseProxy(text: string, name: string): URL {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.canParse(withScheme) ? new URL(withScheme) : null
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new AppError("ENVIRONMENT_INVALID", {}, { subject: `${name} is not the address of an HTTP proxy` })
  }
  return url
}

function isDirect(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase()
  const version = isIP(host)
  if (host === "localhost" || (version === 4 && host.startsWith("127.")) || host === "::1") return true
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port
  return noProxy.split(",").some((entry) => matches(entry.trim().toLowerCase(), { host, version, port }))
}

interface ProxiedUrl {
  readonly host: string
  /** 4, 6, or 0 for a name. */
  readonly version: number
  readonly port: string
}

/** `*`, an address, a range, a name that stands for its subdomains too, or `.name` for the subdomains alone. */
function matches(entry: string, { host, version, port }: ProxiedUrl): boolean {
  if (entry === "") return false
  if (entry === "*") return true
  const [, range, bits] = /^([0-9a-f.:]+)\/([0-9]{1,3})$/.exec(entry) ?? []
  if (range !== undefined) return isInRange(host, { version, range, bits: Number(bits) })
  const { name, port: only } = splitPort(entry)
  if (only !== null && only !== port) return false
  if (version !== 0) return name === host
  if (name.startsWith("*.")) return host.endsWith(name.slice(1))
  return name.startsWith(".") ? host.endsWith(name) : host === name || host.endsWith(`.${name}`)
}

function splitPort(entry: string): { name: string; port: string | null } {
  const [, bracketed, behind] = /^\[([^\]]*)\](?::([0-9]+))?$/.exec(entry) ?? []
  if (bracketed !== undefined) return { name: bracketed, port: behind ?? null }
  if (isIP(entry) === 6) return { name: entry, port: null }
  const colon = entry.lastIndexOf(":")
  return colon === -1 ? { name: entry, port: null } : { name: entry.slice(0, colon), port: entry.slice(colon + 1) }
}

function isInRange(host: string, { version, range, bits }: { version: number; range: string; bits: number }): boolean {
  if (version === 0 || isIP(range) !== version || bits > (version === 4 ? 32 : 128)) return false
  const list = new BlockList()
  const family = version === 4 ? "ipv4" : "ipv6"
  list.addSubnet(range, bits, family)
  return list.check(host, family)
}

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
