import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { type Recipient } from "../../../src/core/recipient.ts"
import { SecretBytes } from "../../../src/core/secret.ts"
import { azure } from "../../../src/keys/azure/azure.ts"
import { readChallenge } from "../../../src/keys/azure/challenge.ts"
import { wrapDataKey } from "../../../src/keys/wrap.ts"
import { type FakeAzure, azureHost, azureTenant, azureVersion, startAzure } from "../../servers/azure.ts"
import { authorityFile } from "../../servers/server.ts"
import { testContext } from "../context.ts"
import { expectedFailure, inEnvironment, secret, serviceLaws } from "../service-laws.ts"

type AzureRecipient = Extract<Recipient, { type: "azure_kv" }>

const recipient = recipientOf({})

function recipientOf(more: Partial<AzureRecipient>): AzureRecipient {
  return { type: "azure_kv", vaultUrl: `https://${azureHost}`, name: "main", version: azureVersion, ...more }
}

const hostile: Recipient[] = [
  ...["http://a.vault.azure.net", "https://", "https://a/b", "https://u@a", "https://a?b", "https://a#b"].map(
    (vaultUrl) => recipientOf({ vaultUrl }),
  ),
  ...["https://a b", "https://a\r\nX: y", "ftp://a", "//a", "https://a\\b", "https://..", "https://%2e"].map(
    (vaultUrl) => recipientOf({ vaultUrl }),
  ),
  ...["", ".", "..", "a/b", "../secrets/x", "a?b", "a#b", "a%2fb", "a b", "a\n", "a@b", "a_b"].map((name) =>
    recipientOf({ name }),
  ),
  ...["..", "a/b", "../..", "a?b", "a#b", "a%2f", "a b", "a\u0000", "a@b", "x".repeat(65)].map((version) =>
    recipientOf({ version }),
  ),
]

function baseEnv(fake: FakeAzure): Record<string, string> {
  return { SSL_CERT_FILE: authorityFile, HTTPS_PROXY: fake.proxy.url }
}

function machineEnv(fake: FakeAzure): Record<string, string> {
  return {
    ...baseEnv(fake),
    AZURE_TOKEN_CREDENTIALS: "ManagedIdentityCredential",
    IDENTITY_ENDPOINT: `${fake.machine.origin}/msi/token`,
    IDENTITY_HEADER: "x",
    AZURE_CLIENT_ID: fake.clientId,
  }
}

serviceLaws({
  name: "Azure Key Vault",
  provider: azure,
  hostile,
  sops: { flag: "--azure-kv", section: "azure_kv" },
  async start() {
    const fake = await startAzure()
    return {
      server: fake.server,
      recipient,
      env: machineEnv(fake),
      envWithoutCredentials: { ...baseEnv(fake), AZURE_TOKEN_CREDENTIALS: "EnvironmentCredential" },
      wrap: (plain) => fake.wrap(plain),
      wrapElsewhere: (plain) => fake.wrapElsewhere(plain),
      disable: () => void (fake.trouble = "disabled"),
      deny: () => void (fake.trouble = "denied"),
      caller: fake.clientId,
      stop: () => fake.close(),
    }
  },
})

