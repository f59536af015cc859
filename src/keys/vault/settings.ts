import { AppError } from "../../errors/app-error.ts"
import { type TlsSettings } from "../http/connections.ts"
import { parseJson } from "../http/json.ts"
import { parseProxy } from "../http/proxy.ts"
import { homeFile } from "../key-files.ts"
import { type KeyContext } from "../provider.ts"
import { serviceError } from "../service.ts"
import { sessionMemo } from "../session-memo.ts"

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

export interface VaultToken {
  readonly text: string
  /** Where it came from, for errors: "the token of VAULT_TOKEN". */
  readonly source: string
}

const helperOutputBytesMax = 16 * 1024
const tokenShape = /^[\x21-\x7e]{1,4096}$/

const remembered = sessionMemo<VaultToken | null>()

/**
 * The user's token: VAULT_TOKEN, the file that SOPS_VAULT_TOKEN_FILE names, the token helper that the Vault command line was told to use, `~/.vault-token`.
 *
 * @returns `null` when there is none
 * @throws {AppError} `KEY_NO_CREDENTIALS` for what cannot be a token
 */
export function findToken(address: string, context: KeyContext): Promise<VaultToken | null> {
  return remembered(context, address, () => find(address, context))
}

async function find(address: string, context: KeyContext): Promise<VaultToken | null> {
  const fromVariable = context.env("VAULT_TOKEN") ?? ""
  if (fromVariable !== "") return checked(fromVariable, "the token of VAULT_TOKEN")
  const named = context.env("SOPS_VAULT_TOKEN_FILE") ?? ""
  if (named !== "") return fromNamedFile(await context.readFile(named))
  const helper = await helperOf(context)
  const fromHelper = helper === null ? "" : await askHelper(helper, address, context)
  if (fromHelper !== "") return checked(fromHelper, "the token of the token helper")
  const path = homeFile(context, ".vault-token")
  const file = path === null ? null : await context.readFile(path)
  const fromFile = file === null ? "" : Buffer.from(file).toString("utf8").trim()
  return fromFile === "" ? null : checked(fromFile, "the token of ~/.vault-token")
}

function fromNamedFile(bytes: Uint8Array | null): VaultToken {
  const source = "the token of SOPS_VAULT_TOKEN_FILE"
  if (bytes !== null) return checked(Buffer.from(bytes).toString("utf8").trim(), source)
  throw serviceError("KEY_NO_CREDENTIALS", {
    service: "Vault",
    words: "the file of SOPS_VAULT_TOKEN_FILE is not there",
  })
}

function checked(text: string, source: string): VaultToken {
  if (tokenShape.test(text)) return { text, source }
  throw serviceError("KEY_NO_CREDENTIALS", {
    service: "Vault",
    words: `${source} holds characters that no token has`,
    hint: "log in again with `vault login`",
  })
}

/**
 * @returns the program that the Vault command line keeps its tokens with, when it was told to use one
 * @see the configuration file of the Vault command line, `token_helper`
 */
async function helperOf(context: KeyContext): Promise<string | null> {
  const named = context.env("VAULT_CONFIG_PATH") ?? ""
  const path = named === "" ? homeFile(context, ".vault") : named
  const file = path === null ? null : await context.readFile(path)
  if (file === null) return null
  const text = Buffer.from(file).toString("utf8")
  const [, helper] = /^[ \t]*"?token_helper"?[ \t]*[=:]?[ \t]*"([^"\n]+)"/m.exec(text) ?? []
  if (helper === undefined) return null
  if (/^(\/|[A-Za-z]:[\\/])/.test(helper)) return helper
  throw new AppError("PROGRAM_REFUSED", {}, { subject: "the token helper of Vault is not named with its whole path" })
}

/** A helper that fails has no token, as when nobody has logged in. */
async function askHelper(helper: string, address: string, context: KeyContext): Promise<string> {
  const { status, stdout } = await context.run(helper, ["get"], {
    env: { VAULT_ADDR: address },
    outputBytesMax: helperOutputBytesMax,
    signal: context.signal,
  })
  return status === 0 ? Buffer.from(stdout).toString("utf8").trim() : ""
}
