import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { runAsSops } from "../../src/cli/sops/run.ts"
import { keyText } from "../keys/golden.ts"
import { type Ended, ioFor, type Machine, machine } from "../machine.ts"
import { awsAccess, awsSecret } from "../servers/aws.ts"
import { type FakeGcs, startGcs } from "../servers/gcs.ts"
import { type FakeS3, startS3 } from "../servers/s3.ts"
import { startServer } from "../servers/server.ts"
import { type FakeVaultKv, startVaultKv, vaultKvToken } from "../servers/vault-kv.ts"

const [identityA, identityB] = ["age-a.txt", "age-b.txt"].map((name) => /^AGE-SECRET-KEY-\S+/m.exec(keyText(name))![0])
const [recipientA, recipientB] = ["age-a.txt", "age-b.txt"].map((name) => /age1\w+/.exec(keyText(name))![0])

const plain = `# note
a: canary-7f3a
b:
    c: 1
    list: [{x: true}, 2.5]
    open_unencrypted: 5
none: null
big: 9007199254740993
day: 2001-12-14
`

let s3: FakeS3
let gcs: FakeGcs
let vault: FakeVaultKv
let here: Machine

beforeAll(async () => {
  s3 = await startS3(["buck"])
  gcs = await startGcs(["pails"])
  vault = await startVaultKv()
})
afterAll(async () => {
  await Promise.all([s3.server.close(), gcs.server.close(), vault.server.close()])
})
beforeEach(async () => {
  here = machine()
  put("plain.yaml", plain)
  const { status, stdout } = await sops(["encrypt", "--age", recipientA!, "plain.yaml"])
  expect(status).toBe(0)
  put("s.yaml", stdout)
  put("d/one.enc.yaml", stdout)
  put("d/sub/.hidden.yaml", stdout)
})
afterEach(() => {
  here.remove()
  for (const { server } of [s3, gcs, vault]) {
    server.received.length = 0
    server.fault = null
  }
  for (const map of [s3.objects, gcs.objects, vault.secrets]) map.clear()
  s3.isDenied = false
  vault.rights = "all"
})

