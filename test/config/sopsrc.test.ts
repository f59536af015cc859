import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { sottoDialect } from "../../src/app/dialect.ts"
import { type Config, readConfig } from "../../src/config/config.ts"
import { type PathRules } from "../../src/config/load.ts"
import { type Rule, peopleOf, personOf, ruleFor, settingsFor } from "../../src/config/rule.ts"
import { kindsInConfig, recipientName } from "../../src/keys/kinds.ts"
import { type AppError } from "../../src/errors/app-error.ts"
import { parseRecipients } from "../../src/keys/parse-recipient.ts"
import { fakeFiles, windows } from "./fake-files.ts"
import { parseRecipient } from "./parse-recipient.ts"

const posix = fakeFiles({}).paths
const alice = "age1alice000000000000000"
const bob = "age1bob00000000000000000"
const ops = "arn:aws:kms:eu-west-1:1:key/ops"

const people = `version: 1
recipients:
  alice: ${alice}
  bob: {age: ${bob}}
  ops: {kms: ${ops}}
`

function read(source: string, folder = "/repo"): Config {
  return readConfig(new TextEncoder().encode(source), { file: ".sopsrc", folder, kind: "sopsrc", kinds: kindsInConfig })
}

const options = { parse: parseRecipient, dialect: sottoDialect.config }

async function rule(source: string, path = "/repo/a.yaml", paths: PathRules = posix, folder = "/repo"): Promise<Rule> {
  const found = await ruleFor(read(source, folder), { path, paths }, options)
  return found!
}

const names = ({ groups }: Rule) => groups.map((group) => group.map((recipient) => recipientName(recipient)))

function failure(source: string): AppError {
  try {
    read(source)
  } catch (error) {
    return error as AppError
  }
  throw new Error("no error")
}

