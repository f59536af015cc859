import { spawnSync } from "node:child_process"
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import fc from "fast-check"
import { afterAll, describe, expect, test } from "vitest"
import { call, type Ended, machine } from "../machine.ts"
import { stockSops as sops } from "../stock-sops.ts"

const own = machine()
afterAll(() => own.remove())

const recipient = "age19u7j6dvg6w6me8hydt9merssh7auus5qzlamcmvd3vvp4m0tevjqzwqjuu"
const identity = "AGE-SECRET-KEY-1RV8YSZ026Y38UQTPSYRANGFTDE7FXH5XPKMVGMQE0PAN6T2DTSYSXHQV4P"
const env = new Map([...own.env, ["SOPS_AGE_KEY", identity]])
const asSops = new Map([...env, ["SOTTO_COMPAT", "sops"]])

/** Each file with the path of one value, and others around it. */
const files = {
  "a.env": { text: "# first\nA=one\nU=old\nexport Z='nine' # c\n", path: ["U"] },
  "a.json": { text: '{"A": "one",\n  "U": "old", "Z": [9, "\\u0041"]}\n', path: ["U"] },
  "a.yaml": { text: "A: 'one'\nU: old # c\nZ: [9, nine]\n", path: ["U"] },
  "a.ini": { text: '; first\n[s]\nA = one\nU = old\n; c\nZ = "nine"\n', path: ["s", "U"] },
} as const
type Name = keyof typeof files

/** What readers and writers of these formats stumble over, in any order. */
const pieces = fc.constantFrom(
  ..."\\ \\n \\\\n \\t \n \r \r\n ' \" ` # ; = : , - [ ] { } & * ! | > % @ $HOME ${X} ~".split(" "),
  ..." ,\t,  , #, ;,\n ,x,canary-7f3a,0777,null,true,é,😀,\u0085,\u2028,\u00a0,\ufeff,export A=b,<<,---,\"\"\",'''".split(
    ",",
  ),
)
const values = fc.array(pieces, { maxLength: 6 }).map((parts) => parts.join(""))

/** Every one of these was stored as something else, or was not given to children as it was stored. */
const known = [
  "CORP\\nancy",
  "C:\\new\\table",
  "^\\d+\\n$",
  "a\\\\nb",
  "\\",
  "x # y",
  "#hunter2",
  " both ",
  "'single'",
  '"double"',
  "`back`",
  "'a\nb'",
  "'a\\nb'",
  '"a\\nb"',
  "a\rb",
  "-----BEGIN-----\nx\n-----END-----\n",
  "\nx",
]

async function run(args: readonly string[], as = env, stdin?: string): Promise<Ended> {
  return call({ args, cwd: own.cwd, env: as, stdin })
}

const sealed = new Map<string, string>()

/** A copy of a file of its own, as it was sealed with these options. */
async function fresh(name: Name, options: readonly string[] = []): Promise<{ file: string; text: string }> {
  const file = join(mkdtempSync(join(own.cwd, "set-")), name)
  const key = [name, ...options].join(" ")
  if (!sealed.has(key)) {
    writeFileSync(file, files[name].text)
    expect(await run(["encrypt", "-i", "--age", recipient, ...options, file])).toMatchObject({ status: 0 })
    sealed.set(key, readFileSync(file, "utf8"))
  }
  const text = sealed.get(key)!
  writeFileSync(file, text)
  return { file, text }
}

function tokensBut(text: string, key: string): string[] {
  return text
    .split(/\n|, (?=")/)
    .filter((line) => line.includes("ENC[") && !line.trim().startsWith(key) && !line.trim().startsWith(`"${key}"`))
    .filter((line) => !/mac|sotto_/.test(line))
}

function stock(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(resolve(sops!), args, {
    cwd: own.cwd,
    env: Object.fromEntries(env),
    maxBuffer: 1 << 26,
  })
  expect(`${status} ${stderr.toString()}`).toBe("0 ")
  return stdout.toString("utf8")
}

/** The value of a path in a JSON document. */
function at(json: string, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], JSON.parse(json))
}

async function check(name: Name, face: typeof env, value: string): Promise<void> {
  const { path } = files[name]
  const brackets = path.map((key) => `["${key}"]`).join("")
  const { file, text } = await fresh(name)
  const set = ["set", file, brackets, JSON.stringify(value)]
  const { status } = await run(set, face)
  expect(status).toBe(0)
  const stored = readFileSync(file, "utf8")
  expect(tokensBut(stored, "U")).toEqual(tokensBut(text, "U"))
  for (const as of [env, asSops]) {
    const extracted = await run(["decrypt", "--extract", brackets, file], as)
    expect(extracted.stdout.toString("utf8")).toBe(value)
    const json = await run(["decrypt", "--output-type", "json", file], as)
    expect(at(json.stdout.toString("utf8"), path)).toBe(value)
    expect(await run(["decrypt", file], as)).toMatchObject({ status: 0 })
  }
  expect((await run(["get", file, path.join(".")])).stdout.toString("utf8")).toBe(value)
  if (sops !== undefined) expect(at(stock(["decrypt", "--output-type", "json", file]), path)).toBe(value)
  // Another value changes, and everything is sealed anew under another key: the value is what it was.
  const other = [...path.slice(0, -1), "A"].join(".")
  expect(await run(["set", "--string", file, other, "two"])).toMatchObject({ status: 0 })
  expect(await run(["rotate", "-i", file])).toMatchObject({ status: 0 })
  expect((await run(["get", file, path.join(".")])).stdout.toString("utf8")).toBe(value)
  if (name === "a.env") expect(await given(file, "U")).toBe(value)
}

