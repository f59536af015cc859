import { describe, expect, test } from "vitest"
import { type Recipient, type WrappedKey } from "../../src/core/recipient.ts"
import { SecretBytes } from "../../src/core/secret.ts"
import { AppError } from "../../src/errors/app-error.ts"
import { DataKeyError } from "../../src/keys/data-key-error.ts"
import { type KeyContext, type KeyProvider, type Manifest } from "../../src/keys/provider.ts"
import { unwrapDataKey } from "../../src/keys/unwrap.ts"
import { testContext } from "./context.ts"
import { goldenEnv, goldenGroups, goldenRow, goldenRows, keyFile, keyText, opensToken } from "./golden.ts"

describe("files that sops sealed", () => {
  test.each(goldenRows)("$case of $version", async (row) => {
    const context = testContext({
      env: goldenEnv(row),
      ...(row.passphrase === undefined ? {} : { answers: [row.passphrase] }),
    })
    const dataKey = await unwrapDataKey(goldenGroups(row), row.threshold, { context })
    expect(dataKey.length).toBe(32)
    expect(opensToken(row, dataKey)).toBe(true)
  })

  test.each(["age-ab.txt", "age-ac.txt", "age-bc.txt", "age-abc.txt"])("any two shares do: %s", async (file) => {
    const row = goldenRow("k-shamir")
    const context = testContext({ env: { SOPS_AGE_KEY_FILE: keyFile(file) } })
    expect(opensToken(row, await unwrapDataKey(goldenGroups(row), row.threshold, { context }))).toBe(true)
  })

  test("one share is not enough, and the error says how many are", async () => {
    const row = goldenRow("k-shamir")
    const context = testContext({ env: { SOPS_AGE_KEY_FILE: keyFile("age-a.txt") } })
    const error = await failure(unwrapDataKey(goldenGroups(row), row.threshold, { context }))
    expect(error).toMatchObject({ code: "DATA_KEY", exit: 128 })
    expect(error.message).toContain("1 of 3 key groups were recovered, 2 are needed")
    expect(error.hint).toContain("a key of 1 of the groups 2 and 3 is needed as well")
    expect(error.report.groups.map(({ isRecovered }) => isRecovered)).toEqual([true, false, false])
  })

  test("a threshold that the file does not tell still opens", async () => {
    const row = goldenRow("k-shamir")
    const context = testContext({ env: { SOPS_AGE_KEY_FILE: keyFile("age-bc.txt") } })
    expect(opensToken(row, await unwrapDataKey(goldenGroups(row), 0, { context }))).toBe(true)
  })

  test("an entry is unwrapped once in a run", async () => {
    const row = goldenRow("k-locked")
    const context = testContext({ env: goldenEnv(row), answers: [row.passphrase!] })
    const first = await unwrapDataKey(goldenGroups(row), 0, { context })
    first.wipe()
    const second = await unwrapDataKey(goldenGroups(row), 0, { context })
    expect(opensToken(row, second)).toBe(true)
    expect(context.questions).toHaveLength(1)
  })

  test("a silent identity spares the question, whatever the order of the entries", async () => {
    const locked = goldenGroups(goldenRow("k-locked"))[0]!
    const plain = goldenGroups(goldenRow("k-age-flag"))[0]!
    const env = { SOPS_AGE_KEY_FILE: keyFile("age-locked.txt"), SOPS_AGE_KEY: keyText("age-a.txt") }
    const context = testContext({ env, answers: ["never asked"] })
    const dataKey = await unwrapDataKey([[...locked, ...plain]], 0, { context })
    expect(opensToken(goldenRow("k-age-flag"), dataKey)).toBe(true)
    expect(context.questions).toEqual([])
  })

  test("with the effort `silent` nobody is asked and nothing is run", async () => {
    const row = goldenRow("k-locked")
    const env = { ...goldenEnv(row), SOPS_AGE_KEY_CMD: "cat /dev/null" }
    const context = testContext({ env, answers: [row.passphrase!], effort: "silent" })
    await failure(unwrapDataKey(goldenGroups(row), 0, { context }))
    expect(context.questions).toEqual([])
    expect(context.started).toEqual([])
  })
})

