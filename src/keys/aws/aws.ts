import { timeLimit } from "../time-limit.ts"
import { DecryptCommand, EncryptCommand, KMSClient } from "@aws-sdk/client-kms"
import { type Recipient } from "../../core/recipient.ts"
import { AppError } from "../../errors/app-error.ts"
import { deriveContext } from "../derive-context.ts"
import { type KeyContext, type KeyProvider } from "../provider.ts"
import { callForDataKey, callService, dataKeyFrom, encBytes, encFromBytes } from "../service.ts"
import { type Access, type AwsCredentials, callerOf, credentialsFor } from "./credentials.ts"
import { awsFailure, needsCaller } from "./failure.ts"
import { handlerFor, silentLogger } from "./handler.ts"
import { service, usableProfile } from "./profile.ts"

type KmsRecipient = Extract<Recipient, { type: "kms" }>

const callerTimeoutMs = 2000

/**
 * AWS KMS.
 *
 * @see sops v3.13.2 kms/keysource.go
 */
export const aws: KeyProvider = {
  wrap(dataKey, recipient, context) {
    const to = ours(recipient)
    return callService({ service, recipient, context }, (context) =>
      withClient(to, context, async (client, options) => {
        const Plaintext = dataKey.use((bytes) => Uint8Array.from(bytes))
        try {
          const { CiphertextBlob } = await client.send(
            new EncryptCommand({ KeyId: to.arn, Plaintext, EncryptionContext: Object.fromEntries(to.context) }),
            options,
          )
          return encFromBytes(CiphertextBlob ?? null, service)
        } finally {
          Plaintext.fill(0)
        }
      }),
    )
  },

  unwrap({ recipient, enc }, context) {
    const from = ours(recipient)
    return callForDataKey({ service, recipient, context }, async (context) => {
      const CiphertextBlob = encBytes(enc)
      return withClient(from, context, async (client, options) => {
        const { Plaintext } = await client.send(
          new DecryptCommand({ KeyId: from.arn, CiphertextBlob, EncryptionContext: Object.fromEntries(from.context) }),
          options,
        )
        return dataKeyFrom(Plaintext ?? new Uint8Array(), service)
      })
    })
  },
}

type Work<T> = (client: KMSClient, options: { abortSignal: AbortSignal }) => Promise<T>

async function withClient<T>(recipient: KmsRecipient, context: KeyContext, work: Work<T>): Promise<T> {
  const region = recipient.arn.split(":")[3] ?? ""
  const profile = await usableProfile(recipient.awsProfile, context)
  const access: Access = { region, profile, role: recipient.role }
  let credentials: AwsCredentials | null = null
  try {
    credentials = await credentialsFor(access, context)
    const client = new KMSClient({
      region,
      credentials,
      requestHandler: handlerFor(service, () => context),
      logger: silentLogger,
      ...(profile === null ? {} : { profile: profile.name }),
    })
    return await work(client, { abortSignal: context.signal })
  } catch (error) {
    context.signal.throwIfAborted()
    if (error instanceof AppError) throw error
    const caller = credentials !== null && needsCaller(error) ? await quickly(credentials, region, context) : null
    throw awsFailure(error, { recipient, caller, profile: profile?.name ?? null, isOfLogin: credentials === null })
  }
}

/** An error is not worth waiting for. */
function quickly(credentials: AwsCredentials, region: string, context: KeyContext): Promise<string> {
  const { signal } = timeLimit(callerTimeoutMs, context.signal)
  return callerOf(credentials, region, deriveContext(context, { signal, effort: context.effort }))
}

function ours(recipient: Recipient): KmsRecipient {
  if (recipient.type !== "kms") throw new TypeError("not a recipient of AWS KMS")
  return recipient
}
