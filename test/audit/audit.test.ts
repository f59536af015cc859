import { chmodSync, readFileSync, writeFileSync } from "node:fs"
import { userInfo } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { runAsSops } from "../../src/cli/sops/run.ts"
import { keyText } from "../keys/golden.ts"
import { type Ended, ioFor, type Machine, machine } from "../machine.ts"
import { findPostgres, type Postgres, startPostgres } from "../servers/postgres.ts"
import { authorityFile } from "../servers/server.ts"
import { startVaultKv, vaultKvToken } from "../servers/vault-kv.ts"

const identity = /^AGE-SECRET-KEY-\S+/m.exec(keyText("age-a.txt"))![0]
const recipient = /age1\w+/.exec(keyText("age-a.txt"))![0]
const password = "pw canary-7f3a'\\"

let here: Machine
beforeEach(() => {
  here = machine()
  writeFileSync(join(here.cwd, "plain.yaml"), "a: plain-canary\n")
})
afterEach(() => here.remove())

const auditFile = (): string => join(here.cwd, "audit.yaml")

function audit(...connections: string[]): void {
  const postgres = connections.map((connection_string) => ({ connection_string }))
  writeFileSync(auditFile(), JSON.stringify({ backends: { postgres } }))
}

async function sops(args: readonly string[], env: Readonly<Record<string, string>> = {}, stdin = ""): Promise<Ended> {
  const all = new Map([...here.env, ...Object.entries({ SOPS_AGE_KEY: identity, ...env })])
  const { io, ended } = ioFor({ args, cwd: here.cwd, env: all, stdin })
  return ended(await runAsSops(io, args, auditFile()))
}

/** Before anybody keeps records. */
async function seal(name: string): Promise<void> {
  const { stdout, status } = await sops(["encrypt", "--age", recipient, "plain.yaml"])
  expect(status).toBe(0)
  writeFileSync(join(here.cwd, name), stdout)
}

describe("the file", () => {
  test.each([
    ["that is not there", null],
    ["without backends", "{}"],
    ["without databases", "backends:\n  postgres: []\n"],
  ])("%s changes nothing", async (_, text) => {
    await seal("s.yaml")
    if (text !== null) writeFileSync(auditFile(), text)
    expect(await sops(["decrypt", "s.yaml"])).toMatchObject({ status: 0, stderr: "" })
  })

  test.each(["a: [", "backends: 7", "backends:\n  postgres: x\n", "\u0000"])(
    "that is wrong is status 2: %j",
    async (text) => {
      writeFileSync(auditFile(), text)
      const { status, stdout, stderr } = await sops(["--version"])
      expect([status, stdout.toString()]).toEqual([2, ""])
      expect(stderr).toContain("audit.yaml")
    },
  )

  test.each([
    "postgres://u:canary-7f3a@127.0.0.1:1/db?sslmode=disable",
    "host=127.0.0.1 port=1 user=u password='canary-7f3a' sslmode=disable",
    "host=127.0.0.1 password='canary-7f3a",
    "password=canary-7f3a port=x",
    "canary-7f3a",
    "postgres://u:%zzcanary-7f3a@h/",
    "host=a,b password=canary-7f3a",
    "password=canary-7f3a sslmode=canary-7f3a",
    "service=canary-7f3a",
  ])("a database that cannot be used ends every call, and no part of its connection is shown: %s", async (text) => {
    await seal("s.yaml")
    audit(text)
    for (const args of [["decrypt", "s.yaml"], ["--version"]]) {
      const { status, stdout, stderr } = await sops(args)
      expect([status, stdout.toString()]).toEqual([1, ""])
      expect(stderr).not.toContain("canary")
      const lines = stderr.trimEnd().split("\n")
      expect(lines[0]).toMatch(/^\[AUDIT\]\t time="[^"]+" level=error msg="connecting to audit database, defined in /)
      expect(lines.at(-1)).toMatch(/level=fatal msg="one or more audit backends reported errors, exiting"$/)
      expect(lines).toHaveLength(3)
    }
  })
})

const programs = findPostgres()
if (programs === null) console.warn("PostgreSQL is not installed: the audit log is not tested against it")