describe("what other providers may do", () => {
  const kms = (id: string): Recipient => ({
    type: "kms",
    arn: `arn:aws:kms:eu-west-1:123456789012:key/${id}`,
    role: "",
    context: new Map(),
    awsProfile: "",
  })
  const entry = (id: string): WrappedKey => ({ recipient: kms(id), enc: id, createdAt: null })
  const timing = { requestMs: 40, overallMs: 80, headStartMs: 5 }
  type Answer = (context: KeyContext) => Promise<SecretBytes | null>
  const key = (bytes = 32, fill = 7): SecretBytes => new SecretBytes(new Uint8Array(bytes).fill(fill))

  /** A service whose answers the test decides, by the `enc` of the entry. */
  function service(answers: Readonly<Record<string, Answer>>): {
    manifests: Manifest[]
    asked: string[]
    aborted: string[]
  } {
    const asked: string[] = []
    const aborted: string[] = []
    const provider: KeyProvider = {
      wrap: () => Promise.reject(new AppError("WRAP_FAILED")),
      unwrap({ enc }, context) {
        asked.push(enc)
        context.signal.addEventListener("abort", () => aborted.push(enc))
        return answers[enc]!(context)
      },
    }
    const manifest: Manifest = { type: "kms", title: "fake", isOnline: true, load: () => Promise.resolve(provider) }
    return { manifests: [manifest], asked, aborted }
  }
  const hang: Answer = () => new Promise(() => undefined)

  test("the first that answers wins, and the others are told to stop", async () => {
    const { manifests, asked, aborted } = service({ slow: hang, fast: () => Promise.resolve(key()) })
    const dataKey = await unwrapDataKey([[entry("slow"), entry("fast")]], 0, {
      context: testContext(),
      manifests,
      timing,
    })
    expect(dataKey.length).toBe(32)
    expect(asked).toEqual(["slow", "fast"])
    expect(aborted).toContain("slow")
  })

  test("one that answers at once is the only one that is asked", async () => {
    const { manifests, asked } = service({ a: () => Promise.resolve(key()), b: () => Promise.resolve(key()) })
    const far = { requestMs: 5000, overallMs: 5000, headStartMs: 5000 }
    await unwrapDataKey([[entry("a"), entry("b")]], 0, { context: testContext(), manifests, timing: far })
    expect(asked).toEqual(["a"])
  })

  test("one that needs an answer waits until the others have failed, and the answer may take its time", async () => {
    const wait = (): Promise<void> =>
      new Promise((resolve) => {
        setTimeout(resolve, 200)
      })
    for (const [isOther, isAgreed] of [
      [true, true],
      [false, true],
      [false, false],
    ]) {
      const { manifests, asked } = service({
        a: () => Promise.resolve(key()),
        b: () => (isOther ? Promise.resolve(key()) : Promise.resolve(null)),
      })
      const questions: string[] = []
      const provider: KeyProvider = {
        ...(await manifests[0]!.load()),
        needsAnswer: async (recipient) => recipient.type === "kms" && recipient.arn.endsWith("/a"),
        async agree(recipient) {
          questions.push(recipient.type === "kms" ? recipient.arn.slice(-1) : "")
          // Longer than all services together may take.
          await wait()
          if (!isAgreed) throw new AppError("KEY_ADDRESS_REFUSED")
        },
      }
      const opening = unwrapDataKey([[entry("a"), entry("b")]], 0, {
        context: testContext(),
        manifests: [{ ...manifests[0]!, load: () => Promise.resolve(provider) }],
        timing,
      })
      if (!isOther && !isAgreed) expect((await failure(opening)).code).toBe("DATA_KEY")
      else expect((await opening).length).toBe(32)
      expect(questions).toEqual(isOther ? [] : ["a"])
      expect(asked).toEqual(isOther || !isAgreed ? ["b"] : ["b", "a"])
    }
  })

  test("a failure starts the next one without waiting for the head start", async () => {
    const { manifests, asked } = service({
      a: () => Promise.reject(new AppError("STANZA_INVALID")),
      b: () => Promise.resolve(key()),
    })
    const far = { requestMs: 60_000, overallMs: 60_000, headStartMs: 60_000 }
    await unwrapDataKey([[entry("a"), entry("b")]], 0, { context: testContext(), manifests, timing: far })
    expect(asked).toEqual(["a", "b"])
  })

  const failing = [
    { name: "hangs", answer: hang, reason: "did not answer in time: fake, after 0.04 s" },
    { name: "returns 31 bytes", answer: () => Promise.resolve(key(31)), reason: "31 bytes instead of 32" },
    { name: "returns a share", answer: () => Promise.resolve(key(33)), reason: "33 bytes instead of 32" },
    { name: "fails", answer: () => Promise.reject(new AppError("STANZA_INVALID")), reason: "malformed" },
    {
      name: "throws with a secret in the message",
      answer: () => Promise.reject(new TypeError("canary-7f3a")),
      reason: "an unexpected failure (TypeError)",
    },
    { name: "has nothing", answer: () => Promise.resolve(null), reason: "no identity here fits" },
  ] satisfies { name: string; answer: Answer; reason: string }[]
  test.each(failing)("one that $name", async ({ answer, reason }) => {
    const { manifests } = service({ a: answer })
    const error = await failure(unwrapDataKey([[entry("a")]], 0, { context: testContext(), manifests, timing }))
    const [attempt] = error.report.groups[0]!.attempts
    expect(attempt!.reasons.join()).toContain(reason)
    expect(JSON.stringify([error, error.detail, error.stack])).not.toContain("canary-7f3a")
  })

  test("groups are asked at the same time", async () => {
    let open: (() => void) | undefined
    const both = new Promise<void>((resolve) => (open = resolve))
    const waiting = { count: 0 }
    const share =
      (x: number): Answer =>
      async () => {
        if (++waiting.count === 2) open!()
        await both
        return new SecretBytes(new Uint8Array(33).fill(x))
      }
    const { manifests } = service({ a: share(1), b: share(2) })
    const far = { requestMs: 5000, overallMs: 5000, headStartMs: 5 }
    const dataKey = await unwrapDataKey([[entry("a")], [entry("b")]], 2, {
      context: testContext(),
      manifests,
      timing: far,
    })
    expect(dataKey.length).toBe(32)
  })

  test("however many hang, the time for all of them together is the end", async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `hangs-${index}`)
    const { manifests } = service(Object.fromEntries(ids.map((id) => [id, hang])))
    const groups = [ids.slice(0, 20), ids.slice(20)].map((group) => group.map(entry))
    const long = { requestMs: 3_600_000, overallMs: 60, headStartMs: 10 }
    const error = await failure(unwrapDataKey(groups, 2, { context: testContext(), manifests, timing: long }))
    for (const { attempts } of error.report.groups) {
      for (const { reasons } of attempts) expect(reasons.join()).toMatch(/did not answer in time: fake/)
    }
  })

  test("kinds that come one after the other share that time", async () => {
    const { manifests, asked } = service({ a: hang, b: hang })
    const gcp = manifests.map((manifest) => ({ ...manifest, type: "gcp_kms" as const }))
    const other: WrappedKey = {
      recipient: { type: "gcp_kms", resourceId: "projects/p/locations/l/keyRings/r/cryptoKeys/k" },
      enc: "b",
      createdAt: null,
    }
    const long = { requestMs: 3_600_000, overallMs: 60, headStartMs: 5 }
    const options = { context: testContext(), timing: long, decryptionOrder: ["kms", "gcp_kms"] }
    const unwrapping = unwrapDataKey([[entry("a"), other]], 0, { ...options, manifests: [...manifests, ...gcp] })
    const { report } = await failure(unwrapping)
    const reasons = report.groups[0]!.attempts.map((attempt) => attempt.reasons.join())
    const timeUp: unknown = expect.stringMatching(
      /^a key service did not answer in time: fake, when .+ \(.*SOTTO_KEY_TIMEOUT/,
    )
    expect(reasons).toEqual([timeUp, timeUp])
    expect(asked).toEqual(["a"])
  })

  test("Ctrl-C ends all that hang", async () => {
    const { manifests, aborted } = service({ a: hang, b: hang })
    const own = new AbortController()
    const long = { requestMs: 3_600_000, overallMs: 3_600_000, headStartMs: 5 }
    const context = testContext({ signal: own.signal })
    setTimeout(() => own.abort(), 50)
    await failure(unwrapDataKey([[entry("a"), entry("b")]], 0, { context, manifests, timing: long }))
    expect(aborted).toEqual(expect.arrayContaining(["a", "b"]))
  })

  test("the loser's data key is wiped when it comes after all", async () => {
    const late = key(32, 9)
    let come: (() => void) | undefined
    const slow: Answer = () => new Promise((resolve) => (come = () => resolve(late)))
    const { manifests } = service({ slow, fast: () => Promise.resolve(key()) })
    const long = { requestMs: 5000, overallMs: 5000, headStartMs: 5 }
    const groups = [[entry("slow"), entry("fast")]]
    const dataKey = await unwrapDataKey(groups, 0, { context: testContext(), manifests, timing: long })
    expect(dataKey.use((bytes) => bytes[0])).toBe(7)
    expect(late.use((bytes) => bytes[0])).toBe(9)
    come!()
    await new Promise((resolve) => setImmediate(resolve))
    expect(() => late.use(() => 0)).toThrow("wiped")
  })

  test("what was remembered for the run is wiped at its end", async () => {
    const own = key()
    const copies: SecretBytes[] = []
    const copy = own.copy.bind(own)
    own.copy = () => {
      const made = copy()
      copies.push(made)
      return made
    }
    const { manifests, asked } = service({ a: () => Promise.resolve(own) })
    const end = new AbortController()
    const context = testContext({ signal: end.signal })
    const unwrap = (): Promise<SecretBytes> => unwrapDataKey([[entry("a")]], 0, { context, manifests, timing })
    ;(await unwrap()).wipe()
    expect((await unwrap()).use((bytes) => bytes[0])).toBe(7)
    expect(asked).toEqual(["a"])
    expect(copies).toHaveLength(1)
    expect(copies[0]!.use((bytes) => bytes[0])).toBe(7)
    end.abort()
    expect(() => copies[0]!.use(() => 0)).toThrow("wiped")
  })

  test("shares that do not fit together are an error, not a key", async () => {
    const same: Answer = () => Promise.resolve(key(33))
    const { manifests } = service({ a: same, b: same })
    const wrong = unwrapDataKey([[entry("a")], [entry("b")]], 2, { context: testContext(), manifests, timing })
    await expect(wrong).rejects.toMatchObject({ code: "DATA_KEY" })
  })

  test("the services of a file with an age identity at hand are never asked", async () => {
    const { manifests, asked } = service({ a: hang })
    const row = goldenRow("k-age-flag")
    const { kinds: real } = await import("../../src/keys/kinds.ts")
    const groups = [[entry("a"), ...goldenGroups(row)[0]!]]
    const context = testContext({ env: goldenEnv(row) })
    expect(
      opensToken(row, await unwrapDataKey(groups, 0, { context, manifests: [...manifests, ...real], timing })),
    ).toBe(true)
    expect(asked).toEqual([])
  })

  test("an order that was asked for is kept", async () => {
    const { manifests, asked } = service({ a: () => Promise.resolve(key()) })
    const row = goldenRow("k-age-flag")
    const { kinds: real } = await import("../../src/keys/kinds.ts")
    const groups = [[...goldenGroups(row)[0]!, entry("a")]]
    const context = testContext({ env: goldenEnv(row) })
    const options = { context, manifests: [...manifests, ...real], timing, decryptionOrder: ["kms", "age"] }
    const dataKey = await unwrapDataKey(groups, 0, options)
    expect(dataKey.use((bytes) => bytes[0])).toBe(7)
    expect(asked).toEqual(["a"])
  })

  test("S5: a hostile name in a file reaches no provider", async () => {
    const { manifests, asked } = service({ a: () => Promise.resolve(key()) })
    const odd = { arn: "arn:aws:kms:x/../:1:key/a", role: "", context: new Map<string, string>(), awsProfile: "" }
    const hostile: WrappedKey = { recipient: { type: "kms", ...odd }, enc: "a", createdAt: null }
    const error = await failure(unwrapDataKey([[hostile]], 0, { context: testContext(), manifests, timing }))
    expect(asked).toEqual([])
    expect(error.report.groups[0]!.attempts[0]!.reasons.join()).toContain("a recipient is not valid")
  })

  test("a kind of recipient that nobody knows is named", async () => {
    const error = await failure(unwrapDataKey([[entry("a")]], 0, { context: testContext(), manifests: [], timing }))
    expect(error.report.groups[0]!.attempts[0]!.reasons).toEqual(["recipients of type kms are not supported"])
  })

  test("no group at all", async () => {
    const error = await failure(unwrapDataKey([], 0, { context: testContext() }))
    expect(error.code).toBe("DATA_KEY")
  })
})

async function failure(promise: Promise<unknown>): Promise<DataKeyError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof DataKeyError) return error
    throw error
  }
  throw new Error("it did not fail")
}
