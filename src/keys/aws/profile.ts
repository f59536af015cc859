import { homeFile } from "../home-file.ts"
import { type KeyContext } from "../provider.ts"
import { service } from "./credentials.ts"
import { serviceError } from "../service.ts"
import { sessionMemo } from "../session-memo.ts"

const known = sessionMemo<boolean>()

/**
 * The profile that a file names, which has to be there. A file comes from somebody else, whose profiles may be called
 * differently: whoever names a profile of their own in AWS_PROFILE, or says `--aws-fallback`, gets the credentials of
 * their own in its place, and a notice. Upstream knows no such way out.
 *
 * @returns `null` to use the ambient credentials
 * @throws {AppError} `KEY_NO_CREDENTIALS`
 */
export async function usableProfile(name: string, context: KeyContext): Promise<string | null> {
  if (name === "") return null
  const asked = context.dialect.takesAwsProfile ? (context.env("AWS_PROFILE") ?? "") : ""
  const isReplaced = asked !== "" || context.awsFallback === true
  const exists = await known(context, name, async () => {
    const isThere = (await profileNames(context)).has(name)
    const instead = asked === "" ? "your own credentials are" : `the profile ${asked} is`
    const text = `the file names the AWS profile ${name}, which does not exist here; ${instead} used instead`
    if (!isThere && isReplaced) context.notice(text)
    return isThere
  })
  if (exists) return name
  if (isReplaced) return null
  const hint = context.dialect.takesAwsProfile
    ? "make that profile, name one of yours in AWS_PROFILE, or say --aws-fallback to use your own credentials"
    : undefined
  throw serviceError("KEY_NO_CREDENTIALS", { service, words: `there is no profile ${name} here`, hint })
}

/** @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html */
async function profileNames(context: KeyContext): Promise<ReadonlySet<string>> {
  const config = context.env("AWS_CONFIG_FILE") || homeFile(context, ".aws", "config")
  const credentials = context.env("AWS_SHARED_CREDENTIALS_FILE") || homeFile(context, ".aws", "credentials")
  const inConfig = (await sections(config, context)).map((name) => name.replace(/^profile\s+/, ""))
  const inCredentials = await sections(credentials, context)
  return new Set([...inConfig, ...inCredentials].map((name) => name.replace(/^(["'])(.*)\1$/, "$2")))
}

async function sections(path: string | null, context: KeyContext): Promise<string[]> {
  const file = path === null ? null : await context.readFile(path)
  if (file === null) return []
  const lines = Buffer.from(file).toString("utf8").split(/\r?\n/)
  return lines.flatMap((line) => {
    const text = line.trimStart()
    const end = text.indexOf("]")
    return text.startsWith("[") && end !== -1 ? [text.slice(1, end).trim()] : []
  })
}
