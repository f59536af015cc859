import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { SecretBytes } from "../../../src/core/secret.ts"
import { endpointOf } from "../../../src/keys/gcp/authorization.ts"
import { gcp } from "../../../src/keys/gcp/gcp.ts"
import { type Answer, authorityFile, startServer } from "../../servers/server.ts"
import { type FakeGcp, gcpKey, startGcp } from "../../servers/gcp.ts"
import { temporaryFolder, testContext } from "../context.ts"
import { factsOf, hostile, recipientOf, token } from "./facts.ts"
import { expectedFailure, inEnvironment, secret, serviceLaws } from "../service-laws.ts"

function baseEnv(fake: FakeGcp): Record<string, string> {
  return {
    SOPS_GCP_KMS_CLIENT_TYPE: "rest",
    SOPS_GCP_KMS_ENDPOINT: fake.server.origin,
    METADATA_SERVER_DETECTION: "none",
  }
}

/** The service at its own name, as releases of sops need it that know no other address. */
function throughProxy(fake: FakeGcp): Record<string, string> {
  return { SOPS_GCP_KMS_CLIENT_TYPE: "rest", SSL_CERT_FILE: authorityFile, HTTPS_PROXY: fake.proxy.url }
}

serviceLaws({
  name: "GCP KMS",
  provider: gcp,
  hostile,
  sops: { flag: "--gcp-kms", section: "gcp_kms" },
  async start() {
    const fake = await startGcp()
    const sopsEnv = { ...throughProxy(fake), GOOGLE_OAUTH_ACCESS_TOKEN: token }
    return { ...factsOf(fake, baseEnv(fake)), sopsEnv }
  },
})

