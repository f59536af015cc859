import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { type Recipient } from "../../../src/core/recipient.ts"
import { SecretBytes } from "../../../src/core/secret.ts"
import { type VaultRecipient } from "../../../src/keys/vault/address.ts"
import { vault } from "../../../src/keys/vault/vault.ts"
import { startProxy } from "../../servers/proxy.ts"
import { authorityFile } from "../../servers/server.ts"
import { ServiceKey } from "../../servers/cipher.ts"
import { type FakeVault, startVault, vaultKey } from "../../servers/vault.ts"
import { type TestContextOptions, temporaryFolder, testContext } from "../context.ts"
import { expectedFailure, secret, serviceLaws } from "../service-laws.ts"

const token = "hvs.canary-7f3a"

function recipientAt(vaultAddress: string, more: Partial<VaultRecipient> = {}): VaultRecipient {
  return { type: "hc_vault", vaultAddress, enginePath: "transit", keyName: "payroll", ...more }
}

const good = "http://127.0.0.1:8200"
const hostile: Recipient[] = [
  ...["sys", "../sys", "transit/..", "./transit", "transit//x", "", "/", "auth/token", "a%2fb", "a?b", "a#b"].map(
    (enginePath) => recipientAt(good, { enginePath }),
  ),
  ...["../seal", "..", ".", "", "a/b", "a?b", "a#b", "a%2e", "a b", "a\nb", "a@b", "k\u0000"].map((keyName) =>
    recipientAt(good, { keyName }),
  ),
  ...[
    "http://127.0.0.1:8200/v1/sys",
    "http://user@127.0.0.1:8200",
    "http://127.0.0.1:8200?x",
    "http://127.0.0.1:8200#x",
    "file:///etc/passwd",
    "unix:///var/run/x",
    "127.0.0.1:8200",
    "http://",
    "http://a b",
    "http://127.0.0.1:8200\r\nX: y",
  ].map((address) => recipientAt(address)),
]

serviceLaws({
  name: "Vault",
  provider: vault,
  hostile,
  sops: { flag: "--hc-vault-transit", section: "hc_vault" },
  async start() {
    const fake = await startVault()
    const elsewhere = new ServiceKey()
    const env = { VAULT_ADDR: fake.server.origin }
    return {
      server: fake.server,
      recipient: recipientAt(fake.server.origin),
      env: { ...env, VAULT_TOKEN: token },
      envWithoutCredentials: env,
      wrap: (plain) => fake.wrap(plain),
      wrapElsewhere: (plain) => `vault:v1:${elsewhere.wrap(plain).toString("base64")}`,
      disable: () => void (fake.keys.get(vaultKey)!.isDisabled = true),
      deny: () => void fake.tokens.set(token, { name: "token-alice", isDenied: true }),
      caller: "token-alice, by the token of VAULT_TOKEN",
      stop: () => fake.server.close(),
    }
  },
})

