import { describe, expect, test } from "vitest"
import { type Recipient } from "../../src/core/recipient.ts"
import { SecretBytes } from "../../src/core/secret.ts"
import { AppError } from "../../src/errors/app-error.ts"
import { kinds as real } from "../../src/keys/kinds.ts"
import { type KeyProvider, type Manifest } from "../../src/keys/provider.ts"
import { unwrapDataKey } from "../../src/keys/unwrap.ts"
import { usableThreshold, wrapDataKey } from "../../src/keys/wrap.ts"
import { testContext } from "./context.ts"
import { keyFile, recipients } from "./golden.ts"

const now = new Date("2026-11-23T08:00:00.987Z")
const bytes = new Uint8Array(32).map((_, index) => index)
const dataKey = (): SecretBytes => new SecretBytes(bytes.slice())
const forAge = (name: keyof typeof recipients): Recipient => ({ type: "age", recipient: recipients[name] })
const forPgp: Recipient = { type: "pgp", fp: "C642E71CB7A82A3930999987544FA72A354D640F" }

function fake(wrap: KeyProvider["wrap"]): Manifest[] {
  const provider: KeyProvider = { wrap, unwrap: () => Promise.resolve(null) }
  return [
    ...real.filter(({ type }) => type !== "pgp"),
    { type: "pgp", title: "fake", isOnline: false, load: () => Promise.resolve(provider) },
  ]
}

async function unwrapWith(
  file: string,
  groups: Parameters<typeof unwrapDataKey>[0],
  threshold: number,
): Promise<Uint8Array> {
  const context = testContext({ env: { SOPS_AGE_KEY_FILE: keyFile(file) } })
  return (await unwrapDataKey(groups, threshold, { context })).use((opened) => Uint8Array.from(opened))
}

