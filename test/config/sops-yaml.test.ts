import { describe, expect, test } from "vitest"
import { sottoDialect } from "../../src/app/dialect.ts"
import { sopsDialect } from "../../src/cli/sops/dialect.ts"
import { type Config, readConfig } from "../../src/config/config.ts"
import { destinationFor } from "../../src/config/destination.ts"
import { type Rule, ruleFor } from "../../src/config/rule.ts"
import { kindsInConfig, recipientName } from "../../src/keys/kinds.ts"
import { fakeFiles } from "./fake-files.ts"
import { parseRecipient } from "./parse-recipient.ts"

const { paths } = fakeFiles({})

function read(source: string, folder = "/repo"): Config {
  return readConfig(new TextEncoder().encode(source), {
    file: `${folder}/.sops.yaml`,
    folder,
    kind: "sops-yaml",
    kinds: kindsInConfig,
  })
}

const options = { parse: parseRecipient, dialect: sopsDialect.config }

async function rule(source: string, path = "/repo/a.yaml", folder = "/repo"): Promise<Rule | null> {
  return ruleFor(read(source, folder), { path, paths }, options)
}

/** `type:name` of each recipient, by group. */
async function groups(source: string): Promise<string[][]> {
  const found = await rule(source)
  return found!.groups.map((group) => group.map((recipient) => `${recipient.type}:${recipientName(recipient)}`))
}

describe("types, as go-yaml 3.0.4 decodes them", () => {
  const threshold = (text: string) => `creation_rules: [{shamir_threshold: ${text}}]`
  test.each([
    { source: threshold("2"), threshold: 2 },
    { source: threshold("2.5"), threshold: 2 },
    { source: threshold("0x10"), threshold: 16 },
    { source: threshold("017"), threshold: 15 },
    { source: threshold("0b11"), threshold: 3 },
    { source: threshold("1e2"), threshold: 100 },
    { source: threshold("1_000"), threshold: 1000 },
    { source: threshold("~"), threshold: 0 },
    { source: "creation_rules: [{}]", threshold: 0 },
  ])("$source", async ({ source, threshold: expected }) => {
    expect(await rule(source)).toMatchObject({ threshold: expected })
  })

  test.each([
    { text: "yes", value: true },
    { text: "'yes'", value: true },
    { text: "on", value: true },
    { text: "Y", value: true },
    { text: "TRUE", value: true },
    { text: "off", value: false },
    { text: "~", value: false },
  ])("mac_only_encrypted: $text", async ({ text, value }) => {
    expect(await rule(`creation_rules: [{mac_only_encrypted: ${text}}]`)).toMatchObject({ macOnlyEncrypted: value })
  })

  test.each([
    { text: "1", value: "1" },
    { text: "true", value: "true" },
    { text: "0x1F", value: "0x1F" },
    { text: "2001-12-14", value: "2001-12-14" },
    { text: "~", value: "" },
    { text: "!foo bar", value: "bar" },
    { text: "!!binary aGk=", value: "hi" },
  ])("a text may be any scalar: $text", async ({ text, value }) => {
    const source = `creation_rules: [{encrypted_suffix: ${text}}]`
    expect((await rule(source))!.selectors.encryptedSuffix).toBe(value)
  })

  test.each([
    "creation_rules: a",
    "creation_rules: {a: b}",
    "creation_rules: [a]",
    "creation_rules: [[]]",
    "abc",
    "[]",
    "stores: []",
    "stores: {yaml: {indent: a}}",
    "stores: {dotenv: a}",
    "destination_rules: [{omit_extensions: 1}]",
    "destination_rules: [{recreation_rule: a}]",
    threshold("text"),
    threshold("'2'"),
    threshold("true"),
    threshold("99999999999999999999"),
    threshold(".inf"),
    "creation_rules: [{mac_only_encrypted: yEs}]",
    "creation_rules: [{mac_only_encrypted: 'true'}]",
    "creation_rules: [{mac_only_encrypted: 1}]",
    "creation_rules: [{hckms: a}]",
    "creation_rules: [{encrypted_regex: [a]}]",
    "creation_rules: [{encrypted_suffix: !!int x}]",
    "creation_rules: [{key_groups: [{pgp: a}]}]",
    "creation_rules: [{key_groups: [{kms: [a]}]}]",
    "creation_rules: [{key_groups: [{merge: a}]}]",
    "creation_rules: [{path_regex: a, path_regex: b}]",
    "creation_rules: []\ncreation_rules: []",
    "x: 1\nx: 2",
    "<<: a",
    "[a]: 1",
    "creation_rules: [",
  ])("%s is an error, whatever the path", (source) => {
    expect(() => read(source)).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        exit: 1,
        where: expect.objectContaining({ file: "/repo/.sops.yaml" }) as unknown,
      }) as Error,
    )
  })

  test.each(["", "---", "# c", "~", "{}", "x: {a: 1, a: 2}", "keys: [&a b]", "1: 2", "~: 3"])(
    "%s says nothing",
    async (source) => {
      expect(await rule(source)).toBeNull()
    },
  )

  test("nulls in lists are left out", async () => {
    expect(await groups("creation_rules: [~, {key_groups: [~, {age: [~, a]}]}]")).toEqual([["age:a"]])
    expect(await groups("creation_rules: [{hckms: [~, r:u, '']}]")).toEqual([["hckms:r:u"]])
  })
})

