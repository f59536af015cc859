import { join } from "node:path"
import { type ConnectionOptions } from "node:tls"
import { invalid, type AuditHost, type Settings } from "./connection.ts"

/** What is tried, in this order; `false` is a connection without TLS. */
export type Attempts = readonly (ConnectionOptions | false)[]

const modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const

/**
 * How a connection is protected, by `sslmode` and its kin. Without a mode it is `require`, as for upstream: TLS, and the
 * certificate counts only where a root certificate is there to check it with.
 *
 * @throws {AppError} `AUDIT_FAILED` when a file that is named is not there
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html
 */
export async function tlsAttempts(settings: Settings, machine: AuditHost): Promise<Attempts> {
  if (settings.get("host")!.startsWith("/")) return [false]
  const roots = settings.get("sslrootcert") ?? ""
  const named = settings.get("sslmode") ?? (roots === "system" ? "verify-full" : "require")
  const mode = modes.find((each) => each === named)
  if (mode === undefined) throw invalid("its sslmode is not one that is known")
  if (roots === "system" && mode !== "verify-full") throw invalid("system roots need sslmode=verify-full")
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
  if (named !== "" && isNeeded) throw invalid("its sslrootcert is not there")
  return null
}