describe("recipients", () => {
  test.each([
    { text: "alice", names: [alice] },
    { text: "[alice, ops]", names: [alice, ops] },
    { text: "[team]", names: [alice, bob] },
    { text: "[all, alice]", names: [alice, bob, ops] },
    { text: `[${alice}, alice]`, names: [alice] },
    { text: "[{pgp: F0}, {age: [x, y]}]", names: ["F0", "x", "y"] },
    { text: "{kms: {arn: a, role: r, context: {k: v}, aws_profile: p}}", names: ["a+r|k:v|p"] },
    { text: "{azure_keyvault: {vaultUrl: https://z, key: k}}", names: ["https://z/keys/k/"] },
    { text: "{hckms: {key_id: r:u}, gcp_kms: {resource_id: projects/p}}", names: ["r:u", "projects/p"] },
    { text: "85D77543B3D624B63CEA9E6DBC17301B491B3F21", names: ["85D77543B3D624B63CEA9E6DBC17301B491B3F21"] },
    { text: "1234567890123456", names: ["1234567890123456"] },
    { text: "ssh-ed25519 AAAA me", names: ["ssh-ed25519 AAAA me"] },
    { text: "projects/p/x", names: ["projects/p/x"] },
    { text: "https://v/v1/t/keys/k", names: ["https://v/v1/t/keys/k"] },
    { text: "https://z/keys/k/1", names: ["https://z/keys/k/1"] },
    {
      text: "eu-west-101:01234567-89ab-cdef-0123-456789abcdef",
      names: ["eu-west-101:01234567-89ab-cdef-0123-456789abcdef"],
    },
  ])("$text", async ({ text, names: expected }) => {
    const source = `${people}groups:\n  team: [alice, bob]\n  all: [team, ops]\nrules:\n  - recipients: ${text}\n`
    expect(names(await rule(source))).toEqual([expected])
  })

  test.each([
    { source: `${people}rules: [{recipients: alcie}]`, at: [6, 22], hint: "did you mean `alice`?" },
    { source: `${people}rules: [{recipients: zzz}]`, at: [6, 22], hint: "known names: alice, bob, ops" },
    {
      source: `${people}rules: [{recipients: "alice, bob"}]`,
      at: [6, 22],
      hint: "write several names as a list: [a, b]",
    },
    { source: `${people}rules: [{recipients: []}]`, at: [6, 22], hint: undefined },
    { source: `${people}rules: [{recipients: [[alice]]}]`, at: [6, 23], hint: undefined },
    { source: `${people}rules: [{recipients: [~]}]`, at: [6, 23], hint: undefined },
    { source: `${people}groups: {alice: [bob]}`, at: [6, 10], hint: undefined },
    { source: `${people}groups: {a: [b], b: [a]}`, at: [6, 22], hint: undefined },
    { source: "version: 1\nrecipients: {a: agee1xyz}", at: [2, 17], hint: "known names: a" },
    { source: "version: 1\nrecipients: {a: {aeg: x}}", at: [2, 18], hint: "did you mean `age`?" },
    { source: "version: 1\nrecipients: {a: {kms: {arm: x}}}", at: [2, 24], hint: "did you mean `arn`?" },
    { source: "version: 1\nrecipients: {a: {kms: {role: x}}}", at: [2, 23], hint: undefined },
    { source: "version: 1\nrecipients: {a: }", at: [2, 14], hint: undefined },
    { source: "version: 1\nrecipients: {'a\\b': x}", at: [2, 14], hint: undefined },
    { source: "version: 1\nrecipients: {' a': x}", at: [2, 14], hint: undefined },
    { source: `version: 1\nrecipients: {${alice}: x}`, at: [2, 14], hint: "write it as `name: recipient`" },
  ])("$source", ({ source, at, hint }) => {
    const error = failure(source)
    expect(error.code).toBe("CONFIG_INVALID")
    expect([error.where.line, error.where.column]).toEqual(at)
    expect(error.where.file).toBe(".sopsrc")
    expect(error.hint).toBe(hint)
  })

  test.each(["AGE-SECRET-KEY-1CANARY7F3A", "age-secret-key-1canary7f3a", "-----BEGIN OPENSSH PRIVATE KEY-----"])(
    "a private key is refused and not shown: %s",
    (key) => {
      for (const source of [
        `recipients: {a: "${key}"}`,
        `recipients: {a: {age: "${key}"}}`,
        `rules: [{recipients: ["${key}"]}]`,
      ]) {
        const error = failure(`version: 1\n${source}`)
        expect(error.message).toContain("this is a private key")
        expect(JSON.stringify([error, error.message, error.hint])).not.toMatch(/canary|BEGIN/i)
      }
    },
  )

  test("groups of groups end, and do not multiply", async () => {
    const lines = [people, "groups:", "  g0: [alice, bob]"]
    for (let i = 1; i < 100; i++) lines.push(`  g${i}: [g${i - 1}, g${i - 1}]`)
    expect(names(await rule(`${lines.join("\n")}\nrules: [{recipients: g99}]`))).toEqual([[alice, bob]])
    for (let i = 100; i < 300; i++) lines.push(`  g${i}: [g${i + 1}]`)
    expect(failure([...lines, "  g300: [alice]"].join("\n")).message).toContain("too deep")
  })

  test("people: names for the recipients of any file", () => {
    const source = `version: 1
recipients:
  alice: [${alice}, {pgp: F0}]
  z: {azure_kv: {vaultUrl: https://z, key: k}}
  broken: {age: bad}
  team: [alice]
rules:
  - recipients: team
`
    const known = peopleOf(read(source), parseRecipient)
    expect(known.names).toEqual(
      new Map([
        [`age/${alice}`, "alice"],
        ["pgp/F0", "alice"],
        ["azure_kv/https://z/keys/k/", "z"],
      ]),
    )
    expect(personOf(known, { type: "pgp", fp: "F0" })).toBe("alice")
    expect(personOf(known, { type: "azure_kv", vaultUrl: "https://z", name: "k", version: "7" })).toBe("z")
    expect(personOf(known, { type: "age", recipient: "unknown" })).toBeNull()
  })
})

describe("key groups", () => {
  test("names, lists and typed recipients", async () => {
    const source = `${people}rules: [{key_groups: [[alice, bob], ops, {pgp: F0}], threshold: 2}]`
    const found = await rule(source)
    expect(names(found)).toEqual([[alice, bob], [ops], ["F0"]])
    expect(found).toMatchObject({ threshold: 2, notices: [] })
  })

  test.each([
    {
      text: "key_groups: [[alice], [bob]]",
      problem: "there are 2 key groups and no `threshold`: a key of each of the 2 groups would be needed",
      hint: "write `threshold: 2` if",
    },
    { text: "key_groups: [[alice], [bob]], threshold: 1", problem: "a number from 2 to 2", hint: undefined },
    { text: "key_groups: [[alice], [bob]], threshold: 3", problem: "a number from 2 to 2", hint: undefined },
    { text: "recipients: alice, threshold: 2", problem: "fewer than two", hint: undefined },
    { text: "recipients: alice, key_groups: [[bob]]", problem: "are in one rule", hint: undefined },
    { text: "groups: [[alice]]", problem: "unknown key", hint: "did you mean `key_groups`?" },
    { text: "shamir_threshold: 2", problem: "unknown key", hint: "did you mean `threshold`?" },
    { text: "age: x", problem: "unknown key", hint: "write it under `recipients`" },
  ])("$text", ({ text, problem, hint }) => {
    const error = failure(`${people}rules: [{${text}}]`)
    expect(error.message).toContain(problem)
    if (hint === undefined) expect(error.hint).toBeUndefined()
    else expect(error.hint).toContain(hint)
  })

  test("one group needs no threshold", async () => {
    expect(await rule(`${people}rules: [{key_groups: [[alice]]}]`)).toMatchObject({ threshold: 0 })
    expect(await rule(`${people}rules: [{recipients: alice, threshold: 1}]`)).toMatchObject({ threshold: 0 })
  })
})