describe("Vault in particular", () => {
  let fake: FakeVault
  beforeEach(async () => {
    fake = await startVault()
  })
  afterEach(() => fake.server.close())

  const unwrap = async (
    options: TestContextOptions,
    recipient: Recipient = recipientAt(fake.server.origin),
  ): Promise<Buffer> => {
    const opened = await vault.unwrap({ recipient, enc: fake.wrap(secret), createdAt: null }, testContext(options))
    return opened!.use((bytes) => Buffer.from(bytes))
  }
  const wrap = (options: TestContextOptions, recipient: Recipient): Promise<string> =>
    vault.wrap(new SecretBytes(Uint8Array.from(secret)), recipient, testContext(options))

  test("the token goes only to an address that somebody else than the file names", async () => {
    const error = await expectedFailure(unwrap({ env: { VAULT_TOKEN: token } }))
    expect(error.code).toBe("KEY_ADDRESS_REFUSED")
    expect(error.hint).toContain(`VAULT_ADDR=${fake.server.origin}`)
    expect(error.hint).toContain("SOPS_HC_VAULT_ALLOWLIST")
    expect(fake.server.received).toEqual([])
  })

  const agreements = [
    { by: "VAULT_ADDR", options: (origin: string) => ({ env: { VAULT_ADDR: `${origin}/` } }) },
    {
      by: "the allow-list",
      options: (origin: string) => ({ env: { SOPS_HC_VAULT_ALLOWLIST: `http://x, ${origin}` } }),
    },
    { by: "an allow-list of all", options: () => ({ env: { SOPS_HC_VAULT_ALLOWLIST: "all" } }) },
    { by: "the config", options: (origin: string) => ({ namedVaults: [origin] }) },
    { by: "the face of sops", options: () => ({ asSops: true }) },
  ] satisfies { by: string; options: (origin: string) => TestContextOptions }[]
  test.each(agreements)("it goes there by $by", async ({ options }) => {
    const given: TestContextOptions = options(fake.server.origin)
    expect(await unwrap({ ...given, env: { ...given.env, VAULT_TOKEN: token } })).toEqual(secret)
  })

  const refusals = [
    { list: "none" },
    { list: "http://127.0.0.1" },
    { list: "http://example.com" },
    { list: "http://127.0.0.1:8" },
  ]
  test.each(refusals)("an allow-list of $list refuses, on both faces", async ({ list }) => {
    for (const asSops of [true, false]) {
      const env = { VAULT_TOKEN: token, VAULT_ADDR: fake.server.origin, SOPS_HC_VAULT_ALLOWLIST: list }
      expect((await expectedFailure(unwrap({ env, asSops }))).code).toBe("KEY_ADDRESS_REFUSED")
    }
    expect(fake.server.received).toEqual([])
  })

  test("an empty entry of the allow-list is an error", async () => {
    const env = { VAULT_TOKEN: token, SOPS_HC_VAULT_ALLOWLIST: `${fake.server.origin}x,,` }
    expect((await expectedFailure(unwrap({ env }))).code).toBe("ENVIRONMENT_INVALID")
  })

  test("an agent displaces the address, and may have a token of its own", async () => {
    const env = { VAULT_AGENT_ADDR: fake.server.origin }
    const recipient = recipientAt("https://vault.example.com")
    const error = await expectedFailure(unwrap({ env }, recipient))
    expect([error.code, fake.server.received.length]).toEqual(["KEY_NO_CREDENTIALS", 1])
    expect(await unwrap({ env: { ...env, VAULT_TOKEN: token } }, recipient)).toEqual(secret)
  })

  test("the token of the file that SOPS_VAULT_TOKEN_FILE names counts more than ~/.vault-token", async () => {
    const home = temporaryFolder()
    writeFileSync(join(home, ".vault-token"), "hvs.other-canary-7f3a\n")
    writeFileSync(join(home, "token"), `${token}\n`)
    const env = { VAULT_ADDR: fake.server.origin, SOPS_VAULT_TOKEN_FILE: join(home, "token") }
    expect(await unwrap({ home, env })).toEqual(secret)
    const missing = { ...env, SOPS_VAULT_TOKEN_FILE: join(home, "nothing") }
    const error = await expectedFailure(unwrap({ home, env: missing }))
    expect([error.code, error.message]).toEqual([
      "KEY_NO_CREDENTIALS",
      expect.stringContaining("SOPS_VAULT_TOKEN_FILE"),
    ])
  })

  test("the token of ~/.vault-token is trimmed and used", async () => {
    const home = temporaryFolder()
    writeFileSync(join(home, ".vault-token"), `${token}\n`)
    expect(await unwrap({ home, env: { VAULT_ADDR: fake.server.origin } })).toEqual(secret)
  })

  test("a token helper is asked, with the address", async () => {
    const home = temporaryFolder()
    const helper = join(home, "helper")
    writeFileSync(
      helper,
      `#!/bin/sh\n[ "$1" = get ] && [ "$VAULT_ADDR" = "${fake.server.origin}" ] && printf %s ${token}\n`,
      {
        mode: 0o755,
      },
    )
    writeFileSync(join(home, ".vault"), `# mine\ntoken_helper = "${helper}"\n`)
    const context = { home, env: { VAULT_ADDR: fake.server.origin, PATH: process.env["PATH"] ?? "" } }
    expect(await unwrap(context)).toEqual(secret)
  })

  test("a token that expired is told from one that lacks a right", async () => {
    const env = { VAULT_ADDR: fake.server.origin, VAULT_TOKEN: "hvs.other-canary-7f3a" }
    const error = await expectedFailure(unwrap({ env }))
    expect([error.code, error.message]).toEqual(["KEY_NO_CREDENTIALS", expect.stringContaining("expired")])
  })

  test("a token with a line break is not sent", async () => {
    const env = { VAULT_ADDR: fake.server.origin, VAULT_TOKEN: "canary-7f3a\r\nX-Evil: 1" }
    expect((await expectedFailure(unwrap({ env }))).code).toBe("KEY_NO_CREDENTIALS")
    expect(fake.server.received).toEqual([])
  })

  test("a key that wrapping would create is an error, and stays uncreated", async () => {
    const recipient = recipientAt(fake.server.origin, { keyName: "payrol" })
    const env = { VAULT_ADDR: fake.server.origin, VAULT_TOKEN: token }
    const error = await expectedFailure(wrap({ env }, recipient))
    expect(error.code).toBe("KEY_UNAVAILABLE")
    expect(error.message).toContain("no key payrol in transit")
    expect(error.hint).toContain("transit/keys/payrol")
    expect([...fake.keys.keys()]).toEqual([vaultKey])
  })

  test("as sops it is created, as by upstream, and named", async () => {
    const recipient = recipientAt(fake.server.origin, { keyName: "payrol" })
    const context = testContext({ asSops: true, env: { VAULT_TOKEN: token } })
    await vault.wrap(new SecretBytes(Uint8Array.from(secret)), recipient, context)
    expect(context.notices).toEqual([expect.stringContaining("there is no key payrol in transit")])
    expect([...fake.keys.keys()]).toContain("transit/payrol")
  })

  test("whoever may not look at keys can wrap all the same", async () => {
    fake.tokens.set(token, { name: "limited", isLimited: true })
    const env = { VAULT_ADDR: fake.server.origin, VAULT_TOKEN: token }
    expect(await wrap({ env }, recipientAt(fake.server.origin))).toMatch(/^vault:v1:/)
  })

  test("the namespace and further headers are sent, and no other header of Vault", async () => {
    const env = {
      VAULT_ADDR: fake.server.origin,
      VAULT_TOKEN: token,
      VAULT_NAMESPACE: "team/a",
      VAULT_HEADERS: '{"X-Trace":"1"}',
    }
    await unwrap({ env })
    const [request] = fake.server.received
    expect(request).toMatchObject({ method: "PUT", path: "/v1/transit/decrypt/payroll" })
    expect(request!.headers).toMatchObject({
      "x-vault-namespace": "team/a",
      "x-trace": "1",
      "x-vault-token": token,
      "x-vault-request": "true",
    })
    const bad = { ...env, VAULT_HEADERS: '{"X-Vault-Token":"x"}' }
    expect((await expectedFailure(unwrap({ env: bad }))).code).toBe("ENVIRONMENT_INVALID")
  })

  test("engines may lie deeper", async () => {
    fake.keys.set("team/a/transit/payroll", fake.keys.get(vaultKey)!)
    const recipient = recipientAt(fake.server.origin, { enginePath: "team/a/transit" })
    expect(await unwrap({ env: { VAULT_ADDR: fake.server.origin, VAULT_TOKEN: token } }, recipient)).toEqual(secret)
  })
})