describe("wrapping", () => {
  test("one group: each recipient gets the whole key", async () => {
    const groups = [[forAge("age-a"), forAge("age-b")]]
    const wrapped = await wrapDataKey(dataKey(), groups, 0, { context: testContext(), now })
    expect(wrapped.map((group) => group.map(({ recipient }) => recipient))).toEqual(groups)
    for (const file of ["age-a.txt", "age-b.txt"]) expect(await unwrapWith(file, wrapped, 0)).toEqual(bytes)
  })

  test("several groups: any two of three open", async () => {
    const groups = [[forAge("age-a")], [forAge("age-b")], [forAge("age-c")]]
    const wrapped = await wrapDataKey(dataKey(), groups, 2, { context: testContext(), now })
    for (const file of ["age-ab.txt", "age-ac.txt", "age-bc.txt", "age-abc.txt"]) {
      expect(await unwrapWith(file, wrapped, 2)).toEqual(bytes)
    }
    await expect(unwrapWith("age-a.txt", wrapped, 2)).rejects.toMatchObject({ code: "DATA_KEY" })
  })

  test("no threshold means all groups", async () => {
    const groups = [[forAge("age-a")], [forAge("age-b")], [forAge("age-c")]]
    expect(usableThreshold(groups, 0)).toBe(3)
    const wrapped = await wrapDataKey(dataKey(), groups, 0, { context: testContext(), now })
    expect(await unwrapWith("age-abc.txt", wrapped, 3)).toEqual(bytes)
    // Two of three shares of a polynomial of degree two give another key.
    expect(await unwrapWith("age-ab.txt", wrapped, 2)).not.toEqual(bytes)
  })

  test("the date goes to all types but age, to the second", async () => {
    const manifests = fake(() => Promise.resolve("sealed"))
    const [group] = await wrapDataKey(dataKey(), [[forAge("age-a"), forPgp]], 0, {
      context: testContext(),
      now,
      manifests,
    })
    expect(group!.map(({ createdAt }) => createdAt)).toEqual([null, "2026-11-23T08:00:00Z"])
    expect(group![1]!.enc).toBe("sealed")
  })

  test("every recipient that fails is named, and nothing comes back", async () => {
    const manifests = fake(() => Promise.reject(new AppError("RECIPIENT_INVALID", {}, { subject: "no such key" })))
    const groups = [[forAge("age-a"), forPgp, { ...forPgp, fp: "544FA72A354D640F" }]]
    const wrong = wrapDataKey(dataKey(), groups, 0, { context: testContext(), now, manifests })
    await expect(wrong).rejects.toMatchObject({
      code: "WRAP_FAILED",
      exit: 1,
      detail: {
        notes: [
          "for C642E71CB7A82A3930999987544FA72A354D640F: a recipient is not valid: no such key",
          "for 544FA72A354D640F: a recipient is not valid: no such key",
        ],
      },
    })
  })

  test.each([
    {
      name: "http://127.0.0.1:1/v1/transit/keys/k",
      recipient: { type: "hc_vault", vaultAddress: "http://127.0.0.1:1", enginePath: "transit", keyName: "k" },
    },
    {
      name: "arn:aws:kms:eu-west-1:123456789012:key/1||nobody",
      recipient: {
        type: "kms",
        arn: "arn:aws:kms:eu-west-1:123456789012:key/1",
        role: "",
        context: new Map(),
        awsProfile: "nobody",
      },
    },
  ] satisfies { name: string; recipient: Recipient }[])(
    "$name that fails is named once",
    async ({ name, recipient }) => {
      const wrong = wrapDataKey(dataKey(), [[recipient]], 0, { context: testContext(), now })
      const error: unknown = await wrong.catch((thrown: unknown) => thrown)
      const [note = ""] = error instanceof AppError ? (error.detail.notes ?? []) : []
      expect(note).toMatch(/^for (?:http|arn:)/)
      expect(note.split(name)).toHaveLength(2)
    },
  )

  test("all recipients are asked at the same time", async () => {
    let open: (() => void) | undefined
    const all = new Promise<void>((resolve) => (open = resolve))
    let count = 0
    const manifests = fake(async () => {
      if (++count === 3) open!()
      await all
      return "sealed"
    })
    const groups = [[forPgp, { ...forPgp, fp: "544FA72A354D640F" }], [{ ...forPgp, fp: "544FA72A354D6410" }]]
    const wrapped = await wrapDataKey(dataKey(), groups, 2, { context: testContext(), now, manifests })
    expect(wrapped.flat().map(({ enc }) => enc)).toEqual(["sealed", "sealed", "sealed"])
  })

  test("a recipient that is not valid stops everything before anything is wrapped", async () => {
    let count = 0
    const manifests = fake(() => Promise.resolve(String(count++)))
    const groups = [[forPgp, { type: "age", recipient: "age1nosuch" } as const]]
    const wrong = wrapDataKey(dataKey(), groups, 0, { context: testContext(), now, manifests })
    await expect(wrong).rejects.toMatchObject({ code: "RECIPIENT_INVALID" })
    expect(count).toBe(0)
  })

  test("the data key stays the caller's, and the copies are wiped", async () => {
    const lent: SecretBytes[] = []
    const manifests = fake((part) => Promise.resolve(String(lent.push(part))))
    const own = dataKey()
    await wrapDataKey(own, [[forPgp]], 0, { context: testContext(), now, manifests })
    expect(own.use((opened) => Uint8Array.from(opened))).toEqual(bytes)
    expect(() => lent[0]!.use(() => 0)).toThrow("wiped")
  })

  const unusable = [
    { name: "no group", groups: [], threshold: 0 },
    { name: "an empty group", groups: [[forPgp], []], threshold: 2 },
    { name: "a single empty group", groups: [[]], threshold: 0 },
    { name: "threshold 1 of two", groups: [[forPgp], [forPgp]], threshold: 1 },
    { name: "threshold 3 of two", groups: [[forPgp], [forPgp]], threshold: 3 },
    { name: "256 groups", groups: Array.from({ length: 256 }, () => [forPgp]), threshold: 2 },
    { name: "501 recipients", groups: [Array.from({ length: 501 }, () => forPgp)], threshold: 0 },
  ]
  test.each(unusable)("$name cannot be used", async ({ groups, threshold }) => {
    const wrong = wrapDataKey(dataKey(), groups, threshold, { context: testContext(), now })
    await expect(wrong).rejects.toMatchObject({ code: "KEY_GROUPS_INVALID", exit: 1 })
  })
})
