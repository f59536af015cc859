import { type Recipient } from "../../../src/core/recipient.ts"
import { ServiceKey } from "../../servers/cipher.ts"
import { type FakeGcp, gcpKey } from "../../servers/gcp.ts"
import { type GrpcGcp } from "../../servers/gcp-grpc.ts"
import { type RunningService } from "../service-laws.ts"

export const token = "ya29.canary-7f3a"

const start = "projects/p/locations/l/keyRings/r/cryptoKeys"

export function recipientOf(resourceId: string): Recipient {
  return { type: "gcp_kms", resourceId }
}

/** What looks like a key of Cloud KMS, and must not lead to any request. */
export const hostile = [
  "",
  "/",
  start,
  `${start}/`,
  `${start}/k/cryptoKeyVersions/1`,
  `/${start}/k`,
  `${start}/k/`,
  `${start}/..`,
  `${start}/.`,
  `${start}/../../x`,
  `${start}/%2e%2e`,
  `${start}/k:decrypt`,
  `${start}/k?x=1`,
  `${start}/k#x`,
  `${start}/k@evil.com`,
  `${start}/k\n`,
  `${start}/k\r\nX: y`,
  `${start}/k\u0000`,
  `${start}/k\u202ek`,
  `${start}/k k`,
  "projects/../locations/l/keyRings/r/cryptoKeys/k",
  "projects/p/locations/@evil.com/keyRings/r/cryptoKeys/k",
  "projects/p/locations/l/keyRings/../cryptoKeys/k",
  "https://evil.com/v1/projects/p/locations/l/keyRings/r/cryptoKeys/k",
  `${start}/${"k".repeat(64)}`,
].map(recipientOf)

/** What the laws ask of a service, for the fake one behind REST and the one behind gRPC alike. */
export function factsOf(fake: FakeGcp | GrpcGcp, env: Readonly<Record<string, string>>): RunningService {
  const elsewhere = new ServiceKey()
  return {
    server: fake.server,
    recipient: recipientOf(gcpKey),
    env: { ...env, GOOGLE_OAUTH_ACCESS_TOKEN: token },
    envWithoutCredentials: env,
    wrap: (plain) => fake.key.wrap(plain).toString("base64"),
    wrapElsewhere: (plain) => elsewhere.wrap(plain).toString("base64"),
    disable: () => void (fake.disabled = true),
    deny: () => void fake.tokens.set(token, { isDenied: true }),
    caller: "GOOGLE_OAUTH_ACCESS_TOKEN",
    stop: () => fake.close(),
  }
}
