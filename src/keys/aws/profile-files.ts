import { homeFile } from "../home-file.ts"
import { type KeyContext } from "../provider.ts"

/** The names of a profile's settings; their values are for the SDK. */
export type Settings = ReadonlySet<string>

/**
 * The profiles that this user has, from both files of AWS.
 *
 * @returns by name; a profile may have no setting at all
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export async function knownProfiles(context: KeyContext): Promise<ReadonlyMap<string, Settings>> {
  const config = context.env("AWS_CONFIG_FILE") || homeFile(context, ".aws", "config")
  const credentials = context.env("AWS_SHARED_CREDENTIALS_FILE") || homeFile(context, ".aws", "credentials")
  const known = new Map<string, Settings>()
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
