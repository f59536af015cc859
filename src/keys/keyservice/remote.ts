import { type RecipientType } from "../../core/recipient.ts"
import { SecretBytes } from "../../core/secret.ts"
import { AppError } from "../../errors/app-error.ts"
import { type KeyProvider, type Manifest } from "../provider.ts"
import { readTiming } from "../timing.ts"
import { addressText, type Address } from "./address.ts"
import { callKeyService } from "./client.ts"
import { methods } from "./grpc.ts"

const encCharsMax = 64 * 1024

/** A key service in the place of a provider: for it every type of recipient is a question over the wire. */
export function remoteManifest(type: RecipientType, address: Address): Manifest {
  return { type, title: addressText(address), isOnline: true, load: () => Promise.resolve(remoteProvider(address)) }
}

export function remoteProvider(address: Address): KeyProvider {
  return {
    async wrap(dataKey, recipient, context) {
      const { requestMs: timeoutMs } = readTiming(context)
      const call = { address, method: methods.wrap, recipient, signal: context.signal, timeoutMs }
      const answer = await dataKey.use((bytes) => callKeyService({ ...call, bytes }))
      const enc = Buffer.from(answer).toString("utf8")
      // What goes into a file is printable text, whoever sent it (security rule S20).
      if (enc.length <= encCharsMax && /^[\x20-\x7e\n]+$/.test(enc)) return enc
      throw new AppError("KEYSERVICE_FAILED", {}, { subject: `${addressText(address)}: its answer is not valid` })
    },

    // Whoever answers may not have looked at the name of the recipient.
    isFor: () => Promise.resolve(false),

    async unwrap({ recipient, enc }, context) {
      const { requestMs: timeoutMs } = readTiming(context)
      const bytes = Buffer.from(enc, "utf8")
      const call = { address, method: methods.unwrap, recipient, bytes, signal: context.signal, timeoutMs }
      return new SecretBytes(Uint8Array.from(await callKeyService(call)))
    },
  }
}
