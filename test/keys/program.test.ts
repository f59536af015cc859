import { execFile } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { beforeAll, describe, expect, test } from "vitest"
import { builtMain, compiledCode } from "../built.ts"
import { awsAccess, awsKey, awsSecret, startAws } from "../servers/aws.ts"
import { azureHost, startAzure } from "../servers/azure.ts"
import { gcpKey, startGcp } from "../servers/gcp.ts"
import { huaweiAccess, huaweiProject, huaweiSecret, huaweiUuid, startHuawei } from "../servers/huawei.ts"
import { type TestServer, authorityFile } from "../servers/server.ts"
import { startVault } from "../servers/vault.ts"
import { temporaryFolder } from "./context.ts"
import { keyFile, recipients } from "./golden.ts"

interface Running {
  readonly server: TestServer
  readonly recipient: string
  readonly env: Readonly<Record<string, string>>
  stop(): Promise<void>
}

interface Row {
  readonly flag: string
  /** What the sealed file has to hold. */
  readonly holds: string
  start(): Promise<Running>
}

/** The whole program with each of its libraries, bundled as it is published, in a process of its own. */
const rows: readonly Row[] = [
  {
    flag: "--kms",
    holds: awsKey,
    async start() {
      const { server, close } = await startAws()
      const keys = { AWS_ACCESS_KEY_ID: awsAccess, AWS_SECRET_ACCESS_KEY: awsSecret }
      return { server, recipient: awsKey, env: { ...keys, AWS_ENDPOINT_URL: server.origin }, stop: close }
    },
  },
  {
    flag: "--gcp-kms",
    holds: gcpKey,
    async start() {
      const { server, serviceAccount, close } = await startGcp()
      const env = { SOPS_GCP_KMS_ENDPOINT: server.origin, GOOGLE_CREDENTIALS: JSON.stringify(serviceAccount) }
      return { server, recipient: gcpKey, env, stop: close }
    },
  },
  {
    flag: "--azure-kv",
    holds: "version: 0123456789abcdef",
    async start() {
      const { server, machine, proxy, clientId, close } = await startAzure()
      const env = {
        SSL_CERT_FILE: authorityFile,
        HTTPS_PROXY: proxy.url,
        IDENTITY_ENDPOINT: `${machine.origin}/msi/token`,
        IDENTITY_HEADER: "x",
        AZURE_CLIENT_ID: clientId,
      }
      return { server, recipient: `https://${azureHost}/keys/main`, env, stop: close }
    },
  },
  {
    flag: "--hc-vault-transit",
    holds: "enc: vault:v1:",
    async start() {
      const { server } = await startVault()
      const env = { VAULT_ADDR: server.origin, VAULT_TOKEN: "hvs.canary-7f3a" }
      return { server, recipient: `${server.origin}/v1/transit/keys/payroll`, env, stop: () => server.close() }
    },
  },
  {
    flag: "--hckms",
    holds: huaweiUuid,
    async start() {
      const { server } = await startHuawei()
      const env = {
        HUAWEICLOUD_SDK_REGION_KMS_EU_WEST_101: server.origin,
        HUAWEICLOUD_SDK_AK: huaweiAccess,
        HUAWEICLOUD_SDK_SK: huaweiSecret,
        HUAWEICLOUD_SDK_PROJECT_ID: huaweiProject,
      }
      return { server, recipient: `eu-west-101:${huaweiUuid}`, env, stop: () => server.close() }
    },
  },
]

describe("the program", () => {
  let main: string
  beforeAll(async () => {
    main = await builtMain()
  }, 60_000)

  test.each(rows)("seals and opens with $flag, without a word", async ({ flag, holds, start }) => {
    const { recipient, env, stop } = await start()
    const folder = temporaryFolder()
    const run = (...args: string[]): Promise<Outcome> => runNode([main, ...args], { env, folder })
    writeFileSync(join(folder, "a.yaml"), "a: canary-7f3a # kept\n")
    expect(await run("encrypt", "-i", flag, recipient, "a.yaml")).toEqual({ status: 0, stdout: "", stderr: "" })
    const sealed = readFileSync(join(folder, "a.yaml"), "utf8")
    expect(sealed).not.toContain("canary-7f3a")
    expect(sealed).toContain(holds)
    expect(await run("decrypt", "a.yaml")).toEqual({ status: 0, stdout: "a: canary-7f3a # kept\n", stderr: "" })
    await stop()
  })

  test.each(rows)("says what is wrong with $flag when nothing answers, within its time", async ({ flag, start }) => {
    const { recipient, env, stop } = await start()
    const folder = temporaryFolder()
    const run = (...args: string[]): Promise<Outcome> => runNode([main, ...args], { env, folder })
    writeFileSync(join(folder, "a.yaml"), "a: canary-7f3a\n")
    expect((await run("encrypt", "-i", flag, recipient, "a.yaml")).status).toBe(0)
    const before = readFileSync(join(folder, "a.yaml"), "utf8")
    await stop()
    const { status, stdout, stderr } = await run("decrypt", "a.yaml")
    expect({ status, stdout }).toEqual({ status: 128, stdout: "" })
    expect(stderr).toContain("a key service cannot be reached")
    expect(stderr).not.toContain("canary-7f3a")
    expect(readFileSync(join(folder, "a.yaml"), "utf8")).toBe(before)
  })
})

