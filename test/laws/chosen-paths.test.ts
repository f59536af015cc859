import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { afterAll, describe, expect, test } from "vitest"
import { call, type Ended, machine } from "../machine.ts"
import { stockSops as sops } from "../stock-sops.ts"

const own = machine()
afterAll(() => own.remove())

const recipient = "age19u7j6dvg6w6me8hydt9merssh7auus5qzlamcmvd3vvp4m0tevjqzwqjuu"
const identity = "AGE-SECRET-KEY-1RV8YSZ026Y38UQTPSYRANGFTDE7FXH5XPKMVGMQE0PAN6T2DTSYSXHQV4P"
const env = new Map([...own.env, ["SOPS_AGE_KEY", identity]])

const run = (...args: string[]): Promise<Ended> => call({ args, cwd: own.cwd, env })
const put = (name: string, text: string): void => writeFileSync(join(own.cwd, name), text)
const text = (name: string): string => readFileSync(join(own.cwd, name), "utf8")

function config(rule: string): void {
  put(".sopsrc", `version: 1\nrules:\n  - recipients: ${recipient}\n    ${rule}\n`)
}

/** The texts of values by whether they stand in the clear: tokens are masked, so that two sealings compare. */
function masked(sealed: string): string {
  return sealed.replaceAll(/ENC\[[^\]]*\]/g, "TOKEN").replace(/\n*(sops:|\[sops\]|sops_)[^]*|,?\s*"sops"[^]*/, "")
}

const documents = {
  "a.yaml":
    "db:\n  password: one\n  host: h\nusers:\n  - name: u\n    token: two\n  - name: v\n    token: three\nlist:\n  - four\n  - x: five\n",
  "a.json":
    '{\n\t"db": {\n\t\t"password": "one",\n\t\t"host": "h"\n\t},\n\t"users": [\n\t\t{\n\t\t\t"name": "u",\n\t\t\t"token": "two"\n\t\t}\n\t]\n}\n',
  "a.env": "A=one\nB.C=two\nDB=h\n",
  "a.ini": "[db]\npassword = one\nhost     = h\n\n[other]\nname = n\n",
} as const

describe.skipIf(sops === undefined)("stock sops seals and keeps the same values", () => {
  test.each([
    ["a.yaml", 'encrypt: [db.password, "users[*].token"]', 3],
    ["a.yaml", 'encrypt: "list[*]"', 2],
    ["a.yaml", 'clear: [db.host, "users[*].name", list]', 3],
    ["a.yaml", "encrypt: db.*", 2],
    ["a.yaml", 'encrypt: ["*.password"]', 1],
    ["a.json", 'encrypt: [db, "users[*].token"]', 3],
    ["a.json", `clear: ['["db"].host']`, 3],
    ["a.env", `encrypt: [A, '["B.C"]']`, 2],
    ["a.ini", "encrypt: db.password", 1],
    ["a.ini", "clear: [other, db.host]", 1],
  ] as const)("%s, %s", async (name, rule, count) => {
    config(rule)
    put(name, documents[name])
    // Some of the rules leave values in the clear that look like secrets.
    const allowed = ["db.password", "users[0].token", "users[1].token"].flatMap((path) => ["--allow-clear", path])
    expect(await run("encrypt", "-i", ...allowed, name)).toMatchObject({ status: 0, stderr: "" })
    const ours = text(name)
    const tokens = [...masked(ours).matchAll(/TOKEN/g)]
    expect(tokens).toHaveLength(count)
    const [, field, pattern] = /(encrypted_regex|unencrypted_regex)["]?\s*[:=]\s*["']?([^"'\n]*)/.exec(ours)!
    const option = `--${/unencrypted_regex/.test(ours) ? "unencrypted" : "encrypted"}-regex`
    expect(field).toBeDefined()
    put(name, documents[name])
    const unescaped = pattern!.replaceAll("\\\\", "\\")
    const asked = ["encrypt", "--age", recipient, option, unescaped, join(own.cwd, name)]
    const stock = spawnSync(sops!, asked, { encoding: "utf8", env: Object.fromEntries(env), cwd: own.home })
    expect(stock.status).toBe(0)
    expect([...masked(stock.stdout).matchAll(/TOKEN/g)]).toHaveLength(count)
    // What stock changes in our file is sealed by the same paths.
    put(name, ours)
    const opened = spawnSync(sops!, ["decrypt", join(own.cwd, name)], {
      encoding: "utf8",
      env: Object.fromEntries(env),
    })
    expect(opened).toMatchObject({ status: 0 })
    expect(opened.stdout.replaceAll(/\s/g, "")).toBe(documents[name].replaceAll(/\s/g, ""))
  })
})

