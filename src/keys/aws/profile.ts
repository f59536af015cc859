import { homeFile } from "../home-file.ts"
import { type KeyContext } from "../provider.ts"
import { sessionMemo } from "../session-memo.ts"

const noticed = sessionMemo<boolean>()

/**
 * The profile that a file names, if the user has one of that name. A file comes from somebody else, whose profiles may
 * be called differently: then the user's own credentials are good enough, and a notice says so once.
 *
 * @returns `null` to use the ambient credentials
 */
export async function usableProfile(name: string, context: KeyContext): Promise<string | null> {
  if (name === "") return null
  const exists = await noticed(context, name, async () => {
    const known = await profileNames(context)
    if (known.has(name)) return true
    const asked = context.env("AWS_PROFILE") ?? ""
    const instead = asked === "" ? "the credentials of the environment are used" : `the profile ${asked} is used`
    context.notice(`the file names the AWS profile ${name}, which does not exist here; ${instead} instead`)
    return false
  })
  return exists ? name : null
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