function put(name: string, content: string | Uint8Array): void {
  const path = join(here.cwd, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

function config(...rules: readonly object[]): void {
  put(".sops.yaml", JSON.stringify({ destination_rules: rules }))
}

async function sops(
  args: readonly string[],
  { stdin, env = {} }: { stdin?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  const all = {
    SOPS_AGE_KEY: identityA!,
    AWS_ENDPOINT_URL_S3: s3.server.origin,
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: awsAccess,
    AWS_SECRET_ACCESS_KEY: awsSecret,
    STORAGE_EMULATOR_HOST: gcs.server.origin,
    VAULT_TOKEN: vaultKvToken,
    SOTTO_KEY_TIMEOUT: "3",
    ...env,
  }
  const { io, ended } = ioFor({ args, cwd: here.cwd, env: new Map([...here.env, ...Object.entries(all)]), stdin })
  return ended(await runAsSops(io, args, join(here.cwd, "no-audit.yaml")))
}

const sealed = (name: string): Buffer => readFileSync(join(here.cwd, name))
const sent = (): number => [s3, gcs, vault].reduce((sum, { server }) => sum + server.received.length, 0)

describe("object stores", () => {
  test("S3 gets the file as it is, signed", async () => {
    config({ s3_bucket: "buck", s3_prefix: "pre-" })
    expect(await sops(["publish", "-y", "s.yaml"])).toMatchObject({ status: 0, stderr: "", stdout: Buffer.alloc(0) })
    expect([...s3.objects]).toEqual([["buck/pre-s.yaml", sealed("s.yaml")]])
  })

  test("a wrong secret key is told, and nothing of the answer", async () => {
    config({ s3_bucket: "buck" })
    const { status, stderr } = await sops(["publish", "-y", "s.yaml"], { env: { AWS_SECRET_ACCESS_KEY: "other" } })
    expect(status).toBe(1)
    expect(stderr).toContain("the secret key is wrong (SignatureDoesNotMatch)")
    expect(stderr).not.toContain("canary")
  })

  test("a refusal, a missing bucket and a missing region have their words", async () => {
    config({ s3_bucket: "buck", path_regex: "^s" }, { s3_bucket: "other" })
    s3.isDenied = true
    expect((await sops(["publish", "-y", "s.yaml"])).stderr).toContain("access is denied (AccessDenied)")
    expect((await sops(["publish", "-y", "d/one.enc.yaml"])).stderr).toContain("there is no such bucket")
    const without = { AWS_REGION: "", AWS_CONFIG_FILE: "/dev/null" }
    const { status, stderr } = await sops(["publish", "-y", "s.yaml"], { env: without })
    expect([status, stderr]).toEqual([1, expect.stringContaining("no region is set")])
  })

  test("names: the path below the argument, with and without the last extension", async () => {
    config({ s3_bucket: "buck", s3_prefix: "p/", path_regex: "^d/", omit_extensions: true }, { s3_bucket: "buck" })
    expect((await sops(["publish", "-y", "--recursive", "d"])).status).toBe(0)
    expect((await sops(["publish", "-y", "--recursive", "d/one.enc.yaml"])).status).toBe(0)
    expect((await sops(["publish", "-y", "s.yaml"])).status).toBe(0)
    expect((await sops(["publish", "-y", "--omit-extensions", "s.yaml"])).status).toBe(0)
    expect([...s3.objects.keys()]).toEqual(["buck/p/one.enc", "buck/p/sub/.hidden", "buck/s.yaml", "buck/s"])
  })

  test("a link to a folder is not followed, and the first file that fails ends it", async () => {
    config({ s3_bucket: "buck" })
    symlinkSync(join(here.cwd, "d/sub"), join(here.cwd, "d/a-link"))
    const { status } = await sops(["publish", "-y", "--recursive", "d"])
    expect([status, s3.objects.size]).toEqual([2, 0])
  })

  test("GCS gets the file as it is", async () => {
    config({ gcs_bucket: "pails", gcs_prefix: "a b/" })
    expect(await sops(["publish", "-y", "s.yaml"])).toMatchObject({ status: 0, stderr: "" })
    expect([...gcs.objects]).toEqual([["pails/a b/s.yaml", sealed("s.yaml")]])
    expect(gcs.types.get("pails/a b/s.yaml")).toBe("text/plain; charset=utf-8")
  })

  test("a recreation rule seals anew, for others and by its suffixes alone", async () => {
    const recreation_rule = { age: recipientB, unencrypted_suffix: "_clear", mac_only_encrypted: true }
    config({ s3_bucket: "buck", recreation_rule })
    const { status, stdout } = await sops(["publish", "-y", "s.yaml"])
    expect([status, stdout.toString()]).toEqual([
      0,
      "The following changes will be made to the file's key groups:\nGroup 1\n" +
        `+++ ${recipientB}\n--- ${recipientA}\n`,
    ])
    const object = s3.objects.get("buck/s.yaml")!
    put("out.yaml", object)
    expect((await sops(["decrypt", "out.yaml"])).status).toBe(128)
    const opened = await sops(["decrypt", "out.yaml"], { env: { SOPS_AGE_KEY: identityB! } })
    expect(opened.stdout.toString()).toBe((await sops(["decrypt", "s.yaml"])).stdout.toString())
    const text = object.toString()
    expect(text).toContain("unencrypted_suffix: _clear")
    expect(text).not.toContain("mac_only_encrypted")
    expect(text).toMatch(/open_unencrypted: "?ENC\[/)
  })

  test("a recreation rule for the same recipients tells nothing; one without recipients does nothing", async () => {
    config(
      { s3_bucket: "buck", path_regex: "^s", recreation_rule: { age: recipientA } },
      { s3_bucket: "buck", recreation_rule: { unencrypted_suffix: "_x" } },
    )
    expect((await sops(["publish", "-y", "s.yaml"])).stdout.toString()).toBe("")
    expect(s3.objects.get("buck/s.yaml")).not.toEqual(sealed("s.yaml"))
    expect((await sops(["publish", "-y", "d/one.enc.yaml"])).status).toBe(0)
    expect(s3.objects.get("buck/one.enc.yaml")).toEqual(sealed("d/one.enc.yaml"))
  })

  test("a file whose MAC is wrong is not sealed anew", async () => {
    config({ s3_bucket: "buck", recreation_rule: { age: recipientB } })
    put("s.yaml", sealed("s.yaml").toString().replace("open_unencrypted: 5", "open_unencrypted: 6"))
    expect((await sops(["publish", "-y", "s.yaml"])).status).toBe(51)
    expect(sent()).toBe(0)
  })
})

describe("Vault", () => {
  const values = {
    a: "canary-7f3a",
    b: { c: 1, list: [{ x: true }, 2.5], open_unencrypted: 5 },
    none: null,
    big: 9007199254740992,
    day: "2001-12-14T00:00:00Z",
  }

  test.each([
    ["version 2", { vault_path: "team/app" }, "secret/team/app/s.yaml"],
    ["another mount", { vault_path: "team", vault_kv_mount_name: "kv/", vault_kv_version: 7 }, "kv/team/s.yaml"],
    ["version 1", { vault_path: "team/", vault_kv_mount_name: "old", vault_kv_version: 1 }, "old/team/s.yaml"],
  ])("%s", async (_, rule, place) => {
    config({ ...rule, vault_address: vault.server.origin })
    expect(await sops(["publish", "-y", "s.yaml"])).toMatchObject({ status: 0, stderr: "" })
    expect([...vault.secrets]).toEqual([[place, [values]]])
    expect(vault.server.received.at(-1)?.body.toString()).toContain('"big": 9007199254740993')
  })

  test("what is there already is not written again, and what changed is", async () => {
    config({ vault_path: "x", vault_address: vault.server.origin })
    put("small.yaml", "a: x\nn: 1\n")
    put("t.yaml", (await sops(["--config", "/dev/null", "encrypt", "--age", recipientA!, "small.yaml"])).stdout)
    await sops(["publish", "-y", "t.yaml"])
    const { stderr } = await sops(["publish", "-y", "--verbose", "t.yaml"])
    expect(stderr).toContain(String.raw`level=info msg="Secret in secret/data/x/t.yaml is already up-to-date.\n"`)
    expect(vault.secrets.get("secret/x/t.yaml")).toHaveLength(1)
    expect((await sops(["set", "t.yaml", '["a"]', '"y"'])).status).toBe(0)
    await sops(["publish", "-y", "t.yaml"])
    expect(vault.secrets.get("secret/x/t.yaml")).toEqual([
      { a: "x", n: 1 },
      { a: "y", n: 1 },
    ])
    vault.secrets.set("secret/x/t.yaml", [null])
    await sops(["publish", "-y", "t.yaml"])
    expect(vault.secrets.get("secret/x/t.yaml")).toHaveLength(2)
  })

  test("a number that cannot be compared is written again", async () => {
    config({ vault_path: "x", vault_address: vault.server.origin })
    await sops(["publish", "-y", "s.yaml"])
    await sops(["publish", "-y", "s.yaml"])
    expect(vault.secrets.get("secret/x/s.yaml")).toHaveLength(2)
  })

  test("who may write and not read is warned, and writes", async () => {
    config({ vault_path: "x", vault_address: vault.server.origin })
    vault.rights = "write"
    const { status, stderr } = await sops(["publish", "-y", "s.yaml"])
    expect(status).toBe(0)
    expect(stderr).toMatch(/^\[PUBLISH\]\t time="[^"]+" level=warning msg="Cannot check if destination secret already/)
    vault.rights = "none"
    const denied = await sops(["publish", "-y", "s.yaml"])
    expect([denied.status, denied.stderr]).toEqual([1, expect.stringContaining("access is denied")])
    expect(denied.stderr).not.toContain("canary")
  })

  test("VAULT_ADDR is the address when the rule has none, and an allow-list holds", async () => {
    config({ vault_path: "x" })
    const env = { VAULT_ADDR: vault.server.origin }
    expect((await sops(["publish", "-y", "s.yaml"], { env })).status).toBe(0)
    const { status, stderr } = await sops(["publish", "-y", "s.yaml"], {
      env: { ...env, SOPS_HC_VAULT_ALLOWLIST: "https://vault.example.com" },
    })
    expect([status, stderr]).toEqual([1, expect.stringContaining("SOPS_HC_VAULT_ALLOWLIST does not name it")])
  })

  test("all documents of a file make one secret", async () => {
    config({ vault_path: "x", vault_address: vault.server.origin })
    put("two.yaml", "a: 1\nb: 1\n---\nb: 2\n")
    put("t.yaml", (await sops(["--config", "/dev/null", "encrypt", "--age", recipientA!, "two.yaml"])).stdout)
    await sops(["publish", "-y", "t.yaml"])
    expect(vault.secrets.get("secret/x/t.yaml")).toEqual([{ a: 1, b: 2 }])
  })

  test.each([
    ["binary", "raw.bin", "raw \0 text", { data: "raw \0 text" }],
    ["dotenv", "a.env", "A=1\nB=x y\n", { A: "1", B: "x y" }],
    ["ini", "a.ini", "[s]\nk = v\n", { s: { k: "v" } }],
    ["json", "a.json", '{"l": [1, {"m": null}]}', { l: [1, { m: null }] }],
  ])("a %s file", async (_, name, content, expected) => {
    config({ vault_path: "x", vault_address: vault.server.origin })
    put(name, content)
    const encrypted = await sops(["--config", "/dev/null", "encrypt", "--age", recipientA!, name])
    put(name, encrypted.stdout)
    expect(await sops(["publish", "-y", name])).toMatchObject({ status: 0, stderr: "" })
    const [found] = vault.secrets.get(`secret/x/${name}`)!
    expect(name === "a.ini" ? { s: (found as { s: object }).s } : found).toEqual(expected)
  })
})

describe("questions", () => {
  const question = (): string => `uploading ${here.cwd}/s.yaml to s3://buck/pre-s.yaml ? (y/n): `

  test.each([
    ["y\n", 0, 1, ""],
    ["maybe\ny\n", 0, 2, ""],
    ["n\n", 1, 1, "Publication of CWD/s.yaml canceled\n"],
    ["", 1, 1, "EOF\n"],
    ["\n", 1, 1, "unexpected newline\n"],
    ["y z\n", 1, 1, "expected newline\n"],
  ])("%j", async (stdin, status, times, stderr) => {
    config({ s3_bucket: "buck", s3_prefix: "pre-" })
    const ended = await sops(["publish", "s.yaml"], { stdin })
    expect(ended).toMatchObject({ status, stderr: stderr.replace("CWD", here.cwd) })
    expect(ended.stdout.toString()).toBe(question().repeat(times))
    expect(s3.objects.size).toBe(status === 0 ? 1 : 0)
  })

  test("with --recursive a no is for one file", async () => {
    config({ gcs_bucket: "pails" })
    const { status, stdout } = await sops(["publish", "--recursive", "d"], { stdin: "n\ny\n" })
    expect(status).toBe(0)
    expect(stdout.toString()).toBe(
      `uploading ${here.cwd}/d/one.enc.yaml to gcs://pails/one.enc.yaml ? (y/n): ` +
        `Publication of ${here.cwd}/d/one.enc.yaml canceled\n` +
        `uploading ${here.cwd}/d/sub/.hidden.yaml to gcs://pails/sub/.hidden.yaml ? (y/n): `,
    )
    expect([...gcs.objects.keys()]).toEqual(["pails/sub/.hidden.yaml"])
  })

  test("Vault is named by its whole address", async () => {
    config({ vault_path: "x", vault_address: "http://vault.example.com:8200" })
    const { stdout } = await sops(["publish", "s.yaml"], { stdin: "n\n" })
    expect(stdout.toString()).toContain(" to http://vault.example.com:8200/v1/secret/data/x/s.yaml ? (y/n): ")
  })
})

describe("failures", () => {
  test("in upstream's order, with upstream's statuses", async () => {
    expect(await sops(["publish"])).toMatchObject({ status: 1, stderr: "config file not found\n" })
    config({ s3_bucket: "buck", path_regex: "^s" }, { s3_bucket: "a", gcs_bucket: "b", path_regex: "^d" }, {})
    expect(await sops(["publish"])).toMatchObject({ status: 100, stderr: "Error: no file specified\n" })
    expect(await sops(["publish", "nope"])).toMatchObject({
      status: 1,
      stderr: "stat nope: no such file or directory\n",
    })
    const folder = await sops(["publish", "d"])
    expect(folder.status).toBe(1)
    expect(folder.stderr).toMatch(/level=fatal msg="can't operate on a directory without --recursive flag\."\n$/)
    expect((await sops(["publish", "d/one.enc.yaml"])).stderr).toContain("more than one destination")
    expect((await sops(["publish", "plain.yaml"])).stderr).toContain("no destination configured")
    config({ s3_bucket: "buck", path_regex: "^x" })
    expect((await sops(["publish", "s.yaml"])).stderr).toContain("no matching destination found")
    config({ s3_bucket: "buck" })
    expect(await sops(["publish", "plain.yaml"])).toMatchObject({ status: 1, stderr: "sops metadata not found\n" })
    expect(sent()).toBe(0)
  })

  test("a pattern sees the path exactly as it was given, and an invalid one nothing", async () => {
    config({ s3_bucket: "buck", path_regex: "(" }, { s3_bucket: "buck", path_regex: "^\\./s" })
    expect((await sops(["publish", "-y", "s.yaml"])).stderr).toContain("no matching destination found")
    expect((await sops(["publish", "-y", "./s.yaml"])).status).toBe(0)
  })

  const secretsOfVault = { vault_path: "x" }
  test.each([
    ["s3_bucket", { s3_bucket: "a/../b" }],
    ["s3_bucket", { s3_bucket: "evil.example.com/x?" }],
    ["s3_bucket", { s3_bucket: "a@b" }],
    ["s3_bucket", { s3_bucket: ".." }],
    ["s3_prefix", { s3_bucket: "buck", s3_prefix: "../other/" }],
    ["s3_prefix", { s3_bucket: "buck", s3_prefix: "a/%2e%2e/" }],
    ["s3_prefix", { s3_bucket: "buck", s3_prefix: "a?x=" }],
    ["s3_prefix", { s3_bucket: "buck", s3_prefix: "a\u001b[2J" }],
    ["s3_prefix", { s3_bucket: "buck", s3_prefix: "a\u202e" }],
    ["gcs_bucket", { gcs_bucket: "pails/o?name=x#" }],
    ["gcs_bucket", { gcs_bucket: "Pails" }],
    ["gcs_prefix", { gcs_bucket: "pails", gcs_prefix: "./" }],
    ["vault_path", { vault_path: "../sys" }],
    ["vault_path", { vault_path: "a%2f..%2fsys" }],
    ["vault_path", { vault_path: "a?b" }],
    ["vault_path", { vault_path: "a\nb" }],
    ["vault_kv_mount_name", { ...secretsOfVault, vault_kv_mount_name: "sys" }],
    ["vault_kv_mount_name", { ...secretsOfVault, vault_kv_mount_name: "/auth/token" }],
    ["vault_kv_mount_name", { ...secretsOfVault, vault_kv_mount_name: "secret/.." }],
    ["vault_address", { ...secretsOfVault, vault_address: "http://user@127.0.0.1" }],
    ["vault_address", { ...secretsOfVault, vault_address: "file:///etc" }],
    ["vault_address", { ...secretsOfVault, vault_address: "http://127.0.0.1/x?y" }],
  ])("S5: a hostile %s sends nothing: %j", async (_, rule) => {
    config("vault_path" in rule ? { vault_address: vault.server.origin, ...rule } : rule)
    const { status, stderr } = await sops(["publish", "-y", "s.yaml"])
    expect([status, sent()]).toEqual([1, 0])
    expect(stderr).not.toMatch(/[\u001b\u202e]/)
    expect(stderr.trimEnd()).not.toContain("\n")
  })

  test("S5: a hostile name of a file is encoded, or refused", async () => {
    config({ s3_bucket: "buck", path_regex: "^s3" }, { vault_path: "x", vault_address: vault.server.origin })
    put("s3 %2e%2e?a#b@c+.yaml", sealed("s.yaml"))
    expect((await sops(["publish", "-y", "s3 %2e%2e?a#b@c+.yaml"])).status).toBe(0)
    expect([...s3.objects.keys()]).toEqual(["buck/s3 %2e%2e?a#b@c+.yaml"])
    put("v%2fx.yaml", sealed("s.yaml"))
    expect((await sops(["publish", "-y", "v%2fx.yaml"])).status).toBe(1)
    put("s3\u001b[2J.yaml", sealed("s.yaml"))
    const { status, stdout, stderr } = await sops(["publish", "s3\u001b[2J.yaml"], { stdin: "y\n" })
    expect(status).toBe(1)
    expect(stdout.toString() + stderr).not.toContain("\u001b")
    expect(vault.server.received).toEqual([])
  })

  // What S3 and Vault say with their 200 does not count; Google names the object.
  test.each([
    ["redirect", [1, 1, 1]],
    ["garbage", [0, 1, 0]],
    ["oversized", [1, 1, 1]],
    ["cut", [1, 1, 1]],
    ["broken", [1, 1, 1]],
  ] as const)("a service that is %s", async (fault, expected) => {
    const elsewhere = await startServer(() => ({ status: 200, body: "{}" }))
    config(
      { s3_bucket: "buck", path_regex: "^s" },
      { gcs_bucket: "pails", path_regex: "one" },
      { vault_path: "x", vault_address: vault.server.origin },
    )
    for (const { server } of [s3, gcs, vault]) {
      server.fault = fault
      server.redirectTo = `${elsewhere.origin}/`
    }
    try {
      const statuses: number[] = []
      for (const file of ["s.yaml", "d/one.enc.yaml", "d/sub/.hidden.yaml"]) {
        const { status, stderr } = await sops(["publish", "-y", file])
        statuses.push(status)
        expect(stderr).not.toContain("canary")
      }
      expect(statuses).toEqual(expected)
      expect(elsewhere.received).toEqual([])
    } finally {
      await elsewhere.close()
    }
  })
})
