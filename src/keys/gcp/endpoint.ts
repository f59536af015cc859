import { AppError } from "../../errors/app-error.ts"
import { type KeyContext } from "../provider.ts"

const defaultUniverse = "googleapis.com"
const address = /^(https?:\/\/)?([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:]{2,45}\])(:[0-9]{1,5})?\/?$/
const domain = /^[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,10}$/

/** Where Cloud KMS is. */
export interface Endpoint {
  readonly origin: string
  /** The universe that the credentials have to belong to; `null` when an address was named, which decides alone. */
  readonly universe: string | null
}

/**
 * @throws {AppError} `ENVIRONMENT_INVALID`
 * @see sops v3.13.2 gcpkms/keysource.go, newKMSClient
 */
export function endpointOf({ env }: Pick<KeyContext, "env">): Endpoint {
  const named = env("SOPS_GCP_KMS_ENDPOINT") ?? ""
  if (named !== "") {
    const [, scheme = "https://", host, port = ""] = address.exec(named) ?? []
    if (host === undefined) throw invalid("SOPS_GCP_KMS_ENDPOINT is neither a host nor an address")
    return { origin: `${scheme}${host}${port}`, universe: null }
  }
  const universe = env("SOPS_GCP_KMS_UNIVERSE_DOMAIN") || env("GOOGLE_CLOUD_UNIVERSE_DOMAIN") || defaultUniverse
  if (!domain.test(universe)) throw invalid("SOPS_GCP_KMS_UNIVERSE_DOMAIN is not a domain")
  return { origin: `https://cloudkms.${universe}`, universe }
}

function invalid(subject: string): AppError {
  return new AppError("ENVIRONMENT_INVALID", {}, { subject })
}
