import { decodeBase64 } from "../../core/base64.ts"
import { type Recipient } from "../../core/recipient.ts"
import { AppError } from "../../errors/app-error.ts"
import { type Endpoint, authorize, endpointOf, gcpService } from "./authorization.ts"
import { type GcpAnswer, type GcpQuestion, type GcpRecipient, type Way, failureOf } from "./question.ts"
import { type Json, jsonField, jsonText, parseJson } from "../http/json.ts"
import { speaksOnlyHttp2 } from "../http/network-error.ts"
import { sendPatiently } from "../http/patience.ts"
import { proxyFor } from "../http/proxy.ts"
import { type HttpAnswer } from "../http/request.ts"
import { type KeyContext, type KeyProvider } from "../provider.ts"
import { callForDataKey, callService, dataKeyFrom, encBytes, encFromBytes, serviceError } from "../service.ts"

/**
 * Google Cloud KMS: over gRPC as upstream, or over REST when it is told so; what goes into the file is the same.
 *
 * @see sops v3.13.2 gcpkms/keysource.go
 */
export const gcp: KeyProvider = {
  wrap(dataKey, recipient, context) {
    const to = ours(recipient)
    return callService({ service: gcpService, recipient, context }, async (context) => {
      const plain = dataKey.use((bytes) => Uint8Array.from(bytes))
      const question = { to, operation: "encrypt", bytes: plain } as const
      const { name, bytes } = await ask(question, context).finally(() => plain.fill(0))
      // The name of the answer is that of the version. Emulators name the key.
      if (name !== null && name !== to.resourceId && !name.startsWith(`${to.resourceId}/`)) {
        throw serviceError("KEY_ANSWER", { service: gcpService, words: "it answered for another key" })
      }
      return encFromBytes(bytes, gcpService)
    })
  },

  unwrap({ recipient, enc }, context) {
    const from = ours(recipient)
    return callForDataKey({ service: gcpService, recipient, context }, async (context) => {
      const { bytes } = await ask({ to: from, operation: "decrypt", bytes: encBytes(enc) }, context)
      if (bytes === null)
        throw serviceError("KEY_ANSWER", { service: gcpService, words: "what it unwrapped is not base64" })
      return dataKeyFrom(bytes, gcpService)
    })
  },
}

/** @throws {AppError} what the answer means when it is a failure */
async function ask(question: GcpQuestion, context: KeyContext): Promise<GcpAnswer> {
  const endpoint = endpointOf(context)
  const authorization = await authorize(endpoint, context)
  if (speaksRest(endpoint, context)) return askByRest(question, { endpoint, authorization, context })
  const { askByGrpc } = await import("./grpc.ts")
  return askByGrpc(question, { endpoint, authorization, context })
}

/**
 * An address without TLS is that of an emulator: credentials are not sent so over gRPC, and upstream cannot either. A
 * proxy that speaks TLS itself is none for gRPC.
 */
function speaksRest({ origin }: Endpoint, context: KeyContext): boolean {
  const wanted = (context.env("SOPS_GCP_KMS_CLIENT_TYPE") ?? "").toLowerCase()
  if (wanted === "rest" || origin.startsWith("http://")) return true
  return proxyFor(new URL(origin), context)?.protocol === "https:"
}

function ours(recipient: Recipient): GcpRecipient {
  if (recipient.type !== "gcp_kms") throw new TypeError("not a recipient of GCP KMS")
  return recipient
}

/** @throws {AppError} what the answer means when it is a failure */
async function askByRest({ to, operation, bytes }: GcpQuestion, way: Way): Promise<GcpAnswer> {
  const { endpoint, authorization, context } = way
  const { resourceId } = to
  const [asked, answered] = operation === "encrypt" ? ["plaintext", "ciphertext"] : ["ciphertext", "plaintext"]
  // A project may have a ":" in its name, which may be in a path as it is.
  const path = resourceId.split("/").map((part) => encodeURIComponent(part).replaceAll("%3A", ":"))
  const url = new URL(`${endpoint.origin}/v1/${path.join("/")}:${operation}?%24alt=json%3Benum-encoding%3Dint`)
  const answer = await sendPatiently(
    {
      service: gcpService,
      method: "POST",
      url,
      headers: {
        ...authorization.headers,
        "content-type": "application/json",
        "x-goog-request-params": `name=${encodeURIComponent(resourceId)}`,
      },
      body: JSON.stringify({ name: resourceId, [asked]: Buffer.from(bytes).toString("base64") }),
    },
    context,
  ).catch((error: unknown) => {
    throw error instanceof AppError && speaksOnlyHttp2(error) ? speaksGrpc(url) : error
  })
  // What Node's own HTTP/2 has for whoever comes with HTTP/1.1.
  if (answer.status === 403 && /^(?:Unknown|Missing) ALPN Protocol/.test(answer.body.toString("latin1"))) {
    throw speaksGrpc(url)
  }
  if (answer.status !== 200) throw failure(answer, { as: authorization.as, operation })
  const json = parseJson(answer.body)
  const text = jsonText(json, answered)
  return { name: jsonText(json, "name"), bytes: text === null ? null : decodeBase64(text, { isPadded: true }) }
}

function speaksGrpc({ host }: URL): AppError {
  const hint = "unset SOPS_GCP_KMS_CLIENT_TYPE, and name it in SOPS_GCP_KMS_ENDPOINT without http://"
  return serviceError("KEY_NETWORK", {
    service: gcpService,
    words: `${host}: the endpoint speaks gRPC, and was asked over REST`,
    hint,
  })
}

function failure(answer: HttpAnswer, { as, operation }: { as: string } & Pick<GcpQuestion, "operation">): AppError {
  const error = jsonField(parseJson(answer.body), "error")
  return failureOf({
    as,
    operation,
    status: httpStatuses.get(codeInText(error)) ?? answer.status,
    isPrecondition: jsonText(error, "status") === "FAILED_PRECONDITION" || codeInText(error) === "FailedPrecondition",
    isServiceOff: reasons(error).includes("SERVICE_DISABLED"),
    words: `status ${answer.status}`,
  })
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
  const details = jsonField(error, "details")
  return Array.isArray(details) ? details.map((detail) => jsonText(detail, "reason")) : []
}
