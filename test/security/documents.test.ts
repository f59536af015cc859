import { describe, expect, test } from "vitest"
import { type Opened, readSealed, type Warning } from "../../src/core/document.ts"
import { type Format } from "../../src/core/format.ts"
import { formatMemo, layoutAad, type Memo, pathCheck } from "../../src/core/memo.ts"
import { type SealOptions } from "../../src/core/seal-options.ts"
import { noSelectors } from "../../src/core/select.ts"
import { splice } from "../../src/core/splice.ts"
import { utf8 } from "../../src/core/text.ts"
import { formatToken } from "../../src/core/token.ts"
import { AppError } from "../../src/errors/app-error.ts"
import { dotenv } from "../../src/formats/dotenv/dotenv.ts"
import { ini } from "../../src/formats/ini/ini.ts"
import { json } from "../../src/formats/json/json.ts"
import { yaml } from "../../src/formats/yaml/yaml.ts"
import { kindsInFile } from "../../src/keys/kinds.ts"
import { checkSelectorDrift, newClearPaths } from "../../src/app/seal/selector-drift.ts"
import { cipherFor, compile, openText, sealText } from "../laws/document-laws.ts"

const token = String.raw`ENC\[AES256_GCM,[^\]]*\]`

function sealed(format: Format, plain: string, overrides: Partial<SealOptions> = {}): string {
  return sealText(format, plain, overrides).text
}

function plainOf(opened: Opened): string {
  return utf8.decode(opened.bytes)
}

