import * as vectors from "cctv-age"
import { createHash } from "node:crypto"
import { inflateSync } from "node:zlib"
import { describe, expect, test } from "vitest"
import { loadAead } from "../../../src/keys/age/aead.ts"
import { decodeArmor, openAgeFile } from "../../../src/keys/age/file.ts"
import { parseHeader } from "../../../src/keys/age/header.ts"
import { parseIdentity } from "../../../src/keys/age/identity.ts"
import { unwrapWithPassphrase } from "../../../src/keys/age/locked.ts"
import { AppError } from "../../../src/errors/app-error.ts"
import { testContext } from "../context.ts"

interface Vector {
  readonly expect: string
  readonly payload: string
  readonly identities: readonly string[]
  readonly passphrases: readonly string[]
  readonly isArmored: boolean
  readonly file: Buffer
}

const layers = [
  { subject: "its armor", outcome: "armor failure" },
  { subject: "its age header is not valid", outcome: "header failure" },
  { subject: "its age header was changed", outcome: "HMAC failure" },
  { subject: "its age payload", outcome: "payload failure" },
] as const

/** @returns the outcome in the words of the vectors, and the hash of what was released */
async function run({ file, isArmored, identities, passphrases }: Vector): Promise<[string, string?]> {
  const tools = { aead: await loadAead(), context: testContext() }
  try {
    const header = parseHeader(isArmored ? decodeArmor(file.toString("latin1"), 1 << 24) : file)
    const unwraps = [
      ...identities.map((text) => () => identityOf(text).unwrap(header, tools)),
      ...passphrases.map((text) => () => unwrapWithPassphrase(header.stanzas, text, tools.aead)),
    ]
    for (const unwrap of unwraps) {
      const fileKey = await unwrap()
      if (fileKey === null) continue
      return [
        "success",
        createHash("sha256")
          .update(openAgeFile(header, fileKey, tools.aead))
          .digest("hex"),
      ]
    }
    return ["no match"]
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "STANZA_INVALID") throw error
    const layer = layers.find(({ subject }) => error.detail.subject?.startsWith(subject))
    return [layer?.outcome ?? error.message]
  }
}

function identityOf(text: string): Exclude<ReturnType<typeof parseIdentity>, string> {
  const identity = parseIdentity(text)
  if (typeof identity === "string") throw new Error(identity)
  return identity
}

function parseVector(bytes: Uint8Array): Vector {
  const all = Buffer.from(bytes)
  const border = all.indexOf("\n\n")
  const fields = all
    .toString("utf8", 0, border)
    .split("\n")
    .map((line) => line.split(": ") as [string, string])
  const valuesOf = (key: string): string[] => fields.filter(([name]) => name === key).map(([, value]) => value)
  const file = all.subarray(border + 2)
  return {
    expect: valuesOf("expect")[0] ?? "",
    payload: valuesOf("payload")[0] ?? "",
    identities: valuesOf("identity"),
    passphrases: valuesOf("passphrase"),
    isArmored: valuesOf("armored")[0] === "yes",
    file: valuesOf("compressed")[0] === "zlib" ? inflateSync(file) : file,
  }
}

const rows = Object.entries(vectors as unknown as Record<string, unknown>)
  .filter((row): row is [string, Uint8Array] => row[1] instanceof Uint8Array)
  .map(([name, bytes]) => ({ name, vector: parseVector(bytes) }))

describe("the vectors of C2SP for age", () => {
  test("there are 143 of them", () => expect(rows).toHaveLength(143))

  test.each(rows)("$name", async ({ vector }) => {
    const [outcome, payload] = await run(vector)
    expect(outcome).toBe(vector.expect)
    if (vector.expect === "success") expect(payload).toBe(vector.payload)
  })
})
