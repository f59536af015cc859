import { type ChildProcess, execFile, spawn } from "node:child_process"
import { mkdtempSync, realpathSync, writeFileSync } from "node:fs"
import { request } from "node:http"
import { type AddressInfo, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Recipient } from "../../../src/core/recipient.ts"
import { SecretBytes } from "../../../src/core/secret.ts"
import { aws } from "../../../src/keys/aws/aws.ts"
import { testContext } from "../context.ts"
import { expectedFailure, inEnvironment, secret } from "../service-laws.ts"
import { stockSops as sopsBin } from "../../stock-sops.ts"

type KmsRecipient = Extract<Recipient, { type: "kms" }>

const moto = process.env["MOTO_SERVER"]
if (moto === undefined) console.warn("MOTO_SERVER is not set: moto's AWS KMS is not tested against")

describe.runIf(moto !== undefined)("moto", () => {
  let server: ChildProcess
  let env: Record<string, string>
  let origin: string

  beforeAll(async () => {
    const port = await freePort()
    origin = `http://127.0.0.1:${port}`
    env = {
      AWS_ENDPOINT_URL: origin,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_ACCESS_KEY_ID: "AKIACANARY0000000001",
      AWS_SECRET_ACCESS_KEY: "canary-7f3a",
    }
    server = spawn(moto!, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" })
    for (let tries = 0; tries < 200 && !(await answers(`${origin}/moto-api/`)); tries++) await pause(100)
  }, 60_000)
  afterAll(() => {
    server.kill()
  })

  const keyIn = async (region: string): Promise<KmsRecipient> => {
    const { KeyMetadata } = (await kms(origin, region, "CreateKey", {})) as { KeyMetadata: { Arn: string } }
    return { type: "kms", arn: KeyMetadata.Arn, role: "", context: new Map(), awsProfile: "" }
  }
  const wrap = (recipient: Recipient): Promise<string> =>
    inEnvironment(env, (whole) =>
      aws.wrap(new SecretBytes(Uint8Array.from(secret)), recipient, testContext({ env: whole })),
    )
  const unwrap = (recipient: Recipient, enc: string): Promise<Buffer> =>
    inEnvironment(env, async (whole) => {
      const opened = await aws.unwrap({ recipient, enc, createdAt: null }, testContext({ env: whole }))
      return opened!.use((bytes) => Buffer.from(bytes))
    })

  test.each(["us-east-1", "eu-west-1"])("wraps and unwraps in %s", async (region) => {
    const recipient = await keyIn(region)
    expect(await unwrap(recipient, await wrap(recipient))).toEqual(secret)
  })

  test("binds the encryption context", async () => {
    const key = await keyIn("eu-west-1")
    const recipient = {
      ...key,
      context: new Map([
        ["app", "pay"],
        ["env", "prod"],
      ]),
    }
    const enc = await wrap(recipient)
    expect(await unwrap(recipient, enc)).toEqual(secret)
    const other = {
      ...key,
      context: new Map([
        ["app", "shop"],
        ["env", "prod"],
      ]),
    }
    expect((await expectedFailure(unwrap(other, enc))).code).toBe("KEY_CONTEXT")
    expect((await expectedFailure(unwrap(key, enc))).code).toBe("KEY_CIPHERTEXT")
  })

  test("refuses the ciphertext of another key, and names the caller", async () => {
    const enc = await wrap(await keyIn("eu-west-1"))
    const error = await expectedFailure(unwrap(await keyIn("eu-west-1"), enc))
    expect(["KEY_DENIED", "KEY_CIPHERTEXT"]).toContain(error.code)
    expect(error.message).toMatch(/as arn:aws:(sts|iam)::/)
  })

  test("knows aliases", async () => {
    const key = await keyIn("eu-west-1")
    await kms(origin, "eu-west-1", "CreateAlias", { AliasName: "alias/team/pay", TargetKeyId: key.arn })
    const alias = { ...key, arn: key.arn.replace(/key\/.*$/, "alias/team/pay") }
    expect(await unwrap(alias, await wrap(alias))).toEqual(secret)
  })

  test("assumes a role", async () => {
    const recipient = { ...(await keyIn("eu-west-1")), role: "arn:aws:iam::123456789012:role/deploy" }
    expect(await unwrap(recipient, await wrap(recipient))).toEqual(secret)
  })

  test("a key that is not there is KEY_UNAVAILABLE", async () => {
    const recipient = await keyIn("eu-west-1")
    const missing = { ...recipient, arn: recipient.arn.replace(/key\/.*$/, "key/11111111-2222-3333-4444-555555555555") }
    expect((await expectedFailure(wrap(missing))).code).toBe("KEY_UNAVAILABLE")
  })

  test.runIf(sopsBin !== undefined)("opens for real sops what we wrapped, and the other way round", async () => {
    const recipient = { ...(await keyIn("eu-west-1")), context: new Map([["app", "pay"]]) }
    const file = join(mkdtempSync(join(realpathSync(tmpdir()), "sotto-moto-")), "plain.json")
    writeFileSync(file, '{"a":"b"}')
    const flags = ["--kms", recipient.arn, "--encryption-context", "app:pay"]
    const document = JSON.parse(await run(sopsBin!, ["encrypt", ...flags, file], env)) as {
      sops: { kms: { enc: string }[] }
    }
    const entry = document.sops.kms[0]!
    const dataKey = await unwrap(recipient, entry.enc)
    entry.enc = await inEnvironment(env, (whole) =>
      aws.wrap(new SecretBytes(Uint8Array.from(dataKey)), recipient, testContext({ env: whole })),
    )
    writeFileSync(file, JSON.stringify(document))
    expect(await run(sopsBin!, ["decrypt", "--extract", '["a"]', file], env)).toBe("b")
  })
})

/** The administration of keys, which is none of the provider's business. */
async function kms(origin: string, region: string, action: string, body: object): Promise<unknown> {
  const credential = `AKIACANARY0000000001/20260101/${region}/kms/aws4_request`
  const answer = await post(origin, JSON.stringify(body), {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": `TrentService.${action}`,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=${"0".repeat(64)}`,
  })
  return answer === "" ? null : JSON.parse(answer)
}

function post(url: string, body: string, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const sending = request(url, { method: "POST", headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on("data", (chunk: Buffer) => chunks.push(chunk))
      answer.on("end", () => resolve(Buffer.concat(chunks).toString()))
    })
    sending.on("error", reject)
    sending.end(body)
  })
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    request(url, (answer) => {
      answer.resume()
      resolve(true)
    })
      .on("error", () => resolve(false))
      .end()
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

function run(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  const whole = { PATH: process.env["PATH"] ?? "", HOME: join(tmpdir(), "no-such-home"), ...env }
  return new Promise((resolve, reject) => {
    execFile(program, args, { env: whole }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`it failed: ${stderr}`))
    })
  })
}