function thrownBy(work: () => unknown): AppError | null {
  try {
    work()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  return null
}

function codeOf(work: () => unknown): string {
  return thrownBy(work)?.code ?? "no error"
}

/** A token of our own making, as somebody who holds the data key could put it anywhere. */
function forge(text: string, aad: string, kind: "str" | "comment"): string {
  const { data, nonce, tag } = cipherFor().seal(utf8.encode(text), aad)
  return formatToken(data, nonce, tag, kind)
}

describe("S1: selectors are not authenticated by upstream", () => {
  const plain = "data:\n  password: x\nnote: y\n"
  const byFile = compile({ ...noSelectors, encryptedRegex: "nothing" })
  const byRule = compile({ ...noSelectors, encryptedRegex: "data" })
  const counts = { file: false, rule: false }

  test("a value that the rule would seal and the file leaves clear is refused", () => {
    expect(codeOf(() => checkSelectorDrift(yaml.scan(plain).sites, byFile, byRule, counts))).toBe("SELECTOR_DRIFT")
    expect(codeOf(() => checkSelectorDrift(yaml.scan(plain).sites, byRule, byRule, counts))).toBe("no error")
    expect(codeOf(() => checkSelectorDrift(yaml.scan(plain).sites, byRule, byRule, { file: true, rule: false }))).toBe(
      "SELECTOR_DRIFT",
    )
  })

  test("without a rule every new clear path is found, and no old one", () => {
    const selectors = { ...noSelectors, encryptedRegex: "data" }
    const previous = openText(yaml, sealed(yaml, plain, { selectors }))
    const sites = yaml.scan(`${plain}more:\n  - a\n`).sites
    expect(newClearPaths(sites, compile(selectors), previous).map(({ line }) => line)).toEqual([5])
  })

  test("a clear element that moves up in its list is not new, a sealed one that would be clear is", () => {
    const selectors = { ...noSelectors, encryptedRegex: "data" }
    const previous = openText(yaml, sealed(yaml, "l:\n  - data: x\n  - data: y\n    name: bob\n", { selectors }))
    const lines = (text: string): number[] =>
      newClearPaths(yaml.scan(text).sites, compile(selectors), previous).map(({ line }) => line)
    expect(lines("l:\n  - data: y\n    name: bob\n")).toEqual([])
    expect(lines("l:\n  - data: y\n    name: eve\n")).toEqual([3])
    expect(lines("l:\n  - name: y\n")).toEqual([2])
  })
})

describe("S2: structure that upstream's MAC does not cover", () => {
  const plain = 'list: [["a", "b"], ["c"]]\nnote_unencrypted: clear\nempty: ""\ndb:\n  password: x\n'
  const text = sealed(yaml, plain)
  const withoutDigest = (changed: string): string => changed.replace(/ *sotto_structure: .*\n/, "")

  test.each([
    { name: "the border of a list moved", change: (t: string) => t.replace(/, ("ENC[^"]*")\], \[/, "], [$1, ") },
    { name: "a clear key renamed", change: (t: string) => t.replace("note_unencrypted", "other_unencrypted") },
    { name: "a null added", change: (t: string) => t.replace("db:\n", "added: null\ndb:\n") },
    { name: "an empty list added", change: (t: string) => t.replace("db:\n", "added: []\ndb:\n") },
    {
      name: "an empty string added where values are sealed",
      change: (t: string) => t.replace("db:\n", 'added: ""\ndb:\n'),
    },
    { name: "a path written as one key", change: (t: string) => t.replace(/db:\n {2}password:/, '"db:password":') },
    { name: "an empty document added", change: (t: string) => `${t}---\n{}\n` },
    {
      name: "another selector",
      change: (t: string) => t.replace("unencrypted_suffix: _unencrypted", "unencrypted_regex: _unencrypted"),
    },
  ])("$name: STRUCTURE_CHANGED, though its MAC holds", ({ change }) => {
    const changed = change(text)
    expect(changed).not.toBe(text)
    expect(codeOf(() => openText(yaml, changed))).toBe("STRUCTURE_CHANGED")
    // Without our digest it is a file by upstream, and opens.
    expect(codeOf(() => openText(yaml, withoutDigest(changed)))).toBe("no error")
  })

  test("an empty element of a list changes places with a sealed one", () => {
    const list = sealed(json, '{"l": ["x", ""]}')
    const swapped = list.replace(/("ENC[^"]*"), ""/, '"", $1')
    expect(swapped).not.toBe(list)
    expect(codeOf(() => openText(json, swapped))).toBe("STRUCTURE_CHANGED")
  })

  test("a repeated dotenv key and a shadowed INI line are noticed", () => {
    const env = sealed(dotenv, "A=1\nB=2\n")
    expect(codeOf(() => openText(dotenv, env.replace("B=", "C=\nB=")))).toBe("STRUCTURE_CHANGED")
    const shadowed = sealed(ini, "[s]\nk = first\nk = last\n")
    const forged = forge("evil", "s:k:", "str")
    expect(codeOf(() => openText(ini, shadowed.replace(new RegExp(token), forged)))).toBe("STRUCTURE_CHANGED")
  })

  test("with mac_only_encrypted clear parts may still be edited without a key", () => {
    const open = sealed(yaml, plain, { macOnlyEncrypted: true })
    expect(codeOf(() => openText(yaml, open.replace("clear", "changed")))).toBe("no error")
    expect(codeOf(() => openText(yaml, open.replace("db:\n", "more_unencrypted: 1\ndb:\n")))).toBe("no error")
  })
})

describe("S16: aliases", () => {
  test.each([
    { name: "to a sealed value", plain: "x: &a secret\ny_unencrypted: *a\n", line: 2 },
    { name: "to a mapping that holds one", plain: "x: &a\n  k: secret\ny_unencrypted: *a\n", line: 3 },
  ])("an alias from a clear place $name is refused on seal, with both places", ({ plain, line }) => {
    expect(thrownBy(() => sealed(yaml, plain))).toMatchObject({
      code: "ALIAS_TO_SEALED",
      where: { path: ["y_unencrypted"], line },
      detail: { notes: [`it refers to a sealed value in line ${line - 1}`] },
    })
    const allowed = sealed(yaml, plain, { allowClearAlias: true })
    expect(allowed).toContain("secret")
    // The clear text of the alias has no token that could bring it back.
    expect(plainOf(openText(yaml, allowed))).toBe(plain.replace("*a", plain.includes("k:") ? "{k: secret}" : "secret"))
    expect(sealText(yaml, plain, { allowClearAlias: true }).warnings).toEqual([{ code: "LAYOUT_DROPPED" }])
  })

  test("a sealed value is no key, whatever is allowed", () => {
    const plain = "x: &a secret\nmap:\n  *a : v\n"
    expect(codeOf(() => sealed(yaml, plain))).toBe("ALIAS_TO_SEALED")
    expect(codeOf(() => sealed(yaml, plain, { allowClearAlias: true }))).toBe("ALIAS_TO_SEALED")
    const clear = "x_unencrypted: &a name\n&k y: secret\nmap:\n  *a : v\n  *k : w\n"
    expect(plainOf(openText(yaml, sealed(yaml, clear)))).toBe(clear)
  })

  test("an alias in the clear that leads to a token is refused on open", () => {
    const text = sealed(yaml, "x: &a secret\ny_unencrypted: clear\n")
    const changed = text.replace("y_unencrypted: clear", "y_unencrypted: *a")
    expect(thrownBy(() => openText(yaml, changed))).toMatchObject({ code: "ALIAS_TO_SEALED", where: { line: 2 } })
  })

  test("aliases between sealed places are written out, and come back", () => {
    const plain = "base: &b {user: u, pass: p}\ncopy: *b\nlist: [&s one, *s]\nmerge:\n  <<: *b\n  more: 1\n"
    const text = sealed(yaml, plain)
    expect(text).not.toMatch(/\*[bs]\b/)
    expect(plainOf(openText(yaml, text))).toBe(plain)
  })
})

function escaped(value: string): string {
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
}

describe("S17: an opened text says what was sealed", () => {
  const nasty = [
    "x\nevil: 1",
    "a: b",
    "- a",
    "# no comment",
    "*x",
    "&x y",
    "!!int 5",
    "{a: 1}",
    "[",
    "|",
    "'",
    '"',
    "---",
    "...",
    "%YAML",
    "null",
    "true",
    "1",
    " a",
    "a ",
    "\t",
    "a\u2028b: c",
    "\u0085",
    "\uFEFF",
    "? x",
    "@",
    "`",
    "a #b",
    "true\n",
    "\n\n",
    "\r",
  ]

  test.each(nasty)("a plain token around %j", (value) => {
    const quoted = sealed(yaml, `k: ${escaped(value)}\nz: 1\n`)
    const bare = quoted.replace(/"(ENC\[[^"]*)"/, "$1")
    const opened = openText(yaml, bare)
    const again = yaml.scan(plainOf(opened)).sites
    expect(again.map(({ scalar }) => utf8.decode(scalar!.bytes))).toEqual([value, "1"])
  })
})

describe("S17: no value goes with the metadata", () => {
  test.each(["sops:\n", "sops: # c\n", "? sops\n", "sops: &a\n", "sops:\nsops:\n", "? sops\n? sops\n"])(
    "%j before an entry of a later document, with and without a last line end",
    (planted) => {
      const plain = "a: x\n---\nz: 1\ny: 2\n"
      for (const text of [sealed(yaml, plain), sealed(yaml, plain.slice(0, -1))]) {
        const opened = plainOf(openText(yaml, text.replace(/^y: /m, `${planted}y: `)))
        expect(yaml.scan(opened).sites).toHaveLength(3)
        expect(opened).toMatch(/z: 1\ny: 2/)
      }
    },
  )
})

describe("S18: comments", () => {
  test.each(["x\nevil: 1", "x\rz", "x\u0085z", "x\u2028z", "x\u2029z", "x\0z"])(
    "an opened comment that holds %j is refused",
    (text) => {
      const file = sealed(yaml, "# note\na: 1\n").replace(new RegExp(token), () => forge(text, ":", "comment"))
      expect(codeOf(() => openText(yaml, file))).toBe("COMMENT_UNSAFE")
    },
  )

  test("in dotenv only a line feed ends a comment, and all else comes back", () => {
    const plain = "#a\u0085b\u2028c\0d\re\r\nA=1\n"
    expect(plainOf(openText(dotenv, sealed(dotenv, plain)))).toBe(plain)
    const forged = sealed(dotenv, "#a\nA=1\n").replace(new RegExp(token), () => forge("x\nEVIL=1", ":", "comment"))
    expect(codeOf(() => openText(dotenv, forged))).toBe("COMMENT_UNSAFE")
  })

  test("a value whose token says `comment` is refused", () => {
    const file = sealed(yaml, "a: text\n").replace(",type:str]", ",type:comment]")
    expect(codeOf(() => openText(yaml, file))).toBe("VALUE_TYPE")
  })

  test("a sealed comment is no marker that keeps a value in the clear", () => {
    const selectors = { ...noSelectors, unencryptedCommentRegex: "comment" }
    expect(codeOf(() => sealed(yaml, "# secret\na: x\n", { selectors }))).toBe("COMMENT_PATTERN")
    expect(codeOf(() => sealed(yaml, "# a comment\na: x\nb: y\n", { selectors }))).toBe("no error")
  })

  test("a pattern that only some tokens hold by chance does not", () => {
    const plain = Array.from({ length: 300 }, (_, nth) => `# ${nth}\nk${nth}: x\n`).join("")
    const selectors = { ...noSelectors, unencryptedCommentRegex: "aB" }
    const text = sealed(yaml, plain, { selectors })
    expect(text.match(/^#ENC\[.*aB/gm)).toBeNull()
    expect(plainOf(openText(yaml, text))).toBe(plain)
  })

  test("a comment that nothing authenticates is named", () => {
    const file = sealed(yaml, "# note\na: 1\n").replace(new RegExp(`#${token}`), "# planted")
    expect(openText(yaml, file).warnings).toMatchObject([{ code: "COMMENT_NOT_SEALED", line: 1 }])
  })
})

describe("S19: tokens", () => {
  test("clear text behind a token is refused", () => {
    const file = sealed(yaml, 'a: "text"\n').replace(/"(ENC\[[^"]*)"/, '"$1 plain"')
    expect(codeOf(() => openText(yaml, file))).toBe("TRAILING_TEXT")
  })

  test("a clear value in a sealed place is refused", () => {
    const file = sealed(yaml, 'a: "text"\nb: 1\n').replace(/"(ENC\[[^"]*)"/, '"plain"')
    expect(codeOf(() => openText(yaml, file))).toBe("TOKEN_INVALID")
  })
})

describe("S22: names of Object.prototype are names like any other", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"]
  test.each(names)("%s as key, section and value", (name) => {
    const texts: [Format, string][] = [
      [yaml, `${name}:\n  ${name}: ${name}\n`],
      [json, `{"${name}": {"${name}": "${name}"}}\n`],
      [dotenv, `${name}=${name}\n`],
      [ini, `[${name}]\n${name} = ${name}\n`],
    ]
    for (const [format, plain] of texts) expect(plainOf(openText(format, sealed(format, plain)))).toBe(plain)
  })

  test.each(names)("%s as metadata field and token type", (name) => {
    const text = sealed(yaml, "a: text\n")
    expect(codeOf(() => openText(yaml, text.replace("    version:", `    ${name}: x\n    version:`)))).toBe("no error")
    expect(codeOf(() => openText(yaml, text.replace("type:str", `type:${name}`)))).toBe("TOKEN_INVALID")
  })
})

describe("S23: two places with one AAD", () => {
  test("are refused on seal", () => {
    expect(codeOf(() => sealed(yaml, '"a:b": 1\na:\n  b: 2\n'))).toBe("KEY_AMBIGUOUS")
    expect(codeOf(() => sealed(yaml, '"a:b": 1\nc:\n  b: 2\n'))).toBe("no error")
  })

  test("are named on open", () => {
    // Stock seals such a file, and has no structure digest that would notice the new place.
    const text = sealed(yaml, 'a:\n  b: x\nc: ""\n')
      .replace("c:", '"a:b":')
      .replace(/ *sotto_structure: .*\n/, "")
    expect(openText(yaml, text).warnings).toEqual([{ code: "KEY_AMBIGUOUS", line: 3, path: ["a:b"] }])
  })
})

describe("clear JSON integers that releases read differently", () => {
  const warningsFor = (number: string, macOnlyEncrypted = false): readonly Warning[] => {
    const selectors = { ...noSelectors, encryptedRegex: "secret" }
    return sealText(json, `{"secret": "x", "n": ${number}}`, { selectors, macOnlyEncrypted }).warnings
  }

  // 2^60 is a float, and its shortest digits are 1152921504606847000.
  test.each(["9007199254740993", "-0", "1152921504606846976", "-1152921504606846976", "9223372036854775807"])(
    "%s is named",
    (number) => {
      expect(warningsFor(number)).toEqual([{ code: "INEXACT_INTEGER", line: 1, path: ["n"] }])
      expect(warningsFor(number, true)).toEqual([])
    },
  )

  test.each(["9007199254740994", "1234567890123456", "0", "-0.0", "1E21", "9223372036854775808", "1e2"])(
    "%s is not",
    (number) => {
      expect(warningsFor(number)).toEqual([])
    },
  )
})

describe("S24: a memo never changes a value, whoever wrote it", () => {
  const text = sealed(yaml, "a: 0x1F\nb: 2\n")
  const item = yaml.scan("a: 31\nb: 2\n").sites[0]!.item
  const memo = (changes: Partial<Memo>): Memo => ({
    sites: new Map(),
    aliases: [],
    hasBom: false,
    blankCrLines: [],
    verbatim: new Map(),
    nullRoots: [],
    ...changes,
  })
  const site = (spelling: string): Memo =>
    memo({ sites: new Map([[0, { check: pathCheck(item), spelling, isGlued: false }]]) })

  test.each([
    { name: "another value", forged: site("32") },
    { name: "another kind", forged: site('"31"') },
    { name: "a second entry", forged: site("31\nevil: 1") },
    { name: "a comment", forged: site("31 # evil") },
    { name: "nothing", forged: site("") },
    { name: "blanks around it", forged: site(" 31") },
    {
      name: "a site that is not there",
      forged: memo({ sites: new Map([[99, { check: "00000000", spelling: "31", isGlued: false }]]) }),
    },
    { name: "a null that would be a key", forged: memo({ nullRoots: [[0, "null: "]] }) },
    { name: "a null that would be a value", forged: memo({ nullRoots: [[3, "~ #"]] }) },
    { name: "an alias to nowhere", forged: memo({ aliases: [{ first: 0, count: 1, depth: 0, text: "*x" }] }) },
    { name: "an alias over another value", forged: memo({ aliases: [{ first: 0, count: 2, depth: 0, text: "*x" }] }) },
  ])("$name: the canonical spelling stands", ({ forged }) => {
    const layout = forge(formatMemo(forged), layoutAad, "str")
    const file = text.replace(/sotto_layout: .*/, `sotto_layout: ${layout}`)
    expect(plainOf(openText(yaml, file))).toBe("a: 31\nb: 2\n")
  })

  // What belongs to a whole document is put back where sealing takes it out, and nowhere else.
  test.each([
    { name: "a document more", format: yaml, plain: "a: x\nb: z\n", forged: memo({ nullRoots: [[5, "---\n"]] }) },
    { name: "a tag", format: yaml, plain: "a: x\nb: z\n", forged: memo({ nullRoots: [[3, "!ruby/object:X "]] }) },
    { name: "a directive", format: yaml, plain: "--- \na: x\n", forged: memo({ nullRoots: [[0, "%YAML 1.1\n"]] }) },
    { name: "an anchor", format: yaml, plain: "a: x\n", forged: memo({ nullRoots: [[3, "&b "]] }) },
    { name: "a BOM of YAML", format: yaml, plain: "a: x\n", forged: memo({ hasBom: true }) },
    { name: "a BOM in a first name", format: dotenv, plain: "A=x\n", forged: memo({ hasBom: true }) },
    { name: "a BOM of INI", format: ini, plain: "[s]\na = x\n", forged: memo({ hasBom: true }) },
    { name: "a CR in a text", format: ini, plain: '[s]\na = """x\n\ny"""\n', forged: memo({ blankCrLines: [2] }) },
    { name: "a CR in JSON", format: json, plain: '{\n\n"a": "x"}\n', forged: memo({ blankCrLines: [1] }) },
  ])("$name: the text stays as it was opened", ({ format, plain, forged }) => {
    const file = sealed(format, plain)
    const document = readSealed(format, file, kindsInFile)
    const layout = forge(formatMemo(forged), layoutAad, "str")
    const tree = new Map([...document.metadata.tree, ["sotto_layout", layout]])
    const bare = splice(file, document.scan.metadata!.detach)
    const again = splice(bare, format.attach(format.scan(bare), tree, document.scan.metadata))
    expect(openText(format, again).memoText).toBe(formatMemo(forged))
    expect(plainOf(openText(format, again))).toBe(plain)
  })

  test("a memo of a later version, or none at all, is left aside", () => {
    const later = forge(JSON.stringify({ v: 2, sites: [] }), layoutAad, "str")
    expect(plainOf(openText(yaml, text.replace(/sotto_layout: .*/, `sotto_layout: ${later}`)))).toBe("a: 31\nb: 2\n")
    expect(plainOf(openText(yaml, text.replace(/ *sotto_layout: .*\n/, "")))).toBe("a: 31\nb: 2\n")
    expect(plainOf(openText(yaml, text))).toBe("a: 0x1F\nb: 2\n")
  })
})
