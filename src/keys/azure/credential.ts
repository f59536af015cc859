import { type HttpClient } from "@azure/core-rest-pipeline"
import {
  AuthenticationError,
  AzureCliCredential,
  AzureDeveloperCliCredential,
  AzurePowerShellCredential,
  ChainedTokenCredential,
  CredentialUnavailableError,
  EnvironmentCredential,
  ManagedIdentityCredential,
  WorkloadIdentityCredential,
} from "@azure/identity"
import { AppError } from "../../errors/app-error.ts"
import { type Challenge, service } from "./challenge.ts"
import { network } from "./network.ts"
import { jsonText, parseJson } from "../http/json.ts"
import { type KeyContext } from "../provider.ts"
import { serviceError } from "../service.ts"
import { sessionMemo } from "../session-memo.ts"
import { readTiming } from "../time-limit.ts"

export interface AzureToken {
  readonly text: string
  /** For errors: a user, or an application. */
  readonly as: string | undefined
}

const chains = sessionMemo<ChainedTokenCredential>()
const tokens = sessionMemo<AzureToken>()

/**
 * A token for what a vault asked for, by the chain of credentials that Azure's tools share: environment, workload
 * identity, managed identity, command lines. AZURE_TOKEN_CREDENTIALS narrows it.
 *
 * @throws {AppError} `KEY_NO_CREDENTIALS`, or what a request failed with
 */
export async function tokenFor(challenge: Challenge, context: KeyContext): Promise<AzureToken> {
  const { tenant, scope, claims } = challenge
  const chain = await chains(context, "", async () => credentialChain(network.client, context))
  return tokens(context, JSON.stringify([tenant, scope, claims]), async () => {
    try {
      const options = { tenantId: tenant, abortSignal: context.signal, ...(claims === undefined ? {} : { claims }) }
      const { token } = await network.during(context, () => chain.getToken(scope, options))
      if (/^[\x21-\x7e]{1,65536}$/.test(token)) return { text: token, as: ownerOf(token) }
    } catch (error) {
      context.signal.throwIfAborted()
      throw failure(error)
    }
    throw noCredentials("the token that was given cannot be one")
  })
}

/**
 * Who a token speaks for. It is not checked: it only goes into errors.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
function ownerOf(token: string): string | undefined {
  const claims = parseJson(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"))
  for (const name of ["upn", "unique_name", "appid", "azp", "oid"]) {
    const value = jsonText(claims, name)
    if (value !== null && /^[\w.@:#-]{1,100}$/.test(value)) return value
  }
  return undefined
}

/** Texts of the library are not shown: they quote answers and output of programs. Codes of the directory are. */
function failure(error: unknown): AppError {
  if (error instanceof AppError) return error
  const failed = network.failure()
  if (failed !== null) return failed
  const text = error instanceof Error ? error.message : ""
  const [code] = /\bAADSTS[0-9]{3,10}\b/.exec(text) ?? []
  const kind = error instanceof AuthenticationError ? error.errorResponse.error : ""
  if (code !== undefined) return noCredentials(`the directory gives no token (${code})`)
  if (/^[a-z_]{3,40}$/.test(kind)) return noCredentials(`the directory gives no token (${kind})`)
  return noCredentials("none of the usual places has any, or they give no token")
}

function noCredentials(words: string): AppError {
  const hint = "log in with `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
  return serviceError("KEY_NO_CREDENTIALS", { service, words, hint })
}

const production = ["environmentcredential", "workloadidentitycredential", "managedidentitycredential"] as const
const development = ["azureclicredential", "azuredeveloperclicredential", "azurepowershellcredential"] as const

type TokenCredential = ConstructorParameters<typeof ChainedTokenCredential>[0]
type Name = (typeof production)[number] | (typeof development)[number]

/**
 * The credentials that upstream's default chain tries, in its order. The library's own chain is not used: it forgets the
 * options where AZURE_TOKEN_CREDENTIALS names managed identities, and with them our network.
 *
 * @throws {AppError} `ENVIRONMENT_INVALID`
 * @see azure-sdk-for-go azidentity v1.14.0, NewDefaultAzureCredential
 */
function credentialChain(httpClient: HttpClient, context: KeyContext): ChainedTokenCredential {
  const names = namesOf(context.env("AZURE_TOKEN_CREDENTIALS") ?? "")
  const shared = {
    httpClient,
    // Longer waits would be cut by our own limit, and would keep the process from ending.
    retryOptions: { maxRetries: 1, retryDelayInMs: 200, maxRetryDelayInMs: 1000 },
  }
  const programs = { ...shared, processTimeoutInMs: readTiming(context).requestMs }
  const clientId = context.env("AZURE_CLIENT_ID") ?? ""
  // Whether this is a machine of Azure's at all is found out quickly, unless the user says that it is.
  const machine = { ...shared, sendProbeRequest: names.length > 1, ...(clientId === "" ? {} : { clientId }) }
  const make = (name: Name): TokenCredential => {
    switch (name) {
      case "environmentcredential":
        return new EnvironmentCredential(shared)
      case "workloadidentitycredential":
        return new WorkloadIdentityCredential(shared)
      case "managedidentitycredential":
        return new ManagedIdentityCredential(machine)
      case "azureclicredential":
        return new AzureCliCredential(programs)
      case "azuredeveloperclicredential":
        return new AzureDeveloperCliCredential(programs)
      case "azurepowershellcredential":
        return new AzurePowerShellCredential(programs)
    }
  }
  return new ChainedTokenCredential(...names.flatMap((name) => unlessUnavailable(() => make(name))))
}

/** Some find out at once that nothing is set for them. The others of the chain may do. */
function unlessUnavailable(make: () => TokenCredential): TokenCredential[] {
  try {
    return [make()]
  } catch (error) {
    if (error instanceof CredentialUnavailableError) return []
    throw error
  }
}

function namesOf(text: string): readonly Name[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === "") return [...production, ...development]
  if (wanted === "prod") return production
  if (wanted === "dev") return development
  const named = [...production, ...development].find((name) => name === wanted)
  if (named !== undefined) return [named]
  throw new AppError("ENVIRONMENT_INVALID", {}, { subject: "AZURE_TOKEN_CREDENTIALS names no credential" })
}