describe("Vault with TLS", () => {
  let fake: FakeVault
  beforeEach(async () => {
    fake = await startVault({ isTls: true })
  })
  afterEach(() => fake.server.close())
  const unwrap = async (env: Record<string, string>, host = "127.0.0.1"): Promise<Buffer> => {
    const origin = `https://${host}:${fake.server.port}`
    const context = testContext({ env: { VAULT_ADDR: origin, VAULT_TOKEN: token, ...env } })
    const opened = await vault.unwrap(
      { recipient: recipientAt(origin), enc: fake.wrap(secret), createdAt: null },
      context,
    )
    return opened!.use((bytes) => Buffer.from(bytes))
  }

  test("a certificate that nobody vouches for is refused", async () => {
    const error = await expectedFailure(unwrap({}))
    expect(error.code).toBe("KEY_NETWORK")
    expect(error.message).toContain("certificate is not trusted")
    expect(fake.server.received).toEqual([])
  })

  test.each([
    { VAULT_CACERT: authorityFile },
    { SSL_CERT_FILE: authorityFile },
    { VAULT_SKIP_VERIFY: "true" },
  ] as Record<string, string>[])("%o lets it through", async (env) => {
    expect(await unwrap(env)).toEqual(secret)
  })

  test("a name that the certificate does not have is refused, unless it is named", async () => {
    const proxy = await startProxy(fake.server.port)
    const env = { VAULT_CACERT: authorityFile, HTTPS_PROXY: proxy.url }
    expect((await expectedFailure(unwrap(env, "vault.example.com"))).message).toContain("ALTNAME")
    expect(await unwrap({ ...env, VAULT_TLS_SERVER_NAME: "vault.sotto.test" }, "vault.example.com")).toEqual(secret)
    await proxy.close()
  })

  test("a file that is not there is an error", async () => {
    expect((await expectedFailure(unwrap({ VAULT_CACERT: "/no/such/file" }))).code).toBe("ENVIRONMENT_INVALID")
    expect((await expectedFailure(unwrap({ SSL_CERT_FILE: "/no/such/file" }))).code).toBe("ENVIRONMENT_INVALID")
  })

  test("a proxy is asked for other hosts, unless NO_PROXY names them, and never for this machine", async () => {
    const proxy = await startProxy(fake.server.port)
    const env = { SSL_CERT_FILE: authorityFile, HTTPS_PROXY: proxy.url }
    expect(await unwrap(env, "vault.sotto.test")).toEqual(secret)
    expect(proxy.asked).toEqual([`vault.sotto.test:${fake.server.port}`])
    expect(await unwrap(env)).toEqual(secret)
    const direct = { ...env, NO_PROXY: "example.com, .sotto.test" }
    expect((await expectedFailure(unwrap(direct, "vault.sotto.test"))).code).toBe("KEY_NETWORK")
    expect(proxy.asked).toHaveLength(1)
    await proxy.close()
  })

  test("a proxy that refuses is named", async () => {
    const proxy = await startProxy(fake.server.port, { status: 407 })
    const error = await expectedFailure(
      unwrap(
        { SSL_CERT_FILE: authorityFile, HTTPS_PROXY: proxy.url.replace("//", "//user:canary-7f3a@") },
        "a.sotto.test",
      ),
    )
    expect([error.code, error.message]).toEqual(["KEY_NETWORK", expect.stringContaining("407")])
    await proxy.close()
  })
})
