import { type Recipient } from "../../../src/core/recipient.ts"

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
