import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process"
import { chmodSync, chownSync, copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** A PostgreSQL of its own, in a temporary folder, with TLS by the test authority. */
export interface Postgres {
  readonly port: number
  /** Of the socket. */
  readonly folder: string
  /** Runs SQL as the administrator. @returns what `psql` prints, one row a line */
  sql(text: string): string
  stop(): Promise<void>
}

/** Where `initdb` and `postgres` are; `null` when they are not installed. Debian keeps them off the PATH. */
export function findPostgres(): string | null {
  const versions = "/usr/lib/postgresql"
  const installed = existsSync(versions) ? readdirSync(versions).map((name) => join(versions, name, "bin")) : []
  const folders = [...installed, ...(process.env["PATH"] ?? "").split(":")]
  return (
    folders.find((folder) => ["initdb", "postgres", "psql"].every((name) => existsSync(join(folder, name)))) ?? null
  )
}

export async function startPostgres(programs: string): Promise<Postgres> {
  const folder = mkdtempSync("/tmp/sotto-pg-")
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : {}
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid)
  const as = { ...user, cwd: folder, env: { PATH: process.env["PATH"], LC_ALL: "C" } }
  const data = join(folder, "data")
  const made = spawnSync(join(programs, "initdb"), ["-D", data, "-U", "admin", "-A", "trust", "-N"], as)
  if (made.status !== 0) throw new Error(`initdb: ${String(made.stderr)}`)
  for (const name of ["server.pem", "server.key"]) {
    const copy = join(data, name)
    copyFileSync(fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url)), copy)
    chmodSync(copy, 0o600)
    if (user.uid !== undefined) chownSync(copy, user.uid, user.gid)
  }
  const port = await freePort()
  const settings = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: folder,
    ssl: "on",
    ssl_cert_file: "server.pem",
    ssl_key_file: "server.key",
    fsync: "off",
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  const server = spawn(join(programs, "postgres"), ["-D", data, ...options], {
    ...as,
    stdio: ["ignore", "ignore", "pipe"],
  })
  await ready(server)
  const psql = (text: string): string =>
    execFileSync(
      join(programs, "psql"),
      ["-X", "-q", "-A", "-t", "-F", " ", "-h", folder, "-p", String(port), "-U", "admin", "-d", "postgres"],
      { input: text, encoding: "utf8", env: as.env },
    ).trim()
  return {
    port,
    folder,
    sql: psql,
    async stop() {
      const ended = new Promise((resolve) => server.once("exit", resolve))
      server.kill("SIGINT")
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function idOf(which: "-u" | "-g"): number {
  return Number(execFileSync("id", [which, "nobody"], { encoding: "utf8" }))
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ""
    server.stderr!.on("data", (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes("ready to accept connections")) resolve()
    })
    server.once("exit", () => reject(new Error(`postgres: ${said}`)))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
