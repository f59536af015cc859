import { describe, expect, test } from "vitest"
import { kindsInFile } from "../../src/keys/kinds.ts"
import { type Leaf, type Opened, readSealed } from "../../src/core/document.ts"
import { type Format } from "../../src/core/format.ts"
import { type ExpectedLeaf, open } from "../../src/core/open.ts"
import { type Scalar } from "../../src/core/scalar.ts"
import { utf8 } from "../../src/core/text.ts"
import { ini } from "../../src/formats/ini/ini.ts"
import { json } from "../../src/formats/json/json.ts"
import { yaml } from "../../src/formats/yaml/yaml.ts"
import { cipherFor, compile, openText, sealText } from "../laws/document-laws.ts"

const metadata = /^\s*"?(?:mac|lastmodified|sotto_structure|sotto_layout)\b/

/** Numbers of the lines that differ, apart from the metadata that every change renews. */
function changedLines(before: string, after: string): number[] {
  const [old, now] = [before.split("\n"), after.split("\n")]
  return now.flatMap((line, index) => (line === old[index] || metadata.test(line) ? [] : [index + 1]))
}

function reseal(format: Format, previous: Opened, plain: string): string {
  return sealText(format, plain, { previous, now: new Date("2031-01-01T00:00:00Z") }).text
}

describe("L4: one changed value changes only its token, even if others of its list are equal", () => {
  test.each([
    { name: "the first of three", before: ["x", "x", "x"], after: ["new", "x", "x"], changed: [2] },
    { name: "one in the middle", before: ["x", "y", "x", "x"], after: ["x", "y", "new", "x"], changed: [4] },
    { name: "two apart", before: ["x", "x", "y", "x", "x"], after: ["1", "x", "y", "x", "2"], changed: [2, 6] },
  ])("$name", ({ before, after, changed }) => {
    const plain = (items: readonly string[]): string => `list:\n${items.map((item) => `  - '${item}'\n`).join("")}`
    const sealed = sealText(yaml, plain(before)).text
    expect(changedLines(sealed, reseal(yaml, openText(yaml, sealed), plain(after)))).toEqual(changed)
  })

  test("a float -0 by upstream, which is printed as an integer", () => {
    const sealed = sealText(json, '{\n"a": -0.0,\n"b": "x"\n}\n', { layoutMemo: false }).text
    const opened = openText(json, sealed)
    const plain = utf8.decode(opened.bytes)
    expect(plain).toContain('"a": -0,')
    expect(changedLines(sealed, reseal(json, opened, plain.replace('"x"', '"y"')))).toEqual([3])
    for (const other of ["0", "0.0", "-0.0"]) {
      const changed = plain.replace("-0", other)
      expect(utf8.decode(openText(json, reseal(json, opened, changed)).bytes)).toBe(changed)
    }
    const five = openText(json, sealText(json, '{"a": -5.0}').text)
    expect(utf8.decode(openText(json, reseal(json, five, '{"a": 0}')).bytes)).toBe('{"a": 0}')
    const zero = openText(json, sealText(json, '{"a": 0.0}').text)
    expect(utf8.decode(openText(json, reseal(json, zero, '{"a": -0.0}')).bytes)).toBe('{"a": -0.0}')
  })

  test("a text that upstream prints with a tag", () => {
    const sealed = sealText(yaml, 'h: "<<"\nq: x\n').text.replace(/h: "(ENC[^"]*)"/, "h: $1")
    const opened = openText(yaml, sealed)
    const plain = utf8.decode(opened.bytes)
    expect(plain).toBe("h: !!merge <<\nq: x\n")
    expect(changedLines(sealed, reseal(yaml, opened, "h: !!merge <<\nq: z\n"))).toEqual([2])
  })

  test("an equal one becomes empty, and stays the first of the two", () => {
    const sealed = sealText(json, '{"list": ["x", "x"]}').text
    const emptied = reseal(json, openText(json, sealed), '{"list": ["", "x"]}')
    expect(emptied).toContain(/"(ENC[^"]*)"\]/.exec(sealed)![1]!)
  })

  test("an element that goes takes only its own token with it", () => {
    const sealed = sealText(yaml, "list:\n  - x\n  - y\n  - x\n  - x\n").text
    const shorter = reseal(yaml, openText(yaml, sealed), "list:\n  - x\n  - x\n  - x\n")
    const lines = sealed.split("\n")
    expect(shorter.split("\n").slice(0, 4)).toEqual([lines[0], lines[1], lines[3], lines[4]])
  })

  test("equal comments keep theirs too", () => {
    const plain = "# ---\na: 1\n# ---\nb: 2\n# ---\nc: 3\n"
    const sealed = sealText(yaml, plain).text
    expect(changedLines(sealed, reseal(yaml, openText(yaml, sealed), plain.replace("---", "===")))).toEqual([1])
  })
})