describe("which rule", () => {
  const two = "creation_rules:\n  - path_regex: ^a/\n    age: first\n  - path_regex: b$\n    age: second\n"
  test.each([
    { path: "/repo/a/b", folder: "/repo", age: "first" },
    { path: "/repo/x/b", folder: "/repo", age: "second" },
    // Only the folder of the config is cut off, as text.
    { path: "/elsewhere/a/b", folder: "/repo", age: "second" },
    { path: "/a/b", folder: "/", age: "second" },
  ])("$path, config in $folder", async ({ path, folder, age }) => {
    const found = await rule(two, path, folder)
    expect(found!.groups).toEqual([[{ type: "age", recipient: age }]])
  })

  test("none is an error, even for an empty list", async () => {
    await expect(rule(two, "/repo/x/c")).rejects.toMatchObject({
      code: "CONFIG_NO_RULE",
      exit: 1,
      message: expect.stringContaining("no matching creation rules found") as unknown,
    })
    await expect(rule("creation_rules: []")).rejects.toMatchObject({ code: "CONFIG_NO_RULE" })
    expect(await rule("creation_rules: ~")).toBeNull()
  })

  test("standard input without a name: only a rule for every path", async () => {
    const config = read(`${two}  - age: last\n`)
    const found = await ruleFor(config, { path: null, paths }, options)
    expect(found).toMatchObject({ groups: [[{ recipient: "last" }]], source: { rule: 3, line: 6 } })
  })

  test("a pattern is compiled when it is reached", async () => {
    const source = "creation_rules: [{path_regex: a, age: x}, {path_regex: (, age: y}]"
    expect(await rule(source, "/repo/a")).toMatchObject({ groups: [[{ recipient: "x" }]] })
    await expect(rule(source, "/repo/b")).rejects.toMatchObject({
      code: "PATTERN_INVALID",
      exit: 1,
      where: { file: "/repo/.sops.yaml", line: 1, column: 56 },
    })
  })

  test("what is wrong with flat keys counts only in the rule that is used", async () => {
    const source = "creation_rules: [{path_regex: a, age: x}, {age: {}}]"
    expect(await rule(source, "/repo/a")).not.toBeNull()
    await expect(rule(source, "/repo/b")).rejects.toMatchObject({ code: "CONFIG_INVALID" })
  })

  test("merge keys and aliases", async () => {
    const source = "x: &x {age: a, encrypted_suffix: s}\ncreation_rules:\n  - <<: *x\n    age: b\n"
    expect(await rule(source)).toMatchObject({ groups: [[{ recipient: "b" }]], selectors: { encryptedSuffix: "s" } })
  })
})

