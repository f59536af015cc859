import { type ConnectionOptions } from "node:tls"
import { type ClientConfig } from "pg"
import Client from "pg/lib/client.js"
import { AppError } from "../errors/app-error.ts"
import {
  invalidConnection,
  type AuditHost,
  readConnection,
  type ConnectionSettings,
  tlsAttempts,
  passwordFor,
} from "./connection.ts"

/** One database that keeps records. */
interface Recorder {
  /** @throws {AppError} `AUDIT_FAILED` */
  record(action: string, userName: string, file: string): Promise<void>
  close(): Promise<void>
}

const timeoutMsByDefault = 10_000

/**
 * Connects to PostgreSQL and sees that it answers. A connection that breaks is made again when it is needed.
 *
 * @param connection - a connection string; nothing of it is ever shown
 * @throws {AppError} `AUDIT_FAILED`
 * @see sops v3.13.2 audit/audit.go
 */
export async function connect(connection: string, machine: AuditHost): Promise<Recorder> {
  const settings = readConnection(connection, machine)
  const open = (): Promise<Line> => openLine(settings, machine)
  let line = await open()
  return {
    async record(action, userName, file) {
      const insert = async (): Promise<void> => {
        if (line.isBroken) line = await open()
        const text = "INSERT INTO audit_event (action, username, file) VALUES ($1, $2, $3)"
        await line.client.query(text, [action, userName, file])
      }
      try {
        await insert()
      } catch (error) {
        // The server may have gone without our having heard of it; a row too many is better than none.
        if (!line.isBroken && !hasEnded(error)) throw failure(error)
        line.isBroken = true
        await insert().catch((again: unknown) => {
          throw again instanceof AppError ? again : failure(again)
        })
      }
    },
    close: () => line.client.end().catch(() => undefined),
  }
}

/** PostgreSQL's classes for a session that was ended (57P) and a connection that is gone (08). */
function hasEnded(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : ""
  return code.startsWith("57P") || code.startsWith("08") || code === "ECONNRESET" || code === "EPIPE"
}

interface Line {
  readonly client: Client
  isBroken: boolean
}

async function openLine(settings: ConnectionSettings, machine: AuditHost): Promise<Line> {
  const attempts = await tlsAttempts(settings, machine)
  const password = await passwordFor(settings, machine)
  let last: unknown = null
  for (const ssl of attempts) {
    const client = clientFor(settings, machine, { ssl, password })
    const line: Line = { client, isBroken: false }
    const noteBreak = (): void => {
      line.isBroken = true
    }
    client.on("error", noteBreak)
    client.on("end", noteBreak)
    try {
      await client.connect()
      await client.query("SELECT 1")
      return line
    } catch (error) {
      last = error
      await client.end().catch(() => undefined)
    }
  }
  throw failure(last)
}

function clientFor(
  settings: ConnectionSettings,
  machine: AuditHost,
  { ssl, password }: { ssl: ConnectionOptions | false; password: string },
): Client {
  const user = settings.get("user") ?? machine.userName
  const negotiation = settings.get("sslnegotiation") ?? ""
  const timeoutMs = timeoutOf(settings)
  const options = optionsOf(settings)
  const application = settings.get("application_name") ?? settings.get("fallback_application_name") ?? ""
  const config: ClientConfig = {
    host: settings.get("host")!,
    port: Number(settings.get("port")),
    user,
    database: settings.get("dbname") ?? user,
    // A function, so that the package does not look for one itself.
    password: () => password,
    ssl,
    sslnegotiation: ssl !== false && negotiation === "direct" ? "direct" : "postgres",
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    ...(options === "" ? {} : { options }),
    ...(application === "" ? {} : { application_name: application }),
  }
  return new Client(config)
}

/** Everything that has no meaning for the connection itself is a setting of the server. */
const ownNames: ReadonlySet<string> = new Set(
  (
    "host port dbname user password passfile options sslmode sslnegotiation sslcert sslkey sslrootcert sslsni " +
    "connect_timeout application_name fallback_application_name client_encoding datestyle"
  ).split(" "),
)

function optionsOf(settings: ConnectionSettings): string {
  const further = [...settings].filter(([name]) => !ownNames.has(name))
  const flags = further.map(([name, value]) => {
    if (!/^[A-Za-z_.]{1,63}$/.test(name)) throw invalidConnection("it names a setting that no server has")
    return `-c ${name}=${value.replaceAll(/[\\ \t\n\r]/g, (char) => `\\${char}`)}`
  })
  return [settings.get("options") ?? "", ...flags].filter((part) => part !== "").join(" ")
}

function timeoutOf(settings: ConnectionSettings): number {
  const text = settings.get("connect_timeout") ?? ""
  return /^[0-9]{1,4}$/.test(text) && Number(text) > 0 ? Number(text) * 1000 : timeoutMsByDefault
}

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const causes: ReadonlyMap<string, string> = new Map([
  ["28P01", "the password is wrong"],
  ["28000", "the server does not let this user in"],
  ["3D000", "there is no such database"],
  ["42P01", "there is no table audit_event"],
  ["42703", "the table audit_event has other columns"],
  ["42501", "this user may not write to it"],
  ["53300", "the server has too many connections"],
  ["57P03", "the server is starting or stopping"],
  ["ECONNREFUSED", "nothing listens there"],
  ["ENOENT", "there is no such socket"],
  ["ENOTFOUND", "the name of the host is not known"],
  ["EAI_AGAIN", "the name of the host could not be looked up"],
  ["ECONNRESET", "the server cut the connection"],
  ["ETIMEDOUT", "the server does not answer"],
])

/** Texts of the server and of the package are not shown: they may quote what was sent. */
function failure(error: unknown): AppError {
  if (error instanceof AppError) return error
  const code = codeOf(error)
  const known = code === null ? undefined : causes.get(code)
  const said = error instanceof Error ? error.message : ""
  const words =
    known ??
    (said.includes("does not support SSL")
      ? "the server does not speak TLS, and sslmode asks for it"
      : /timeout/i.test(said)
        ? "the server does not answer"
        : code !== null && /^(CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)
          ? "the certificate of the server is not trusted"
          : "the connection failed")
  return new AppError("AUDIT_FAILED", {}, { subject: code === null ? words : `${words} (${code})` })
}

function codeOf(error: unknown): string | null {
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : null
  return typeof code === "string" && /^[A-Z0-9_]{1,60}$/.test(code) ? code : null
}
