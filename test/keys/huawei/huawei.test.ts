import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { type Recipient } from "../../../src/core/recipient.ts"
import { huawei } from "../../../src/keys/huawei/huawei.ts"
import { iamOrigin, kmsOrigin, signForHuawei } from "../../../src/keys/huawei/request.ts"
import { ServiceKey } from "../../servers/cipher.ts"
import {
  type FakeHuawei,
  huaweiAccess,
  huaweiProject,
  huaweiSecret,
  huaweiUuid,
  startHuawei,
} from "../../servers/huawei.ts"
import { type TestContextOptions, temporaryFolder, testContext } from "../context.ts"
import { expectedFailure, secret, serviceLaws } from "../service-laws.ts"

function recipientOf(keyId: string): Recipient {
  return { type: "hckms", keyId }
}

const recipient = recipientOf(`eu-west-101:${huaweiUuid}`)

const hostile = [
  "",
  ":",
  huaweiUuid,
  `:${huaweiUuid}`,
  `eu-west-101:`,
  `eu-west-101:${huaweiUuid}/..`,
  `eu-west-101:../${huaweiUuid}`,
  `eu-west-101:${huaweiUuid}?x`,
  `eu-west-101:${huaweiUuid}#x`,
  `eu-west-101:${huaweiUuid}\n`,
  `eu-west-101:${huaweiUuid} `,
  `eu-west-101:${huaweiUuid}:x`,
  `eu-west-101:${huaweiUuid.slice(1)}`,
  `eu-west-101:${huaweiUuid}0`,
  `eu-west-101:zd0466b0-e727-4d9c-b35d-f84bb474a37f`,
  `evil.com/:${huaweiUuid}`,
  `x@evil.com:${huaweiUuid}`,
  `eu.evil.com#:${huaweiUuid}`,
  `..:${huaweiUuid}`,
  `eu%2e:${huaweiUuid}`,
  `EU-WEST-101:${huaweiUuid}`,
  `eu west:${huaweiUuid}`,
  `eu-west-101\r\nX:${huaweiUuid}`,
  `eu_west:${huaweiUuid}`,
].map(recipientOf)

function envOf({ server }: FakeHuawei): Record<string, string> {
  return {
    HUAWEICLOUD_SDK_REGION_KMS_EU_WEST_101: server.origin,
    HUAWEICLOUD_SDK_AK: huaweiAccess,
    HUAWEICLOUD_SDK_SK: huaweiSecret,
    HUAWEICLOUD_SDK_PROJECT_ID: huaweiProject,
  }
}

function without(env: Record<string, string>, ...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)))
}

serviceLaws({
  name: "HuaweiCloud KMS",
  provider: huawei,
  hostile,
  sops: { flag: "--hckms", section: "hckms" },
  async start() {
    const fake = await startHuawei()
    const elsewhere = new ServiceKey()
    return {
      server: fake.server,
      recipient,
      env: envOf(fake),
      // Where a machine would be asked, a proxy refuses.
      envWithoutCredentials: {
        ...without(envOf(fake), "HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"),
        HTTP_PROXY: "http://127.0.0.1:1",
      },
      wrap: (plain) => fake.key.wrap(plain).toString("base64"),
      wrapElsewhere: (plain) => elsewhere.wrap(plain).toString("base64"),
      disable: () => void (fake.trouble = "disabled"),
      deny: () => void (fake.trouble = "denied"),
      caller: `the access key ${huaweiAccess} of the environment`,
      stop: () => fake.server.close(),
    }
  },
})

