import { AppError } from "../../errors/app-error.ts"
import { type TlsSettings } from "../http/connections.ts"
import { parseJson } from "../http/json.ts"
import { parseProxy } from "../http/proxy.ts"
import { type KeyContext } from "../provider.ts"

/** What the environment says about talking with Vault, beside address and token. */
export interface VaultSettings {
  readonly headers: Readonly<Record<string, string>>
  readonly tls: TlsSettings
  readonly proxy?: URL
}

/**
 * @throws {AppError} `ENVIRONMENT_INVALID`
 * @see Vault's api/client.go, Config.ReadEnvironment
 */
export async function readSettings(context: KeyContext): Promise<VaultSettings> {
  const read = (name: string): string => context.env(name) ?? ""
  const proxyName = read("VAULT_PROXY_ADDR") === "" ? "VAULT_HTTP_PROXY" : "VAULT_PROXY_ADDR"
  const namespace = read("VAULT_NAMESPACE")
  return {
    headers: {
      ...furtherHeaders(read("VAULT_HEADERS")),
      ...(namespace === "" ? {} : { "X-Vault-Namespace": headerText(namespace, "VAULT_NAMESPACE") }),
    },
    tls: await readTls(context),
    ...(read(proxyName) === "" ? {} : { proxy: parseProxy(read(proxyName), proxyName) }),
  }
}

async function readTls(context: KeyContext): Promise<TlsSettings> {
  const read = (name: string): string => context.env(name) ?? ""
  const file = async (name: string): Promise<string> => {
    const path = read(name)
    const bytes = path === "" ? new Uint8Array() : await context.readFile(path)
    if (bytes === null) throw invalid(`${name} names a file that is not there`)
    return Buffer.from(bytes).toString("latin1")
  }
  const [authority, certificate, key] = await Promise.all([
    file("VAULT_CACERT"),
    file("VAULT_CLIENT_CERT"),
    file("VAULT_CLIENT_KEY"),
  ])
  const ca = authority === "" ? read("VAULT_CACERT_BYTES") : authority
  if (ca === "" && read("VAULT_CAPATH") !== "") {
    throw invalid("VAULT_CAPATH cannot be used here: name one file in VAULT_CACERT")
  }
  if ((certificate === "") !== (key === "")) throw invalid("VAULT_CLIENT_CERT and VAULT_CLIENT_KEY belong together")
  const serverName = read("VAULT_TLS_SERVER_NAME")
  return {
    ...(ca === "" ? {} : { ca }),
    ...(certificate === "" ? {} : { certificate, key }),
    ...(serverName === "" ? {} : { serverName }),
    ...(isTrue(read("VAULT_SKIP_VERIFY")) ? { isUnchecked: true } : {}),
  }
}

/** Go's strconv.ParseBool. */
function isTrue(text: string): boolean {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true
  if (["", "0", "f", "F", "FALSE", "false", "False"].includes(text)) return false
  throw invalid("VAULT_SKIP_VERIFY must be true or false")
}

/** A JSON mapping of names to texts; the names that are Vault's own are refused. */
function furtherHeaders(text: string): Record<string, string> {
  if (text === "") return {}
  const json = parseJson(text)
  if (typeof json !== "object" || json === null) throw invalid("VAULT_HEADERS is not a JSON mapping")
  const pairs = Object.entries(json).map(([name, value]) => {
    const isName = /^[A-Za-z0-9-]{1,100}$/.test(name) && !/^x-vault-|^host$|^content-length$/i.test(name)
    if (!isName) throw invalid("VAULT_HEADERS names a header that cannot be set")
    return [name, headerText(String(value), "VAULT_HEADERS")]
  })
  return Object.fromEntries(pairs) as Record<string, string>
}

function headerText(text: string, name: string): string {
  if (/^[\x20-\x7e]{1,1000}$/.test(text)) return text
  throw invalid(`${name} holds characters that no header can have`)
}

function invalid(subject: string): AppError {
  return new AppError("ENVIRONMENT_INVALID", {}, { subject })
}
