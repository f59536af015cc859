import { isAbsolute, join } from "node:path"
import { type ConnectionOptions } from "node:tls"
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
export type ConnectionSettings = ReadonlyMap<string, string>

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
export function readConnection(text: string, { env }: Pick<AuditHost, "env">): ConnectionSettings {
  if (text.length > length) throw invalidConnection("it is too long")
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
  if (settings.has("service") || settings.has("hostaddr"))
    throw invalidConnection("a service or hostaddr cannot be used here")
  if (settings.get("host")!.includes(",")) throw invalidConnection("more than one host cannot be used here")
  if (!/^[0-9]{1,5}$/.test(settings.get("port")!)) throw invalidConnection("its port is not a number")
  return settings
}

function fromAddress(text: string): Map<string, string> {
  // A socket is named behind the "?", and the host may then be left out.
  const whole = text.replace(/^(postgres(?:ql)?:\/\/[^/?#]*@)(?=[/?]|$)/, "$1localhost")
  const url = URL.canParse(whole) ? new URL(whole) : null
  if (url === null) throw invalidConnection("it is not an address")
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
    throw invalidConnection("a character in it is not encoded as in an address")
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
    if (text[at] !== "=") throw invalidConnection('a "=" is missing in it')
    at++
    skip()
    const isQuoted = text[at] === "'"
    if (isQuoted) at++
    let value = ""
    for (; at < text.length && !(isQuoted ? text[at] === "'" : isBlank(text[at]!)); at++) {
      if (text[at] === "\\") at++
      value += text[at] ?? ""
    }
    if (isQuoted && text[at++] !== "'") throw invalidConnection("a quote in it is not closed")
    pairs.set(key, value)
  }
  return pairs
}

function isBlank(char: string): boolean {
  return char === " " || char === "\t" || char === "\n" || char === "\r" || char === "\f" || char === "\v"
}

export function invalidConnection(problem: string): AppError {
  return new AppError("AUDIT_FAILED", {}, { subject: `the connection string cannot be used: ${problem}` })
}

/** What is tried, in this order; `false` is a connection without TLS. */
type Attempts = readonly (ConnectionOptions | false)[]

const modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const

/**
 * How a connection is protected, by `sslmode` and its kin. Without a mode it is `require`, as for upstream: TLS, and the
 * certificate counts only where a root certificate is there to check it with.
 *
 * @throws {AppError} `AUDIT_FAILED` when a file that is named is not there
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html
 */
export async function tlsAttempts(settings: ConnectionSettings, machine: AuditHost): Promise<Attempts> {
  if (settings.get("host")!.startsWith("/")) return [false]
  const roots = settings.get("sslrootcert") ?? ""
  const named = settings.get("sslmode") ?? (roots === "system" ? "verify-full" : "require")
  const mode = modes.find((each) => each === named)
  if (mode === undefined) throw invalidConnection("its sslmode is not one that is known")
  if (roots === "system" && mode !== "verify-full") throw invalidConnection("system roots need sslmode=verify-full")
  if (mode === "disable") return [false]
  const isStrict = mode === "verify-ca" || mode === "verify-full"
  const ca = roots === "system" ? null : await fileOf(roots, "root.crt", machine, isStrict)
  const certificate = await fileOf(settings.get("sslcert") ?? "", "postgresql.crt", machine, false)
  const key = await fileOf(settings.get("sslkey") ?? "", "postgresql.key", machine, false)
  const tls: ConnectionOptions = {
    minVersion: "TLSv1.2",
    rejectUnauthorized: isStrict || ca !== null,
    ...(ca === null ? {} : { ca }),
    ...(certificate === null || key === null ? {} : { cert: certificate, key }),
    ...(mode === "verify-full" ? {} : { checkServerIdentity: () => undefined }),
  }
  if (mode === "allow") return [false, tls]
  return mode === "prefer" ? [tls, false] : [tls]
}

/** A file that is named, or the one that is looked for in the user's folder. */
async function fileOf(named: string, usual: string, machine: AuditHost, isNeeded: boolean): Promise<string | null> {
  const path = named !== "" ? named : machine.home === "" ? "" : join(machine.home, ".postgresql", usual)
  const file = path === "" ? null : await machine.readFile(path)
  if (file !== null) return Buffer.from(file).toString("latin1")
  if (named !== "" && isNeeded) throw invalidConnection("its sslrootcert is not there")
  return null
}

/**
 * The password of a connection: its own, or that of the first line of the password file that fits.
 *
 * @returns `""` when there is none
 * @see https://www.postgresql.org/docs/current/libpq-pgpass.html
 */
export async function passwordFor(settings: ConnectionSettings, machine: AuditHost): Promise<string> {
  const own = settings.get("password") ?? ""
  if (own !== "") return own
  const named = settings.get("passfile") ?? ""
  const path = named !== "" ? named : machine.home === "" ? "" : join(machine.home, ".pgpass")
  const file = path === "" ? null : await machine.readFile(path).catch(() => null)
  if (file === null) return ""
  const host = settings.get("host") ?? ""
  const user = settings.get("user") ?? machine.userName
  const wanted = [isAbsolute(host) ? "localhost" : host, settings.get("port"), settings.get("dbname") ?? user, user]
  for (const line of Buffer.from(file).toString("utf8").split(/\r?\n/)) {
    if (line.startsWith("#")) continue
    const [password, ...rest] = fieldsOf(line).reverse()
    const pattern = rest.reverse()
    const fits = pattern.every((field, index) => field === "*" || field === wanted[index])
    if (password !== undefined && pattern.length === wanted.length && fits) return password
  }
  return ""
}

/** Fields between colons; a backslash keeps what follows it. */
function fieldsOf(line: string): string[] {
  const fields = [""]
  for (let at = 0; at < line.length; at++) {
    if (line[at] === ":") fields.push("")
    else {
      if (line[at] === "\\") at++
      fields[fields.length - 1] += line[at] ?? ""
    }
  }
  return fields
}
