import { type HttpClient, createHttpHeaders } from "@azure/core-rest-pipeline"
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
import { type Challenge, azureService } from "./challenge.ts"
import { deriveContext, type KeyContext } from "../provider.ts"
import { jsonText, parseJson } from "../http/json.ts"
import { liveContexts, sessionMemo } from "../session-memo.ts"
import { send } from "../http/request.ts"
import { serviceError } from "../service.ts"
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
  return serviceError("KEY_NO_CREDENTIALS", { service: azureService, words, hint })
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

/** The library would wait as long as such a header says, and longer than anybody else does. */
const dropped: ReadonlySet<string> = new Set(["retry-after", "retry-after-ms", "x-ms-retry-after-ms"])
/** Asked on any machine to find out whether it is one of Azure's: no answer there is no failure. */
const probed: ReadonlySet<string> = new Set(["169.254.169.254"])

/** The network as Azure's library sees it: the same rules hold for its requests as for our own. */
interface Network {
  readonly client: HttpClient
  /** The call that requests belong to while some work lasts. */
  during<T>(context: KeyContext, work: () => Promise<T>): Promise<T>
  /** What the last request failed with, if that was no probe. */
  failure(): AppError | null
}

/** One for the process: the library keeps the first client that asked a machine for its identity, and never another. */
const network: Network = makeNetwork()

function makeNetwork(): Network {
  const calls = liveContexts()
  let failed: AppError | null = null
  const client: HttpClient = {
    async sendRequest(request) {
      const current = calls.current()
      const { abortSignal } = request
      const signals = [current.signal, ...(abortSignal instanceof AbortSignal ? [abortSignal] : [])]
      const context = deriveContext(current, { signal: AbortSignal.any(signals), effort: current.effort })
      const url = new URL(request.url)
      const body = bodyOf(request.body)
      try {
        const {
          status,
          headers,
          body: bytes,
        } = await send(
          {
            service: "the login of Azure",
            url,
            method: request.method,
            headers: request.headers.toJSON(),
            ...(body === undefined ? {} : { body }),
            ...(request.timeout > 0 ? { timeoutMs: request.timeout } : {}),
          },
          context,
        )
        const kept = Object.entries(headers).filter(([name]) => !dropped.has(name))
        return {
          request,
          status,
          headers: createHttpHeaders(Object.fromEntries(kept)),
          bodyAsText: bytes.toString("utf8"),
        }
      } catch (error) {
        if (error instanceof AppError && !probed.has(url.hostname)) failed = error
        throw error
      }
    },
  }
  return {
    client,
    during(context, work) {
      failed = null
      return calls.during(context, work)
    },
    failure: () => failed,
  }
}

function bodyOf(body: unknown): string | Uint8Array | undefined {
  if (body === undefined || body === null) return undefined
  if (typeof body === "string" || body instanceof Uint8Array) return body
  throw new TypeError("a body of an unknown kind")
}
