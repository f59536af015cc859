import { AppError } from "../../errors/app-error.ts"

/** Where a key service is. */
export type Address =
  | { readonly network: "unix"; readonly path: string }
  | { readonly network: "tcp"; readonly host: string; readonly port: number }

/**
 * Reads `unix:///path/to/socket` or `tcp://host:port`.
 *
 * @throws {AppError} `KEYSERVICE_ADDRESS`
 */
export function parseAddress(uri: string): Address {
  const [, scheme, rest = ""] = /^(unix|tcp|tcp4|tcp6):\/\/(.*)$/.exec(uri) ?? []
  const address = scheme === "unix" ? unixAddress(rest) : scheme === undefined ? null : tcpAddress(rest)
  if (address === null) throw addressError(uri, "it is unix:///PATH or tcp://HOST:PORT")
  return address
}

/** `host:port`, with brackets around an IPv6 address; `null` for anything else. */
export function tcpAddress(text: string): Address | null {
  const [, bracketed, plain, digits] =
    /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9.-]{1,253})):([0-9]{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  return host === undefined || port > 65535 ? null : { network: "tcp", host, port }
}

export function addressText(address: Address): string {
  if (address.network === "unix") return `unix://${address.path}`
  const host = address.host.includes(":") ? `[${address.host}]` : address.host
  return `tcp://${host}:${address.port}`
}

/** On this machine, so that nothing on a network sees what is said. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.[0-9]{1,3}){3}$/.test(host)
}

export function addressError(text: string, reason: string): AppError {
  return new AppError("KEYSERVICE_ADDRESS", {}, { subject: `${text}: ${reason}` })
}

function unixAddress(path: string): Address | null {
  return path === "" || path.includes("\0") ? null : { network: "unix", path }
}
