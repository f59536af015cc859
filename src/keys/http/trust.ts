import { rootCertificates } from "node:tls"
import { AppError } from "../../errors/app-error.ts"
import { type KeyContext } from "../provider.ts"

type TrustContext = Pick<KeyContext, "env" | "platform" | "readFile">

/** Where Linux systems keep the certificates that their administrator trusts. */
const systemBundles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
]

/**
 * The root certificates to use instead of Node's own.
 *
 * @returns `null` for Node's own, which include NODE_EXTRA_CA_CERTS
 * @throws {AppError} `ENVIRONMENT_INVALID` when SSL_CERT_FILE names nothing that can be read
 */
export async function namedRoots(machine: TrustContext): Promise<readonly string[] | null> {
  const path = machine.env("SSL_CERT_FILE") ?? ""
  if (path === "") return null
  const file = await machine.readFile(path)
  if (file === null) {
    throw new AppError("ENVIRONMENT_INVALID", {}, { subject: "SSL_CERT_FILE names a file that is not there" })
  }
  return [...rootCertificates, Buffer.from(file).toString("latin1")]
}

/**
 * Node's roots and those of the system. Reading them all costs more than a request, so they are asked for only when
 * Node's own did not do: in a company whose proxy has a certificate of its own.
 *
 * @returns `null` when the system has none
 */
export async function systemRoots(machine: TrustContext): Promise<readonly string[] | null> {
  if (machine.platform !== "linux" || (machine.env("SSL_CERT_FILE") ?? "") !== "") return null
  for (const path of systemBundles) {
    const file = await machine.readFile(path)
    if (file !== null) return [...rootCertificates, Buffer.from(file).toString("latin1")]
  }
  return null
}
