import { AppError } from "../../errors/app-error.ts"

/** Codes of Node and OpenSSL that speak of a certificate. */
const untrusted = /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH)/
/** Those that another root certificate may cure. */
const unknownIssuer = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*)$/

/** Of a server of gRPC, for one. */
const anotherProtocol = "it does not speak HTTP/1.1"

const words: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "nothing listens there"],
  ["ENOTFOUND", "its name is not known"],
  ["EAI_AGAIN", "its name could not be looked up"],
  ["ECONNRESET", "it cut the connection"],
  ["EPIPE", "it cut the connection"],
  ["EHOSTUNREACH", "there is no way to it"],
  ["ENETUNREACH", "there is no way to it"],
  ["ETIMEDOUT", "it does not answer"],
  ["ENOENT", "there is no such socket"],
  ["EACCES", "the socket may not be used"],
  ["HPE_INVALID_CONSTANT", anotherProtocol],
  ["ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL", anotherProtocol],
  ["EPROTO", "it does not speak TLS"],
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
  const reason = code === null ? "the connection failed" : (words.get(code) ?? `the connection failed (${code})`)
  const hint = "check the address, the network, and HTTPS_PROXY and NO_PROXY"
  return new AppError("KEY_NETWORK", {}, { subject: `${service} at ${host}: ${reason}`, hint })
}

/** An error that `networkError` made. */
export function isOtherProtocol({ code, detail }: AppError): boolean {
  return code === "KEY_NETWORK" && detail.subject?.endsWith(anotherProtocol) === true
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
