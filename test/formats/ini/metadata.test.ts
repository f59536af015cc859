import { readFileSync, readdirSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { type MetaMap, type MetaValue } from "../../../src/core/format.ts"
import { splice } from "../../../src/core/splice.ts"
import { ini } from "../../../src/formats/ini/ini.ts"
import { fault, read } from "./support.ts"

const tree: MetaMap = new Map<string, MetaValue>([
  ["age", [new Map([["enc", "-----BEGIN-----\nYWdl\n-----END-----\n"]])]],
  ["mac", "ENC[x]"],
  ["mac_only_encrypted", true],
  ["shamir_threshold", 2],
])

const block = `[sops]
age__list_0__map_enc = """-----BEGIN-----
YWdl
-----END-----
"""
mac                  = ENC[x]
mac_only_encrypted   = true
shamir_threshold     = 2
`

function attached(source: string, like: string | null = null, wanted = tree): string {
  const previous = like === null ? null : ini.scan(like).metadata
  return splice(source, ini.attach(ini.scan(source), wanted, previous))
}

function detached(source: string): string {
  return splice(source, ini.scan(source).metadata!.detach)
}

describe("a new block", () => {
  const cases: [name: string, source: string, text: string][] = [
    ["behind an empty line", "[s]\na = 1\n", `[s]\na = 1\n\n${block}`],
    ["without a final newline", "a = 1", `a = 1\n${block}`],
    ["of an empty file", "", `\n${block}`],
    ["behind a BOM", "\uFEFF", `\uFEFF\n${block}`],
    ["behind comments at the end", "a = 1\n; c\n", `a = 1\n; c\n\n${block}`],
    ["with CRLF", "a = 1\r\n", `a = 1\r\n\r\n${block.replaceAll("\n", "\r\n")}`],
    ["behind a value that is still open", "a = 1 \\", `a = 1 \\\n\n${block.replace("]", "]\t")}`],
    ["behind a value that an empty line ends", "a = 1 \\\n", `a = 1 \\\n\n${block}`],
    ["behind a lone CR", "a = 1\r", `a = 1\r\n${block}`],
  ]
  test.each(cases)("%s", (_name, source, text) => {
    expect(attached(source)).toBe(text)
    expect(detached(text)).toBe(source)
    expect(read(ini.scan(text))).toEqual(read(ini.scan(source)))
  })

  test("line ends are read back as they went in, CRLF in the file or not", () => {
    for (const source of ["a = 1\n", "a = 1\r\n"]) {
      const found = ini.scan(attached(source)).metadata!.tree
      expect(found.get("age")).toEqual(tree.get("age"))
      expect(found.get("mac_only_encrypted")).toBe("true")
    }
  })

  test("values and keys that need quotes have them", () => {
    const odd: MetaMap = new Map<string, MetaValue>([
      ["encrypted_regex", '"^(a;b|c`d)$"'],
      ["unencrypted_suffix", " x"],
      ["encrypted_suffix", "back\\"],
      ["kms", [new Map([["context", new Map([["a=b", "c#d"]])]])]],
    ])
    expect(ini.scan(attached("a = 1\n", null, odd)).metadata!.tree).toEqual(odd)
  })
})

describe("the previous block", () => {
  const stock = "age__list_0__map_enc = -----BEGIN-----\\nYWdl\\n-----END-----\\n"
  const withMac = (mac: string): MetaMap => new Map([...tree, ["mac", mac]])

  test("keeps its spelling where nothing changed", () => {
    const like = `[s]\na = 1\n\n[sops]\n${stock}\nmac='ENC[x]' ; c\nmac_only_encrypted: true\nshamir_threshold = 2\n`
    expect(attached("[s]\na = 1\n", like)).toBe(like)
    expect(attached("[s]\na = 1\n", like, withMac("ENC[y]"))).toBe(like.replace("[x]", "[y]"))
  })

  test("keeps the order of its lines; new ones follow their neighbours, and others go", () => {
    const like = `a = 1\n\n[sops]\nmac_only_encrypted = true\nmac                = ENC[x]\ngone               = 1\n; note\n${stock}\n`
    expect(attached("a = 1\n", like, new Map([...tree, ["sotto_structure", "ENC[z]"]]))).toBe(
      `a = 1\n\n[sops]\nmac_only_encrypted = true\nshamir_threshold   = 2\nsotto_structure    = ENC[z]\nmac                = ENC[x]\n; note\n${stock}\n`,
    )
  })

  const places: [name: string, like: string, source: string, text: string][] = [
    ["first", "[sops]\nmac = ENC[x]\n\n[a]\nk=1\n", "; c\n[a]\nk=2\n", "[sops]\nmac = ENC[x]\n\n; c\n[a]\nk=2\n"],
    ["between", "[a]\n[sops]\nmac = ENC[x]\n[b]\n", "[a]\n\n[b]\nx=1", "[a]\n\n[sops]\nmac = ENC[x]\n[b]\nx=1"],
    [
      "never among the keys before the first header",
      "[sops]\nmac = ENC[x]\n[a]\n",
      "k=1\n[a]\n",
      "k=1\n[sops]\nmac = ENC[x]\n[a]\n",
    ],
    [
      "last when the sections behind it are gone",
      "[a]\n; c\n[sops]\nmac = ENC[x]\n\n[b]\n",
      "[a]\n",
      "[a]\n\n[sops]\nmac = ENC[x]\n",
    ],
    ["alone, and then behind others", "[sops]\nmac = ENC[x]", "a=1\n", "a=1\n\n[sops]\nmac = ENC[x]"],
    ["alone", "[sops]\nmac = ENC[x]", "", "[sops]\nmac = ENC[x]"],
    [
      "with a sign that is no longer right",
      "a = \\\n\n[sops]\t\nmac = ENC[x]\n",
      "a = 1\n",
      "a = 1\n\n[sops]\nmac = ENC[x]\n",
    ],
    ["with comments at the end", "[sops]\nmac = ENC[x]\n; end\n", "a=1\n", "a=1\n\n[sops]\nmac = ENC[x]\n; end\n"],
  ]
  test.each(places)("stays where it was: %s", (_name, like, source, text) => {
    expect(attached(source, like, new Map([["mac", "ENC[x]"]]))).toBe(text)
    expect(detached(text)).toBe(source)
  })
})

describe("reading", () => {
  test("two sections of the name are refused when the metadata is read, and not before", () => {
    const scan = ini.scan("[sops]\nmac=1\n[a]\n[sops]\nmac=2\n")
    expect(fault(() => scan.metadata!.tree)).toEqual({ code: "METADATA_INVALID", line: 4, exit: 1 })
  })

  test("if a line appears twice, the last one counts, as upstream", () => {
    expect(ini.scan("[sops]\nmac=1\nmac=2\n").metadata!.tree).toEqual(new Map([["mac", "2"]]))
  })

  test("the block is not content", () => {
    expect(read(ini.scan("; c\n[sops]\nmac=1\n; d\n[a]\nk=1\n"))).toEqual(["a ; d", "a.k = 1"])
  })
})

describe("files that releases of sops wrote", () => {
  const folder = new URL("../../../fixtures/golden/sealed/", import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ini"))

  test.each(files)("%s: taken out and put back, the block is the same to the byte", (file) => {
    const source = readFileSync(new URL(file.replaceAll("\\", "/"), folder), "utf8")
    const { metadata } = ini.scan(source)
    expect(attached(detached(source), source, metadata!.tree)).toBe(source)
    const changed = new Map([...metadata!.tree, ["mac", "ENC[y]"]])
    const lines = source.split("\n")
    const others = attached(detached(source), source, changed).split("\n")
    expect(others.filter((line, nth) => line !== lines[nth])).toHaveLength(1)
  })
})
