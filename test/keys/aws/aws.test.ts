import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { type Recipient } from "../../../src/core/recipient.ts"
import { SecretBytes } from "../../../src/core/secret.ts"
import { aws } from "../../../src/keys/aws/aws.ts"
import {
  type FakeAws,
  awsAccess,
  awsContext,
  awsKey,
  awsRole,
  awsSecret,
  awsUser,
  startAws,
} from "../../servers/aws.ts"
import { ServiceKey } from "../../servers/cipher.ts"
import { authorityFile } from "../../servers/server.ts"
import { type TestContext, type TestContextOptions, temporaryFolder, testContext } from "../context.ts"
import { expectedFailure, inEnvironment, secret, serviceLaws } from "../service-laws.ts"

type KmsRecipient = Extract<Recipient, { type: "kms" }>

function recipientOf(more: Partial<KmsRecipient> = {}): KmsRecipient {
  return { type: "kms", arn: awsKey, role: "", context: new Map(), awsProfile: "", ...more }
}

const start = "arn:aws:kms:eu-west-1:123456789012"
const hostile: Recipient[] = [
  ...[
    "",
    "arn:aws:kms:eu-west-1:1:key/",
    `${start}:key/..`,
    `${start}:key/../x`,
    `${start}:alias/..`,
    `${start}:alias/a/../b`,
    `${start}:alias//b`,
    `${start}:key/a?x`,
    `${start}:key/a#x`,
    `${start}:key/a%2f`,
    `${start}:key/a b`,
    `${start}:key/a\n`,
    `${start}:key/a\r\nX: y`,
    `${start}:key/a@b`,
    `${start}:key/a\u0000`,
    `${start}:grant/a`,
    "arn:aws:kms:evil.com/:123456789012:key/a",
    "arn:aws:kms:x@evil.com:123456789012:key/a",
    "arn:aws:kms:x.evil.com#:123456789012:key/a",
    "arn:aws:kms:..:123456789012:key/a",
    "arn:aws:kms::123456789012:key/a",
    "arn:aws:kms:EU:123456789012:key/a",
    "arn:aws:s3:eu-west-1:123456789012:key/a",
    "arn:evil:kms:eu-west-1:123456789012:key/a",
    "arn:aws:kms:eu-west-1:12345678901x:key/a",
  ].map((arn) => recipientOf({ arn })),
  ...[
    "x",
    "arn:aws:iam::1:user/a",
    "arn:aws:iam::1:role/../a",
    "arn:aws:iam::1:role/a?b",
    "arn:aws:iam::1:role/a\n",
  ].map((role) => recipientOf({ role })),
  recipientOf({ context: new Map([["a", "b\n"]]) }),
  recipientOf({ context: new Map([["a\u0000", "b"]]) }),
  recipientOf({ awsProfile: "x".repeat(200) }),
]

function envOf({ server }: FakeAws): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: server.origin,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_ACCESS_KEY_ID: awsAccess,
    AWS_SECRET_ACCESS_KEY: awsSecret,
  }
}

function ambient(env: Record<string, string>): Record<string, string> {
  const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, ...rest } = env
  return rest
}

// Of the library, which has much to say about Node's age and about credentials in two places.
const warnings: unknown[] = []
process.on("warning", (warning) => warnings.push(warning))

serviceLaws({
  name: "AWS KMS",
  provider: aws,
  hostile,
  sops: { flag: "--kms", section: "kms" },
  async start() {
    const fake = await startAws()
    const elsewhere = new ServiceKey()
    return {
      server: fake.server,
      recipient: recipientOf(),
      env: envOf(fake),
      envWithoutCredentials: ambient(envOf(fake)),
      wrap: (plain) => fake.key.wrap(plain, awsContext()).toString("base64"),
      wrapElsewhere: (plain) => elsewhere.wrap(plain, awsContext()).toString("base64"),
      disable: () => void (fake.trouble = "disabled"),
      deny: () => void (fake.trouble = "denied"),
      caller: awsUser,
      stop: () => fake.close(),
    }
  },
})