describe("L4: an edit does not respell what upstream wrote", () => {
  /** Upstream writes bare tokens for what it prints in quotes or as a block. */
  function asUpstream(sealed: string): string {
    return sealed
      .replace(/ *sotto_\w+: .*\n/g, "")
      .replace(/(: |- )["'](ENC\[.*)["']$/gm, "$1$2")
      .replace(/\|-?\n *(ENC\[)/g, "$1")
  }

  test("tokens of texts that need quotes or a block stay bare", () => {
    const plain = `quoted: "31"\nsingle: 'a: b'\nblock: |\n    one\n    two\nlist:\n    - "yes"\nlast: x\n`
    const sealed = asUpstream(sealText(yaml, plain).text)
    expect(sealed).toMatch(/^block: ENC\[/m)
    const opened = openText(yaml, sealed)
    expect(utf8.decode(opened.bytes)).toBe(plain)
    const changed = sealText(yaml, plain.replace("last: x", "last: z"), { previous: opened, structure: false }).text
    expect(changedLines(sealed, changed)).toEqual([6])
    expect(utf8.decode(openText(yaml, changed).bytes)).toBe(plain.replace("last: x", "last: z"))
  })

  test("a bare token gets its quotes where its value moves into brackets", () => {
    const plain = `a: "31"\nb: x\n`
    const opened = openText(yaml, asUpstream(sealText(yaml, plain).text))
    const moved = `{a: "31", b: x}\n`
    const changed = sealText(yaml, moved, { previous: opened }).text
    expect(changed).toMatch(/^\{a: "ENC\[/)
    expect(utf8.decode(openText(yaml, changed).bytes)).toBe(moved)
  })

  test("INI values that need quotes stay bare", () => {
    const plain = '[s]\na = """one\ntwo"""\nb = x\n'
    const sealed = sealText(ini, plain).text.replace(/"""(ENC.*)"""/, "$1")
    const opened = openText(ini, sealed)
    expect(utf8.decode(opened.bytes)).toBe(plain)
    const changed = sealText(ini, plain.replace("b = x", "b = y"), { previous: opened }).text
    expect(changed.split("\n")[1]).toBe(sealed.split("\n")[1])
  })

  test("JSON numbers, which are floats before 3.13.2, keep their tokens", () => {
    const { data, nonce, tag } = cipherFor().seal(utf8.encode("31"), "a:")
    const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")
    const token = `ENC[AES256_GCM,data:${base64(data)},iv:${base64(nonce)},tag:${base64(tag)},type:float]`
    const sealed = sealText(json, '{"a": 31, "b": "x"}', { structure: false }).text.replace(
      /ENC\[[^\]]*type:int\]/,
      token,
    )
    const changed = reseal(json, openText(json, sealed), '{"a": 31, "b": "y"}')
    expect(changed).toContain(token)
    expect(utf8.decode(openText(json, changed).bytes)).toBe('{"a": 31, "b": "y"}')
  })

  test("such a number between two changes keeps it too, and two values that change places get their own", () => {
    const { data, nonce, tag } = cipherFor().seal(utf8.encode("31"), "a:")
    const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")
    const token = `ENC[AES256_GCM,data:${base64(data)},iv:${base64(nonce)},tag:${base64(tag)},type:float]`
    const text = (values: readonly string[]): string =>
      `{"x": "${values[0]}", "a": 31, "b": "${values[1]}", "c": "${values[2]}", "y": "${values[3]}"}`
    const sealed = sealText(json, text(["1", "2", "3", "4"]), { structure: false }).text.replace(
      /ENC\[[^\]]*type:int\]/,
      token,
    )
    const changed = reseal(json, openText(json, sealed), text(["5", "3", "2", "6"]))
    expect(changed).toContain(token)
    for (const old of sealed.match(/ENC\[[^\]]*\]/g)!) expect(changed.includes(old)).toBe(old === token)
    expect(utf8.decode(openText(json, changed).bytes)).toBe(text(["5", "3", "2", "6"]))
  })

  test("but a float that was written as an integer gets a token of its own", () => {
    const opened = openText(yaml, sealText(yaml, "a: 1\nb: x\n").text)
    const changed = reseal(yaml, opened, "a: 1.0\nb: x\n")
    expect(changed).toMatch(/^a: ENC.*type:float\]$/m)
    expect(utf8.decode(openText(yaml, changed).bytes)).toBe("a: 1.0\nb: x\n")
  })
})

describe("a token that was opened before is not opened again", () => {
  const sealed = sealText(yaml, "a: one\nb: two\nc: three\n").text
  const { leaves } = openText(yaml, sealed)
  const [a, b, c] = leaves as (Leaf & { token: string; scalar: Scalar })[]
  const known = (site: Leaf, { token, scalar }: { token: string; scalar: Scalar }): ExpectedLeaf => ({
    ...site,
    kept: { token, scalar },
  })
  const opening = (text: string, leaves: readonly ExpectedLeaf[]): Opened => {
    const document = readSealed(yaml, text, kindsInFile)
    const selectors = compile(document.metadata.selectors)
    const expected = { leaves, macHex: "", macOnlyEncrypted: false }
    return open(document, { cipher: cipherFor(), selectors, requireStructure: false, expected })
  }

  test("if it is expected at its path", () => {
    const opened = opening(sealed, [known(a!, a!), known(b!, b!)])
    expect(opened.leaves.map(({ scalar }) => scalar)).toEqual([a!.scalar, b!.scalar, c!.scalar])
    expect(opened.leaves[0]!.scalar).toBe(a!.scalar)
    expect(opened.leaves[2]!.scalar).not.toBe(c!.scalar)
  })

  test("but a token at another path is opened, and fails", () => {
    const swapped = sealed.replace(a!.token, "first").replace(b!.token, a!.token).replace("first", b!.token)
    const work = (): Opened => opening(swapped, [known(b!, b!), known(a!, a!)])
    expect(work).toThrow(expect.objectContaining({ code: "VALUE_NOT_OPENED" }))
  })

  test("and what is said to be in it has to fit the MAC", () => {
    const work = (): Opened => opening(sealed, [known(a!, { token: a!.token, scalar: b!.scalar })])
    expect(work).toThrow(expect.objectContaining({ code: "MAC_MISMATCH" }))
  })
})

describe("expectations about a document prove nothing", () => {
  const sealed = sealText(yaml, "a: one\nb: two\nclear_unencrypted: 3\n").text
  const { leaves, macHex } = openText(yaml, sealed)
  const expected = leaves.map((leaf) => ({ ...leaf, kept: null }))
  const opening = (text: string, as: readonly ExpectedLeaf[], mac = macHex): Opened => {
    const document = readSealed(yaml, text, kindsInFile)
    const selectors = compile(document.metadata.selectors)
    return open(document, {
      cipher: cipherFor(),
      selectors,
      requireStructure: false,
      expected: { leaves: as, macHex: mac, macOnlyEncrypted: false },
    })
  }

  test("expected values come back as expected", () => {
    const opened = opening(sealed, expected)
    expect(opened.leaves[1]!.scalar).toBe(expected[1]!.scalar)
    expect(opened.macHex).toBe(macHex)
  })

  test("another value in the token comes out", () => {
    const wrong = expected.map((leaf, at) => (at === 0 ? { ...leaf, scalar: expected[1]!.scalar } : leaf))
    expect(utf8.decode(opening(sealed, wrong).leaves[0]!.scalar!.bytes)).toBe("one")
  })

  test("a MAC over them that differs from the file's is a mismatch", () => {
    expect(() => opening(sealed, expected, "0".repeat(128))).toThrow(expect.objectContaining({ code: "MAC_MISMATCH" }))
  })

  test("a clear value that changed is hashed, and does not fit", () => {
    const changed = sealed.replace("clear_unencrypted: 3", "clear_unencrypted: 4")
    expect(() => opening(changed, expected)).toThrow(expect.objectContaining({ code: "MAC_MISMATCH" }))
  })
})
