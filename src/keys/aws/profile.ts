import { homeFile } from "../key-files.ts"
import { type KeyContext } from "../provider.ts"
import { serviceError } from "../service.ts"
import { sessionMemo } from "../session-memo.ts"

export const awsService = "AWS KMS"

/** Whose credentials are used. */
export interface Profile {
  readonly name: string
  /** A file chose it, so keys and tokens of the environment do not count. */
  readonly isOfFile: boolean
  /** It says where its credentials come from; otherwise they are those of the machine. */
  readonly hasCredentials: boolean
}

type Known = ReadonlyMap<string, ProfileSettings>

const filesRead = sessionMemo<Known>()
const told = sessionMemo<undefined>()

/**
 * The profile that a file names, which has to be there. A file comes from somebody else, whose profiles may be called
 * differently: whoever names a profile of their own in AWS_PROFILE, or says `--aws-fallback`, gets the credentials of
 * their own in its place, and a notice. Upstream knows no such way out.
 *
 * @param name - `""`: the file names none
 * @returns `null` when neither the file nor the user names one
 * @throws {AppError} `KEY_NO_CREDENTIALS`, also for an AWS_PROFILE that is not there
 */
export async function usableProfile(name: string, context: KeyContext): Promise<Profile | null> {
  const known = await filesRead(context, "", () => knownProfiles(context))
  if (name === "") return ownProfile(known, context)
  const settings = known.get(name)
  if (settings !== undefined) return { name, isOfFile: true, hasCredentials: hasCredentials(settings) }
  if (!mayBeReplaced(context)) {
    const hint = context.dialect.takesAwsProfile
      ? "make that profile, name one of yours in AWS_PROFILE, or pass --aws-fallback to use your own credentials"
      : undefined
    throw serviceError("KEY_NO_CREDENTIALS", { service: awsService, words: `there is no profile ${name} here`, hint })
  }
  const own = ownProfile(known, context)
  await told(context, name, async () => {
    const instead = own === null ? "your own credentials are" : `the profile ${own.name} is`
    context.notice(`the file names the AWS profile ${name}, which does not exist here; ${instead} used instead`)
    return undefined
  })
  return own
}

function mayBeReplaced({ dialect, env, awsFallback }: KeyContext): boolean {
  return (dialect.takesAwsProfile && (env("AWS_PROFILE") ?? "") !== "") || awsFallback === true
}

/**
 * The profile that the user names. AWS_DEFAULT_PROFILE counts where there is a profile of that name, as in upstream's
 * SDK.
 */
function ownProfile(known: Known, { env }: KeyContext): Profile | null {
  const asked = env("AWS_PROFILE") ?? ""
  const name = asked === "" ? (env("AWS_DEFAULT_PROFILE") ?? "") : asked
  const settings = known.get(name)
  if (settings !== undefined) return { name, isOfFile: false, hasCredentials: hasCredentials(settings) }
  if (asked === "") return null
  throw serviceError("KEY_NO_CREDENTIALS", {
    service: awsService,
    words: `there is no profile ${asked} here, which AWS_PROFILE names`,
    hint: "make that profile, or unset AWS_PROFILE",
  })
}

const sources =
  /^(?:aws_access_key_id|aws_secret_access_key|role_arn|source_profile|credential_(?:source|process)|web_identity_token_file|login_session|sso_\w+)$/i

function hasCredentials(settings: ProfileSettings): boolean {
  return [...settings].some((setting) => sources.test(setting))
}

/** The names of a profile's settings; their values are for the SDK. */
type ProfileSettings = ReadonlySet<string>

/**
 * The profiles that this user has, from both files of AWS.
 *
 * @returns by name; a profile may have no setting at all
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
async function knownProfiles(context: KeyContext): Promise<ReadonlyMap<string, ProfileSettings>> {
  const config = context.env("AWS_CONFIG_FILE") || homeFile(context, ".aws", "config")
  const credentials = context.env("AWS_SHARED_CREDENTIALS_FILE") || homeFile(context, ".aws", "credentials")
  const known = new Map<string, ProfileSettings>()
  const own = (await sections(config, context)).flatMap(inConfig)
  for (const { name, settings } of [...own, ...(await sections(credentials, context)).filter(isInCredentials)]) {
    known.set(name, new Set([...(known.get(name) ?? []), ...settings]))
  }
  return known
}

interface Section {
  readonly name: string
  readonly settings: string[]
}

/** `[profile NAME]`, `[default]`; others are of something else. */
function inConfig({ name, settings }: Section): Section[] {
  if (name === "default") return [{ name, settings }]
  const [, own] = /^profile\s+(.*)$/.exec(name) ?? []
  return own === undefined ? [] : [{ name: own.replace(/^(["'])(.*)\1$/, "$2"), settings }]
}

/** There a name stands alone. */
function isInCredentials({ name }: Section): boolean {
  return !/^profile\s/.test(name)
}

async function sections(path: string | null, context: KeyContext): Promise<Section[]> {
  const file = path === null ? null : await context.readFile(path)
  if (file === null) return []
  const found: Section[] = []
  for (const line of Buffer.from(file).toString("utf8").split(/\r?\n/)) {
    const text = line.trimStart()
    const end = text.indexOf("]")
    if (text.startsWith("[") && end !== -1) found.push({ name: text.slice(1, end).trim(), settings: [] })
    else found.at(-1)?.settings.push(text.slice(0, Math.max(0, text.indexOf("="))).trim())
  }
  return found
}