describe("recipients", () => {
  const flat = [
    "creation_rules:",
    "  - hc_vault_transit_uri: https://v/v1/t/keys/k",
    "    azure_keyvault: https://z/keys/k/1",
    "    hckms: [r:u]",
    "    gcp_kms: projects/p",
    "    kms: arn:a+role",
    "    pgp: F0",
    "    age: x",
    "    aws_profile: me",
  ]

  test("flat keys make one group, in upstream's order", async () => {
    expect(await groups(flat.join("\n"))).toEqual([
      [
        "age:x",
        "pgp:F0",
        "kms:arn:a+role||me",
        "gcp_kms:projects/p",
        "hckms:r:u",
        "azure_kv:https://z/keys/k/1",
        "hc_vault:https://v/v1/t/keys/k",
      ],
    ])
  })

  test.each([
    { text: "a", names: ["a"] },
    { text: "'a, b,'", names: ["a", "b"] },
    { text: ">-\n      a,\n      b,\n", names: ["a", "b"] },
    { text: "[a, 'b,c']", names: ["a", "b", "c"] },
    { text: "''", names: [] },
    { text: "~", names: [] },
    { text: "[]", names: [] },
    { text: "[a, a]", names: ["a", "a"] },
  ])("age: $text", async ({ text, names }) => {
    expect(await groups(`creation_rules:\n  - age: ${text}\n`)).toEqual([names.map((name) => `age:${name}`)])
  })

  test.each(["1", "true", "{}", "[1]", "[a, ~]", "[a, '']", "[[a]]"])("age: %s is an error", async (text) => {
    await expect(rule(`creation_rules: [{age: ${text}}]`)).rejects.toThrow(/invalid age key configuration/)
  })

  test("a recipient that does not parse is named by its place", async () => {
    await expect(rule("creation_rules:\n  - age:\n      - good\n      - bad\n")).rejects.toMatchObject({
      where: { file: "/repo/.sops.yaml", line: 4, column: 9 },
    })
  })

  test("key groups replace flat keys; merged groups come first, then upstream's order; repeats are dropped", async () => {
    const source = [
      "creation_rules:",
      "  - age: unused",
      "    shamir_threshold: 2",
      "    key_groups:",
      "      - hc_vault: [https://v/v1/t/keys/k]",
      "        azure_keyvault: [{vaultUrl: https://z, key: k, version: 1}, {vaultUrl: https://z, key: k}]",
      "        hckms: [{key_id: r:u}]",
      "        gcp_kms: [{resource_id: projects/p}]",
      "        kms: [{arn: arn:a+b, role: r, context: {k: v, a: ~}, aws_profile: p}]",
      "        pgp: [F 0, F0]",
      "        age: ['x,y', m]",
      "        merge: [{age: [m], merge: [{age: [deep]}]}]",
      "      - {}",
    ]
    expect(await groups(source.join("\n"))).toEqual([
      [
        "age:deep",
        "age:m",
        "age:x",
        "age:y",
        "pgp:F0",
        "kms:arn:a+b+r|a:,k:v|p",
        "gcp_kms:projects/p",
        "hckms:r:u",
        "azure_kv:https://z/keys/k/1",
        "azure_kv:https://z/keys/k/",
        "hc_vault:https://v/v1/t/keys/k",
      ],
      [],
    ])
  })

  test("no keys at all, and empty key groups, leave an empty group", async () => {
    expect(await groups("creation_rules: [{}]")).toEqual([[]])
    expect(await groups("creation_rules: [{key_groups: [], age: a}]")).toEqual([["age:a"]])
    expect(await groups("creation_rules: [{key_groups: [{}]}]")).toEqual([[]])
  })

  test("anchors name people", async () => {
    const found = await rule("keys: [&alice a, &bob b]\ncreation_rules: [{age: [*alice, *bob, c]}]")
    expect(found!.people.names).toEqual(
      new Map([
        ["age/a", "alice"],
        ["age/b", "bob"],
      ]),
    )
  })
})