describe.runIf(programs !== null)("PostgreSQL", () => {
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres(programs!)
    server.sql(`
      CREATE TABLE audit_event (
        id SERIAL PRIMARY KEY, timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP, action TEXT, username TEXT, file TEXT);
      CREATE ROLE sops WITH LOGIN PASSWORD 'pw canary-7f3a''\\';
      GRANT INSERT ON audit_event TO sops;
      GRANT USAGE ON audit_event_id_seq TO sops;
      CREATE DATABASE other;`)
    writeFileSync(
      join(server.folder, "data/pg_hba.conf"),
      "local all admin trust\nhost all all 127.0.0.1/32 scram-sha-256\nlocal all sops scram-sha-256\n",
    )
    server.sql("SELECT pg_reload_conf()")
  }, 60_000)
  afterAll(() => server.stop())
  afterEach(() => void server.sql("DELETE FROM audit_event"))

  const quoted = (text: string): string => `'${text.replaceAll(/['\\]/g, "\\$&")}'`
  const pairs = (): string =>
    `host=127.0.0.1 port=${server.port} user=sops password = ${quoted(password)} dbname=postgres`
  const rows = (): string[] => server.sql("SELECT action, username, file FROM audit_event ORDER BY id").split("\n")
  const row = (action: string, file = join(here.cwd, "s.yaml")): string => `${action} ${userInfo().username} ${file}`

  test.each<[string, readonly string[], readonly string[]]>([
    ["decrypt", ["decrypt", "s.yaml"], ["decrypt"]],
    ["decrypt --extract", ["decrypt", "--extract", '["a"]', "s.yaml"], ["decrypt"]],
    ["decrypt --ignore-mac", ["decrypt", "--ignore-mac", "s.yaml"], ["decrypt"]],
    ["the old form", ["-d", "s.yaml"], ["decrypt"]],
    ["exec-env", ["exec-env", "s.yaml", "true"], ["decrypt"]],
    ["exec-file", ["exec-file", "--no-fifo", "s.yaml", "true"], ["decrypt"]],
    ["set", ["set", "s.yaml", '["a"]', '"x"'], ["decrypt", "encrypt"]],
    ["unset", ["unset", "s.yaml", '["a"]'], ["decrypt", "encrypt"]],
    ["rotate", ["rotate", "-i", "s.yaml"], ["rotate", "decrypt", "encrypt"]],
    ["edit", ["edit", "s.yaml"], ["decrypt", "encrypt"]],
    ["filestatus", ["filestatus", "s.yaml"], []],
    ["updatekeys", ["updatekeys", "-y", "s.yaml"], []],
    ["--version", ["--version"], []],
  ])("%s", async (_, args, actions) => {
    await seal("s.yaml")
    writeFileSync(join(here.cwd, ".sops.yaml"), `creation_rules:\n  - age: ${recipient}\n`)
    writeFileSync(join(here.cwd, "editor"), '#!/bin/sh\necho "b: 1" >> "$1"\n')
    chmodSync(join(here.cwd, "editor"), 0o755)
    audit(pairs())
    const { status, stderr } = await sops(args, { SOPS_EDITOR: join(here.cwd, "editor") })
    expect([status, stderr.includes("AUDIT")]).toEqual([0, false])
    expect(rows()).toEqual(actions.length === 0 ? [""] : actions.map((action) => row(action)))
  })

  test("encrypt names the file, and for standard input the folder", async () => {
    audit(pairs())
    await sops(["encrypt", "--age", recipient, "plain.yaml"])
    await sops(["encrypt", "--age", recipient, "--filename-override", "x.yaml"], {}, "a: 1\n")
    expect(rows()).toEqual([row("encrypt", join(here.cwd, "plain.yaml")), row("encrypt", here.cwd)])
  })

  test("edit of a new file, and one that is abandoned", async () => {
    await seal("s.yaml")
    audit(pairs())
    expect((await sops(["edit", "s.yaml"], { SOPS_EDITOR: "true" })).status).toBe(200)
    expect(rows()).toEqual([row("decrypt")])
    server.sql("DELETE FROM audit_event")
    writeFileSync(join(here.cwd, "new-text"), "a: 1\n")
    const env = { SOPS_EDITOR: `cp ${join(here.cwd, "new-text")}`, SOPS_AGE_RECIPIENTS: recipient }
    expect((await sops(["edit", "new.yaml"], env)).status).toBe(0)
    expect(rows()).toEqual([row("encrypt", join(here.cwd, "new.yaml"))])
  })

  test("publish: decrypt for Vault, decrypt and encrypt when it is sealed anew, nothing else", async () => {
    await seal("s.yaml")
    audit(pairs())
    const vault = await startVaultKv()
    const rules = [
      { vault_path: "x", vault_address: vault.server.origin },
      { s3_bucket: "buck", recreation_rule: { age: recipient } },
      { s3_bucket: "buck" },
    ]
    const seen: string[][] = []
    for (const rule of rules) {
      writeFileSync(join(here.cwd, ".sops.yaml"), JSON.stringify({ destination_rules: [rule] }))
      await sops(["publish", "s.yaml"], { VAULT_TOKEN: vaultKvToken, SOTTO_KEY_TIMEOUT: "1" }, "n\n")
      seen.push(rows())
      server.sql("DELETE FROM audit_event")
    }
    await vault.server.close()
    expect(seen).toEqual([[row("decrypt")], [row("decrypt"), row("encrypt")], [""]])
  })

  test("every way to name the server", async () => {
    await seal("s.yaml")
    const encoded = encodeURIComponent(password)
    const at = `127.0.0.1:${server.port}`
    const passfile = join(here.home, ".pgpass")
    const escaped = password.replaceAll(/[:\\]/g, "\\$&")
    writeFileSync(passfile, `# comment\nother:*:*:*:no\n127.0.0.1:${server.port}:postgres:sops:${escaped}\n`)
    const PGPASSWORD = password
    const ways: [string, Record<string, string>][] = [
      [`postgres://sops:${encoded}@${at}/postgres`, {}],
      [`postgresql://sops@${at}/postgres?sslmode=require&application_name=x&search_path=public`, { PGPASSWORD }],
      [`postgres:///postgres?host=${encodeURIComponent(server.folder)}&port=${server.port}&user=sops`, { PGPASSWORD }],
      [`postgres://sops:${encoded}@/postgres?host=${encodeURIComponent(server.folder)}&port=${server.port}`, {}],
      [`postgres://sops@${at}/postgres?sslmode=verify-full&sslrootcert=${authorityFile}`, { PGPASSWORD }],
      [`postgres://sops@${at}/postgres?sslmode=verify-ca`, { PGPASSWORD, PGSSLROOTCERT: authorityFile }],
      [`postgres://sops@${at}/postgres?sslmode=prefer`, {}],
      [`postgres://sops@${at}/postgres?sslmode=disable&connect_timeout=5`, {}],
      ["", { PGHOST: "127.0.0.1", PGPORT: String(server.port), PGUSER: "sops", PGDATABASE: "postgres" }],
    ]
    for (const [connection, env] of ways) {
      audit(connection)
      const { status, stderr } = await sops(["decrypt", "s.yaml"], env)
      expect({ connection, status, stderr }).toEqual({ connection, status: 0, stderr: "" })
    }
    expect(rows()).toHaveLength(ways.length)
  })

  test.each([
    ["the password is wrong (28P01)", (base: string) => base.replace("canary", "other")],
    ["there is no such database (3D000)", (base: string) => `${base} dbname=nothing`],
    ["its sslrootcert is not there", (base: string) => `${base} sslmode=verify-full sslrootcert=/no/such`],
    [
      "the certificate of the server is not trusted",
      (base: string) => `${base} sslmode=verify-full sslrootcert=${join(here.cwd, "wrong.pem")}`,
    ],
  ])("%s", async (words, change) => {
    await seal("s.yaml")
    // Any certificate that did not sign this one.
    writeFileSync(join(here.cwd, "wrong.pem"), readFileSync(authorityFile.replace("ca.pem", "server.pem")))
    audit(change(pairs()))
    const { status, stdout, stderr } = await sops(["decrypt", "s.yaml"])
    expect([status, stdout.toString()]).toEqual([1, ""])
    expect(stderr).toContain(words)
    expect(stderr).not.toContain("canary")
  })

  test("what cannot be recorded is not done", async () => {
    await seal("s.yaml")
    audit(pairs().replace("dbname=postgres", "dbname=other"))
    const { status, stdout, stderr } = await sops(["decrypt", "s.yaml"])
    expect([status, stdout.toString()]).toEqual([1, ""])
    expect(stderr).toMatch(
      /^\[AUDIT\]\t time="[^"]+" level=fatal msg="Failed to insert audit record: there is no table audit_event \(42P01\)"\n$/,
    )
    const before = readFileSync(join(here.cwd, "s.yaml"))
    expect((await sops(["set", "s.yaml", '["a"]', '"x"'])).status).toBe(1)
    expect(readFileSync(join(here.cwd, "s.yaml"))).toEqual(before)
  })

  test("a connection that broke while somebody edits is made again", async () => {
    await seal("s.yaml")
    writeFileSync(
      join(here.cwd, "editor"),
      `#!/bin/sh
      psql -X -q -h ${server.folder} -p ${server.port} -U admin -d postgres >/dev/null \
        -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sops'" || exit 9
      echo "b: 1" >> "$1"\n`,
    )
    chmodSync(join(here.cwd, "editor"), 0o755)
    audit(pairs())
    const env = { SOPS_EDITOR: join(here.cwd, "editor"), PATH: `${programs}:${process.env["PATH"]}` }
    expect(await sops(["edit", "s.yaml"], env)).toMatchObject({ status: 0 })
    expect(rows()).toEqual([row("decrypt"), row("encrypt")])
  })

  test("every database gets a row, and one that fails ends the call", async () => {
    await seal("s.yaml")
    audit(pairs(), pairs())
    await sops(["decrypt", "s.yaml"])
    expect(rows()).toEqual([row("decrypt"), row("decrypt")])
    audit(pairs(), "host=127.0.0.1 port=1 sslmode=disable")
    expect((await sops(["decrypt", "s.yaml"])).status).toBe(1)
  })
})
