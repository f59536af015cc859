import { DecryptCommand, EncryptCommand, KMSClient } from "@aws-sdk/client-kms"
import { type Recipient } from "../../core/recipient.ts"
import { AppError } from "../../errors/app-error.ts"
import { type Access, type AwsCredentials, callerOf, credentialsFor } from "./credentials.ts"
import { handlerFor, silentLogger } from "./handler.ts"
import { awsService, usableProfile } from "./profile.ts"
import { deriveContext, type KeyContext, type KeyProvider } from "../provider.ts"
import {
  type Cause,
  callForDataKey,
  callService,
  dataKeyFrom,
  encBytes,
  encFromBytes,
  serviceError,
} from "../service.ts"
import { timeLimit } from "../time-limit.ts"

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
    return callService({ service: awsService, recipient, context }, (context) =>
      withClient(to, context, async (client, options) => {
        const Plaintext = dataKey.use((bytes) => Uint8Array.from(bytes))
        try {
          const { CiphertextBlob } = await client.send(
            new EncryptCommand({ KeyId: to.arn, Plaintext, EncryptionContext: Object.fromEntries(to.context) }),
            options,
          )
          return encFromBytes(CiphertextBlob ?? null, awsService)
        } finally {
          Plaintext.fill(0)
        }
      }),
    )
  },

  unwrap({ recipient, enc }, context) {
    const from = ours(recipient)
    return callForDataKey({ service: awsService, recipient, context }, async (context) => {
      const CiphertextBlob = encBytes(enc)
      return withClient(from, context, async (client, options) => {
        const { Plaintext } = await client.send(
          new DecryptCommand({ KeyId: from.arn, CiphertextBlob, EncryptionContext: Object.fromEntries(from.context) }),
          options,
        )
        return dataKeyFrom(Plaintext ?? new Uint8Array(), awsService)
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
      requestHandler: handlerFor(awsService, () => context),
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

interface Circumstances {
  readonly recipient: Extract<Recipient, { type: "kms" }>
  /** Who asked, when that was found out. */
  readonly caller: string | null
  readonly profile: string | null
  /** It came before there were credentials, so not from the service itself. */
  readonly isOfLogin: boolean
}

/** By the names of the service's exceptions. */
const causes: ReadonlyMap<string, Cause> = new Map([
  ["AccessDeniedException", "KEY_DENIED"],
  ["AccessDenied", "KEY_DENIED"],
  ["NotFoundException", "KEY_UNAVAILABLE"],
  ["DisabledException", "KEY_UNAVAILABLE"],
  ["KMSInvalidStateException", "KEY_UNAVAILABLE"],
  ["KeyUnavailableException", "KEY_UNAVAILABLE"],
  ["InvalidKeyUsageException", "KEY_UNAVAILABLE"],
  ["InvalidCiphertextException", "KEY_CIPHERTEXT"],
  ["IncorrectKeyException", "KEY_CIPHERTEXT"],
  ["ValidationException", "KEY_CIPHERTEXT"],
  ["ThrottlingException", "KEY_THROTTLED"],
  ["Throttling", "KEY_THROTTLED"],
  ["RequestLimitExceeded", "KEY_THROTTLED"],
  ["TooManyRequestsException", "KEY_THROTTLED"],
  ["LimitExceededException", "KEY_THROTTLED"],
  ["UnrecognizedClientException", "KEY_NO_CREDENTIALS"],
  ["InvalidClientTokenId", "KEY_NO_CREDENTIALS"],
  ["ExpiredTokenException", "KEY_NO_CREDENTIALS"],
  ["ExpiredToken", "KEY_NO_CREDENTIALS"],
  ["InvalidSignatureException", "KEY_NO_CREDENTIALS"],
  ["SignatureDoesNotMatch", "KEY_NO_CREDENTIALS"],
  ["IncompleteSignature", "KEY_NO_CREDENTIALS"],
  ["MissingAuthenticationTokenException", "KEY_NO_CREDENTIALS"],
  ["OptInRequired", "KEY_NO_CREDENTIALS"],
  ["CredentialsProviderError", "KEY_NO_CREDENTIALS"],
  ["TokenProviderError", "KEY_NO_CREDENTIALS"],
  ["ProviderError", "KEY_NO_CREDENTIALS"],
])

const nameShape = /^[A-Za-z]{1,80}$/
/** What the SDK calls an error that the service has given no name, or whose text it could not read. */
const nameless: ReadonlySet<string> = new Set(["Unknown", "UnknownError", "Error", "SyntaxError"])

function noName(error: unknown): string {
  const status = statusOf(error)
  return status === null || status === 200 ? "it cannot be read" : `status ${status}`
}

/** What an error of the SDK means. Its text is not shown, but for the ARN in it. */
function awsFailure(error: unknown, circumstances: Circumstances): AppError {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof AppError) return at
  const name = nameOf(error)
  const cause = causeOf(error, circumstances)
  const { recipient } = circumstances
  const as = identity(error, circumstances)
  const words = nameless.has(name) ? noName(error) : nameShape.test(name) ? name : undefined
  const isContext = cause === "KEY_CIPHERTEXT" && name === "InvalidCiphertextException" && recipient.context.size > 0
  if (isContext) {
    const names = [...recipient.context.keys()].filter((key) => /^[\w.:/-]{1,60}$/.test(key)).join(", ")
    return serviceError("KEY_CONTEXT", {
      service: awsService,
      as,
      words: `the context (${names}) is not the one that the key was wrapped with, or the wrapped key was changed`,
    })
  }
  if (name === "InvalidCiphertextException") {
    const why = "it was changed, or was wrapped with an encryption context that is no longer in the file"
    return serviceError("KEY_CIPHERTEXT", { service: awsService, as, words: why })
  }
  return serviceError(cause, { service: awsService, as, words: wordsFor(cause, words), hint: hintFor(cause) })
}

/** For a profile that lacks something the SDK may throw a mere `TypeError`. */
function causeOf(error: unknown, { isOfLogin }: Circumstances): Cause {
  const known = causes.get(nameOf(error))
  if (known !== undefined) return known
  if (isOfLogin && statusOf(error) === null) return "KEY_NO_CREDENTIALS"
  return statusOf(error) === 429 ? "KEY_THROTTLED" : "KEY_ANSWER"
}

/** Whether the error is of the kind that names the caller's ARN. */
function needsCaller(error: unknown): boolean {
  const cause = causes.get(nameOf(error))
  return cause !== undefined && cause !== "KEY_NO_CREDENTIALS" && arnIn(error) === null
}

function wordsFor(cause: Cause, name: string | undefined): string | undefined {
  const isOfSdk = name === undefined || /(?:Provider|^Type)Error$/.test(name)
  return cause === "KEY_NO_CREDENTIALS" && isOfSdk ? "none were found, or they expired" : name
}

function hintFor(cause: Cause): string | undefined {
  switch (cause) {
    case "KEY_NO_CREDENTIALS":
      return "log in, for example with `aws sso login`, or check AWS_PROFILE and the keys in the environment"
    case "KEY_DENIED":
      return "the policy of the key and of the caller have to allow kms:Encrypt and kms:Decrypt"
    case "KEY_UNAVAILABLE":
      return "check the region and the state of the key"
    default:
      return undefined
  }
}

/** The caller, and the role and profile that were chosen, in every error. */
function identity(error: unknown, { recipient, caller, profile }: Circumstances): string | undefined {
  const named = [
    recipient.role === "" ? "" : `with the role ${recipient.role}`,
    profile === null ? "" : `with the profile ${profile}`,
  ].filter((part) => part !== "")
  const who = arnIn(error) ?? caller ?? (named.length === 0 ? undefined : "you")
  return who === undefined ? undefined : [who, ...named].join(", ")
}

/** A refusal names the caller: "User: arn:aws:iam::...:user/x is not authorized to perform ...". */
function arnIn(error: unknown): string | null {
  const text = error instanceof Error ? error.message.slice(0, 2000) : ""
  return /\bUser: (arn:aws[a-z-]{0,20}:(?:iam|sts)::[0-9]{1,20}:[\w+=,.@/:-]{1,600})/.exec(text)?.[1] ?? null
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : ""
}

function statusOf(error: unknown): number | null {
  if (!(error instanceof Error) || !("$metadata" in error)) return null
  const metadata = error.$metadata as { httpStatusCode?: unknown } | null
  return typeof metadata?.httpStatusCode === "number" ? metadata.httpStatusCode : null
}
