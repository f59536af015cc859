import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { call, type Ended, machine } from "../machine.ts"
import { stockSops as sops } from "../stock-sops.ts"

const own = machine()
afterAll(() => own.remove())

const recipient = "age19u7j6dvg6w6me8hydt9merssh7auus5qzlamcmvd3vvp4m0tevjqzwqjuu"
const identity = "AGE-SECRET-KEY-1RV8YSZ026Y38UQTPSYRANGFTDE7FXH5XPKMVGMQE0PAN6T2DTSYSXHQV4P"
const env = new Map([...own.env, ["SOPS_AGE_KEY", identity]])
const asSops = new Map([...env, ["SOTTO_COMPAT", "sops"]])

async function run(args: readonly string[], as = env): Promise<Ended> {
  return call({ args, cwd: own.cwd, env: as })
}

async function sealed(name: string, text: string | Uint8Array): Promise<string> {
  writeFileSync(join(own.cwd, name), text)
  const { status, stdout } = await run(["encrypt", "--age", recipient, name])
  expect(status).toBe(0)
  return stdout.toString("utf8")
}

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(join(own.cwd, name), content)
  return name
}

function stock(args: readonly string[]): { status: number | null; stdout: string } {
  const { status, stdout } = spawnSync(resolve(sops!), args, { cwd: own.cwd, env: Object.fromEntries(env) })
  return { status, stdout: stdout.toString("utf8") }
}

