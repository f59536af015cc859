import { AppError } from "../../errors/app-error.ts"
import { homeFile } from "../key-files.ts"
import { type KeyContext } from "../provider.ts"
import { serviceError } from "../service.ts"
import { sessionMemo } from "../session-memo.ts"

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