/** What a child gets. */
async function given(file: string, variable: string, options: readonly string[] = []): Promise<string> {
  const out = join(own.cwd, "out")
  const script = `printf %s "$${variable}" > ${out}`
  expect(await run(["run", ...options, "-f", file, "--", "sh", "-c", script])).toMatchObject({ status: 0, stderr: "" })
  const byRun = readFileSync(out, "utf8")
  expect(await run(["exec-env", ...options, file, script])).toMatchObject({ status: 0, stderr: "" })
  expect(readFileSync(out, "utf8")).toBe(byRun)
  return byRun
}

const names = Object.keys(files) as Name[]

describe.each(names)("what `set` was given is what everybody gets back: %s", (name) => {
  test.each(known)("%j", async (value) => {
    await check(name, env, value)
    await check(name, asSops, value)
  })

  test("any text", async () => {
    const law = fc.asyncProperty(values, async (value) => check(name, env, value))
    await fc.assert(law, { numRuns: process.env["SLOW"] === "1" ? 500 : 12 })
  })
})

describe("what a line of dotenv does not tell", () => {
  test("is kept by `edit` where the line stays, and is what the line says where it does not", async () => {
    const { file } = await fresh("a.env")
    for (const key of ["A", "U"]) await run(["set", "--string", file, key, "CORP\\nancy # x"])
    const editor = join(own.cwd, "editor.mjs")
    const script = "import { readFileSync as r, writeFileSync as w } from 'node:fs'; const f = process.argv[2]; "
    writeFileSync(editor, `${script}w(f, r(f, 'utf8').replace('A=CORP', 'A=corp').replace('first', 'second'))\n`)
    const edited = await run(["edit", file], new Map([...env, ["EDITOR", `${process.execPath} ${editor}`]]))
    expect(edited).toMatchObject({ status: 0 })
    expect((await run(["get", file, "U"])).stdout.toString("utf8")).toBe("CORP\\nancy # x")
    expect((await run(["get", file, "A"])).stdout.toString("utf8")).toBe("corp\nancy # x")
    expect(await given(file, "U")).toBe("CORP\\nancy # x")
    expect(await given(file, "A")).toBe("corp\nancy")
    expect(await given(file, "A", ["--verbatim"])).toBe("corp\nancy # x")
  })

  test("`set` of the same line with another value is a change, and the same value again is none", async () => {
    const { file } = await fresh("a.env")
    await run(["set", "--string", file, "U", "a\\nb"])
    const before = readFileSync(file, "utf8")
    await run(["set", "--string", file, "U", "a\\nb"])
    expect(readFileSync(file, "utf8")).toBe(before)
    await run(["set", "--string", file, "U", "a\nb"])
    expect(readFileSync(file, "utf8")).not.toBe(before)
    expect((await run(["get", file, "U"])).stdout.toString("utf8")).toBe("a\nb")
  })

  test("a value that stays in the clear cannot hold it: refused by name, and nothing is written", async () => {
    const { file, text } = await fresh("a.env", ["--encrypted-regex", "^A$"])
    for (const face of [env, asSops]) {
      const { status, stderr } = await run(["set", file, '["U"]', '"canary\\\\n-7f3a"'], face)
      expect(status).not.toBe(0)
      expect(stderr).toContain("U")
      expect(stderr).not.toContain("7f3a")
      expect(readFileSync(file, "utf8")).toBe(text)
    }
  })

  test.each(["json", "yaml"])("is what another format held: from %s", async (from) => {
    const file = join(own.cwd, `from.${from}`)
    writeFileSync(file, JSON.stringify({ U: "CORP\\nancy", V: "a\nb", W: " x # y" }))
    const to = join(own.cwd, `from-${from}.env`)
    const options = ["--input-type", from, "--output-type", "dotenv", "--age", recipient]
    for (const face of [env, asSops]) {
      writeFileSync(to, (await run(["encrypt", ...options, file], face)).stdout)
      const back = (await run(["decrypt", "--output-type", "json", to])).stdout.toString("utf8")
      expect(JSON.parse(back)).toEqual({ U: "CORP\\nancy", V: "a\nb", W: " x # y" })
    }
  })

  test.runIf(sops !== undefined)("a file of stock opens in every command that reads or writes", async () => {
    const { file } = await fresh("a.env")
    writeFileSync(file, "U=old\nZ=1\n")
    stock(["encrypt", "-i", "--age", recipient, file])
    stock(["set", file, '["U"]', '"CORP\\\\nancy"'])
    const plain = stock(["decrypt", file])
    const copy = join(own.cwd, "copy.env")
    const lines: readonly (readonly string[])[] = [
      ["decrypt", copy],
      ["decrypt", "--ignore-mac", copy],
      ["set", "--string", copy, "Z", "2"],
      ["unset", copy, "Z"],
      ["rotate", "-i", copy],
      ["exec-file", copy, "cat {} > /dev/null"],
    ]
    for (const face of [env, asSops]) {
      for (const args of lines) {
        copyFileSync(file, copy)
        const brackets = args.map((word) => (face === asSops && word === "Z" ? '["Z"]' : word))
        const words = face === asSops ? brackets.filter((word) => word !== "--string") : brackets
        const ended = await run(words, face)
        expect(ended).toMatchObject({ status: 0 })
        if (args[0] === "decrypt") expect(ended.stdout.toString("utf8")).toBe(plain)
        expect(stock(["decrypt", "--extract", '["U"]', copy])).toBe("CORP\\nancy")
      }
    }
  })
})