describe("Azure Key Vault in particular", () => {
  let fake: FakeAzure
  beforeEach(async () => {
    fake = await startAzure()
  })
  afterEach(() => fake.close())

  const unwrap = (env: Readonly<Record<string, string>>, from: Recipient = recipient): Promise<Buffer> =>
    inEnvironment(env, async (whole) => {
      const context = testContext({ env: whole })
      const opened = await azure.unwrap({ recipient: from, enc: fake.wrap(secret), createdAt: null }, context)
      return opened!.use((bytes) => Buffer.from(bytes))
    })

  test("the first request has neither token nor body, and the key itself is not read", async () => {
    await unwrap(machineEnv(fake))
    const path = `/keys/main/${azureVersion}/decrypt?api-version=2025-07-01`
    const asked = fake.server.received.map(({ method, path, body, headers }) => [
      `${method} ${path}`,
      body.length > 0,
      headers["authorization"] !== undefined,
    ])
    expect(asked).toEqual([
      [`POST ${path}`, false, false],
      [`POST ${path}`, true, true],
    ])
    expect(new Set(fake.proxy.asked)).toEqual(new Set([`${azureHost}:443`]))
  })

  test("a second call in a run asks for no token again", async () => {
    await inEnvironment(machineEnv(fake), async (env) => {
      const context = testContext({ env })
      for (const enc of [fake.wrap(secret), fake.wrap(secret)]) {
        const opened = await azure.unwrap({ recipient, enc, createdAt: null }, context)
        expect(opened!.length).toBe(32)
      }
    })
    expect(fake.machine.received).toHaveLength(1)
    expect(fake.server.received).toHaveLength(3)
  })

  test("a recipient without a version gets the newest one, once, and it stands in the entry", async () => {
    const [group] = await inEnvironment(machineEnv(fake), (env) => {
      const context = testContext({ env })
      const open = recipientOf({ version: "" })
      const dataKey = new SecretBytes(Uint8Array.from(secret))
      return wrapDataKey(dataKey, [[open, open]], 0, { context, now: new Date() })
    })
    expect(group!.map((entry) => entry.recipient)).toEqual([recipient, recipient])
    const looked = fake.server.received.filter(({ method, headers }) => method === "GET" && headers["authorization"])
    expect(looked.map(({ path }) => path)).toEqual(["/keys/main/?api-version=2025-07-01"])
  })

  const appEnv = (clientSecret: string): Record<string, string> => ({
    ...baseEnv(fake),
    AZURE_TOKEN_CREDENTIALS: "EnvironmentCredential",
    AZURE_TENANT_ID: azureTenant,
    AZURE_CLIENT_ID: fake.clientId,
    AZURE_CLIENT_SECRET: clientSecret,
  })

  test("an application logs in with its secret, through the proxy", async () => {
    expect(await unwrap(appEnv("canary-7f3a"))).toEqual(secret)
    expect(new Set(fake.proxy.asked)).toEqual(new Set([`${azureHost}:443`, "login.microsoftonline.com:443"]))
  })

  test("a wrong secret is named by the code of the directory", async () => {
    const error = await expectedFailure(unwrap(appEnv("wrong-canary-7f3a")))
    expect([error.code, error.message]).toEqual(["KEY_NO_CREDENTIALS", expect.stringContaining("AADSTS7000215")])
  })

  test("a machine whose endpoint refuses has no credentials", async () => {
    fake.machine.fault = "broken"
    const error = await expectedFailure(unwrap(machineEnv(fake)))
    expect(error.code).toBe("KEY_NO_CREDENTIALS")
  })

  test("all the usual places are tried, in their order", async () => {
    const { AZURE_TOKEN_CREDENTIALS: _, ...env } = machineEnv(fake)
    expect(await unwrap(env)).toEqual(secret)
  })

  test("where a workload identity is meant and none is set, there are no credentials", async () => {
    const env = { ...baseEnv(fake), AZURE_TOKEN_CREDENTIALS: "WorkloadIdentityCredential" }
    expect((await expectedFailure(unwrap(env))).code).toBe("KEY_NO_CREDENTIALS")
    const wrong = { ...baseEnv(fake), AZURE_TOKEN_CREDENTIALS: "anything" }
    expect((await expectedFailure(unwrap(wrong))).code).toBe("ENVIRONMENT_INVALID")
  })

  test("an endpoint that does not answer ends in time", async () => {
    fake.machine.fault = "silent"
    const error = await expectedFailure(unwrap({ ...machineEnv(fake), SOTTO_KEY_TIMEOUT: "0.4" }))
    expect(error.code).toBe("KEY_TIMEOUT")
  })

  test("a vault that wants a token for something else gets none", async () => {
    for (const resource of ["https://management.azure.com", "https://azure.net.evil.test", "https://net", "x"]) {
      fake.resource = resource
      expect((await expectedFailure(unwrap(machineEnv(fake)))).code).toBe("KEY_ANSWER")
    }
    expect(fake.machine.received).toEqual([])
  })

  test("a vault of a stranger gets no token for real ones", async () => {
    const stranger = recipientOf({ vaultUrl: "https://vault.sotto.test" })
    const error = await expectedFailure(unwrap(machineEnv(fake), stranger))
    expect([error.code, error.message]).toEqual(["KEY_ANSWER", expect.stringContaining("does not belong")])
    expect(fake.machine.received).toEqual([])
  })

  test("conditions of the directory are passed along", async () => {
    fake.claims = Buffer.from('{"access_token":{"nbf":{"essential":true,"value":"1"}}}').toString("base64")
    expect(await unwrap(appEnv("canary-7f3a"))).toEqual(secret)
  })

  const challenges = [
    "",
    "Basic realm=x",
    'Bearer resource="https://vault.azure.net"',
    'Bearer authorization="http://login.microsoftonline.com/t", resource="https://vault.azure.net"',
    'Bearer authorization="https://login.microsoftonline.com/", resource="https://vault.azure.net"',
    'Bearer authorization="https://login.microsoftonline.com/a b", resource="https://vault.azure.net"',
    'Bearer authorization="https://login.microsoftonline.com/t"',
    'Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net:1/x"',
    `Bearer authorization="https://login.microsoftonline.com/${"t".repeat(9000)}"`,
  ]
  test.each(challenges)("the challenge %s is refused", (header) => {
    expect(() => readChallenge(header, azureHost)).toThrow("unusable answer")
  })
})
