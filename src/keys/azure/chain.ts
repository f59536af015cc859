import { type HttpClient } from "@azure/core-rest-pipeline"
import {
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
import { type KeyContext } from "../provider.ts"
import { readTiming } from "../timing.ts"

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
export function credentialChain(httpClient: HttpClient, context: KeyContext): ChainedTokenCredential {
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
