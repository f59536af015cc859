import { type AddressInfo, createServer } from "node:net"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { gcp } from "../../../src/keys/gcp/gcp.ts"
import { gcpKey, startGcp } from "../../servers/gcp.ts"
import { type GrpcGcp, startGrpcGcp } from "../../servers/gcp-grpc.ts"
import { startProxy } from "../../servers/proxy.ts"
import { authorityFile, startServer } from "../../servers/server.ts"
import { testContext } from "../context.ts"
import { expectedFailure, inEnvironment, secret, serviceLaws } from "../service-laws.ts"
import { factsOf, hostile, recipientOf, token } from "./facts.ts"

const baseEnv = (address: string) => ({
  SOPS_GCP_KMS_ENDPOINT: address,
  SSL_CERT_FILE: authorityFile,
  METADATA_SERVER_DETECTION: "none",
})

serviceLaws({
  name: "GCP KMS over gRPC",
  provider: gcp,
  hostile,
  // Earlier releases have no SOPS_GCP_KMS_ENDPOINT.
  sops: { flag: "--gcp-kms", section: "gcp_kms", sinceMinor: 13 },
  async start() {
    const fake = await startGrpcGcp()
    return factsOf(fake, baseEnv(fake.address))
  },
})

describe("gRPC in particular", () => {
  let fake: GrpcGcp
  beforeEach(async () => {
    fake = await startGrpcGcp()
  })
  afterEach(() => fake.close())

  const unwrap = (env: Readonly<Record<string, string>>): Promise<Buffer> =>
    inEnvironment({ GOOGLE_OAUTH_ACCESS_TOKEN: token, ...baseEnv(fake.address), ...env }, async (whole) => {
      const entry = { recipient: recipientOf(gcpKey), enc: fake.key.wrap(secret).toString("base64"), createdAt: null }
      const opened = await gcp.unwrap(entry, testContext({ env: whole, home: whole["HOME"] ?? "" }))
      return opened!.use((bytes) => Buffer.from(bytes))
    })

  test.each(["", "grpc", "GRPC", "other"])("is spoken when the client type is %j", async (type) => {
    expect(await unwrap({ SOPS_GCP_KMS_CLIENT_TYPE: type })).toEqual(secret)
    expect(fake.server.received.map(({ path }) => path)).toEqual(["Decrypt"])
  })

  test("goes through a proxy, with its password", async () => {
    const proxy = await startProxy(fake.server.port)
    try {
      const env = { SOPS_GCP_KMS_ENDPOINT: "", HTTPS_PROXY: proxy.url.replace("//", "//me:canary-7f3a@") }
      expect(await unwrap(env)).toEqual(secret)
      expect(proxy.asked).toEqual(["cloudkms.googleapis.com:443"])
    } finally {
      await proxy.close()
    }
  })

  test("a proxy that refuses is KEY_NETWORK", async () => {
    const proxy = await startProxy(fake.server.port, { status: 403 })
    try {
      const env = { SOPS_GCP_KMS_ENDPOINT: "", HTTPS_PROXY: proxy.url }
      expect((await expectedFailure(unwrap(env))).code).toBe("KEY_NETWORK")
    } finally {
      await proxy.close()
    }
  })

  test("a certificate of nobody is not trusted", async () => {
    const error = await expectedFailure(unwrap({ SSL_CERT_FILE: "" }))
    expect([error.code, error.message]).toEqual(["KEY_NETWORK", expect.stringContaining("certificate is not trusted")])
  })

  test("an endpoint that speaks REST is told to be one", async () => {
    const rest = await startGcp()
    const plain = await startServer(() => ({ status: 200, body: {} }), { isTls: true })
    try {
      const error = await expectedFailure(unwrap({ SOPS_GCP_KMS_ENDPOINT: `127.0.0.1:${plain.port}` }))
      expect([error.code, error.message]).toEqual(["KEY_NETWORK", expect.stringContaining("does not speak gRPC")])
      expect(error.hint).toContain("SOPS_GCP_KMS_CLIENT_TYPE=rest")
    } finally {
      await plain.close()
      await rest.close()
    }
  })

  test("without TLS it shows as what is no HTTP", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => {})
      socket.once("data", () => socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]), () => socket.destroy()))
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    try {
      const { port } = server.address() as AddressInfo
      const error = await expectedFailure(unwrap({ SOPS_GCP_KMS_ENDPOINT: `http://127.0.0.1:${port}` }))
      expect([error.code, error.message]).toEqual(["KEY_NETWORK", expect.stringContaining("the endpoint speaks gRPC")])
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })

  test("an endpoint that speaks gRPC, asked over REST, too", async () => {
    const error = await expectedFailure(unwrap({ SOPS_GCP_KMS_CLIENT_TYPE: "rest" }))
    expect([error.code, error.message]).toEqual(["KEY_NETWORK", expect.stringContaining("the endpoint speaks gRPC")])
    expect(error.hint).toContain("SOPS_GCP_KMS_CLIENT_TYPE")
  })
})
