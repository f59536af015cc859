import { BlockList, isIP } from "node:net"
import { AppError } from "../../errors/app-error.ts"
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