describe("AWS KMS in particular", () => {
  let fake: FakeAws
  beforeEach(async () => {
    fake = await startAws()
  })
  afterEach(() => fake.close())

  interface Opened {
    readonly bytes: Buffer
    readonly context: TestContext
  }
  const unwrap = (
    recipient: Recipient = recipientOf(),
    env: Readonly<Record<string, string>> = envOf(fake),
    options: TestContextOptions & { readonly wrappedWith?: Readonly<Record<string, string>> } = {},
  ): Promise<Opened> =>
    inEnvironment(env, async (whole) => {
      const context = testContext({ home: whole["HOME"] ?? "", ...options, env: whole })
      const enc = fake.key.wrap(secret, awsContext(options.wrappedWith)).toString("base64")
      const opened = await aws.unwrap({ recipient, enc, createdAt: null }, context)
      return { bytes: opened!.use((bytes) => Buffer.from(bytes)), context }
    })

  test.each([
    { fault: "garbage", words: "AWS KMS: it cannot be read" },
    { fault: "broken", words: "AWS KMS: status 500" },
    { fault: "throttled", words: "AWS KMS: status 429" },
  ] as const)("what has no name is told by its status: $fault", async ({ fault, words }) => {
    fake.server.fault = fault
    expect((await expectedFailure(unwrap())).message).toContain(words)
  })
  const homeWith = (files: Readonly<Record<string, string>>): string => {
    const home = temporaryFolder()
    mkdirSync(join(home, ".aws"))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(home, ".aws", name), text)
    return home
  }
  const profileText = (name: string): string =>
    `[${name}]\naws_access_key_id = ${awsAccess}\naws_secret_access_key = ${awsSecret}\n`

  test("the region is that of the ARN, whatever the environment says", async () => {
    const { bytes } = await unwrap(recipientOf(), { ...envOf(fake), AWS_REGION: "us-east-1" })
    expect(bytes).toEqual(secret)
    expect(fake.server.received[0]!.headers["authorization"]).toContain("/eu-west-1/kms/aws4_request")
  })

  test("the request is upstream's", async () => {
    await unwrap(recipientOf({ context: new Map([["app", "pay"]]) }), envOf(fake), { wrappedWith: { app: "pay" } })
    const [request] = fake.server.received
    expect(request).toMatchObject({ method: "POST", path: "/" })
    expect(request!.headers["x-amz-target"]).toBe("TrentService.Decrypt")
    const { CiphertextBlob: _, ...body } = JSON.parse(request!.body.toString()) as Record<string, unknown>
    expect(body).toEqual({ KeyId: awsKey, EncryptionContext: { app: "pay" } })
    expect(fake.server.received).toHaveLength(1)
  })

  test("a wrong encryption context is KEY_CONTEXT, with its names and the caller", async () => {
    const recipient = recipientOf({ context: new Map([["app", "shop"]]) })
    const error = await expectedFailure(unwrap(recipient, envOf(fake), { wrappedWith: { app: "pay" } }))
    expect(error.code).toBe("KEY_CONTEXT")
    expect(error.message).toContain("the context (app)")
    expect(error.message).toContain(awsUser)
  })

  test("an encryption context that was taken out of the file is KEY_CIPHERTEXT", async () => {
    const error = await expectedFailure(unwrap(recipientOf(), envOf(fake), { wrappedWith: { app: "pay" } }))
    expect([error.code, error.message]).toEqual(["KEY_CIPHERTEXT", expect.stringContaining("encryption context")])
  })

  test("what KMS calls throttling is tried again, and then KEY_THROTTLED", async () => {
    fake.trouble = "throttled"
    const failing = expectedFailure(unwrap())
    expect((await failing).code).toBe("KEY_THROTTLED")
    const asked = fake.server.received.filter(({ headers }) => headers["x-amz-target"] !== undefined)
    expect(asked.length).toBeGreaterThan(1)
  })

  test("a key that is not there is KEY_UNAVAILABLE", async () => {
    const error = await expectedFailure(unwrap(recipientOf({ arn: awsKey.replace("1111", "9999") })))
    expect([error.code, error.message]).toEqual(["KEY_UNAVAILABLE", expect.stringContaining(awsUser)])
  })

  test.each([
    { env: { AWS_SECRET_ACCESS_KEY: "other-canary-7f3a" } },
    { env: { AWS_ACCESS_KEY_ID: "AKIASTRANGER00000001" } },
    { env: { AWS_SESSION_TOKEN: "old-canary-7f3a" } },
  ])("credentials that are not accepted are KEY_NO_CREDENTIALS: $env", async ({ env }) => {
    expect((await expectedFailure(unwrap(recipientOf(), { ...envOf(fake), ...env }))).code).toBe("KEY_NO_CREDENTIALS")
  })

  describe("a role", () => {
    test("S8: is assumed once, under a name that tells nothing of this machine", async () => {
      await inEnvironment(envOf(fake), async (env) => {
        const context = testContext({ env })
        for (const enc of [fake.key.wrap(secret, awsContext()), fake.key.wrap(secret, awsContext())]) {
          const entry = { recipient: recipientOf({ role: awsRole }), enc: enc.toString("base64"), createdAt: null }
          expect((await aws.unwrap(entry, context))!.length).toBe(32)
        }
      })
      expect(fake.sessions).toEqual(["sotto"])
    })

    test("as sops its session is called as by upstream", async () => {
      await unwrap(recipientOf({ role: awsRole }), envOf(fake), { asSops: true })
      expect(fake.sessions).toEqual(["sops@testhost"])
    })

    test("S8: stands in every error", async () => {
      fake.trouble = "disabled"
      const error = await expectedFailure(unwrap(recipientOf({ role: awsRole })))
      expect(error.message).toContain("arn:aws:sts::123456789012:assumed-role/deploy/sotto")
      expect(error.message).toContain(`with the role ${awsRole}`)
    })

    test("that may not be assumed is KEY_DENIED", async () => {
      const role = "arn:aws:iam::123456789012:role/other"
      const error = await expectedFailure(unwrap(recipientOf({ role })))
      expect(error.code).toBe("KEY_DENIED")
      expect(error.message).toContain(awsUser)
      expect(error.message).toContain(role)
    })
  })

  describe("a profile of the file", () => {
    test.each([
      { files: { credentials: profileText("pay") } },
      { files: { config: profileText("profile pay") } },
    ] satisfies { files: Record<string, string> }[])("is used where it exists: $files", async ({ files }) => {
      const env = { ...ambient(envOf(fake)), HOME: homeWith(files) }
      const { bytes, context } = await unwrap(recipientOf({ awsProfile: "pay" }), env)
      expect(bytes).toEqual(secret)
      expect(context.notices).toEqual([])
    })

    test("S8: counts more than keys of the environment, and stands in the error", async () => {
      const stranger = "[pay]\naws_access_key_id = AKIASTRANGER00000001\naws_secret_access_key = x\n"
      const env = { ...envOf(fake), HOME: homeWith({ credentials: stranger }) }
      const error = await expectedFailure(unwrap(recipientOf({ awsProfile: "pay" }), env))
      expect([error.code, error.message]).toEqual([
        "KEY_NO_CREDENTIALS",
        expect.stringContaining("(as you, with the profile pay)"),
      ])
    })

    test("that does not exist here is refused by name, however good the ambient credentials are", async () => {
      const error = await expectedFailure(unwrap(recipientOf({ awsProfile: "theirs" }), envOf(fake)))
      expect([error.code, error.message]).toEqual([
        "KEY_NO_CREDENTIALS",
        expect.stringContaining("there is no profile theirs here"),
      ])
      expect(error.hint).toContain("AWS_PROFILE")
      expect(error.hint).toContain("--aws-fallback")
    })

    test("that does not exist here gives way to the user's own credentials by --aws-fallback", async () => {
      const { bytes, context } = await unwrap(recipientOf({ awsProfile: "theirs" }), envOf(fake), { awsFallback: true })
      expect(bytes).toEqual(secret)
      expect(context.notices).toEqual([
        expect.stringContaining("theirs, which does not exist here; your own credentials"),
      ])
      const home = homeWith({ credentials: profileText("pay") })
      const there = await unwrap(
        recipientOf({ awsProfile: "pay" }),
        { ...ambient(envOf(fake)), HOME: home },
        { awsFallback: true },
      )
      expect([there.bytes, there.context.notices]).toEqual([secret, []])
    })

    test("that does not exist here is refused as sops, whatever AWS_PROFILE says", async () => {
      for (const more of [{}, { AWS_PROFILE: "default" }]) {
        const env = { ...envOf(fake), ...more }
        const error = await expectedFailure(unwrap(recipientOf({ awsProfile: "theirs" }), env, { asSops: true }))
        expect([error.code, error.message]).toEqual([
          "KEY_NO_CREDENTIALS",
          expect.stringContaining("there is no profile theirs here"),
        ])
        expect(error.hint ?? "").not.toContain("AWS_PROFILE")
      }
    })

    test("that does not exist here gives way to AWS_PROFILE, with one notice", async () => {
      const home = homeWith({ credentials: profileText("mine") })
      await inEnvironment({ ...envOf(fake), HOME: home, AWS_PROFILE: "mine" }, async (env) => {
        const context = testContext({ env, home })
        for (const enc of [fake.key.wrap(secret, awsContext()), fake.key.wrap(secret, awsContext())]) {
          const entry = {
            recipient: recipientOf({ awsProfile: "theirs" }),
            enc: enc.toString("base64"),
            createdAt: null,
          }
          await aws.unwrap(entry, context)
        }
        expect(context.notices).toEqual([expect.stringContaining("the AWS profile theirs, which does not exist here")])
      })
    })

    test("that AWS_PROFILE names in vain as well is refused, and no notice says that it is used", async () => {
      for (const profile of ["theirs", "mine"]) {
        const context = testContext({ env: { ...envOf(fake), AWS_PROFILE: profile } })
        const error = await expectedFailure(
          aws.unwrap(
            {
              recipient: recipientOf({ awsProfile: "theirs" }),
              enc: fake.key.wrap(secret, awsContext()).toString("base64"),
              createdAt: null,
            },
            context,
          ),
        )
        expect([error.code, error.message]).toEqual([
          "KEY_NO_CREDENTIALS",
          expect.stringContaining(`there is no profile ${profile} here, which AWS_PROFILE names`),
        ])
        expect(context.notices).toEqual([])
      }
    })

    test.each([
      { name: "without `profile` in the config", files: { config: profileText("pay") } },
      { name: "with `profile` in the credentials", files: { credentials: profileText("profile pay") } },
      { name: "of a session", files: { config: "[sso-session pay]\nsso_region = eu-west-1\n" } },
      { name: "of services", files: { config: "[services pay]\nkms =\n  endpoint_url = http://127.0.0.1:9\n" } },
      { name: "in another case", files: { config: profileText("profile Pay") } },
      { name: "in a value", files: { config: `[profile x]\na =\n  [pay]\n` } },
    ] satisfies { name: string; files: Record<string, string> }[])(
      "does not exist by a section $name",
      async ({ files }) => {
        for (const asSops of [true, false]) {
          const env = { ...envOf(fake), HOME: homeWith(files) }
          const error = await expectedFailure(unwrap(recipientOf({ awsProfile: "pay" }), env, { asSops }))
          expect(error.message).toContain("there is no profile pay here")
        }
      },
    )

    // A token file of the environment, which another identity is made of, has to stay unread.
    test.each([
      { name: "names a source that is not there", text: `role_arn = ${awsRole}\nsource_profile = nobody\n` },
      { name: "has half of its keys", text: `aws_access_key_id = ${awsAccess}\n` },
      {
        name: "has a session that is not there",
        text: "sso_session = nobody\nsso_account_id = 1\nsso_role_name = x\n",
      },
      { name: "has a program that fails", text: "credential_process = false\n" },
      { name: "says nothing of credentials", text: "region = eu-west-1\n" },
    ])("that $name does not give way to what else is in the environment", async ({ text }) => {
      const home = homeWith({ config: `[profile pay]\n${text}` })
      writeFileSync(join(home, "token"), "canary-7f3a")
      const identity = { AWS_WEB_IDENTITY_TOKEN_FILE: join(home, "token"), AWS_ROLE_ARN: awsRole }
      const env = { ...envOf(fake), ...identity, HOME: home }
      const error = await expectedFailure(unwrap(recipientOf({ awsProfile: "pay" }), env))
      expect([error.code, error.message]).toEqual([
        "KEY_NO_CREDENTIALS",
        expect.stringContaining("(as you, with the profile pay): none were found"),
      ])
      expect(fake.server.received).toEqual([])
    })
  })

  test("AWS_PROFILE has to be there, whatever else is in the environment", async () => {
    for (const asSops of [true, false]) {
      const error = await expectedFailure(unwrap(recipientOf(), { ...envOf(fake), AWS_PROFILE: "mine" }, { asSops }))
      expect([error.code, error.message]).toEqual([
        "KEY_NO_CREDENTIALS",
        expect.stringContaining("there is no profile mine here, which AWS_PROFILE names"),
      ])
    }
  })

  test("AWS_DEFAULT_PROFILE is used where there is one of that name", async () => {
    const named = { ...ambient(envOf(fake)), HOME: homeWith({ config: profileText("profile mine") }) }
    expect((await unwrap(recipientOf(), { ...named, AWS_DEFAULT_PROFILE: "mine" })).bytes).toEqual(secret)
    const usual = { ...ambient(envOf(fake)), HOME: homeWith({ config: profileText("default") }) }
    expect((await unwrap(recipientOf(), { ...usual, AWS_DEFAULT_PROFILE: "mine" })).bytes).toEqual(secret)
  })

  test("AWS_PROFILE is used, but keys of the environment count more", async () => {
    const home = homeWith({ credentials: profileText("mine") })
    expect((await unwrap(recipientOf(), { ...ambient(envOf(fake)), HOME: home, AWS_PROFILE: "mine" })).bytes).toEqual(
      secret,
    )
    const stranger = homeWith({ credentials: "[mine]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = x\n" })
    expect((await unwrap(recipientOf(), { ...envOf(fake), HOME: stranger, AWS_PROFILE: "mine" })).bytes).toEqual(secret)
  })

  test("a program of a profile gives credentials", async () => {
    const answer = JSON.stringify({ Version: 1, AccessKeyId: awsAccess, SecretAccessKey: awsSecret })
    const home = homeWith({ config: `[default]\ncredential_process = echo '${answer}'\n` })
    expect((await unwrap(recipientOf(), { ...ambient(envOf(fake)), HOME: home })).bytes).toEqual(secret)
  })

  test("the addresses of the services may be named one by one", async () => {
    const { AWS_ENDPOINT_URL: origin, ...env } = envOf(fake)
    const named = { ...env, AWS_ENDPOINT_URL_KMS: origin!, AWS_ENDPOINT_URL_STS: origin! }
    expect((await unwrap(recipientOf({ role: awsRole }), named)).bytes).toEqual(secret)
  })

  test("the real addresses are asked through the proxy, with certificates that are named", async () => {
    const { AWS_ENDPOINT_URL: _, ...env } = envOf(fake)
    const proxied = { ...env, HTTPS_PROXY: fake.proxy.url, SSL_CERT_FILE: authorityFile }
    expect((await unwrap(recipientOf({ role: awsRole }), proxied)).bytes).toEqual(secret)
    expect(fake.proxy.asked).toEqual(["sts.eu-west-1.amazonaws.com:443", "kms.eu-west-1.amazonaws.com:443"])
  })

  test("aliases and keys of several regions are keys like others", async () => {
    const wrap = (arn: string): Promise<unknown> =>
      inEnvironment(envOf(fake), (env) =>
        aws.wrap(new SecretBytes(Uint8Array.from(secret)), recipientOf({ arn }), testContext({ env })),
      )
    for (const id of ["alias/team/pay", "key/mrk-1234abcd12ab34cd56ef1234567890ab"]) {
      expect((await expectedFailure(wrap(`${start}:${id}`))).code).toBe("KEY_UNAVAILABLE")
    }
    const asked = fake.server.received.filter(({ headers }) => headers["x-amz-target"] === "TrentService.Encrypt")
    expect(asked.map(({ body }) => (JSON.parse(body.toString()) as { KeyId: string }).KeyId)).toEqual([
      `${start}:alias/team/pay`,
      `${start}:key/mrk-1234abcd12ab34cd56ef1234567890ab`,
    ])
  })

  test("nothing was said on the way but what we say", () => {
    expect(warnings).toEqual([])
  })
})
