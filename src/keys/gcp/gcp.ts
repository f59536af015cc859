import { type Recipient } from "../../core/recipient.ts"
import { proxyFor } from "../http/proxy.ts"
import { type KeyContext, type KeyProvider } from "../provider.ts"
import { callForDataKey, callService, dataKeyFrom, encBytes, encFromBytes, serviceError } from "../service.ts"
import { authorize, service } from "./authorization.ts"
import { type Endpoint, endpointOf } from "./endpoint.ts"
import { type GcpAnswer, type GcpRecipient, type GcpQuestion } from "./question.ts"
import { askByRest } from "./rest.ts"

/**
 * Google Cloud KMS: over gRPC as upstream, or over REST when it is told so; what goes into the file is the same.
 *
 * @see sops v3.13.2 gcpkms/keysource.go
 */
export const gcp: KeyProvider = {
  wrap(dataKey, recipient, context) {
    const to = ours(recipient)
    return callService({ service, recipient, context }, async (context) => {
      const plain = dataKey.use((bytes) => Uint8Array.from(bytes))
      const question = { to, operation: "encrypt", bytes: plain } as const
      const { name, bytes } = await ask(question, context).finally(() => plain.fill(0))
      // The name of the answer is that of the version. Emulators name the key.
      if (name !== null && name !== to.resourceId && !name.startsWith(`${to.resourceId}/`)) {
        throw serviceError("KEY_ANSWER", { service, words: "it answered for another key" })
      }
      return encFromBytes(bytes, service)
    })
  },

  unwrap({ recipient, enc }, context) {
    const from = ours(recipient)
    return callForDataKey({ service, recipient, context }, async (context) => {
      const { bytes } = await ask({ to: from, operation: "decrypt", bytes: encBytes(enc) }, context)
      if (bytes === null) throw serviceError("KEY_ANSWER", { service, words: "what it unwrapped is not base64" })
      return dataKeyFrom(bytes, service)
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