/** In these every pair of bytes is a character. */
const encodings = {
  "UTF-16 as PowerShell writes it": (text: string) => Buffer.from(`\uFEFF${text.replaceAll("\n", "\r\n")}`, "utf16le"),
  "UTF-16, big end first": (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le").swap16(),
}

const plain = {
  "a.yaml": "a: one\nb: two\n",
  "a.json": '{"a": "one", "b": "two"}\n',
  "a.env": "a=one\nb=two\n",
  "a.ini": "[s]\na = one\nb = two\n",
}

describe.each(Object.entries(encodings))("%s", (_name, encode) => {
  test.each(Object.entries(plain))("a sealed %s is known, opened and written as UTF-8", async (name, text) => {
    const file = write(name, encode(await sealed(name, text)))
    expect((await run(["filestatus", file])).stdout.toString()).toContain('"encrypted":true')
    const opened = await run(["decrypt", file])
    expect(opened.stdout.toString("utf8").replaceAll("\r\n", "\n")).toBe(text)
    expect(opened.stderr).toContain("UTF-16")
    const path = name === "a.ini" ? "s.a" : "a"
    expect(await run(["set", "--string", file, path, "new"])).toMatchObject({ status: 0 })
    expect(readFileSync(join(own.cwd, file), "utf8")).not.toContain("\0")
    expect((await run(["get", file, path])).stdout.toString("utf8")).toBe("new")
  })

  test.each(Object.keys(plain))("as sops a sealed %s is what it is to sops", async (name) => {
    const file = write(name, encode(await sealed(name, plain[name as keyof typeof plain])))
    const ours = await run(["decrypt", file], asSops)
    const status = await run(["filestatus", file], asSops)
    // With the big end first the NULs of a `.env` are text, and the file is one that is not sealed.
    const isText = name === "a.yaml" || (name === "a.env" && encode("")[0] === 0xfe)
    expect([ours.status === 0, status.status === 0]).toEqual([name === "a.yaml", isText])
    if (sops === undefined) return
    expect(stock(["decrypt", file]).status === 0).toBe(ours.status === 0)
    expect(stock(["filestatus", file]).stdout.trim()).toBe(status.stdout.toString("utf8").trim())
  })

  test("a plain text is sealed, and what is sealed is UTF-8", async () => {
    for (const face of [env, asSops]) {
      const file = write("p.yaml", encode("a: one\n"))
      expect(await run(["encrypt", "-i", "--age", recipient, file], face)).toMatchObject({ status: 0 })
      expect((await run(["get", file, "a"])).stdout.toString("utf8")).toBe("one")
    }
  })
})

describe("filestatus as sops of what is no UTF-8", () => {
  const unsealed = '{"encrypted":false}\n'
  const texts: readonly { name: string; text: string; answers: Readonly<Record<string, string | null>> }[] = [
    {
      name: "a picture",
      text: "\x89PNG\r\n\x1a\n\xff\xfe",
      answers: { yaml: null, json: null, env: null, ini: null, png: null },
    },
    { name: "one byte", text: "\xff", answers: { yaml: null, json: null, env: null, ini: null, png: null } },
    { name: "YAML", text: "a: \xe9\n", answers: { yaml: null, json: null, env: null, ini: unsealed, png: null } },
    { name: "dotenv", text: "A=\xe9\n", answers: { yaml: null, json: null, env: unsealed, png: null } },
    { name: "INI", text: "[s]\na=\xe9\n", answers: { yaml: null, json: null, env: null, ini: unsealed, png: null } },
    { name: "JSON", text: '{"a": "\xe9"}', answers: { yaml: null, json: unsealed, env: null, png: unsealed } },
    { name: "a surrogate", text: '{"a": "\xed\xa0\x80"}', answers: { yaml: null, json: unsealed, env: null } },
    { name: "UTF-16 without a BOM", text: "\0A\0=\0x\0\n", answers: { yaml: null, json: null, env: unsealed } },
    {
      name: "UTF-32",
      text: "\0\0\xfe\xff\0\0\0a\0\0\0:\0\0\0 \0\0\0b",
      answers: { yaml: null, json: null, png: null },
    },
  ]
  test.each(
    texts.flatMap(({ name, text, answers }) =>
      Object.entries(answers).map(([suffix, answer]) => ({ name, text, suffix, answer })),
    ),
  )("$name in .$suffix: $answer", async ({ text, suffix, answer }) => {
    const file = write(`x.${suffix}`, Buffer.from(text, "latin1"))
    const { status, stdout } = await run(["filestatus", file], asSops)
    expect([status, stdout.toString()]).toEqual(answer === null ? [1, ""] : [0, answer])
    if (sops !== undefined) expect(stock(["filestatus", file])).toEqual({ status, stdout: answer ?? "" })
  })

  test("a sealed .env with a byte in front is sealed", async () => {
    const file = write(
      "a.env",
      Buffer.concat([Buffer.from([0xff]), Buffer.from(await sealed("a.env", plain["a.env"]))]),
    )
    expect((await run(["filestatus", file], asSops)).stdout.toString()).toBe('{"encrypted":true}\n')
    if (sops !== undefined) expect(stock(["filestatus", file]).stdout).toBe('{"encrypted":true}\n')
  })
})

test("as sops, encrypt ends with 2 for a text in UTF-16 or UTF-32, which sops cannot parse", async () => {
  for (const bytes of [Buffer.from("\uFEFF{}", "utf16le"), Buffer.from("\uFEFF{}", "utf16le").swap16()]) {
    for (const suffix of ["json", "ini"]) {
      const file = write(`p.${suffix}`, bytes)
      const { status, stderr } = await run(["encrypt", "--age", recipient, file], asSops)
      expect([status, stderr]).toEqual([2, expect.stringContaining("Error unmarshalling file: ")])
      if (sops !== undefined) expect(stock(["encrypt", "--age", recipient, file]).status).toBe(2)
    }
  }
})

test("a BOM before a sealed YAML, JSON or INI file does no harm", async () => {
  for (const name of ["a.yaml", "a.json", "a.ini"] as const) {
    const file = write(name, `\uFEFF${await sealed(name, plain[name])}`)
    expect((await run(["filestatus", file])).stdout.toString()).toContain('"encrypted":true')
    expect(await run(["decrypt", file])).toMatchObject({ status: 0 })
  }
})

test("a BOM added before a sealed .env is named, and without it the file opens", async () => {
  for (const text of ["A=one\n# c\nB=two\n", "# c\nA=one\n"]) {
    const bare = await sealed("a.env", text)
    for (const changed of [bare, bare.replaceAll("\n", "\r\n")]) {
      const file = write("a.env", `\uFEFF${changed}`)
      const { status, stdout, stderr } = await run(["decrypt", file])
      expect([status, stdout.toString()]).toEqual([0, text])
      expect(stderr).toContain("a byte order mark was put in front of it after it was sealed")
      expect((await run(["decrypt", file], asSops)).status).not.toBe(0)
      expect(await run(["set", "--string", file, "NEW", "x"])).toMatchObject({ status: 0 })
      expect(await run(["decrypt", file])).toMatchObject({ status: 0, stderr: "" })
    }
  }
  // One that was there when the file was sealed is part of its first name.
  const file = write("b.env", await sealed("b.env", "\uFEFFA=one\n"))
  expect(await run(["decrypt", file])).toMatchObject({ status: 0, stderr: "" })
})

const utf32 = (text: string): Buffer =>
  Buffer.concat([...text].map((letter) => Buffer.from(Uint32Array.of(letter.codePointAt(0)!).buffer)))

test.each([
  ["UTF-16 without a BOM", "UTF-16", (text: string) => Buffer.from(text, "utf16le")],
  ["half a character at the end", "UTF-16", (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le").subarray(0, -1)],
  ["an old code page", "ISO-8859-1", (text: string) => Buffer.from(text.replace("sops:", "# \u00e9\nsops:"), "latin1")],
  ["UTF-32", "UTF-32", (text: string) => utf32(text)],
  ["UTF-32 with a BOM", "UTF-32", (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe, 0, 0]), utf32(text)])],
  ["UTF-32 of the other order", "UTF-32", (text: string) => utf32(text).swap32()],
])("what cannot be read is no file to be sealed, but an encoding: %s", async (_name, encoding, encode) => {
  const file = write("x.yaml", encode(await sealed("x.yaml", "a: one\n")))
  for (const args of [
    ["decrypt", file],
    ["filestatus", file],
    ["get", file, "a"],
  ]) {
    const { status, stderr } = await run(args)
    expect(status).toBe(1)
    expect(stderr).toContain("[NOT_UTF8]")
    expect(stderr).toContain(`iconv -f ${encoding} -t UTF-8`)
    expect(stderr).not.toContain("sotto encrypt")
  }
})

