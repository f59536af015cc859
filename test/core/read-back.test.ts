import { expect, test } from "vitest"
import { compileSelectors } from "../../src/config/re2.ts"
import { type Opened, readSealed } from "../../src/core/document.ts"
import { type Format, type MetaMap, type MetaValue } from "../../src/core/format.ts"
import { Cipher } from "../../src/core/gcm.ts"
import { type Expected, open } from "../../src/core/open.ts"
import { readBack, type Written } from "../../src/core/read-back.ts"
import { textScalar } from "../../src/core/scalar.ts"
import { seal } from "../../src/core/seal.ts"
import { type SealOptions } from "../../src/core/seal-options.ts"
import { SecretBytes } from "../../src/core/secret.ts"
import { noSelectors } from "../../src/core/select.ts"
import { dotenv } from "../../src/formats/dotenv/dotenv.ts"
import { ini } from "../../src/formats/ini/ini.ts"
import { json } from "../../src/formats/json/json.ts"
import { yaml } from "../../src/formats/yaml/yaml.ts"
import { kindsInFile } from "../../src/keys/kinds.ts"

const cipher = new Cipher(new SecretBytes(new Uint8Array(32)))
const keys: MetaMap = new Map([
  [
    "age",
    [
      new Map([
        ["recipient", "age1lraydjn7j8cqu8k2088w6vvhakheceqd2qlz862pnhs7j8xll9lsqxw22x"],
        ["enc", "x"],
      ]),
    ],
  ],
])

async function back(): Promise<Parameters<typeof readBack>[3]> {
  return { cipher, compiled: await compileSelectors(noSelectors, { refuseInvalid: true }), kinds: kindsInFile }
}

async function sealed(
  format: Format,
  plain: string,
  given: Partial<SealOptions> = {},
): Promise<Written & { opened: Opened }> {
  const { compiled } = await back()
  const options = {
    cipher,
    compiled,
    keys,
    kinds: kindsInFile,
    selectors: noSelectors,
    macOnlyEncrypted: false,
    version: "3.13.2",
    now: new Date(0),
    previous: null,
    structure: true,
    layoutMemo: true,
    container: "",
    allowClearAlias: false,
    allowEmptySelection: false,
    ...given,
  }
  const { text, opened } = seal(format, plain, options)
  return { text, tree: opened.document.metadata.tree, opened }
}

/** What a text should open to, as the one that seals knows it. */
function expected(format: Format, plain: string, { leaves, macHex }: Opened): Expected {
  const { sites } = format.scan(plain)
  const wanted = leaves.map(({ isSelected, token }, index) => {
    const site = sites[index]!
    return { site, scalar: site.scalar, isSelected, token, kept: null }
  })
  return { leaves: wanted, macHex, macOnlyEncrypted: false, known: { text: plain, sites } }
}

const texts: { name: string; format: Format; plain: string }[] = [
  { name: "YAML", format: yaml, plain: 'a: "one"\nlist:\n  - two\n  - "three"\nb_unencrypted: 5\n' },
  { name: "JSON", format: json, plain: '{\n  "a": "one",\n  "list": ["two", "three"],\n  "b_unencrypted": 5\n}\n' },
  { name: "dotenv", format: dotenv, plain: "A=one\n# about\nB=two\nC=three\n" },
  { name: "INI", format: ini, plain: "[s]\na = one\n; about\nb = two\nc = three\n" },
]

test.each(texts)("what was sealed is read back: $name", async ({ format, plain }) => {
  const { opened, ...written } = await sealed(format, plain)
  const found = readBack(format, written, expected(format, plain, opened), await back())
  expect(Buffer.from(found.bytes).toString()).toBe(plain)
})

test.each(texts)("another value than the one that went in is noticed: $name", async ({ format, plain }) => {
  const { opened, ...written } = await sealed(format, plain)
  const wanted = expected(format, plain, opened)
  for (const [at, { token }] of wanted.leaves.entries()) {
    if (token === null) continue
    const other = { ...wanted.leaves[at]!, scalar: textScalar("other") }
    const isOther = { ...wanted, leaves: wanted.leaves.with(at, other) }
    const how = await back()
    expect(() => readBack(format, written, isOther, how)).toThrow(expect.objectContaining({ code: "SELF_CHECK" }))
  }
})

