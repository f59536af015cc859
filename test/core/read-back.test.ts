import { expect, test } from "vitest"
import { compileSelectors } from "../../src/config/re2.ts"
import { type Opened, readSealed } from "../../src/core/document.ts"
import { type Format, type MetaMap } from "../../src/core/format.ts"
import { Cipher } from "../../src/core/gcm.ts"
import { type Expected, open } from "../../src/core/open.ts"
import { readBack } from "../../src/core/read-back.ts"
import { textScalar } from "../../src/core/scalar.ts"
import { seal } from "../../src/core/seal.ts"
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

async function sealed(format: Format, plain: string): Promise<{ text: string; opened: Opened }> {
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
  }
  return seal(format, plain, options)
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
  const { text, opened } = await sealed(format, plain)
  const found = readBack(format, text, expected(format, plain, opened), await back())
  expect(Buffer.from(found.bytes).toString()).toBe(plain)
})

test.each(texts)("another value than the one that went in is noticed: $name", async ({ format, plain }) => {
  const { text, opened } = await sealed(format, plain)
  const wanted = expected(format, plain, opened)
  for (const [at, { token }] of wanted.leaves.entries()) {
    if (token === null) continue
    const other = { ...wanted.leaves[at]!, scalar: textScalar("other") }
    const isOther = { ...wanted, leaves: wanted.leaves.with(at, other) }
    const how = await back()
    expect(() => readBack(format, text, isOther, how)).toThrow(expect.objectContaining({ code: "SELF_CHECK" }))
  }
})

test.each(texts)("tokens in each other's places are noticed: $name", async ({ format, plain }) => {
  const { text, opened } = await sealed(format, plain)
  const [first, second] = opened.leaves.slice(-3).flatMap(({ token }) => token ?? [])
  const swapped = text.replace(first!, "?").replace(second!, first!).replace("?", second!)
  const how = await back()
  const wanted = expected(format, plain, opened)
  expect(() => readBack(format, swapped, wanted, how)).toThrow(expect.objectContaining({ code: "SELF_CHECK" }))
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