const unmarked: [string, string, (text: string) => Buffer][] = [
  ["UTF-16 without a BOM", "UTF-16", (text) => Buffer.from(text, "utf16le")],
  ["UTF-16 of the other order", "UTF-16", (text) => Buffer.from(text, "utf16le").swap16()],
  ["UTF-16 cut short", "UTF-16", (text) => Buffer.from(`\uFEFF${text}`, "utf16le").subarray(0, -1)],
  ["UTF-32", "UTF-32", utf32],
  ["UTF-32 of the other order", "UTF-32", (text) => utf32(text).swap32()],
]
test.each(
  unmarked.flatMap(([name, encoding, encode]) =>
    [
      ["p.yaml", "key: one\n"],
      ["u.yaml", "\u00e9t\u00e9: one\n"],
      ["p.json", '{"key": "one"}\n'],
      ["p.env", "KEY=one\n"],
      ["p.ini", "[s]\nkey = one\n"],
    ].map(([file = "", text = ""]) => [file, name, encoding, encode(text)] as const),
  ),
)("a plain %s in %s is told its encoding, and is left as it is", async (name, _name, encoding, bytes) => {
  const file = write(name, bytes)
  for (const args of [
    ["encrypt", file],
    ["encrypt", "-i", file],
  ]) {
    const { status, stdout, stderr } = await run(args)
    expect(`${status} ${stdout.toString()}`).toBe("2 ")
    expect(stderr).toContain("[NOT_UTF8]")
    expect(stderr).toContain(`iconv -f ${encoding} -t UTF-8`)
    expect(readFileSync(join(own.cwd, file)).equals(bytes)).toBe(true)
  }
})

