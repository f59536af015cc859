import { AppError } from "../../errors/app-error.ts"

/** Codes of Node and OpenSSL that speak of a certificate. */
const untrusted = /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH)/
/** Those that another root certificate may cure. */
const unknownIssuer = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*)$/

/** As a server of gRPC does. */
const onlyHttp2 = "it speaks only HTTP/2"

const words: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "nothing listens there"],
  ["ENOTFOUND", "its name is not known"],
  ["EAI_AGAIN", "its name could not be looked up"],
  ["ECONNRESET", "it cut the connection"],
  ["EPIPE", "it cut the connection"],
  ["EHOSTUNREACH", "there is no route to it"],
  ["ENETUNREACH", "there is no route to it"],
  ["ETIMEDOUT", "it does not answer"],
  ["ENOENT", "there is no such socket"],
  ["EACCES", "the socket may not be used"],
  ["HPE_INVALID_CONSTANT", "it does not speak HTTP"],
  ["HPE_HEADER_OVERFLOW", "the head of its answer is too long"],
  ["EPROTO", "it does not speak TLS"],
])

/** By the numbers of RFC 8446, section 6, which OpenSSL puts at the end of its messages. */
const alerts: ReadonlyMap<number, string> = new Map([
  [40, "it takes no version or cipher of TLS that this program has"],
  [42, "it does not accept the certificate that it was shown"],
  [48, "it does not accept the certificate that it was shown"],
  [70, "it takes no version of TLS that this program has"],
  [71, "it takes no cipher of TLS that this program has"],
  [112, "it does not know itself by that name"],
  [116, "it wants to be shown a certificate"],
  [120, onlyHttp2],
])

/** What failed on the way, in words of ours: messages of the system and of OpenSSL may hold anything. */
export function networkError(error: unknown, { service, host }: { service: string; host: string }): AppError {
  if (error instanceof AppError) return error
  const code = codeOf(error)
  if (code !== null && untrusted.test(code)) {
    return new AppError(
      "KEY_NETWORK",
      {},
      {
        subject: `${service} at ${host}: its certificate is not trusted (${code})`,
        hint: "name the certificate of its authority in SSL_CERT_FILE",
      },
    )
  }
  const reason = reasonOf(error, code)
  const hint = "check the address, the network, and HTTPS_PROXY and NO_PROXY"
  return new AppError("KEY_NETWORK", {}, { subject: `${service} at ${host}: ${reason}`, hint })
}

function reasonOf(error: unknown, code: string | null): string {
  if (isHttp2Frame(error)) return onlyHttp2
  const alert = alerts.get(alertOf(error))
  if (alert !== undefined) return alert
  if (code === null) return "the connection failed"
  return words.get(code) ?? (code.startsWith("HPE_") ? "its answer is not HTTP" : `the connection failed (${code})`)
}

/** What could not be read as HTTP begins with the settings that such a server sends (RFC 9113, section 3.4). */
function isHttp2Frame(error: unknown): boolean {
  if (!(error instanceof Error) || !("rawPacket" in error) || !(error.rawPacket instanceof Uint8Array)) return false
  const [, , , type, flags, ...stream] = error.rawPacket.subarray(0, 9)
  return type === 4 && flags === 0 && stream.length === 4 && stream.every((byte) => byte === 0)
}

function alertOf(error: unknown): number {
  return error instanceof Error ? Number(/SSL alert number ([0-9]{1,3})/.exec(error.message)?.[1]) : Number.NaN
}

/** An error that `networkError` made. */
export function speaksOnlyHttp2({ code, detail }: AppError): boolean {
  return code === "KEY_NETWORK" && detail.subject?.endsWith(onlyHttp2) === true
}

export function isUnknownIssuer(error: unknown): boolean {
  return unknownIssuer.test(codeOf(error) ?? "")
}

/** A kept connection may have been closed by the other side just when it was used again. */
export function isCutConnection(error: unknown): boolean {
  const code = codeOf(error)
  return code === "ECONNRESET" || code === "EPIPE"
}

/** Only names of constants are taken, never text. An error of several addresses tells about the first. */
function codeOf(error: unknown): string | null {
  if (error instanceof AggregateError && !hasCode(error)) return codeOf(error.errors[0])
  return hasCode(error) && /^[A-Z][A-Z0-9_]{1,60}$/.test(error.code) ? error.code : null
}

function hasCode(error: unknown): error is { code: string } {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
}