describe("the order of trial", () => {
  test("is what costs nothing first, or what --decryption-order says", async () => {
    const main = await builtMain()
    const { server, recipient, env, stop } = await rows[0]!.start()
    const folder = temporaryFolder()
    const withAge = { ...env, SOPS_AGE_KEY_FILE: keyFile("age-a.txt") }
    const run = (...args: string[]): Promise<Outcome> => runNode([main, ...args], { env: withAge, folder })
    writeFileSync(join(folder, "a.yaml"), "a: canary-7f3a\n")
    const sealing = await run("encrypt", "-i", "--kms", recipient, "--age", recipients["age-a"], "a.yaml")
    expect(sealing.status).toBe(0)
    const decrypted = { status: 0, stdout: "a: canary-7f3a\n", stderr: "" }
    const asked = server.received.length
    expect(await run("decrypt", "a.yaml")).toEqual(decrypted)
    expect(server.received).toHaveLength(asked)
    expect(await run("decrypt", "--decryption-order", "kms,age", "a.yaml")).toEqual(decrypted)
    expect(server.received).toHaveLength(asked + 1)
    await stop()
  })
})

describe("a service that never answers", () => {
  test.each(rows)("ends in its time, and the process with it: $flag", async ({ flag, start }) => {
    const main = await builtMain()
    const { server, recipient, env, stop } = await start()
    const folder = temporaryFolder()
    writeFileSync(join(folder, "a.yaml"), "a: canary-7f3a\n")
    const inTime = { ...env, SOTTO_KEY_TIMEOUT: "1" }
    const run = (...args: string[]): Promise<Outcome> => runNode([main, ...args], { env: inTime, folder })
    expect((await run("encrypt", "-i", flag, recipient, "a.yaml")).status).toBe(0)
    server.fault = "silent"
    const { status, stderr } = await run("decrypt", "a.yaml")
    // A process that has to be killed has no status.
    expect(status).toBe(128)
    expect(stderr).toContain("did not answer in time")
    await stop()
  })
})

describe("the address of a Vault", () => {
  test("is good when a flag or the config names it, and not when only the file does", async () => {
    const main = await builtMain()
    const { server } = await startVault()
    const folder = temporaryFolder()
    const recipient = `${server.origin}/v1/transit/keys/payroll`
    const env = { VAULT_TOKEN: "hvs.canary-7f3a" }
    const run = (...args: string[]): Promise<Outcome> => runNode([main, ...args], { env, folder })
    writeFileSync(join(folder, "a.yaml"), "a: b\n")
    expect((await run("encrypt", "-i", "--hc-vault-transit", recipient, "a.yaml")).status).toBe(0)

    const asked = server.received.length
    const refused = await run("decrypt", "a.yaml")
    expect(refused.status).toBe(128)
    expect(refused.stderr).toContain("the token is not sent to an address that only the file names")
    expect(refused.stderr).toContain(`VAULT_ADDR=${server.origin}`)
    expect(server.received).toHaveLength(asked)

    const config = join(folder, "rules.yaml")
    writeFileSync(config, `creation_rules:\n  - hc_vault_transit_uri: ${recipient}\n`)
    expect(await run("decrypt", "--config", config, "a.yaml")).toEqual({ status: 0, stdout: "a: b\n", stderr: "" })
    await server.close()
  })
})

interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

function runNode(
  args: readonly string[],
  { env, folder }: { readonly env: Readonly<Record<string, string>>; readonly folder: string },
): Promise<Outcome> {
  const machine = {
    PATH: process.env["PATH"] ?? "",
    HOME: join(tmpdir(), "no-such-home"),
    XDG_CACHE_HOME: compiledCode,
    AWS_EC2_METADATA_DISABLED: "true",
  }
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { ...machine, ...env }, timeout: 60_000 }
    const child = execFile(process.execPath, [...args], options, (_, stdout, stderr) => {
      resolve({ status: child.exitCode, stdout, stderr })
    })
  })
}
