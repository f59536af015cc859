import { readFileSync } from "node:fs"
import { type AddressInfo, type Socket, connect, createServer } from "node:net"
import protos from "@google-cloud/kms/build/protos/protos.js"
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js"
import { ServiceKey } from "./cipher.ts"
import { gcpKey } from "./gcp.ts"
import { type TestServer } from "./server.ts"

/** Cloud KMS over gRPC and TLS, with real cryptography. */
export interface GrpcGcp {
  /** `redirect` has no meaning for gRPC: it answers with the status of a server that knows no such call. */
  readonly server: TestServer
  /** `host:port`, as upstream wants it. */
  readonly address: string
  readonly key: ServiceKey
  readonly tokens: Map<string, { readonly isDenied?: boolean }>
  disabled: boolean
  close(): Promise<void>
}

const { EncryptRequest, EncryptResponse, DecryptRequest, DecryptResponse } = protos.google.cloud.kms.v1
const pem = (name: string): Buffer => readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url))

interface Input {
  readonly name: string
  readonly bytes: Buffer
}
type Output = Buffer | { readonly ciphertext: Buffer } | { readonly plaintext: Buffer }

export async function startGrpcGcp(): Promise<GrpcGcp> {
  const key = new ServiceKey()
  const grpc = new Server({ "grpc.max_send_message_length": -1 })
  const sockets = new Set<Socket>()

  const answer =
    (operation: "Encrypt" | "Decrypt") => (call: ServerUnaryCall<Input, Output>, done: sendUnaryData<Output>) => {
      const fail = (code: status): void => done({ code, details: "canary-7f3a" })
      const { name, bytes } = call.request
      const headers = Object.fromEntries(
        Object.entries(call.metadata.getMap()).map(([each, value]) => [each, value.toString()]),
      )
      server.received.push({ method: "POST", path: operation, headers, body: bytes })
      switch (server.fault) {
        case "silent":
          return
        case "throttled":
          return fail(status.RESOURCE_EXHAUSTED)
        case "redirect":
          return fail(status.UNIMPLEMENTED)
        case "oversized":
          return done(null, Buffer.alloc(2 * 1024 * 1024, 0x20))
        case "cut":
          for (const socket of sockets) socket.destroy()
          return
        case "garbage":
          return done(null, Buffer.from("<html>canary-7f3a</html>"))
        case "broken":
          return fail(status.INTERNAL)
        case null:
      }
      const [, token = ""] = /^Bearer (.+)$/.exec(headers["authorization"] ?? "") ?? []
      const rights = fake.tokens.get(token)
      if (rights === undefined) return fail(status.UNAUTHENTICATED)
      if (name !== gcpKey) return fail(status.NOT_FOUND)
      if (headers["x-goog-request-params"] !== `name=${encodeURIComponent(gcpKey)}`)
        return fail(status.INVALID_ARGUMENT)
      if (rights.isDenied === true) return fail(status.PERMISSION_DENIED)
      if (fake.disabled) return fail(status.FAILED_PRECONDITION)
      if (operation === "Encrypt") return done(null, { ciphertext: key.wrap(bytes) })
      const plaintext = key.unwrap(bytes)
      return plaintext === null ? fail(status.INVALID_ARGUMENT) : done(null, { plaintext })
    }

  const method = (name: "Encrypt" | "Decrypt") => ({
    path: `/google.cloud.kms.v1.KeyManagementService/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: () => Buffer.alloc(0),
    requestDeserialize(message: Buffer): Input {
      if (name === "Encrypt") {
        const { name: to, plaintext } = EncryptRequest.decode(message)
        return { name: to, bytes: Buffer.from(plaintext as Uint8Array) }
      }
      const { name: to, ciphertext } = DecryptRequest.decode(message)
      return { name: to, bytes: Buffer.from(ciphertext as Uint8Array) }
    },
    responseDeserialize: (): Output => Buffer.alloc(0),
    responseSerialize(output: Output): Buffer {
      if (Buffer.isBuffer(output)) return output
      if ("plaintext" in output) return Buffer.from(DecryptResponse.encode(output).finish())
      return Buffer.from(EncryptResponse.encode({ ...output, name: `${gcpKey}/cryptoKeyVersions/1` }).finish())
    },
  })
  grpc.addService(
    { encrypt: method("Encrypt"), decrypt: method("Decrypt") },
    { encrypt: answer("Encrypt"), decrypt: answer("Decrypt") },
  )
  const own = ServerCredentials.createSsl(null, [{ cert_chain: pem("server.pem"), private_key: pem("server.key") }])
  const inner = await new Promise<number>((resolve, reject) => {
    grpc.bindAsync("127.0.0.1:0", own, (error, port) => (error === null ? resolve(port) : reject(error)))
  })
  // In front of it, so that a connection can be cut.
  const front = createServer((socket) => {
    const behind = connect(inner, "127.0.0.1")
    for (const each of [socket, behind]) {
      sockets.add(each)
      each.on("close", () => void sockets.delete(each))
      each.on("error", () => {})
    }
    socket.pipe(behind).pipe(socket)
  })
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve))
  const { port } = front.address() as AddressInfo
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    grpc.forceShutdown()
    await new Promise<void>((resolve) => front.close(() => resolve()))
  }
  const server: TestServer = {
    port,
    origin: `https://127.0.0.1:${port}`,
    received: [],
    fault: null,
    redirectTo: "",
    close,
  }
  const fake: GrpcGcp = {
    server,
    address: `127.0.0.1:${port}`,
    key,
    tokens: new Map([["ya29.canary-7f3a", {}]]),
    disabled: false,
    close,
  }
  return fake
}
