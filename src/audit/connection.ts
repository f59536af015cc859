import { AppError } from "../errors/app-error.ts"

/** The machine, as far as a connection needs it. */
export interface AuditHost {
  /** An environment variable. */
  env(name: string): string | undefined
  /** `""` when it is not known. */
  readonly home: string
  /** Of the account that this process runs as. */
  readonly userName: string
  /** `null` when there is no such file. */
  readFile(path: string): Promise<Uint8Array | null>
}

/** By the names of the connection string. */
export type Settings = ReadonlyMap<string, string>

/** The variables that stand in for settings. */
const variables: ReadonlyMap<string, string> = new Map([
  ["host", "PGHOST"],
  ["port", "PGPORT"],
  ["dbname", "PGDATABASE"],
  ["user", "PGUSER"],
  ["password", "PGPASSWORD"],
  ["passfile", "PGPASSFILE"],
  ["options", "PGOPTIONS"],
  ["application_name", "PGAPPNAME"],
  ["sslmode", "PGSSLMODE"],
  ["sslnegotiation", "PGSSLNEGOTIATION"],
  ["sslcert", "PGSSLCERT"],
  ["sslkey", "PGSSLKEY"],
  ["sslrootcert", "PGSSLROOTCERT"],
  ["connect_timeout", "PGCONNECT_TIMEOUT"],
  ["service", "PGSERVICE"],
])

const length = 10_000

/**
 * A connection string as libpq has it, an address or `key=value` pairs, over what variables say.
 *
 * @throws {AppError} `AUDIT_FAILED`, without any of its text: a password is in it
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
 */
export function readConnection(text: string, { env }: Pick<AuditHost, "env">): Settings {
  if (text.length > length) throw invalid("it is too long")
  const settings = new Map<string, string>([
    ["host", "localhost"],
    ["port", "5432"],
  ])
  for (const [key, name] of variables) {
    const value = env(name) ?? ""
    if (value !== "") settings.set(key, value)
  }
  const given = /^postgres(ql)?:\/\//.test(text) ? fromAddress(text) : fromPairs(text)
  for (const [key, value] of given) settings.set(key, value)
  if (settings.has("service") || settings.has("hostaddr")) throw invalid("a service or hostaddr cannot be used here")
  if (settings.get("host")!.includes(",")) throw invalid("more than one host cannot be used here")
  if (!/^[0-9]{1,5}$/.test(settings.get("port")!)) throw invalid("its port is not a number")
  return settings
}

function fromAddress(text: string): Map<string, string> {
  // A socket is named behind the "?", and the host may then be left out.
  const whole = text.replace(/^(postgres(?:ql)?:\/\/[^/?#]*@)(?=[/?]|$)/, "$1localhost")
  const url = URL.canParse(whole) ? new URL(whole) : null
  if (url === null) throw invalid("it is not an address")
  const pairs: [string, string][] = [
    ["user", decoded(url.username)],
    ["password", decoded(url.password)],
    ["host", decoded(url.hostname).replace(/^\[|\]$/g, "")],
    ["port", url.port],
    ["dbname", decoded(url.pathname.slice(1))],
    ...url.searchParams,
  ]
  return new Map(pairs.filter(([, value]) => value !== ""))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid("a character in it is not encoded as in an address")
  }
}

/** `key = value`, where a value with spaces is in single quotes and a backslash keeps what follows it. */
function fromPairs(text: string): Map<string, string> {
  const pairs = new Map<string, string>()
  let at = 0
  const skip = (): void => {
    while (at < text.length && isBlank(text[at]!)) at++
  }
  for (skip(); at < text.length; skip()) {
    const start = at
    while (at < text.length && !isBlank(text[at]!) && text[at] !== "=") at++
    const key = text.slice(start, at)
    skip()
    if (text[at] !== "=") throw invalid('a "=" is missing in it')
    at++
    skip()
    const isQuoted = text[at] === "'"
    if (isQuoted) at++
    let value = ""
    for (; at < text.length && !(isQuoted ? text[at] === "'" : isBlank(text[at]!)); at++) {
      if (text[at] === "\\") at++
      value += text[at] ?? ""
    }
    if (isQuoted && text[at++] !== "'") throw invalid("a quote in it is not closed")
    pairs.set(key, value)
  }
  return pairs
}

function isBlank(char: string): boolean {
  return char === " " || char === "\t" || char === "\n" || char === "\r" || char === "\f" || char === "\v"
}

export function invalid(problem: string): AppError {
  return new AppError("AUDIT_FAILED", {}, { subject: `the connection string cannot be used: ${problem}` })
}
