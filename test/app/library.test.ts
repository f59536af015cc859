import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { transformSync } from "esbuild"
import { afterAll, describe, expect, test } from "vitest"
import { AppError, decryptFile, generateIdentity, open, openFile, readMetadata, reseal, seal } from "../../src/index.ts"
import { DataKeyError } from "../../src/keys/data-key-error.ts"
import { builtLibrary } from "../built.ts"
import { keyFile, recipients } from "../keys/golden.ts"
import { machine } from "../machine.ts"
import { root } from "../sources.ts"

const tsc = fileURLToPath(import.meta.resolve("typescript/package.json")).replace("package.json", "bin/tsc")

const env = { SOPS_AGE_KEY_FILE: keyFile("age-a.txt") }
const own = machine()
afterAll(() => own.remove())

const plain =
  "n: 5\nbig: 12345678901234567890123\nwide: 9007199254740993\nf: 1.50\nt: true\nz: null\nd: 2001-12-14\nl: [a, 1]\n__proto__: x\n"

describe("library", () => {
  test("opens what it seals, with the types of the values", async () => {
    const sealed = await seal(plain, { format: "yaml", recipients: { age: recipients["age-a"] } })
    const opened = await open(sealed, { env })
    expect(opened.text).toBe(plain)
    expect({ ...(opened.values as object) }).toMatchObject({
      n: 5,
      big: 1.2345678901234568e22,
      wide: 9007199254740993n,
      f: 1.5,
      t: true,
      z: null,
      d: new Date("2001-12-14T00:00:00Z"),
      l: ["a", 1],
    })
    expect(Object.getOwnPropertyDescriptor(opened.values, "__proto__")?.value).toBe("x")
  })

  test("reads metadata without any key, and opens files by name or by content", async () => {
    const sealed = await seal("A=1\n", {
      format: "dotenv",
      recipients: { age: [recipients["age-a"], recipients["age-b"]] },
    })
    const metadata = await readMetadata(sealed)
    expect(metadata).toMatchObject({ format: "dotenv", threshold: 1, hasStructure: true, macOnlyEncrypted: false })
    expect(metadata.groups[0]).toHaveLength(2)
    const file = join(own.cwd, "settings.env.production")
    writeFileSync(file, sealed)
    expect({ ...(await decryptFile<object>(file, undefined, { env })) }).toEqual({ A: "1" })
    expect((await openFile(file, { env })).format).toBe("dotenv")
  })

  test("sealing over keeps tokens, and gives the same text back when nothing changed", async () => {
    const sealed = await seal("a: x\nb: y\n", { format: "yaml", recipients: { age: recipients["age-a"] } })
    expect(await reseal("a: x\nb: y\n", sealed, { env })).toBe(sealed)
    const changed = await reseal("a: x\nb: z\n", sealed, { env })
    expect(changed.split("\n")[0]).toBe(sealed.split("\n")[0])
    expect(changed.split("\n")[1]).not.toBe(sealed.split("\n")[1])
  })

  test("bytes of any kind go into the binary format", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
    const sealed = await seal(bytes, { format: "binary", recipients: { age: recipients["age-a"] } })
    const opened = await open(sealed, { env })
    expect(opened.values).toEqual(Buffer.from(bytes))
  })

  test("fails with codes, and never asks at a terminal", async () => {
    const sealed = await seal("a: x\n", { format: "yaml", recipients: { age: recipients["age-a"] } })
    await expect(open(sealed, { env: { HOME: own.home } })).rejects.toMatchObject({ code: "DATA_KEY", exit: 128 })
    await expect(open("a: 1\n", { format: "yaml" })).rejects.toBeInstanceOf(AppError)
    await expect(seal("a: 1\n", { format: "yaml", recipients: {} })).rejects.toMatchObject({
      code: "KEY_GROUPS_INVALID",
    })
  })
})

describe("the examples of docs/library.md", () => {
  const page = readFileSync(resolve(import.meta.dirname, "../../docs/library.md"), "utf8")
  const examples = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!)
  const outputs = [
    "admin 5433\n",
    "age\nhunter2 true\nhunter3 true\n",
    "FILE_MISSING 100 absent.yaml\n" +
      "there is no such file (absent.yaml); hint: check the name, and the folder that you are in\n",
  ]

  test("are all here, and compile under strict", async () => {
    expect(examples).toHaveLength(outputs.length)
    const types = JSON.stringify(join(await builtLibrary(), "../types/index.js"))
    for (const [index, code] of examples.entries())
      writeFileSync(join(own.cwd, `example-${index}.mts`), code.replace('"sotto"', types))
    const [typeRoots, lib] = [[join(root, "node_modules/@types")], ["es2024"]]
    const compilerOptions = { strict: true, module: "nodenext", target: "es2023", types: ["node"], typeRoots, lib }
    writeFileSync(join(own.cwd, "tsconfig.json"), JSON.stringify({ include: ["*.mts"], compilerOptions }))
    const { status, stdout } = spawnSync(process.execPath, [tsc, "--noEmit", "-p", own.cwd], { encoding: "utf8" })
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" })
  }, 120_000)

  test.each(examples.map((code, index) => ({ code, expected: outputs[index], index })))(
    "example $index runs against the package",
    async ({ code, expected, index }) => {
      const { identity, recipient } = await generateIdentity()
      const text = "db:\n  user: admin\n  port: 5432\n"
      const sealed = await seal(text, { format: "yaml", recipients: { age: recipient } })
      writeFileSync(join(own.cwd, "secrets.yaml"), sealed)
      const file = join(own.cwd, `example-${index}.mjs`)
      const script = transformSync(code, { loader: "ts" }).code
      writeFileSync(file, script.replace('"sotto"', JSON.stringify(await builtLibrary())))
      const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
        cwd: own.cwd,
        env: { ...Object.fromEntries(own.env), SOPS_AGE_KEY: identity },
      })
      expect({ status, stderr: stderr.toString(), stdout: stdout.toString() }).toEqual({
        status: 0,
        stderr: "",
        stdout: expected,
      })
    },
  )
})

