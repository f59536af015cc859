import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { keyFile, recipients } from "../keys/golden.ts"
import { call, type Ended, machine } from "../machine.ts"
import { stockSops as sops } from "../stock-sops.ts"

/**
 * What users of sops met: files that it sealed without a word and could not open again, and the traps below such files.
 * Numbers are those of issues of getsops/sops. Each case is refused here, or comes back to the byte and opens in real
 * sops (where SOPS_BIN names it).
 */

const own = machine()
afterAll(own.remove)
const env = new Map([
  ...own.env,
  ["SOPS_AGE_KEY_FILE", keyFile("age-a.txt")],
  ["SOPS_AGE_RECIPIENTS", recipients["age-a"]],
])

function sotto(...args: readonly string[]): Promise<Ended> {
  return call({ args, cwd: own.cwd, env })
}

function put(name: string, text: string): string {
  writeFileSync(join(own.cwd, name), text)
  return name
}

function read(name: string): string {
  return readFileSync(join(own.cwd, name), "utf8")
}

async function seal(name: string, plain: string, ...options: readonly string[]): Promise<string> {
  const { status, stderr } = await sotto("encrypt", "-i", ...options, put(name, plain))
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
  return read(name)
}

async function expectOpens(name: string, plain: string): Promise<void> {
  const { status, stdout, stderr } = await sotto("decrypt", name)
  expect({ status, stderr, text: stdout.toString() }).toEqual({ status: 0, stderr: "", text: plain })
}

/** @returns what real sops prints; `null` when there is none to ask */
function inSops(name: string, ...options: readonly string[]): string | null {
  if (sops === undefined) return null
  const args = ["decrypt", ...options, name]
  const { status, stdout, stderr } = spawnSync(sops, args, { cwd: own.cwd, env: Object.fromEntries(env) })
  expect({ status, stderr: status === 0 ? "" : stderr.toString() }).toEqual({ status: 0, stderr: "" })
  return stdout.toString()
}

async function expectRefused(run: Promise<Ended>, code: string, exit: number): Promise<void> {
  const { status, stderr } = await run
  expect(stderr).toContain(`[${code}]`)
  expect(status).toBe(exit)
}

const anyToken = /ENC\[AES256_GCM,[^\]]*\]/

