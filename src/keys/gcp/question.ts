import { type Recipient } from "../../core/recipient.ts"
import { type AppError } from "../../errors/app-error.ts"
import { type KeyContext } from "../provider.ts"
import { serviceError } from "../service.ts"
import { type Authorization, gcpService, type Endpoint } from "./authorization.ts"

export type GcpRecipient = Extract<Recipient, { type: "gcp_kms" }>

/** What Cloud KMS is asked for, however it is asked. */
export interface GcpQuestion {
  readonly to: GcpRecipient
  readonly operation: "encrypt" | "decrypt"
  /** What is to be wrapped or unwrapped. */
  readonly bytes: Uint8Array
}

export interface GcpAnswer {
  /** The key that answered; `null` when it does not tell. */
  readonly name: string | null
  /** `null` for what is not bytes. */
  readonly bytes: Uint8Array | null
}

/** Where to, and as whom. */
export interface Way {
  readonly endpoint: Endpoint
  readonly authorization: Authorization
  readonly context: KeyContext
}

interface Failure extends Pick<GcpQuestion, "operation"> {
  readonly as: string
  /** HTTP's, or what google.rpc.Code has for it. */
  readonly status: number
  readonly isPrecondition: boolean
  readonly isServiceOff: boolean
  /** For what has no meaning here. */
  readonly words: string
}

/** @see https://cloud.google.com/kms/docs/reference/rest, and google.rpc.Code for the statuses */
export function failureOf({ as, operation, status, isPrecondition, isServiceOff, words }: Failure): AppError {
  switch (status) {
    case 400:
      if (isPrecondition) {
        const hint = "enable the version of the key that wrapped this data key, or restore it"
        return serviceError("KEY_UNAVAILABLE", {
          service: gcpService,
          as,
          words: "its version is disabled or destroyed",
          hint,
        })
      }
      return operation === "decrypt"
        ? serviceError("KEY_CIPHERTEXT", { service: gcpService, as })
        : serviceError("KEY_ANSWER", { service: gcpService, as, words })
    case 401: {
      const hint = "log in with `gcloud auth application-default login`, or make a new token"
      return serviceError("KEY_NO_CREDENTIALS", {
        service: gcpService,
        as,
        words: "the token is not valid or expired",
        hint,
      })
    }
    case 403: {
      const role = operation === "decrypt" ? "cloudkms.cryptoKeyDecrypter" : "cloudkms.cryptoKeyEncrypter"
      const hint = isServiceOff ? "enable the Cloud KMS API in the project" : `the role ${role} on the key is needed`
      return serviceError("KEY_DENIED", { service: gcpService, as, hint })
    }
    case 404:
      return serviceError("KEY_UNAVAILABLE", { service: gcpService, as, words: "there is no such key" })
    case 429:
      return serviceError("KEY_THROTTLED", { service: gcpService, as })
    default:
      return serviceError("KEY_ANSWER", { service: gcpService, as, words })
  }
}