describe("rules", () => {
  const paths = `${people}rules:
  - path: [secrets/**/*.yaml, /top.json]
    recipients: alice
  - path_regex: ^legacy/.*\\.ini$
    recipients: bob
  - path: "*.env"
    recipients: ops
`
  test.each([
    { path: "/repo/secrets/a.yaml", name: alice },
    { path: "/repo/secrets/x/a.yaml", name: alice },
    { path: "/repo/top.json", name: alice },
    { path: "/repo/legacy/x/a.ini", name: bob },
    { path: "/repo/x/y/.env", name: ops },
    // With --config the file may lie elsewhere: then its whole path counts.
    { path: "/elsewhere/a.env", name: ops },
  ])("$path", async ({ path, name }) => expect(names(await rule(paths, path))).toEqual([[name]]))

  test.each(["/repo/x/top.json", "/elsewhere/secrets/a.yaml", "/repo/x/legacy/a.ini"])(
    "%s has no rule",
    async (path) => {
      await expect(rule(paths, path)).rejects.toMatchObject({
        code: "CONFIG_NO_RULE",
        where: { file: ".sopsrc" },
        detail: { notes: [`for ${path.replace("/repo/", "")}`] },
      })
      expect(await settingsFor(read(paths), { path, paths: posix })).toBeNull()
    },
  )

  test("paths have `/` on every system", async () => {
    const where = [windows, "C:\\repo"] as const
    expect(names(await rule(paths, "C:\\repo\\secrets\\x\\a.yaml", ...where))).toEqual([[alice]])
    expect(names(await rule(paths, "C:\\repo\\legacy\\a.ini", ...where))).toEqual([[bob]])
    expect(names(await rule(paths, "D:\\x\\a.env", ...where))).toEqual([[ops]])
  })

  test("all settings", async () => {
    const source = `${people}stores: {json: {indent: 2}, yaml: {indent: 2}}
rules:
  - encrypted_regex: ^data$
    mac_only_encrypted: true
    container: true
    structure: required
    layout_memo: never
    input_type: dotenv
    with_clear: true
    check: skip
    max_age: 12w
    stores: {yaml: {indent: 3}}
`
    expect(await rule(source)).toMatchObject({
      groups: [],
      selectors: { encryptedRegex: "^data$" },
      macOnlyEncrypted: true,
      container: true,
      structure: "required",
      layoutMemo: "never",
      inputType: "dotenv",
      withClear: true,
      check: "skip",
      maxAgeDays: 84,
      allowEnv: [],
      stores: { jsonIndent: 2, yamlIndent: 3 },
      source: { file: ".sopsrc", rule: 1, line: 8 },
    })
  })

  test("defaults", async () => {
    expect(await rule("version: 1\nrules: [{}]")).toMatchObject({
      macOnlyEncrypted: false,
      container: false,
      structure: "on",
      layoutMemo: "auto",
      inputType: null,
      withClear: false,
      check: "on",
      maxAgeDays: null,
      allowEnv: [],
    })
  })

  test("settings need no recipient that parses", async () => {
    const source = "version: 1\nrules: [{recipients: {age: bad}, structure: required}]"
    const target = { path: "/repo/a", paths: posix }
    expect(await settingsFor(read(source), target)).toMatchObject({ structure: "required" })
    await expect(ruleFor(read(source), target, options)).rejects.toMatchObject({ where: { line: 2, column: 28 } })
  })
})

