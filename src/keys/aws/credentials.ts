import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts"
import { state } from "@aws-sdk/core/client"
import { fromIni } from "@aws-sdk/credential-provider-ini"
import { credentialsTreatedAsExpired, defaultProvider } from "@aws-sdk/credential-provider-node"
import { handlerFor, silentLogger } from "./handler.ts"
import { type Profile } from "./profile.ts"
import { type LiveContexts, liveContexts, sessionMemo } from "../session-memo.ts"
import { type KeyContext } from "../provider.ts"
import { serviceError } from "../service.ts"

// The SDK would tell every user of Node 20 that it will not go on forever. That is for us to see to.
state.warningEmitted = true

export type AwsCredentials = Awaited<ReturnType<ReturnType<typeof defaultProvider>>>
type Chain = () => Promise<AwsCredentials>

export interface Access {
  readonly region: string
  /** `null` for the ambient credentials. */
  readonly profile: Profile | null
  /** `""` for none. */
  readonly role: string
}

interface Login {
  readonly chain: Chain
  readonly calls: LiveContexts
}

const logins = sessionMemo<Login>()
const assumed = sessionMemo<AwsCredentials>()

/** @throws whatever the SDK or `send` throws */
export async function credentialsFor(access: Access, context: KeyContext): Promise<AwsCredentials> {
  const { region, profile, role } = access
  const own = await logins(context, JSON.stringify([region, profile]), async () => makeLogin(access, context))
  const source = await own.calls.during(context, () => own.chain())
  if (role === "") return source
  return assumed(context, JSON.stringify([region, profile, role]), () => assumeRole(access, source, context))
}

function makeLogin({ region, profile }: Access, context: KeyContext): Login {
  const calls = liveContexts()
  const requestHandler = handlerFor("the login of AWS", () => calls.current())
  const init = {
    ...(profile === null ? {} : { profile: profile.name }),
    logger: silentLogger,
    clientConfig: { requestHandler, logger: silentLogger },
    parentClientConfig: { region, logger: silentLogger },
  }
  if (profile?.isOfFile !== true) {
    const own = ownKeys(context)
    return { chain: own === null ? defaultProvider(init) : (): Promise<AwsCredentials> => Promise.resolve(own), calls }
  }
  // What such a profile says counts alone: the SDK would go on to whatever else is in the environment.
  const chain = profile.hasCredentials ? untilExpired(fromIni(init)) : defaultProvider({ ...init, ...noTokenFile })
  return { chain, calls }
}

const noTokenFile = { webIdentityTokenFile: "" }

/** What was found counts for all calls, until it ends. */
function untilExpired(find: Chain): Chain {
  let found: Promise<AwsCredentials> | null = null
  return async () => {
    const before = await found?.catch(() => null)
    if (before && !credentialsTreatedAsExpired(before)) return before
    found = find()
    return found
  }
}

/** Keys in the environment count more than AWS_PROFILE does, as in upstream's SDK. This one has it the other way. */
function ownKeys(context: KeyContext): AwsCredentials | null {
  const env = (name: string): string | undefined => context.env(name)
  const accessKeyId = env("AWS_ACCESS_KEY_ID") || env("AWS_ACCESS_KEY") || ""
  const secretAccessKey = env("AWS_SECRET_ACCESS_KEY") || env("AWS_SECRET_KEY") || ""
  const sessionToken = env("AWS_SESSION_TOKEN") ?? ""
  if (accessKeyId === "" || secretAccessKey === "") return null
  return { accessKeyId, secretAccessKey, ...(sessionToken === "" ? {} : { sessionToken }) }
}

async function assumeRole(
  { region, role }: Access,
  source: AwsCredentials,
  context: KeyContext,
): Promise<AwsCredentials> {
  const answer = await stsClient(region, source, context).send(
    new AssumeRoleCommand({ RoleArn: role, RoleSessionName: sessionName(context) }),
  )
  const { AccessKeyId, SecretAccessKey, SessionToken } = answer.Credentials ?? {}
  if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined) {
    throw serviceError("KEY_ANSWER", { service: "AWS STS", words: "it gave no credentials" })
  }
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}

/**
 * The name of a session is in the logs of the account that owns the role, so it tells nothing of this machine. As
 * `sops` it is upstream's, since policies may ask for it.
 *
 * @see sops v3.13.2 kms/keysource.go, createSTSConfig
 */
function sessionName({ dialect, hostName }: KeyContext): string {
  if (!dialect.namesHostInSessions || hostName === undefined) return "sotto"
  return `sops@${hostName.replaceAll(/[^a-zA-Z0-9=,.@-_]+/g, "")}`.slice(0, 64)
}

/**
 * Who the credentials belong to, as far as that can be found out: the ARN, else the public part of them.
 *
 * @param signal - ends the question; an error is not worth waiting for
 */
export async function callerOf(credentials: AwsCredentials, region: string, context: KeyContext): Promise<string> {
  try {
    const { Arn = "" } = await stsClient(region, credentials, context).send(new GetCallerIdentityCommand({}))
    if (/^arn:aws[a-z-]{0,20}:(iam|sts)::[0-9]{1,20}:[\w+=,.@/:-]{1,600}$/.test(Arn)) return Arn
  } catch {
    // The error that is told already counts.
  }
  return /^[A-Z0-9]{4,128}$/.test(credentials.accessKeyId) ? `access key ${credentials.accessKeyId}` : "an access key"
}

function stsClient(region: string, credentials: AwsCredentials, context: KeyContext): STSClient {
  const requestHandler = handlerFor("AWS STS", () => context)
  return new STSClient({ region, credentials, requestHandler, logger: silentLogger })
}

/**
 * The region that the user works in, for what names none: variables first, then the profile.
 *
 * @returns `null` when there is none
 */
export async function defaultRegion({ env }: Pick<KeyContext, "env">): Promise<string | null> {
  const named = env("AWS_REGION") || env("AWS_DEFAULT_REGION") || ""
  if (named !== "") return named
  try {
    return await new STSClient({ logger: silentLogger }).config.region()
  } catch {
    return null
  }
}