describe("errors in real use", () => {
  test("the message says file, place and hint, and JSON has them", async () => {
    const file = join(own.cwd, "nothing-sealed.yaml")
    writeFileSync(file, "a: 1\n")
    const error: unknown = await decryptFile(file, undefined, { env }).catch((thrown: unknown) => thrown)
    const hint = "seal it with `sotto encrypt -i`"
    expect(error).toBeInstanceOf(AppError)
    expect((error as AppError).message).toBe(`sops metadata not found: the file is not sealed (${file}); hint: ${hint}`)
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({
      name: "AppError",
      code: "NOT_SEALED",
      exit: 1,
      file,
      hint,
    })
    expect((error as AppError).stack).toMatch(
      /^AppError \[NOT_SEALED\]: sops metadata not found.*\n {4}at .*library\.test\.ts/,
    )
  })

  test("a hint sends to git only for a file that git has", async () => {
    const sealed = await seal("a: x\nb_unencrypted: y\n", { format: "yaml", recipients: { age: recipients["age-a"] } })
    const texts = {
      "mac.yaml": sealed.replace("b_unencrypted: y", "b_unencrypted: z"),
      "twice.yaml": sealed.replace(/^a: .*\n/, (line) => line + line),
      "lost.yaml": sealed.replace(/^sops:\n[\s\S]*/m, ""),
      "conflict.yaml": `<<<<<<< ours\n${sealed}=======\n${sealed}>>>>>>> theirs\n`,
    }
    const hintOf = async (work: Promise<unknown>): Promise<string> => {
      const error: unknown = await work.catch((thrown: unknown) => thrown)
      return error instanceof AppError ? (error.hint ?? "") : "no error"
    }
    const folder = join(own.cwd, "repository")
    mkdirSync(folder)
    const git = (...args: string[]): number | null => spawnSync("git", args, { cwd: folder }).status
    expect(git("init", "-q")).toBe(0)
    for (const [name, text] of Object.entries(texts)) {
      const file = join(folder, name)
      writeFileSync(file, text)
      for (const hint of [
        await hintOf(open(text, { format: "yaml", env })),
        await hintOf(decryptFile(file, "yaml", { env })),
      ]) {
        expect(hint).not.toMatch(/\bgit (?:checkout|diff|log)\b|FILE/)
        expect(hint).toMatch(/copy|editor/)
      }
      expect(git("add", name)).toBe(0)
      expect(await hintOf(decryptFile(file, "yaml", { env }))).toMatch(/\bgit (?:checkout|diff|log)\b/)
    }
  })

  test("names are written out, whatever a minifier makes of the classes", () => {
    for (const name of ["AppError", "DataKeyError"] as const) {
      const made = { AppError, DataKeyError }[name]
      expect(Object.getOwnPropertyDescriptor(made, "name")?.value).toBe(name)
    }
  })

  const programs = [
    {
      name: "awaited at the top",
      script: 'await sotto.decryptFile("absent.yaml")',
      says: /^AppError \[FILE_MISSING\]: .*\(absent\.yaml\); hint: .*\n {4}at .*program\.mjs:2/m,
    },
    {
      name: "thrown before anything waits",
      script: 'sotto.seal("a: 1", {format: "yaml", recipients: {age: "x"}})',
      says: /^AppError \[RECIPIENT_INVALID\]/m,
    },
    {
      name: "with much to tell",
      script: 'await sotto.decryptFile("stranger.yaml", undefined, {env: {}})',
      says: /^AppError \[DATA_KEY\]: .*\(stranger\.yaml\); hint: name the file.*\n {4}at .*program\.mjs:2/m,
    },
  ]
  test.each(programs)(
    "nobody catches it: $name",
    async ({ script, says }) => {
      const sealed = await seal("a: x\n", { format: "yaml", recipients: { age: recipients["age-b"] } })
      writeFileSync(join(own.cwd, "stranger.yaml"), sealed)
      const file = join(own.cwd, "program.mjs")
      writeFileSync(file, `import * as sotto from ${JSON.stringify(await builtLibrary())}\n${script}\n`)
      const run = { cwd: own.cwd, env: Object.fromEntries(own.env), encoding: "utf8" } as const
      const { status, stderr } = spawnSync(process.execPath, [file], run)
      expect(status).toBe(1)
      expect(stderr).toMatch(says)
      expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(10)
      expect(stderr.length).toBeLessThan(1500)
    },
    120_000,
  )
})

test.each([{}, null, "toml", "constructor", "__proto__", 7])(
  "a format that there is not is an error of the program: %j",
  async (format) => {
    const file = join(own.cwd, "format.yaml")
    writeFileSync(file, "a: 1\n")
    const failed = { code: "OPTION_VALUE", hint: "formats are yaml, json, dotenv, ini, binary" }
    await expect(decryptFile(file, format as unknown as "yaml")).rejects.toMatchObject(failed)
    const options = { format, recipients: { age: recipients["age-a"] } }
    await expect(seal("a: 1\n", options as unknown as Parameters<typeof seal>[1])).rejects.toMatchObject(failed)
  },
)
