import { type Recipient } from "../../core/recipient.ts"
import { type AppError } from "../../errors/app-error.ts"
import { decodeBase64 } from "../../core/base64.ts"
import { type Json, field, parseJson, textField } from "../http/json.ts"
import { sendPatiently } from "../http/patience.ts"
import { type HttpAnswer } from "../http/request.ts"
import { type KeyContext, type KeyProvider } from "../provider.ts"
import { callForDataKey, callService, dataKeyFromBase64, encBytes, encFromBytes, serviceError } from "../service.ts"
import { authorize, service } from "./authorization.ts"
import { endpointOf } from "./endpoint.ts"

type GcpRecipient = Extract<Recipient, { type: "gcp_kms" }>
type Operation = "encrypt" | "decrypt"

/**
 * Google Cloud KMS, over its REST interface. Upstream speaks gRPC unless it is told otherwise; what goes into the file
 * is the same.
 *
 * @see sops v3.13.2 gcpkms/keysource.go
 */
export const gcp: KeyProvider = {
  wrap(dataKey, recipient, context) {
    const to = ours(recipient)
    return callService({ service, recipient, context }, async (context) => {
      const plaintext = dataKey.use((bytes) => Buffer.from(bytes).toString("base64"))
      const answer = await ask(to, { operation: "encrypt", body: { plaintext } }, context)
      // The name of the answer is that of the version. Emulators name the key.
      const name = textField(answer, "name")
      if (name !== null && name !== to.resourceId && !name.startsWith(`${to.resourceId}/`)) {
        throw serviceError("KEY_ANSWER", { service, words: "it answered for another key" })
      }
      return encFromBytes(decodeBase64(textField(answer, "ciphertext") ?? "", { isPadded: true }), service)
    })
  },

  unwrap({ recipient, enc }, context) {
    const from = ours(recipient)
    return callForDataKey({ service, recipient, context }, async (context) => {
      const ciphertext = Buffer.from(encBytes(enc)).toString("base64")
      const answer = await ask(from, { operation: "decrypt", body: { ciphertext } }, context)
      return dataKeyFromBase64(textField(answer, "plaintext"), service)
    })
  },
}

interface Question {
  readonly operation: Operation
  readonly body: Readonly<Record<string, string>>
}

/** @throws {AppError} what the answer means when it is a failure */
async function ask({ resourceId }: GcpRecipient, { operation, body }: Question, context: KeyContext): Promise<Json> {
  const endpoint = endpointOf(context)
  const { headers, as } = await authorize(endpoint, context)
  // A project may have a ":" in its name, which may stand in a path as it is.
  const path = resourceId.split("/").map((part) => encodeURIComponent(part).replaceAll("%3A", ":"))
  const url = new URL(`${endpoint.origin}/v1/${path.join("/")}:${operation}?%24alt=json%3Benum-encoding%3Dint`)
  const answer = await sendPatiently(
    {
      service,
      method: "POST",
      url,
      headers: {
        ...headers,
        "content-type": "application/json",
        "x-goog-request-params": `name=${encodeURIComponent(resourceId)}`,
      },
      body: JSON.stringify({ name: resourceId, ...body }),
    },
    context,
  )
  if (answer.status === 200) return parseJson(answer.body)
  throw failure(answer, { as, operation })
}

/** @see https://cloud.google.com/kms/docs/reference/rest, and google.rpc.Code for the statuses */
function failure(answer: HttpAnswer, { as, operation }: { as: string; operation: Operation }): AppError {
  const error = field(parseJson(answer.body), "error")
  const status = textField(error, "status") ?? ""
  switch (httpStatuses.get(codeInText(error)) ?? answer.status) {
    case 400:
      if (status === "FAILED_PRECONDITION" || codeInText(error) === "FailedPrecondition") {
        const hint = "enable the version of the key that wrapped this data key, or restore it"
        return serviceError("KEY_UNAVAILABLE", { service, as, words: "its version is disabled or destroyed", hint })
      }
      return operation === "decrypt"
        ? serviceError("KEY_CIPHERTEXT", { service, as })
        : serviceError("KEY_ANSWER", { service, as, words: "status 400" })
    case 401: {
      const hint = "log in with `gcloud auth application-default login`, or make a new token"
      return serviceError("KEY_NO_CREDENTIALS", { service, as, words: "the token is not valid or expired", hint })
    }
    case 403: {
      const role = operation === "decrypt" ? "cloudkms.cryptoKeyDecrypter" : "cloudkms.cryptoKeyEncrypter"
      const isOff = reasons(error).includes("SERVICE_DISABLED")
      const hint = isOff ? "enable the Cloud KMS API in the project" : `the role ${role} on the key is needed`
      return serviceError("KEY_DENIED", { service, as, hint })
    }
    case 404:
      return serviceError("KEY_UNAVAILABLE", { service, as, words: "there is no such key" })
    case 429:
      return serviceError("KEY_THROTTLED", { service, as })
    default:
      return serviceError("KEY_ANSWER", { service, as, words: `status ${answer.status}` })
  }
}

/** As google.api's HTTP mapping has them. */
const httpStatuses: ReadonlyMap<string, number> = new Map([
  ["InvalidArgument", 400],
  ["FailedPrecondition", 400],
  ["Unauthenticated", 401],
  ["PermissionDenied", 403],
  ["NotFound", 404],
  ["ResourceExhausted", 429],
])

/** Gateways in front of a gRPC server answer 500 with its own words: "rpc error: code = NotFound desc = ...". */
function codeInText(error: Json): string {
  const text = typeof error === "string" ? error : ""
  return /^rpc error: code = ([A-Za-z]{1,30}) desc/.exec(text)?.[1] ?? ""
}

function reasons(error: Json): (string | null)[] {
  const details = field(error, "details")
  return Array.isArray(details) ? details.map((detail) => textField(detail, "reason")) : []
}

function ours(recipient: Recipient): GcpRecipient {
  if (recipient.type !== "gcp_kms") throw new TypeError("not a recipient of GCP KMS")
  return recipient
}
