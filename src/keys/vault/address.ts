import { type Recipient } from "../../core/recipient.ts"
import { AppError } from "../../errors/app-error.ts"
import { type KeyContext } from "../provider.ts"
import { recipientName } from "../kinds.ts"

export type VaultRecipient = Extract<Recipient, { type: "hc_vault" }>

/** Where requests go. */
export interface VaultServer {
  readonly origin: string
  readonly socketPath?: string
}

const allowList = "SOPS_HC_VAULT_ALLOWLIST"

/**
 * The server to ask for a recipient, if the user agrees that it gets a token.
 *
 * The address stands in the file, and whoever wrote the file may want the token. So it has to be known from elsewhere:
 * the allow-list, VAULT_ADDR, an agent, or the user's own flags and config. As `sops` every address is good unless the
 * allow-list says otherwise, as upstream has it.
 *
 * @throws {AppError} `KEY_ADDRESS_REFUSED` with how to allow it; `ENVIRONMENT_INVALID`
 * @see sops v3.13.2 hcvault/keysource.go, vaultClient; Vault's api/client.go for VAULT_AGENT_ADDR
 */
export function serverFor(recipient: VaultRecipient, context: KeyContext): VaultServer {
  const address = recipient.vaultAddress
  const agent = context.env("VAULT_AGENT_ADDR") ?? ""
  const list = context.env(allowList) ?? ""
  if (list !== "") {
    if (!isListed(address, list)) throw refused(recipient, `${allowList} does not name it`)
  } else if (!context.dialect.trustsAnyVault && agent === "" && !isKnown(address, context)) {
    throw refused(recipient, address)
  }
  return agent === "" ? { origin: originOf(address) } : agentServer(agent)
}

function refused(recipient: VaultRecipient, words: string): AppError {
  const { vaultAddress: address } = recipient
  const hint = `if this server is yours, set VAULT_ADDR=${address} or add it to ${allowList}, or name its key in your config`
  return new AppError(
    "KEY_ADDRESS_REFUSED",
    { provider: recipient.type, recipient: recipientName(recipient) },
    { subject: words, hint },
  )
}

/** A prefix counts only up to a slash, so that `http://h:820` does not allow `http://h:8200`. */
function isListed(address: string, list: string): boolean {
  if (list === "all" || list === "none") return list === "all"
  const ended = withSlash(address)
  return list.split(",").some((entry) => {
    const prefix = entry.trim()
    if (prefix === "") {
      throw new AppError("ENVIRONMENT_INVALID", {}, { subject: `an entry of ${allowList} is empty` })
    }
    return ended.startsWith(withSlash(prefix))
  })
}

function isKnown(address: string, context: KeyContext): boolean {
  const origin = originOf(address)
  return [context.env("VAULT_ADDR") ?? "", ...(context.namedVaults?.() ?? [])].some(
    (known) => originOf(known) === origin,
  )
}

/** Scheme, host and port, with the port of the scheme left out; the text itself when it is no address. */
function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : address
}

function agentServer(address: string): VaultServer {
  const [, socketPath] = /^unix:\/\/(\/.+)$/.exec(address) ?? []
  if (socketPath !== undefined) return { origin: "http://localhost", socketPath }
  const url = URL.canParse(address) ? new URL(address) : null
  if (url !== null && /^https?:$/.test(url.protocol)) return { origin: url.origin }
  throw new AppError("ENVIRONMENT_INVALID", {}, { subject: "VAULT_AGENT_ADDR is not an address" })
}

function withSlash(text: string): string {
  return text.endsWith("/") ? text : `${text}/`
}