test.each([
  ...unmarked.map(([name, encoding, encode]) => [name, encoding, encode] as const),
  ["UTF-16 with a BOM", "UTF-16", (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le")] as const,
  ["an old code page", "ISO-8859-1", (text: string) => Buffer.from(text, "latin1")] as const,
])("an editor that saves %s is told the encoding", async (_name, encoding, encode) => {
  for (const [name, text] of Object.entries({ "e.yaml": "caf\u00e9: one\n", "e.env": "A=caf\u00e9\n" })) {
    const file = write(name, await sealed(name, name === "e.env" ? "a=one\n" : "a: one\n"))
    const before = readFileSync(join(own.cwd, file))
    const saved = join(own.home, "saved")
    writeFileSync(saved, encode(text))
    const { status, stderr } = await run(["edit", file], new Map([...env, ["EDITOR", `cp ${saved}`]]))
    expect(status).not.toBe(0)
    expect(stderr).toContain("[NOT_UTF8]")
    expect(stderr).toContain(`iconv -f ${encoding} -t UTF-8`)
    expect(readFileSync(join(own.cwd, file)).equals(before)).toBe(true)
  }
})

test("a text in an old code page is told how to convert it, and bytes that are no text what to treat them as", async () => {
  const latin1 = write("l.yaml", Buffer.from("caf\u00e9: one\n", "latin1"))
  const { status, stderr } = await run(["encrypt", "--age", recipient, latin1])
  expect(status).toBe(2)
  expect(stderr).toContain("if it is text, convert it: iconv -f ISO-8859-1 -t UTF-8")
  expect(stderr).toContain("--input-type binary")
  const bytes = write("b.yaml", Buffer.from([0xe9, 1, 2, 3, 0xff]))
  const binary = await run(["encrypt", "--age", recipient, bytes])
  expect(binary.stderr).toContain("--input-type binary")
  expect(binary.stderr).not.toContain("iconv")
})

describe("line ends that changed after a file was sealed", () => {
  const texts = {
    "l.yaml": "a: one\n# c\nb_unencrypted: |\n  x\n  y\nc: |\n  t\n  u\n",
    "l.json": '{"a": "one",\n "b_unencrypted": "two"}\n',
    "l.env": "A=one\n# c\nB_unencrypted=two\n\nC=three\n",
    "l.ini": '; c\n[s]\na = one\nb_unencrypted = """x\ny"""\nc = """t\nu"""\n',
    "l.bin": "x\ny\n",
  }
  const toDos = (text: string): string => text.replaceAll(/\r?\n/g, "\r\n")
  const toUnix = (text: string): string => text.replaceAll("\r\n", "\n")
  const isStrict = (name: string): boolean => /env|ini/.test(name)

  test.each(Object.entries(texts))("LF became CRLF: %s", async (name, text) => {
    const file = write(name, toDos(await sealed(name, text)))
    const { status, stdout, stderr } = await run(["decrypt", file])
    expect(status).toBe(0)
    if (isStrict(name)) {
      expect(stdout.toString("utf8")).toBe(text)
      expect(stderr).toContain("core.autocrlf")
      expect(stderr).toContain(".gitattributes")
    } else expect(toUnix(stdout.toString("utf8"))).toBe(text)
  })

  test.each(Object.entries(texts))("CRLF became LF: %s", async (name, text) => {
    const file = write(name, toUnix(await sealed(name, toDos(text))))
    const { status, stdout, stderr } = await run(["decrypt", file])
    expect(status).toBe(0)
    if (isStrict(name)) {
      expect(stdout.toString("utf8")).toBe(toDos(text))
      expect(stderr).toContain("core.autocrlf")
    } else if (name !== "l.bin") expect(toUnix(stdout.toString("utf8"))).toBe(text)
  })

  test.each(Object.entries(texts))("LF became CR: %s", async (name, text) => {
    const file = write(name, (await sealed(name, text)).replaceAll("\n", "\r"))
    const { status, stdout, stderr } = await run(["decrypt", file])
    expect(status).toBe(0)
    if (isStrict(name)) {
      expect(stdout.toString("utf8")).toBe(text)
      expect(stderr).toContain("single carriage returns")
    } else expect(stdout.toString("utf8").replaceAll("\r", "\n")).toBe(text)
  })

  test.each(["l.env", "l.ini"] as const)("commands that write put the old ones back: %s", async (name) => {
    const before = await sealed(name, texts[name])
    const file = write(name, toDos(before))
    const path = name === "l.ini" ? "s.a" : "A"
    expect(await run(["set", "--string", file, path, "new"])).toMatchObject({ status: 0 })
    expect(readFileSync(join(own.cwd, file), "utf8")).not.toContain("\r")
    expect((await run(["get", file, path])).stderr).toBe("")
  })

  test("in any of the lines of a .env: nothing takes its recipients or metadata for damaged", async () => {
    const before = await sealed("l.env", texts["l.env"])
    const lines = before.split("\n").length - 1
    for (let changed = 1; changed <= lines; changed++) {
      let nth = 0
      const file = write(
        "l.env",
        before.replaceAll("\n", () => (nth++ < changed ? "\r\n" : "\n")),
      )
      for (const args of [
        ["who", file],
        ["keys", file],
        ["explain", file],
        ["ls", file],
        ["filestatus", file],
      ]) {
        const { status, stdout, stderr } = await run(args)
        expect([changed, args, status]).toEqual([changed, args, 0])
        expect(stdout.toString() + stderr).not.toMatch(/unreadable|INVALID/)
      }
      expect(await run(["rotate", "-i", file])).toMatchObject({ status: 0 })
      expect(readFileSync(join(own.cwd, file), "utf8")).not.toContain("\r")
      expect(await run(["decrypt", file])).toMatchObject({ status: 0, stderr: "" })
    }
  })

  test("a value that somebody changed too is damage like any other", async () => {
    const text = toDos(await sealed("l.env", texts["l.env"])).replace("unencrypted=two", "unencrypted=canary-7f3a")
    const { status, stderr } = await run(["decrypt", write("l.env", text)])
    expect(status).not.toBe(0)
    expect(stderr).toContain("[MAC_MISMATCH]")
    expect(stderr).not.toContain("canary")
  })

  test("as sops it stays the error that it is there", async () => {
    const file = write("l.env", toDos(await sealed("l.env", texts["l.env"])))
    const { status } = await run(["decrypt", file], asSops)
    expect(status).toBe(1)
    if (sops !== undefined) expect(stock(["decrypt", file]).status).toBe(1)
  })
})

describe("large files of bytes", () => {
  const filler = Buffer.alloc(100_000, 0xe9)
  const damaged = "key: ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]\n"

  test.each([
    { name: "that begin as another tool writes", content: Buffer.concat([Buffer.from("\0GITCRYPT\0"), filler]) },
    { name: "as text that another tool writes", content: `$ANSIBLE_VAULT;1.1;AES256\n${"6162\n".repeat(20_000)}` },
  ])("$name are not sealed a second time", async ({ content }) => {
    const { status, stderr } = await run(["encrypt", "--age", recipient, write("large.bin", content)])
    expect([status, stderr]).toEqual([203, expect.stringContaining("[ALREADY_SEALED]")])
  })

  // A look at the beginning ends within a character, at each of its bytes.
  test.each([4092, 4093, 4094, 4095, 4096])("a text with a character at byte %i is one", async (at) => {
    const content = `${"#".repeat(at - 1)}\n\u{1f44b}\n${damaged}${"# and more\n".repeat(1000)}`
    const { status, stderr } = await run(["encrypt", "--age", recipient, write("large.txt", content)])
    expect([status, stderr]).toEqual([1, expect.stringContaining("METADATA_LOST")])
  })

  test("bytes that hold a token somewhere are bytes", async () => {
    const content = Buffer.concat([filler, Buffer.from(damaged)])
    expect((await run(["encrypt", "--age", recipient, write("large.bin", content)])).status).toBe(0)
  })
})

describe("plain YAML that no file of sops can hold is not a sealed one", () => {
  const texts = {
    "a number as a key": "ports:\n  8080: web\n",
    "a number as a key at the top": "1: a\n",
    "null as a key, with a comment": "# c\n~: a # d\n",
    "a date as a key, in braces": "{2001-01-01: a}\n",
    "a bool as a key of a later document": "a: 1\n---\ntrue: b\n",
    "an integer above 2^63": "a: 18446744073709551615\n",
    "the word somewhere else": "a:\n  sops: {1: b}\n",
  }

  test.each(Object.entries(texts))("%s", async (_name, text) => {
    const file = write("k.yaml", text)
    for (const args of [["decrypt"], ["rotate", "-i"], ["exec-env", file, "true"], ["-d"], ["unset", file, '["a"]']]) {
      const words = args.includes(file) ? args : [...args, file]
      const { status, stderr } = await run(words, asSops)
      expect([words[0], status, stderr]).toEqual([words[0], 1, expect.stringContaining("sops metadata not found")])
      if (sops !== undefined) expect(stock(words).status).toBe(1)
    }
    const { status, stdout, stderr } = await run(["filestatus", file], asSops)
    expect([status, stdout.toString("utf8"), stderr]).toEqual([0, '{"encrypted":false}\n', ""])
    expect((await run(["filestatus", file])).stdout.toString("utf8")).toBe('{"encrypted":false}\n')
    expect((await run(["get", file, "a"])).stderr).toContain("[NOT_SEALED]")
    expect(readFileSync(join(own.cwd, file), "utf8")).toBe(text)
  })

  test("in a sealed file it is what is wrong", async () => {
    const file = write("k.yaml", `1: a\n${await sealed("l.yaml", "a: one\n")}`)
    const { status, stderr } = await run(["decrypt", file])
    expect([status, stderr]).toEqual([25, expect.stringContaining("[KEY_NOT_STRING]")])
  })

  // sops says so when it loads the file, before it looks for the metadata.
  test.each(["[a]: b\n", "{a: b}: c\n"])("what no reader takes stays a fault of the text: %j", async (text) => {
    const file = write("k.yaml", text)
    const { status, stderr } = await run(["decrypt", file], asSops)
    expect([status, stderr]).toEqual([1, expect.stringContaining("a mapping key is not a string")])
    if (sops !== undefined) expect(stock(["decrypt", file]).status).toBe(1)
  })
})