test.each(texts)("tokens in each other's places are noticed: $name", async ({ format, plain }) => {
  const { text, tree, opened } = await sealed(format, plain)
  const [first, second] = opened.leaves.slice(-3).flatMap(({ token }) => token ?? [])
  const swapped = { text: text.replace(first!, "?").replace(second!, first!).replace("?", second!), tree }
  const how = await back()
  const wanted = expected(format, plain, opened)
  expect(() => readBack(format, swapped, wanted, how)).toThrow(expect.objectContaining({ code: "SELF_CHECK" }))
})

/** Seals without a digest, which would tell too; the pattern selects all. */
const byPattern = async (): Promise<Partial<SealOptions>> => {
  const selectors = { ...noSelectors, encryptedRegex: "[a-cA-C]" }
  return { selectors, compiled: await compileSelectors(selectors, { refuseInvalid: true }), structure: false }
}

test.each(texts)("metadata that say something else than was meant are noticed: $name", async ({ format, plain }) => {
  const given = await byPattern()
  const { text, tree, opened } = await sealed(format, plain, given)
  const how = { ...(await back()), compiled: given.compiled! }
  const changes = [
    ["[a-cA-C]", "[a-dA-C]", "encrypted_regex"],
    ["age1lraydjn7", "age1lraydjn8", "age"],
    ["3.13.2", "3.13.3", "version"],
  ] as const
  const whole = expected(format, plain, opened)
  // Where the plain text is not known, there is one way only.
  for (const wanted of [whole, { ...whole, known: undefined }]) {
    expect(Buffer.from(readBack(format, { text, tree }, wanted, how).bytes).toString()).toBe(plain)
    for (const [before, after, field] of changes) {
      const changed = { text: text.replace(before, after), tree }
      expect(changed.text).not.toBe(text)
      expect(() => readBack(format, changed, wanted, how)).toThrow(`${field} of its metadata would come back`)
    }
  }
})

// Both take every backslash before an n for a line break.
test.each([
  { name: "dotenv", format: dotenv, plain: "A=one\n" },
  { name: "INI", format: ini, plain: "[s]\na = one\n" },
])("metadata that $name cannot hold are named, and nothing is sealed", async ({ format, plain }) => {
  const selectors = { ...noSelectors, encryptedRegex: "\\n|[aA]" }
  const compiled = await compileSelectors(selectors, { refuseInvalid: true })
  for (const structure of [false, true]) {
    const made = sealed(format, plain, { selectors, compiled, structure })
    await expect(made).rejects.toThrow("encrypted_regex of its metadata would come back")
  }
  const context = new Map([["app", "C:\\new"]])
  const kms: MetaMap = new Map([
    [
      "kms",
      [
        new Map<string, MetaValue>([
          ["arn", "arn:aws:kms:eu-west-1:1:key/x"],
          ["created_at", "2026-01-01T00:00:00Z"],
          ["enc", "x"],
          ["context", context],
        ]),
      ],
    ],
  ])
  await expect(sealed(format, plain, { keys: kms })).rejects.toThrow("kms of its metadata would come back")
})

// A format that spells another text than the one that was opened, where it stands for a text that is known.
test.each(texts)("a text that says something else never counts for a known one: $name", async ({ format, plain }) => {
  const { text } = await sealed(format, plain)
  const { compiled, kinds } = await back()
  const lie = plain.replace("two", "too")
  const liar: Format = {
    ...format,
    open: (scan, site, scalar) => {
      const edit = format.open(scan, site, scalar)
      return { ...edit, text: edit.text.replace("two", "too") }
    },
  }
  const document = { ...readSealed(format, text, kinds), format: liar }
  const known = { text: lie, sites: format.scan(lie).sites }
  const leaves = document.scan.sites.map((site) => ({ site, scalar: null, isSelected: true, token: null, kept: null }))
  const options = { cipher, selectors: compiled, requireStructure: false }
  const told = { leaves, macHex: "", macOnlyEncrypted: true, known }
  expect(() => open(document, { ...options, expected: told })).toThrow(expect.objectContaining({ code: "VALUE_TYPE" }))
})