describe("F4: files that upstream sealed and could not open", () => {
  test("#811: comments beside lists in brackets, and behind the last element of a list", async () => {
    const plain = 'root:\n  - a: [ "x" ]\n  # note\n  - b: y\n  - c:\n    - z\n  # note\n  - d: w\n'
    await seal("811.yaml", plain)
    await expectOpens("811.yaml", plain)
    const data = inSops("811.yaml", "--output-type", "json")
    if (data !== null) expect(JSON.parse(data)).toEqual({ root: [{ a: ["x"] }, { b: "y" }, { c: ["z"] }, { d: "w" }] })
  })

  test.each([
    { name: "in the middle", plain: "a: x\n---\n#@data/values\n---\nb: y\n", documents: 3 },
    { name: "as the first", plain: "---\n#@data/values\n---\nb: y\n", documents: 2 },
    { name: "at the end", plain: "a: x\n---\n#@data/values\n", documents: 2 },
    { name: "none at all", plain: "a: x\n---\n---\nb: y\n", documents: 3 },
  ])("#936: a document of comments alone, $name", async ({ plain, documents }) => {
    await seal("936.yaml", plain)
    await expectOpens("936.yaml", plain)
    const printed = inSops("936.yaml")
    if (printed !== null) expect(printed.split("---\n")).toHaveLength(documents)
  })

  test.each([
    { name: "in the root", text: "a: 1\na: 2\n" },
    { name: "in a mapping", text: "m:\n  a: 1\n  b: 2\n  a: 3\n" },
    { name: "as two mappings", text: "a:\n  x: 1\na:\n  y: 2\n" },
  ])("#851: a key that stands twice $name is refused with its line", async ({ text }) => {
    const run = sotto("encrypt", "-i", put("851.yaml", text))
    await expectRefused(run, "DUPLICATE_KEY", 2)
    expect((await run).stderr).toMatch(/line \d/)
    expect(read("851.yaml")).toBe(text)
  })

  test("#851: nor does an edit bring one in", async () => {
    const sealed = await seal("851.yaml", "a: 1\n")
    const editor = put("twice", '#!/bin/sh\necho "a: 2" >> "$1"\n')
    const withEditor = new Map([...env, ["EDITOR", `/bin/sh ${join(own.cwd, editor)}`]])
    const { stderr } = await call({ args: ["edit", "851.yaml"], cwd: own.cwd, env: withEditor })
    expect(stderr).toContain("[DUPLICATE_KEY]")
    expect(read("851.yaml")).toBe(sealed)
  })

  test("#2093: a key `sops` comes in by no way", async () => {
    const sealed = await seal("2093.yaml", "a: 1\n")
    await expectRefused(sotto("set", "2093.yaml", "sops", '"x"'), "RESERVED_KEY", 203)
    await expectRefused(sotto("set", "2093.yaml", "sops.mac", '"x"'), "RESERVED_KEY", 203)
    const editor = put("reserved", '#!/bin/sh\necho "sops: x" >> "$1"\n')
    const withEditor = new Map([...env, ["EDITOR", `/bin/sh ${join(own.cwd, editor)}`]])
    await expectRefused(call({ args: ["edit", "2093.yaml"], cwd: own.cwd, env: withEditor }), "RESERVED_KEY", 203)
    expect(read("2093.yaml")).toBe(sealed)
  })

  test.each([
    { name: "new.yaml", text: "a: 1\nsops: x\n", code: "ALREADY_SEALED", exit: 203 },
    { name: "later.yaml", text: "a: 1\n---\nb: 1\nsops:\n  x: 1\n", code: "RESERVED_KEY", exit: 4 },
    { name: "new.json", text: '{"a": 1, "sops": {}}', code: "ALREADY_SEALED", exit: 203 },
    { name: "new.env", text: "A=1\nsops_x=1\n", code: "ALREADY_SEALED", exit: 203 },
    { name: "new.ini", text: "[a]\nb = 1\n[sops]\nx = 1\n", code: "ALREADY_SEALED", exit: 203 },
  ])("#2093: $name with metadata of its own is refused", async ({ name, text, code, exit }) => {
    await expectRefused(sotto("encrypt", "-i", put(name, text)), code, exit)
    expect(read(name)).toBe(text)
  })

  const formats = [
    { type: "yaml", name: "again.yaml", text: "a: 1\n" },
    { type: "json", name: "again.json", text: '{"a": 1}\n' },
    { type: "dotenv", name: "again.env", text: "A=1\n" },
    { type: "ini", name: "again.ini", text: "[s]\na = 1\n" },
  ]

  test.each(
    formats.flatMap((from) =>
      [...formats, { type: "binary", name: "again.bin", text: "" }].map((to) => ({ from, to })),
    ),
  )("what is sealed as $from.type is not sealed a second time as $to.type", async ({ from, to }) => {
    const sealed = await seal(from.name, from.text)
    if (to.text !== "") writeFileSync(join(own.cwd, `over-${to.name}`), await seal(to.name, to.text))
    put(from.name, sealed)
    const told = ["encrypt", "--output-type", to.type]
    await expectRefused(sotto(...told, from.name), "ALREADY_SEALED", 203)
    await expectRefused(sotto(...told, "--output", `over-${to.name}`, from.name), "ALREADY_SEALED", 203)
    await expectRefused(sotto(...told, "-i", from.name), "ALREADY_SEALED", 203)
    const asSops = new Map([...env, ["SOTTO_COMPAT", "sops"]])
    const { status, stdout } = await call({ args: [...told, from.name], cwd: own.cwd, env: asSops })
    expect([status, stdout.toString()]).toEqual([203, ""])
    expect(read(from.name)).toBe(sealed)
  })

  test.each([
    { name: "below a marker", plain: "items:\n  # seal this\n  # and that\n  - x\n  - y\n", sealed: 2 },
    { name: "above the list", plain: "# seal this\nitems:\n  # inside\n  - x\n  - y\n", sealed: 3 },
    { name: "behind an element", plain: "items:\n  - x # seal this\n  - y # no\n", sealed: 1 },
  ])("#2281: encrypted_comment_regex and a list, $name", async ({ plain, sealed }) => {
    const text = await seal("2281.yaml", plain, "--encrypted-comment-regex", "seal this")
    const [content = ""] = text.split("sops:")
    expect(content.match(new RegExp(anyToken, "g"))).toHaveLength(sealed)
    await expectOpens("2281.yaml", plain)
    const data = inSops("2281.yaml", "--output-type", "json")
    if (data !== null) expect(JSON.parse(data)).toEqual({ items: ["x", "y"] })
  })

  test("#2281: unencrypted_comment_regex and a list", async () => {
    const plain = "items:\n  # keep this\n  # and that\n  - x\n  # not that\n  - y\n"
    await seal("2281.yaml", plain, "--unencrypted-comment-regex", "keep")
    await expectOpens("2281.yaml", plain)
    const data = inSops("2281.yaml", "--output-type", "json")
    if (data !== null) expect(JSON.parse(data)).toEqual({ items: ["x", "y"] })
  })

  test("#2243, #2256: a comment in a list is no element of ours, so that every release agrees on the MAC", async () => {
    const plain = "items:\n  # - one@example.com\n  #\n  - two@example.com # him\n"
    const text = await seal("2243.yaml", plain)
    expect(text).not.toMatch(/- ["']?ENC\[[^\]]*type:comment/)
    await expectOpens("2243.yaml", plain)
    const data = inSops("2243.yaml", "--output-type", "json")
    if (data !== null) expect(JSON.parse(data)).toEqual({ items: ["two@example.com"] })
  })

  test("#2243, #2256: as an element, which is how upstream writes it, it opens and stays no element", async () => {
    await seal("2243.yaml", "items:\n    # note\n    - x\n")
    const asElement = read("2243.yaml")
      .replace(/#(ENC\[.*type:comment\])/, "- $1")
      .replace(/ *sotto_\w+: .*\n/g, "")
    expect(asElement).toMatch(/- ENC\[.*type:comment\]/)
    put("2243.yaml", asElement)
    await expectOpens("2243.yaml", "items:\n    # note\n    - x\n")
    expect((await sotto("get", "2243.yaml", "items[0]")).stdout.toString()).toBe("x")
  })
})

describe("the class of #356: whatever is written was opened before", () => {
  test.each([
    { name: "m.yaml", plain: "? |\n  a key\n  of lines\n: v\n" },
    { name: "n.yaml", plain: '"k: v": "# no comment"\n"- x": |2+\n    lead\n\n\n' },
    { name: "o.yaml", plain: "a: &x [1, 2]\nb: *x\nc: {<<: {k: v}}\n" },
    { name: "p.yaml", plain: "a: 0x1F\nb: 1_000\nc: -0.0\nd: .inf\ne: 2001-12-14\nf: !!binary aGk=\n" },
    {
      name: "q.json",
      plain: '{"a": -0, "b": 1e3, "c": 12345678901234567, "d": "\\ud83d\\ude00", "e": [[], {}, null]}',
    },
    { name: "r.env", plain: "A=\\n\nB=a=b\n#c\n\nC='x\"\n" },
    { name: "s.ini", plain: '; top\n[s]\na = x ; y\na = z\nb = "# q"\n\n[s]\nc = `d`\n' },
    { name: "t.bin", plain: "\u0000\u0001 not text, no line end" },
  ])("$name", async ({ name, plain }) => {
    await seal(name, plain)
    await expectOpens(name, plain)
    inSops(name)
  })
})

describe("traps", () => {
  test("T1: comments count for no MAC of ours, in mappings and in lists", async () => {
    await seal("t1.yaml", "# a\nm: x # b\nl:\n  # c\n  - w # d\n")
    put(
      "t1.yaml",
      read("t1.yaml")
        .replace(/ *#ENC\[[^\]]*\]/g, "")
        .replace(/ *sotto_\w+: .*\n/g, ""),
    )
    await expectOpens("t1.yaml", "\nm: x\nl:\n\n  - w\n")
    inSops("t1.yaml")
  })

  test("T2: another order is another MAC; two sealed files after each other are no file", async () => {
    const first = await seal("t2.yaml", "a: x\nb: y\n")
    const second = await seal("t2b.yaml", "c: z\n")
    const [a = "", b = "", ...rest] = first.split("\n")
    put("t2.yaml", [b, a, ...rest].join("\n"))
    await expectRefused(sotto("decrypt", "t2.yaml"), "MAC_MISMATCH", 51)
    put("t2.yaml", `${first}---\n${second}`)
    await expectRefused(sotto("decrypt", "t2.yaml"), "VALUE_NOT_OPENED", 25)
  })

  test("T3: an empty string stays as it is", async () => {
    const text = await seal("t3.yaml", "a: ''\nb: \"\"\nc: x\n")
    expect(text).toMatch(/^a: ''\nb: ""\nc: ENC/)
    await expectOpens("t3.yaml", "a: ''\nb: \"\"\nc: x\n")
    inSops("t3.yaml")
  })

  test("T4: numbers are hashed as Go writes them, sealed or in the clear", async () => {
    const numbers = "[0x1F, 1_000, 1.50, 1e21, -0.0, 017, 1e-7, 123456789.125]"
    const plain = `sealed: ${numbers}\nclear_unencrypted: ${numbers}\n`
    await seal("t4.yaml", plain.replaceAll("-0.0, ", ""))
    await expectOpens("t4.yaml", plain.replaceAll("-0.0, ", ""))
    inSops("t4.yaml")
    const json = '{"a": 5, "a_unencrypted": 5, "f": 1.50, "f_unencrypted": 1.50}'
    const text = await seal("t4.json", json)
    expect(text).toContain("type:int")
    await expectOpens("t4.json", json)
    inSops("t4.json")
  })

  test("T5: line ends in flat metadata open in each way that releases have written them", async () => {
    const ini = await seal("t5.ini", "[s]\na = x\n")
    const armor = /"""(-----BEGIN AGE[^"]*)"""/.exec(ini)![1]!
    const escaped = ini.replace(`"""${armor}"""`, armor.replaceAll("\n", "\\n"))
    for (const text of [ini, escaped, escaped.replace(/= (-----BEGIN.*)$/m, '= "$1"')]) {
      put("t5.ini", text)
      await expectOpens("t5.ini", "[s]\na = x\n")
    }
    const dotenv = await seal("t5.env", "A=x\n")
    expect(dotenv).toMatch(/^sops_age__list_0__map_enc=-----BEGIN.*\\n/m)
    await expectOpens("t5.env", "A=x\n")
    inSops("t5.env")
    inSops("t5.ini")
  })

  test("T6: keys that a colon makes ambiguous are refused, and the date is bound to the MAC", async () => {
    await expectRefused(sotto("encrypt", "-i", put("t6.yaml", '"a:b": 1\na:\n  b: 2\n')), "KEY_AMBIGUOUS", 23)
    const text = await seal("t6.yaml", "a: x\n")
    put("t6.yaml", text.replace(/lastmodified: .*/, 'lastmodified: "2020-01-01T00:00:00Z"'))
    await expectRefused(sotto("decrypt", "t6.yaml"), "MAC_INVALID", 51)
  })

  test("T7: a field that nobody knows does no harm, and an edit of ours keeps it", async () => {
    const text = await seal("t7.yaml", "a: x\n")
    put("t7.yaml", text.replace("sops:\n", "sops:\n    other: {tool: [1]}\n"))
    await expectOpens("t7.yaml", "a: x\n")
    inSops("t7.yaml")
    expect(await sotto("set", "--allow-clear", "none", "t7.yaml", "a", '"z"')).toMatchObject({ status: 0 })
    expect(read("t7.yaml")).toContain("    other: {tool: [1]}\n")
    await expectOpens("t7.yaml", "a: z\n")
  })

  test("T8: once somebody edits with sops the values stay, and are spelled as it spells them", async () => {
    const plain = "a:  0x1F   # note\nb: 'x'\n"
    await seal("t8.yaml", plain)
    if (sops === undefined) return
    const { status } = spawnSync(sops, ["set", "t8.yaml", '["b"]', '"y"'], {
      cwd: own.cwd,
      env: Object.fromEntries(env),
    })
    expect(status).toBe(0)
    expect(read("t8.yaml")).not.toContain("sotto_")
    const opened = await sotto("decrypt", "--output-type", "json", "t8.yaml")
    expect(JSON.parse(opened.stdout.toString())).toEqual({ a: 31, b: "y" })
  })
})