describe("strictness", () => {
  interface Mistake {
    readonly source: string
    readonly problem: string
    readonly at: readonly [line: number | undefined, column: number | undefined]
    readonly hint?: string | undefined
  }
  const line = (text: string, problem: string, column: number, hint?: string): Mistake => ({
    source: `version: 1\n${text}`,
    problem,
    at: [2, column],
    hint,
  })
  const inRule = (text: string, problem: string, column: number, hint?: string): Mistake =>
    line(`rules: [{${text}}]`, problem, column, hint)

  test.each<Mistake>([
    { source: "", problem: "`version` is missing", at: [undefined, undefined] },
    { source: "rules: []", problem: "`version` is missing", at: [1, 1] },
    { source: "version: 2", problem: "not known", at: [1, 10] },
    { source: "version: '1'", problem: "not known", at: [1, 10] },
    { source: "[]", problem: "a mapping is expected", at: [1, 1] },
    line("recipents: {}", "unknown key", 1, "did you mean `recipients`?"),
    line("x: {}", "unknown key", 1, "known keys: version, recipients, groups"),
    ...["0d", "90", "1m", "-1d", "1.5y", "100000d", "[1d]"].map((age) =>
      inRule(`max_age: "${age}"`, "an age is a number of days", 19),
    ),
    line("version: 1", "duplicate key", 1),
    line("rules:", "a value is missing", 1),
    line("rules: {}", "a list is expected", 8),
    line("rules: [~]", "a value is missing", 9),
    { source: "version: 1\nrules: []\ncreation_rules: []", problem: "are in one config", at: [3, 1] },
    { source: "version: 1\n---\nversion: 1", problem: "one YAML document", at: [3, 1] },
    inRule("encrypted-regex: x", "unknown key", 10, "did you mean `encrypted_regex`?"),
    inRule("encrypted_regex: x, encrypted_suffix: y", "more than one", 9),
    inRule("encrypt: a, clear: b", "only one selector per file", 22),
    inRule("clear: a, encrypted_suffix: y", "`clear` and `encrypted_suffix` are in one rule", 10),
    inRule('encrypt: ["a[0].b"]', "one element of a list", 20, "write [*]"),
    inRule("encrypt: []", "an empty list", 19),
    ...["*", "[*]", "*.*", "[*].*"].map((path) => inRule(`clear: "${path}"`, "a path names one key at least", 17)),
    ...["a..b", "a.", ".a", "a[", "a[x]", "a[*]b", "a['b", ""].map((path) =>
      inRule(`encrypt: ["${path}"]`, "this is not a path", 20),
    ),
    {
      source: `version: 1\nrules: [{encrypt: [${Array.from({ length: 200 }, (_, i) => `key${i}`).join(", ")}]}]`,
      problem: "more than 1,000 characters",
      at: [2, 10],
    },
    inRule("path: a, path_regex: b", "are in one rule", 19),
    inRule("path: []", "empty list", 16),
    inRule("path: '!a'", "negated", 16),
    inRule("path: ../a", "cannot leave", 16),
    inRule("structure: requierd", "one of on, off, required", 21, "did you mean `required`?"),
    inRule("structure: true", "one of on, off, required", 21),
    inRule("layout_memo: always", "one of auto, never", 23),
    inRule("input_type: toml", "one of yaml, json", 22),
    inRule("container: yes", "true or false", 21),
    inRule("threshold: x", "a whole number", 21),
    line("stores: {jsn: {}}", "unknown key", 10, "did you mean `json`?"),
    line("stores: {ini: {indent: 2}}", "unknown key", 16, "there are no options here"),
    line("stores: {yaml: {indent: -1}}", "from 0 to 16", 25),
    line("creation_rules: [{path_regx: a}]", "unknown key", 19, "did you mean `path_regex`?"),
    line("creation_rules: [{key_groups: [{merge: [{aeg: []}]}]}]", "unknown key", 42, "did you mean `age`?"),
    line("creation_rules: [{key_groups: [{age: [a]}, {age: [b]}]}]", "2 key groups and no `shamir_threshold`", 18),
    line("destination_rules: [{s3_buckt: a}]", "unknown key", 22, "did you mean `s3_bucket`?"),
    line("destination_rules: [{recreation_rule: {aeg: a}}]", "unknown key", 40, "did you mean `age`?"),
  ])("$source", ({ source, problem, at, hint }) => {
    const error = failure(source)
    expect(error.code).toBe("CONFIG_INVALID")
    expect(error.message).toContain(problem)
    expect([error.where.line, error.where.column]).toEqual(at)
    if (hint !== undefined) expect(error.hint).toContain(hint)
  })

  test("an unknown key is not shown: it may be a secret in the wrong place", () => {
    const error = failure("version: 1\ncanary-7f3a: x")
    expect(JSON.stringify([error, error.message, error.hint])).not.toContain("canary")
  })
})