describe("selectors", () => {
  test.each([
    ["unencrypted_suffix", "unencryptedSuffix"],
    ["encrypted_suffix", "encryptedSuffix"],
    ["unencrypted_regex", "unencryptedRegex"],
    ["encrypted_regex", "encryptedRegex"],
    ["unencrypted_comment_regex", "unencryptedCommentRegex"],
    ["encrypted_comment_regex", "encryptedCommentRegex"],
  ] as const)("%s", async (key, name) => {
    const found = await rule(`creation_rules: [{${key}: x}]`)
    expect(Object.entries(found!.selectors).filter(([, text]) => text !== "")).toEqual([[name, "x"]])
  })

  test("two in one rule are an error when it is used", async () => {
    const source = "creation_rules: [{path_regex: a}, {encrypted_regex: x, encrypted_suffix: y}]"
    expect(await rule(source, "/repo/a")).not.toBeNull()
    await expect(rule(source, "/repo/b")).rejects.toThrow(/cannot use more than one of/)
    expect(await rule("creation_rules: [{encrypted_regex: x, encrypted_suffix: ''}]")).not.toBeNull()
  })

  test("an invalid pattern never matches as `sops`; sotto refuses it with its place", async () => {
    const config = read("creation_rules: [{encrypted_regex: '(?=a)'}]")
    const target = { path: "/repo/a", paths }
    expect(await ruleFor(config, target, options)).not.toBeNull()
    await expect(ruleFor(config, target, { ...options, dialect: sottoDialect.config })).rejects.toMatchObject({
      code: "PATTERN_INVALID",
      message: expect.stringContaining(": encrypted_regex") as unknown,
      where: { line: 1 },
    })
  })
})

describe("what upstream is silent about", () => {
  test("misspelt keys are ignored with a notice; others without", async () => {
    const found = await rule(
      "keys: [x]\ncreation_rule: []\ncreation_rules:\n  - encrypted-regex: x\n    hc_vault: y\n    note: z\n",
    )
    expect(found!.selectors.encryptedRegex).toBe("")
    expect(found!.notices).toEqual([
      "line 2, column 1: an unknown key is ignored: did you mean `creation_rules`?",
      "line 4, column 5: an unknown key is ignored: did you mean `encrypted_regex`?",
      "line 5, column 5: an unknown key is ignored: did you mean `hc_vault_transit_uri`?",
    ])
  })

  test("G8: several key groups without a threshold: it says how many are needed", async () => {
    const groupsOfTwo = "creation_rules:\n  - key_groups: [{age: [a]}, {age: [b]}]\n"
    const found = await rule(groupsOfTwo)
    expect(found!.notices).toEqual([expect.stringContaining("a key of each of the 2 key groups is needed")])
    expect((await rule(`${groupsOfTwo}    shamir_threshold: 2\n`))!.notices).toEqual([])
    expect((await rule("creation_rules: [{key_groups: [{age: [a]}]}]"))!.notices).toEqual([])
  })
})

test("stores", () => {
  expect(read("").stores).toEqual({ jsonIndent: undefined, jsonBinaryIndent: undefined, yamlIndent: undefined })
  const source = "stores: {json: {indent: 2}, json_binary: {indent: -1}, yaml: {indent: 0}, dotenv: {}, ini: ~}"
  expect(read(source).stores).toEqual({ jsonIndent: 2, jsonBinaryIndent: undefined, yamlIndent: undefined })
  expect(read("stores: {json: {indent: 0}, yaml: {indent: -3}}").stores).toMatchObject({
    jsonIndent: 0,
    yamlIndent: -3,
  })
})

describe("destinations", () => {
  const source = [
    "destination_rules:",
    "  - path_regex: (",
    "    s3_bucket: never",
    "  - path_regex: ^\\./s3/",
    "    s3_bucket: b",
    "    s3_prefix: p/",
    "    omit_extensions: true",
    "    recreation_rule: {age: a, shamir_threshold: 1}",
    "  - path_regex: vault",
    "    vault_path: v",
    "    vault_kv_version: 1",
    "    reencryption_rule: {}",
    "  - path_regex: two",
    "    s3_bucket: b",
    "    gcs_bucket: c",
    "  - path_regex: none",
  ].join("\n")
  const find = (path: string) => destinationFor(read(source), path, options)

  test("the first that matches the path as it was given", async () => {
    expect(await find("./s3/a")).toMatchObject({
      rule: { s3Bucket: "b", s3Prefix: "p/", omitExtensions: true },
      recreation: { groups: [[{ recipient: "a" }]] },
    })
    expect(await find("x/vault")).toMatchObject({ rule: { vaultPath: "v", vaultVersion: 1 }, recreation: null })
  })

  test("none, no target and two targets are errors", async () => {
    await expect(find("s3/a")).rejects.toMatchObject({ code: "CONFIG_NO_DESTINATION", exit: 1 })
    await expect(find("two")).rejects.toThrow(/more than one destination/)
    await expect(find("none")).rejects.toThrow(/no destination configured/)
  })
})
