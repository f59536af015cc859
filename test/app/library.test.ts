import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { AppError, decryptFile, open, openFile, readMetadata, reseal, seal } from "../../src/index.ts"
import { builtLibrary } from "../built.ts"
import { keyFile, recipients } from "../keys/golden.ts"
import { machine } from "../machine.ts"

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
    expect({ ...((await decryptFile(file, undefined, { env })) as object) }).toEqual({ A: "1" })
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
  const examples = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code!)
  const outputs = ["admin 5433\n", "age\nhunter2 true\nhunter3 true\n", "NOT_SEALED 1\n"]

  test.each(examples.map((code, index) => ({ code, expected: outputs[index], index })))(
    "example $index runs against the package",
    async ({ code, expected, index }) => {
      const sealed = await seal("db:\n  user: admin\n  port: 5432\n", {
        format: "yaml",
        recipients: { age: recipients["age-a"] },
      })
      writeFileSync(join(own.cwd, "secrets.yaml"), sealed)
      const file = join(own.cwd, `example-${index}.mjs`)
      writeFileSync(file, code.replace('"sotto"', JSON.stringify(await builtLibrary())))
      const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
        cwd: own.cwd,
        env: { ...Object.fromEntries(own.env), ...env },
      })
      expect({ status, stderr: stderr.toString(), stdout: stdout.toString() }).toEqual({
        status: 0,
        stderr: "",
        stdout: expected,
      })
    },
  )
})