describe("what keys alone cannot say is refused", () => {
  test.each([
    ["encrypt: db.password", "db: {password: one}\nother: {password: canary-7f3a}\n", "other.password", "seal this"],
    ["clear: meta.name", "meta: {name: n}\ndb:\n  name: canary-7f3a\n", "db.name", "leave this value in the clear"],
    ['encrypt: "users[*].token"', "users: {token: canary-7f3a}\na: 1\n", "users.token", "seal this"],
    ["encrypt: users.*.token", "users: [{token: canary-7f3a}]\na: 1\n", "users[0].token", "seal this"],
    ["clear: a.b", "a: {b: n}\nx:\n  y: {b: {c: canary-7f3a}}\n", "x.y.b.c", "in the clear"],
    ["encrypt: db.*", "x: 1\ndb: canary-7f3a\n", "db", "seal this"],
  ])("%s", async (rule, document, path, words) => {
    config(rule)
    put("b.yaml", document)
    const { status, stderr } = await run("encrypt", "-i", "b.yaml")
    expect(status).toBe(1)
    expect(stderr).toContain("[SELECTOR_INEXACT]")
    expect(stderr).toContain(path)
    expect(stderr).toContain(words)
    expect(stderr).not.toContain("canary")
    expect(text("b.yaml")).toBe(document)
  })

  test("also in what set would add, and the file stays as it was", async () => {
    config("clear: meta.name")
    put("b.yaml", "meta: {name: n}\ndb: {password: canary-7f3a}\n")
    expect(await run("encrypt", "-i", "b.yaml")).toMatchObject({ status: 0 })
    const before = text("b.yaml")
    const refused = await run("set", "b.yaml", "db.name", '"canary-7f3a"')
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain("[SELECTOR_INEXACT]")
    expect(text("b.yaml")).toBe(before)
    expect(await run("set", "b.yaml", "db.key", '"canary-7f3a"')).toMatchObject({ status: 0 })
    expect(text("b.yaml")).not.toContain("canary")
  })

  test("a selector on the command line stands for itself", async () => {
    config("encrypt: db.password")
    put("b.yaml", "db: {password: one}\nother: {password: two}\n")
    expect(await run("encrypt", "-i", "--encrypted-regex", "pass", "b.yaml")).toMatchObject({ status: 0 })
  })

  test("a path that names nothing is told", async () => {
    config("encrypt: [db.password, db.pasword, db]")
    put("b.yaml", "db: {password: one}\n")
    const { status, stderr } = await run("encrypt", "-i", "b.yaml")
    expect(status).toBe(0)
    expect(stderr).toBe("notice: b.yaml: the rule of the config names db.pasword, which is not there\n")
  })
})

type Json = string | Json[] | { [key: string]: Json }
type Step = string | null
const keys = fc.constantFrom("a", "b", "c")
const tree = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constant("v"),
    fc.dictionary(keys, tie("tree"), { minKeys: 1, maxKeys: 3 }),
    fc.array(tie("tree"), { minLength: 1, maxLength: 2 }),
  ),
})).tree
const path = fc
  .tuple(keys, fc.array(fc.constantFrom<Step>("a", "b", "c", "*", null), { maxLength: 3 }))
  .map(([first, rest]): Step[] => [first, ...rest])
const spelled = (steps: Step[]): string =>
  steps
    .map((step) => (step === null ? "[*]" : `.${step}`))
    .join("")
    .slice(1)

/** The values below the paths, by the shortest way to say it. */
function meant(value: Json, paths: readonly Step[][], isHit: boolean): boolean[] {
  const hit = isHit || paths.some((steps) => steps.length === 0)
  if (typeof value === "string") return [hit]
  const below = (fits: (step: Step) => boolean): Step[][] =>
    paths.flatMap(([step, ...rest]) => (step !== undefined && fits(step) ? [rest] : []))
  if (Array.isArray(value))
    return value.flatMap((each) =>
      meant(
        each,
        below((step) => step === null),
        hit,
      ),
    )
  return Object.entries(value).flatMap(([key, each]) =>
    meant(
      each,
      below((step) => step === key || step === "*"),
      hit,
    ),
  )
}

function tokens(value: Json): boolean[] {
  if (typeof value === "string") return [value.startsWith("ENC[")]
  return Object.values(value).flatMap(tokens)
}

test("whatever the document and the paths: exactly what they name, or an error", async () => {
  let sealed = 0
  let refused = 0
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(keys, tree, { minKeys: 1, maxKeys: 3 }),
      fc.array(path, { minLength: 1, maxLength: 3 }),
      fc.constantFrom("encrypt", "clear"),
      async (document, paths, mode) => {
        config(`${mode}: ${JSON.stringify(paths.map(spelled))}`)
        put("c.json", JSON.stringify(document))
        const expected = meant(document, paths, false).map((hit) => hit === (mode === "encrypt"))
        const { status, stderr } = await run("encrypt", "-i", "--allow-empty-selection", "c.json")
        if (status !== 0) {
          expect(stderr).toContain("[SELECTOR_INEXACT]")
          expect(JSON.parse(text("c.json"))).toEqual(document)
          refused++
          return
        }
        const { sops: _, ...rest } = JSON.parse(text("c.json")) as { [key: string]: Json }
        expect(tokens(rest)).toEqual(expected)
        sealed++
      },
    ),
    { numRuns: 150, seed: 7 },
  )
  expect(sealed).toBeGreaterThan(20)
  expect(refused).toBeGreaterThan(20)
})