test("creation_rules of a .sops.yaml stand here as they are", async () => {
  const source = `version: 1
creation_rules:
  - path_regex: ^x/
    age: &alice a
    encrypted_suffix: _s
  - key_groups: [{age: [b], merge: [{pgp: [F0]}]}, {age: [c]}]
    shamir_threshold: 2
`
  expect(await rule(source, "/repo/x/y")).toMatchObject({
    groups: [[{ recipient: "a" }]],
    selectors: { encryptedSuffix: "_s" },
  })
  expect(names(await rule(source, "/repo/y"))).toEqual([["F0", "b"], ["c"]])
})

test("an age recipient that was cut off is no unknown name", () => {
  expect(failure(`version: 1\nrecipients: {a: age1abc}`).message).toContain("an incomplete age recipient")
})

describe("S22: names of the prototype are names", () => {
  const odd = ["__proto__", "constructor", "toString", "hasOwnProperty"]
  test.each(odd)("%s", async (name) => {
    const source = `version: 1\nrecipients: {${name}: ${alice}}\nrules: [{path: ${name}/**, recipients: [${name}]}]`
    const found = await rule(source, `/repo/${name}/a`)
    expect(names(found)).toEqual([[alice]])
    expect(found.people.names).toEqual(new Map([[`age/${alice}`, name]]))
    expect(failure(`version: 1\n${name}: x`).message).toContain("unknown key")
    expect(failure(`version: 1\nrules: [{${name}: x}]`).message).toContain("unknown key")
    expect(failure(`version: 1\nrules: [{recipients: ${name}}]`).message).toContain("neither a name")
    expect(failure(`version: 1\nrecipients: {a: {${name}: x}}`).message).toContain("unknown key")
    expect(failure(`version: 1\nrules: [{structure: ${name}}]`).message).toContain("one of on")
    expect(failure(`version: 1\nstores: {${name}: {}}`).message).toContain("unknown key")
  })

  test("nothing is written to a prototype", async () => {
    const keys = Object.getOwnPropertyNames(Object.prototype)
    const context = `{kms: {arn: a, context: {__proto__: x}}}`
    const found = await rule(`version: 1\nrules: [{recipients: ${context}, stores: {json: {indent: 2}}}]`)
    expect(names(found)).toEqual([["a|__proto__:x"]])
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(keys)
  })
})

describe(".sopsrc.example", () => {
  const text = readFileSync(new URL("../../.sopsrc.example", import.meta.url), "utf8")

  test.each([
    { path: "/repo/secrets/prod/x/a.json", rule: 1 },
    { path: "/repo/x/prod.env", rule: 1 },
    { path: "/repo/k8s/app/secret.yaml", rule: 2 },
    { path: "/repo/settings/a.yaml", rule: 3 },
    { path: "/repo/ansible/vars/main.yml", rule: 4 },
    { path: "/repo/app/.env.local", rule: 5 },
    { path: "/repo/legacy/x/a.json", rule: 6 },
    { path: "/repo/other.ini", rule: 7 },
  ])("$path is sealed by rule $rule", async ({ path, rule: number }) => {
    const found = await rule(text, path)
    expect(found.source.rule).toBe(number)
    expect(found.groups.every((group) => group.length > 0)).toBe(true)
  })

  test("it names everybody that it uses", async () => {
    const found = await rule(text, "/repo/other.ini")
    expect(found.groups[0]!.map((recipient) => personOf(found.people, recipient))).toEqual([
      "alice",
      "bob",
      "carol",
      "dave",
      "dave",
      "ci",
    ])
  })

  test("its recipients are real ones", async () => {
    const config = read(text)
    for (const path of ["secrets/prod/a", "k8s/a.yaml", "legacy/a.json", "other"]) {
      const target = { path: `/repo/${path}`, paths: posix }
      await expect(
        ruleFor(config, target, { parse: parseRecipients, dialect: sottoDialect.config }),
      ).resolves.not.toBeNull()
    }
    expect(peopleOf(config, parseRecipients).names.size).toBe(11)
  })

  test("it shows every key", () => {
    const known = failure("version: 1\nzzzzzzzzzzzz: 1").hint!.slice("known keys: ".length).split(", ")
    const ofRules = failure("version: 1\nrules: [{zzzzzzzzzzzz: 1}]").hint!.slice("known keys: ".length).split(", ")
    expect(known).toContain("creation_rules")
    expect(ofRules).toContain("layout_memo")
    expect([...known, ...ofRules].filter((key) => !text.includes(`${key}:`))).toEqual([])
  })

  test("docs/configuration.md names every key, too", () => {
    const docs = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8")
    const ofRules = failure("version: 1\nrules: [{zzzzzzzzzzzz: 1}]").hint!.slice("known keys: ".length).split(", ")
    expect(ofRules.filter((key) => !docs.includes(`\`${key}\``))).toEqual([])
  })
})