describe("GCP KMS in particular", () => {
  let fake: FakeGcp
  beforeEach(async () => {
    fake = await startGcp()
  })
  afterEach(() => fake.close())

  const unwrap = (env: Readonly<Record<string, string>>): Promise<Buffer> =>
    inEnvironment({ ...baseEnv(fake), ...env }, async (whole) => {
      const entry = { recipient: recipientOf(gcpKey), enc: fake.key.wrap(secret).toString("base64"), createdAt: null }
      const opened = await gcp.unwrap(entry, testContext({ env: whole, home: whole["HOME"] ?? "" }))
      return opened!.use((bytes) => Buffer.from(bytes))
    })
  const file = (content: object | string): string => {
    const path = join(temporaryFolder(), "credentials.json")
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content))
    return path
  }

  test("the request is upstream's", async () => {
    await unwrap({ GOOGLE_OAUTH_ACCESS_TOKEN: token })
    const [request] = fake.server.received
    expect(request!.path).toBe(`/v1/${gcpKey}:decrypt?%24alt=json%3Benum-encoding%3Dint`)
    expect(Object.keys(JSON.parse(request!.body.toString()) as object)).toEqual(["name", "ciphertext"])
  })

  test("its own address is asked through the proxy", async () => {
    const env = {
      ...throughProxy(fake),
      SOPS_GCP_KMS_ENDPOINT: "",
      GOOGLE_CREDENTIALS: JSON.stringify(fake.serviceAccount),
    }
    expect(await unwrap(env)).toEqual(secret)
    expect(fake.proxy.asked).toEqual(["cloudkms.googleapis.com:443"])
  })

  test("a service account signs its own tokens, from a file or from JSON, and no other server is asked", async () => {
    expect(await unwrap({ GOOGLE_CREDENTIALS: JSON.stringify(fake.serviceAccount) })).toEqual(secret)
    expect(await unwrap({ GOOGLE_CREDENTIALS: file(fake.serviceAccount) })).toEqual(secret)
    expect(await unwrap({ GOOGLE_APPLICATION_CREDENTIALS: file(fake.serviceAccount) })).toEqual(secret)
    expect(fake.server.received.every(({ path }) => path.includes(":decrypt"))).toBe(true)
  })

  test("a denied service account is named", async () => {
    const other = { ...fake.serviceAccount, client_email: "stranger@pay-1.iam.gserviceaccount.com" }
    const error = await expectedFailure(unwrap({ GOOGLE_CREDENTIALS: JSON.stringify(other) }))
    expect([error.code, error.message]).toEqual(["KEY_NO_CREDENTIALS", expect.stringContaining("stranger@pay-1")])
  })

  test("the application default credentials of a folder of gcloud are found", async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, "application_default_credentials.json"), JSON.stringify(fake.serviceAccount))
    expect(await unwrap({ CLOUDSDK_CONFIG: folder })).toEqual(secret)
  })

  test("the metadata server of a machine is asked", async () => {
    const env = { METADATA_SERVER_DETECTION: "assume-present", GCE_METADATA_HOST: `127.0.0.1:${fake.server.port}` }
    expect(await unwrap(env)).toEqual(secret)
  })

  test("a machine that is none of Google's is not warned of", async () => {
    const env = { METADATA_SERVER_DETECTION: "", GCE_METADATA_HOST: "127.0.0.1:1" }
    expect((await expectedFailure(unwrap(env))).code).toBe("KEY_NO_CREDENTIALS")
  })

  // As the emulators have it that run on a developer's machine.
  describe("an emulator", () => {
    const wrapped = async (answer: Answer): Promise<string> => {
      const emulator = await startServer(() => answer)
      try {
        const env = { SOPS_GCP_KMS_ENDPOINT: emulator.origin, GOOGLE_OAUTH_ACCESS_TOKEN: token }
        const context = testContext({ env })
        return await gcp.wrap(new SecretBytes(Uint8Array.from(secret)), recipientOf(gcpKey), context)
      } finally {
        await emulator.close()
      }
    }

    test("may name the key in place of its version, and no other", async () => {
      const ciphertext = Buffer.alloc(64, 1).toString("base64")
      expect(await wrapped({ status: 200, body: { name: gcpKey, ciphertext } })).toBe(ciphertext)
      const error = await expectedFailure(wrapped({ status: 200, body: { name: `${gcpKey}2`, ciphertext } }))
      expect(error.code).toBe("KEY_ANSWER")
    })

    test.each([
      { said: "NotFound", code: "KEY_UNAVAILABLE" },
      { said: "FailedPrecondition", code: "KEY_UNAVAILABLE" },
      { said: "PermissionDenied", code: "KEY_DENIED" },
      { said: "Unauthenticated", code: "KEY_NO_CREDENTIALS" },
      { said: "Internal", code: "KEY_ANSWER" },
    ])("may pass on the $said of a gRPC server as it is", async ({ said, code }) => {
      const error = `rpc error: code = ${said} desc = canary-7f3a`
      expect((await expectedFailure(wrapped({ status: 500, body: { error } }))).code).toBe(code)
    })
  })

  test("a workload identity is exchanged for a token", async () => {
    const subject = file("oidc-canary-7f3a")
    const pool = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/o"
    const credentials = {
      type: "external_account",
      audience: pool,
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: `${fake.server.origin}/v1/token`,
      credential_source: { file: subject },
    }
    expect(await unwrap({ GOOGLE_APPLICATION_CREDENTIALS: file(credentials) })).toEqual(secret)
    const wrong = { ...credentials, credential_source: { file: file("other-canary-7f3a") } }
    const error = await expectedFailure(unwrap({ GOOGLE_CREDENTIALS: JSON.stringify(wrong) }))
    expect([error.code, error.message]).toEqual(["KEY_NO_CREDENTIALS", expect.stringContaining("invalid_grant")])
  })

  test.each(["garbage-canary-7f3a", "[]", "{", '"x"'])(
    "GOOGLE_CREDENTIALS as %s is an error, token or not",
    async (text) => {
      const error = await expectedFailure(unwrap({ GOOGLE_CREDENTIALS: text, GOOGLE_OAUTH_ACCESS_TOKEN: token }))
      expect(error.code).toBe("KEY_NO_CREDENTIALS")
      expect(fake.server.received).toEqual([])
    },
  )

  test("credentials of another universe are not sent", async () => {
    const foreign = { ...fake.serviceAccount, universe_domain: "example-universe.test" }
    const env = { GOOGLE_CREDENTIALS: JSON.stringify(foreign), SOPS_GCP_KMS_ENDPOINT: "" }
    const error = await expectedFailure(unwrap(env))
    expect([error.code, error.message]).toEqual(["KEY_NO_CREDENTIALS", expect.stringContaining("another universe")])
  })

  const endpoints = [
    { env: {}, origin: "https://cloudkms.googleapis.com" },
    { env: { SOPS_GCP_KMS_UNIVERSE_DOMAIN: "s3nsapis.fr" }, origin: "https://cloudkms.s3nsapis.fr" },
    { env: { SOPS_GCP_KMS_ENDPOINT: "kms.example.com:8443" }, origin: "https://kms.example.com:8443" },
    { env: { SOPS_GCP_KMS_ENDPOINT: "http://127.0.0.1:80/" }, origin: "http://127.0.0.1:80" },
    {
      env: { SOPS_GCP_KMS_ENDPOINT: "a.example", SOPS_GCP_KMS_UNIVERSE_DOMAIN: "b.example" },
      origin: "https://a.example",
    },
  ] satisfies { env: Record<string, string>; origin: string }[]
  test.each(endpoints)("$env is $origin", ({ env, origin }) => {
    expect(endpointOf(testContext({ env })).origin).toBe(origin)
  })

  test.each(["http://a/b", "a b", "user@a", "a?x", "file:///x"])("an endpoint of %s is an error", (text) => {
    expect(() => endpointOf(testContext({ env: { SOPS_GCP_KMS_ENDPOINT: text } }))).toThrow("SOPS_GCP_KMS_ENDPOINT")
  })
})
