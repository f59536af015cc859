import { type Recipient } from "../../core/recipient.ts"
import { runSlot } from "../../core/run-memory.ts"
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
 * Whether only the user can say that the server of a recipient gets a token.
 *
 * The address is in the file, or in a config that came with it, and whoever wrote those may want the token. So it
 * has to be known from elsewhere: the allow-list, VAULT_ADDR, an agent, the user's own flags and config, or an answer
 * at a terminal. As `sops` every address is good unless the allow-list says otherwise, as upstream has it.
 *
 * @see sops v3.13.2 hcvault/keysource.go, vaultClient; Vault's api/client.go for VAULT_AGENT_ADDR
 */
export async function needsAgreement({ vaultAddress }: VaultRecipient, context: KeyContext): Promise<boolean> {
  if (answers.known(context.session)?.has(originOf(vaultAddress)) === true) return false
  return isInQuestion(vaultAddress, context)
}

/**
 * Asks the user, once in a run for each server, and remembers a yes for later runs.
 *
 * @throws {AppError} `KEY_ADDRESS_REFUSED` with how to allow it
 */
export async function agreeToAddress(recipient: VaultRecipient, context: KeyContext): Promise<void> {
  const origin = originOf(recipient.vaultAddress)
  const known = answers.of(context.session, () => new Map())
  const answer = known.get(origin) ?? decide(origin, context)
  known.set(origin, answer)
  if (!(await answer)) throw refused(recipient, recipient.vaultAddress)
}

const answers = runSlot<Map<string, Promise<boolean>>>()

async function decide(origin: string, context: KeyContext): Promise<boolean> {
  if (!(await isInQuestion(origin, context))) return true
  const question = `Only the file names the Vault server ${origin}. Send your token there? [y/N] `
  const reply = (await context.prompt(question, { hidden: false }))?.trim().toLowerCase()
  if (reply !== "y" && reply !== "yes") return false
  try {
    await context.agreedVaults?.add(origin)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    context.notice(`the answer could not be kept for next time: ${error.message}`)
  }
  return true
}

async function isInQuestion(address: string, context: KeyContext): Promise<boolean> {
  if (context.dialect.trustsAnyVault) return false
  if (isSet(allowList, context) || isSet("VAULT_AGENT_ADDR", context) || isNamed(address, context)) return false
  const agreed = (await context.agreedVaults?.list()) ?? []
  return !agreed.some((line) => originOf(line) === originOf(address))
}

/**
 * The server to ask for a recipient, once it may get a token.
 *
 * @throws {AppError} `KEY_ADDRESS_REFUSED` with how to allow it; `ENVIRONMENT_INVALID`
 */
export async function serverFor(recipient: VaultRecipient, context: KeyContext): Promise<VaultServer> {
  const address = recipient.vaultAddress
  const agent = context.env("VAULT_AGENT_ADDR") ?? ""
  const list = context.env(allowList) ?? ""
  if (list !== "" && !isListed(address, list)) throw refused(recipient, `${allowList} does not name it`)
  await agreeToAddress(recipient, context)
  return agent === "" ? { origin: originOf(address) } : agentServer(agent)
}

function isSet(name: string, context: KeyContext): boolean {
  return (context.env(name) ?? "") !== ""
}

function refused(recipient: VaultRecipient, words: string): AppError {
  const { vaultAddress: address } = recipient
  const hint = `if this server is yours, set VAULT_ADDR=${address} or add it to ${allowList}, or agree once at a terminal`
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

function isNamed(address: string, context: KeyContext): boolean {
  const origin = originOf(address)
  return [context.env("VAULT_ADDR") ?? "", ...(context.namedVaults?.() ?? [])].some(
    (known) => originOf(known) === origin,
  )
}

/** Scheme, host and port, with the port of the scheme left out; the text itself when it is not an address. */
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
