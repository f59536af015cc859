import { isAbsolute, join } from "node:path"
import { type AuditHost, type Settings } from "./connection.ts"

/**
 * The password of a connection: its own, or that of the first line of the password file that fits.
 *
 * @returns `""` when there is none
 * @see https://www.postgresql.org/docs/current/libpq-pgpass.html
 */
export async function passwordFor(settings: Settings, machine: AuditHost): Promise<string> {
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
