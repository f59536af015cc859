import { Agent as PlainAgent } from "node:http"
import { type AgentOptions, Agent as TlsAgent } from "node:https"
import { rootCertificates } from "node:tls"
import { runSlot } from "../../core/run-memory.ts"
import { AppError } from "../../errors/app-error.ts"
import { TunnelAgent } from "./proxy.ts"
import { type KeyContext } from "../provider.ts"

/** What a provider asks of TLS beside the machine's own rules. */
export interface TlsSettings {
  /** PEM; these roots and no others. */
  readonly ca?: string
  readonly certificate?: string
  readonly key?: string
  /** The name that the certificate has to have, instead of the host. */
  readonly serverName?: string
  /** Any certificate will do. */
  readonly isUnchecked?: boolean
}

/** Connections of one run: they are kept open, since many files may be wrapped for one key. Idle ones end with it. */
export interface Connections {
  readonly plainAgent: PlainAgent
  tlsAgent(proxy: URL | null, settings?: TlsSettings): TlsAgent
  /** Takes the system's roots as well from now on. @returns `false` when that changes nothing */
  trustSystem(): Promise<boolean>
}

const inRun = runSlot<Promise<Connections>>()

/** @throws {AppError} `ENVIRONMENT_INVALID` when SSL_CERT_FILE cannot be read */
export function connectionsOf(context: KeyContext): Promise<Connections> {
  return inRun.of(context.session, () => makeConnections(context))
}

async function makeConnections(context: KeyContext): Promise<Connections> {
  let roots = await namedRoots(context)
  let asksSystem: Promise<boolean> | null = null
  const agents = new Map<string, TlsAgent>()

  const tlsAgent = (proxy: URL | null, settings: TlsSettings = {}): TlsAgent => {
    const key = JSON.stringify([proxy?.href, settings])
    const known = agents.get(key)
    if (known !== undefined) return known
    const options = optionsOf(settings, roots)
    const agent = proxy === null ? new TlsAgent(options) : new TunnelAgent(proxy, roots, options)
    agents.set(key, agent)
    return agent
  }
  const addSystem = async (): Promise<boolean> => {
    const system = await systemRoots(context)
    if (system === null) return false
    roots = system
    agents.clear()
    return true
  }
  return {
    plainAgent: new PlainAgent({ keepAlive: true }),
    tlsAgent,
    // Those who fail at the same time wait for the same answer.
    trustSystem: () => (asksSystem ??= addSystem()),
  }
}

function optionsOf(settings: TlsSettings, roots: readonly string[] | null): AgentOptions {
  const { ca, certificate, key, serverName, isUnchecked } = settings
  return {
    keepAlive: true,
    minVersion: "TLSv1.2",
    ...(ca === undefined ? (roots === null ? {} : { ca: [...roots] }) : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(isUnchecked === true ? { rejectUnauthorized: false } : {}),
  }
}

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