describe("HuaweiCloud KMS in particular", () => {
  let fake: FakeHuawei
  beforeEach(async () => {
    fake = await startHuawei()
  })
  afterEach(() => fake.server.close())

  const unwrap = async (options: TestContextOptions): Promise<Buffer> => {
    const entry = { recipient, enc: fake.key.wrap(secret).toString("base64"), createdAt: null }
    const opened = await huawei.unwrap(entry, testContext(options))
    return opened!.use((bytes) => Buffer.from(bytes))
  }

  test("a signature names its date, key and headers", () => {
    const headers = signForHuawei(
      {
        method: "GET",
        url: new URL(
          "https://service.region.example.com/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs?limit=2&marker=13551d6b",
        ),
        headers: {},
        body: "",
      },
      { accessKey: "QTWAOYTTINDUT2QVKYUC", secretKey: "secret", securityToken: "" },
      new Date("2019-11-15T03:36:55.123Z"),
    )
    expect(headers["X-Sdk-Date"]).toBe("20191115T033655Z")
    expect(headers["Authorization"]).toMatch(
      /^SDK-HMAC-SHA256 Access=QTWAOYTTINDUT2QVKYUC, SignedHeaders=host;x-sdk-date, Signature=[0-9a-f]{64}$/,
    )
  })

  test("the project is asked for when it is not named, once", async () => {
    const env = {
      ...without(envOf(fake), "HUAWEICLOUD_SDK_PROJECT_ID"),
      HUAWEICLOUD_SDK_IAM_ENDPOINT: fake.server.origin,
    }
    const context = testContext({ env })
    for (const enc of [fake.key.wrap(secret), fake.key.wrap(secret)]) {
      await huawei.unwrap({ recipient, enc: enc.toString("base64"), createdAt: null }, context)
    }
    expect(fake.server.received.map(({ path }) => path)).toEqual([
      "/v3/projects?name=eu-west-101",
      `/v1.0/${huaweiProject}/kms/decrypt-data`,
      `/v1.0/${huaweiProject}/kms/decrypt-data`,
    ])
  })

  test("an account without a project of that region is told so", async () => {
    const env = {
      ...without(envOf(fake), "HUAWEICLOUD_SDK_PROJECT_ID"),
      HUAWEICLOUD_SDK_IAM_ENDPOINT: fake.server.origin,
      HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4: fake.server.origin,
    }
    const other = recipientOf(`cn-north-4:${huaweiUuid}`)
    const opened = huawei.unwrap({ recipient: other, enc: "A".repeat(64), createdAt: null }, testContext({ env }))
    const error = await expectedFailure(opened)
    expect([error.code, error.hint]).toEqual(["KEY_NO_CREDENTIALS", "set HUAWEICLOUD_SDK_PROJECT_ID"])
  })

  test("credentials come from the file of the user", async () => {
    const home = temporaryFolder()
    mkdirSync(join(home, ".huaweicloud"))
    const lines = [
      "[global]",
      "ak = no",
      "[basic]",
      `ak = ${huaweiAccess}`,
      `sk=${huaweiSecret}`,
      `project_id = ${huaweiProject}`,
    ]
    writeFileSync(join(home, ".huaweicloud", "credentials"), `${lines.join("\n")}\n`)
    const env = { HUAWEICLOUD_SDK_REGION_KMS_EU_WEST_101: fake.server.origin }
    expect(await unwrap({ home, env })).toEqual(secret)
  })

  test("a security token is signed and sent", async () => {
    expect(await unwrap({ env: { ...envOf(fake), HUAWEICLOUD_SDK_SECURITY_TOKEN: "st-canary-7f3a" } })).toEqual(secret)
    expect(fake.server.received[0]!.headers["x-security-token"]).toBe("st-canary-7f3a")
    expect(fake.server.received[0]!.headers["authorization"]).toContain("x-security-token")
  })

  test("a wrong secret key is KEY_NO_CREDENTIALS", async () => {
    const error = await expectedFailure(unwrap({ env: { ...envOf(fake), HUAWEICLOUD_SDK_SK: "other-canary-7f3a" } }))
    expect([error.code, error.message]).toEqual(["KEY_NO_CREDENTIALS", expect.stringContaining("APIGW.0301")])
  })

  test("addresses are those of the regions", () => {
    const context = testContext({ env: { HUAWEICLOUD_SDK_REGION_KMS_XX_NEW_1: "https://kms.example.com" } })
    expect(kmsOrigin("cn-north-4", context)).toBe("https://kms.cn-north-4.myhuaweicloud.com")
    expect(kmsOrigin("eu-west-101", context)).toBe("https://kms.eu-west-101.myhuaweicloud.eu")
    expect(kmsOrigin("xx-new-1", context)).toBe("https://kms.example.com")
    expect(() => kmsOrigin("xx-other-1", context)).toThrow("not known")
    expect(iamOrigin("cn-north-4", context)).toBe("https://iam.cn-north-4.myhuaweicloud.com")
    expect(iamOrigin("eu-west-101", context)).toBe("https://iam.myhuaweicloud.com")
  })
})
