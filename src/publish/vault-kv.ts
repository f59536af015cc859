import { type AppError } from "../errors/app-error.ts"
import { jsonField, type Json, parseJson } from "../keys/http/json.ts"
import { type HttpAnswer } from "../keys/http/request.ts"
import { type KeyContext } from "../keys/provider.ts"
import { ask, openVault, type Vault } from "../keys/vault/transit.ts"
import { uploadFailed, uploading, checkAddress, vaultSegments } from "./upload.ts"

const service = "Vault"
const defaultAddress = "https://127.0.0.1:8200"
const secretBytesMax = 4 * 1024 * 1024

interface VaultPlace {
  /** `""`: what VAULT_ADDR says, or this machine. */
  readonly address: string
  /** `""`: `secret`. */
  readonly mount: string
  /** Folder of the secret. */
  readonly path: string
  /** 1 or 2; anything else counts as 2, as for upstream. */
  readonly version: number
}

interface VaultSecret extends VaultPlace {
  readonly name: string
  /** A JSON object. */
  readonly json: string
}

/** Where a secret of that name goes, as people read it: the address, and the path behind `/v1/`. */
export function vaultPlace(place: VaultPlace, name: string, { env }: Pick<KeyContext, "env">) {
  const { mount, path, version } = place
  const address = place.address || env("VAULT_ADDR") || defaultAddress
  const folder = version === 1 ? "" : "data/"
  return { address, path: `${withSlash(mount || "secret")}${folder}${withSlash(path)}${name}` }
}

/**
 * Writes a secret into a KV engine, version 1 or 2, unless it is there already.
 *
 * @param unread - called when it cannot be found out what is there; it is written then
 * @returns `false` when the same data was there
 * @throws {AppError} `PUBLISH_NAME` before any request, `PUBLISH_FAILED`
 * @see sops v3.13.2 publish/vault.go; Vault's HTTP API for KV
 */
export async function putVault(secret: VaultSecret, context: KeyContext, unread: () => void): Promise<boolean> {
  const { mount, path, version, name, json } = secret
  const { address } = vaultPlace(secret, name, context)
  if (!/^\/?$/.test(checkAddress(address, "the address of Vault").pathname)) {
    throw uploadFailed({ service, words: "its address has a path, which is not supported" })
  }
  const engine = vaultSegments(mount || "secret")
  const below = vaultSegments(path, name)
  const at = [...engine, ...(version === 1 ? [] : ["data"]), ...below]
  return uploading(async () => {
    // The token goes where a key would be asked for: the same rules hold for both.
    const place = { type: "hc_vault", vaultAddress: address, enginePath: engine.join("/"), keyName: name } as const
    const vault = await openVault(place, context)
    const known = await read(vault, at)
    const now = jsonField(known ?? undefined, "data", ...(version === 1 ? [] : ["data"]))
    if (isSame(parseJson(json), now)) return false
    if (known === null) unread()
    const body = version === 1 ? json : `{"data":${json}}`
    const answer = await ask(vault, { method: "PUT", path: at, body })
    if (answer.status !== 200 && answer.status !== 204) throw failure(vault, answer)
    return true
  })
}

/** @returns what Vault says; an empty answer where nothing is, `null` when that cannot be found out */
async function read(vault: Vault, path: readonly string[]): Promise<Json> {
  try {
    const answer = await ask(vault, { method: "GET", path, bytesMax: secretBytesMax })
    if (answer.status === 404) return {}
    return answer.status === 200 ? parseJson(answer.body) : null
  } catch {
    // Writing fails as well, then, and says why.
    vault.context.signal.throwIfAborted()
    return null
  }
}

/** Numbers that JavaScript cannot hold are never the same, so that no change is missed. */
function isSame(a: Json, b: Json): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return a === b && (typeof a !== "number" || !Number.isInteger(a) || Number.isSafeInteger(a))
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    return a.every((item, index) => isSame(item, b[index]))
  }
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => Object.hasOwn(b, name) && isSame(jsonField(a, name), jsonField(b, name)))
}

function failure({ token }: Vault, { status }: HttpAnswer): AppError {
  const as = token === null ? "" : ` (as ${token.source})`
  switch (status) {
    case 403: {
      const hint = 'its policies have to allow "create" and "update" there, and the token must not have expired'
      return uploadFailed({ service, words: `access is denied${as}`, hint })
    }
    case 400:
    case 404:
    case 405: {
      const words = `it answered with status ${status}${as}`
      return uploadFailed({ service, words, hint: "check vault_kv_mount_name and vault_kv_version" })
    }
    case 503:
      return uploadFailed({ service, words: "it is sealed or under maintenance" })
    default:
      return uploadFailed({ service, words: `it answered with status ${status}${as}` })
  }
}

function withSlash(text: string): string {
  return text === "" || text.endsWith("/") ? text : `${text}/`
}
