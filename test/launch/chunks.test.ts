import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as vm from "node:vm"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { chunkLoader } from "../../src/launch/chunks.ts"
import { type CodeCache, openCodeCache } from "../../src/launch/code-cache.ts"
import { scratchReader } from "../../src/launch/scratch.ts"
import { compiler } from "../../src/launch/compile.ts"
import { bundled } from "../host/script.ts"

const script = bundled(new URL("scripts/load.ts", import.meta.url))

const chunks: Readonly<Record<string, string>> = {
  "a.cjs": `globalThis.order.push("a");const b=require("./b.cjs"),c=require("./c.cjs");exports.sum=()=>b.two+c.three();exports.b=()=>b.two`,
  "b.cjs": `globalThis.order?.push("b");exports.two=2`,
  "ways.cjs": `const ways={one:()=>[1].map((n)=>n+1),two:(a,b)=>{for(const c of [a,b])if(c)return String(c)}};exports.go=(w)=>ways[w]?.()`,
  "c.cjs": `globalThis.order.push("c");const a=require("./a.cjs");exports.three=()=>a.b()+1`,
  "crypto.cjs": `const c=require("node:crypto");exports.size=()=>c.randomBytes(3).length`,
  "place.cjs": `exports.place=[__filename,__dirname];module.exports.same=module.exports===exports`,
}

let folder: string
const order: string[] = Object.assign(globalThis, { order: [] as string[] }).order

beforeAll(() => {
  folder = fs.mkdtempSync(join(tmpdir(), "sotto-chunks-"))
  for (const [name, text] of Object.entries(chunks))
    fs.writeFileSync(join(folder, name), `(function(exports,require,module,__filename,__dirname){${text}})`)
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const read = scratchReader(fs)

function loader(late: readonly string[] = [], cache: CodeCache | null = null): (id: string) => unknown {
  order.length = 0
  const body = compiler({ read, vm }, folder, cache)
  return chunkLoader({ folder, late, body, require: createRequire(import.meta.url) })
}

describe("chunks", () => {
  test("each is run once, also when they need each other", () => {
    const a = loader()("./a.cjs") as { sum(): number }
    expect(order).toEqual(["a", "b", "c"])
    expect(a.sum()).toBe(5)
    expect(order).toEqual(["a", "b", "c"])
  })

  test("a late one is run when something of it is used", () => {
    const load = loader(["c.cjs"])
    const a = load("./a.cjs") as { sum(): number; b(): number }
    expect(a.b()).toBe(2)
    expect(order).toEqual(["a", "b"])
    expect(a.sum()).toBe(5)
    expect(order).toEqual(["a", "b", "c"])
  })

  test("the text of the next one does not change what was read", () => {
    const first = read(join(folder, "a.cjs")).toString("latin1")
    expect(first).toBe(fs.readFileSync(join(folder, "a.cjs"), "latin1"))
    expect(read(join(folder, "b.cjs")).equals(fs.readFileSync(join(folder, "b.cjs")))).toBe(true)
    const large = join(folder, "large")
    for (const size of [(1 << 20) - 1, 1 << 20, (1 << 20) + 1]) {
      fs.writeFileSync(large, Buffer.alloc(size, `${size} `))
      expect(read(large).equals(fs.readFileSync(large))).toBe(true)
    }
    expect(() => read(join(folder, "none"))).toThrow("ENOENT")
  })

  test("a module of Node is Node's own", () => {
    expect((loader()("./crypto.cjs") as { size(): number }).size()).toBe(3)
    expect(loader()("node:path")).toHaveProperty("join")
  })

  test("a chunk knows where it stands", () => {
    expect(loader()("./place.cjs")).toMatchObject({ place: [`${folder}/place.cjs`, folder], same: true })
  })
})

describe("S15: the cache of compiled code", () => {
  let home: string
  const uid = process.getuid?.() ?? 0
  const facts = (env: Record<string, string>) =>
    ({ platform: "linux", env: { HOME: home, ...env }, uid, build: "b", words: [] }) as const
  const kept = (): string[] =>
    fs.existsSync(join(home, ".cache/sotto/b")) ? fs.readdirSync(join(home, ".cache/sotto/b")) : []

  /** Runs one chunk as a process does, to its end. */
  function runOnce(env: Record<string, string> = {}, status = 0): boolean | undefined {
    const listeners = process.listeners("exit")
    const cache = openCodeCache(fs, read, facts(env))
    const before = cache?.find("b.cjs") !== undefined
    loader([], cache)("./b.cjs")
    const ends = process.listeners("exit").filter((listener) => !listeners.includes(listener))
    for (const end of ends) {
      end(status)
      process.off("exit", end)
    }
    return before
  }

  beforeAll(() => {
    home = fs.mkdtempSync(join(tmpdir(), "sotto-home-"))
  })
  afterAll(() => fs.rmSync(home, { recursive: true, force: true }))
  const empty = (): void => fs.rmSync(join(home, ".cache"), { recursive: true, force: true })

  test("is kept at a good end, in a folder of this user alone, and found by the next run", () => {
    empty()
    expect(runOnce()).toBe(false)
    expect(kept()).toEqual(["-.seen", "b.cjs"])
    expect(fs.statSync(join(home, ".cache/sotto")).mode & 0o777).toBe(0o700)
    expect(fs.statSync(join(home, ".cache/sotto/b/b.cjs")).mode & 0o777).toBe(0o600)
    expect(runOnce()).toBe(true)
  })

  test("is not kept where the user wants none", () => {
    empty()
    runOnce({ NODE_DISABLE_COMPILE_CACHE: "1" })
    expect(kept()).toEqual([])
  })

  test("of a bad end serves until there is one of a good end", () => {
    empty()
    expect(runOnce({}, 128)).toBe(false)
    expect(kept()).toEqual(["b.cjs.part"])
    const partial = fs.statSync(join(home, ".cache/sotto/b/b.cjs.part")).mtimeMs
    expect(runOnce({}, 1)).toBe(true)
    expect(fs.statSync(join(home, ".cache/sotto/b/b.cjs.part")).mtimeMs).toBe(partial)
    expect(runOnce({}, 200)).toBe(true)
    expect(kept()).toEqual(["-.seen", "b.cjs"])
    expect(openCodeCache(fs, read, facts({}))?.find("b.cjs")?.isWhole).toBe(true)
    const whole = fs.statSync(join(home, ".cache/sotto/b/b.cjs")).mtimeMs
    expect(runOnce({}, 1)).toBe(true)
    expect(fs.statSync(join(home, ".cache/sotto/b/b.cjs")).mtimeMs).toBe(whole)
  })

  test("of other builds is kept for the newest few", () => {
    empty()
    const builds = ["older", "old", "new", "newer", "newest"]
    for (const [nth, build] of builds.entries()) {
      fs.mkdirSync(join(home, ".cache/sotto", build), { recursive: true, mode: 0o700 })
      const at = new Date(performance.timeOrigin - 60_000 * (builds.length - nth))
      fs.utimesSync(join(home, ".cache/sotto", build), at, at)
    }
    fs.chmodSync(join(home, ".cache/sotto"), 0o700)
    runOnce()
    expect(fs.readdirSync(join(home, ".cache/sotto")).toSorted()).toEqual(["b", "new", "newer", "newest"])
  })

  test("that a killed run did not finish is removed, and what another one is writing stays", () => {
    empty()
    fs.mkdirSync(join(home, ".cache/sotto/b"), { recursive: true, mode: 0o700 })
    fs.chmodSync(join(home, ".cache/sotto"), 0o700)
    for (const [name, ageMs] of [
      ["a.cjs.4711", 7_200_000],
      ["a.cjs.part.12", 7_200_000],
      ["a.cjs.4712", 60_000],
    ] as const) {
      const path = join(home, ".cache/sotto/b", name)
      fs.writeFileSync(path, "x")
      const at = new Date(performance.timeOrigin - ageMs)
      fs.utimesSync(path, at, at)
    }
    runOnce()
    expect(kept().toSorted()).toEqual(["-.seen", "a.cjs.4712", "b.cjs"])
  })

  test("is not taken from a folder that others can look into, nor through a link", () => {
    empty()
    runOnce()
    fs.chmodSync(join(home, ".cache/sotto"), 0o755)
    expect(runOnce()).toBe(false)
    fs.chmodSync(join(home, ".cache/sotto"), 0o700)
    fs.renameSync(join(home, ".cache/sotto"), join(home, "elsewhere"))
    fs.symlinkSync(join(home, "elsewhere"), join(home, ".cache/sotto"))
    expect(runOnce()).toBe(false)
    fs.rmSync(join(home, "elsewhere"), { recursive: true })
  })

  test("of somebody else is neither read nor written", () => {
    empty()
    runOnce()
    const other = openCodeCache(fs, read, { ...facts({}), uid: uid + 1 })
    expect(other?.find("b.cjs")).toBeUndefined()
    expect(openCodeCache(fs, read, { ...facts({}), platform: "win32" })).toBeNull()
    expect(openCodeCache(fs, read, facts({ HOME: "relative" }))).toBeNull()
  })

  test("of a run beside is not replaced: the next run of the command adds to it", () => {
    empty()
    const ended = (beside: () => void): void => {
      const listeners = process.listeners("exit")
      loader([], openCodeCache(fs, read, facts({})))("./b.cjs")
      beside()
      for (const end of process.listeners("exit").filter((listener) => !listeners.includes(listener))) {
        end(0)
        process.off("exit", end)
      }
    }
    const file = join(home, ".cache/sotto/b/b.cjs")
    ended(() => {
      fs.mkdirSync(join(home, ".cache/sotto/b"), { recursive: true, mode: 0o700 })
      fs.chmodSync(join(home, ".cache/sotto"), 0o700)
      fs.writeFileSync(file, "of a run beside")
    })
    expect(fs.readFileSync(file, "latin1")).toBe("of a run beside")
    expect(kept()).toEqual(["b.cjs"])
    ended(() => {})
    expect(kept()).toEqual(["-.seen", "b.cjs"])
    expect(fs.readFileSync(file, "latin1")).not.toBe("of a run beside")
  })

  test("grows by what the first run of each command has compiled, and by nothing else", () => {
    empty()
    const file = join(home, ".cache/sotto/b/ways.cjs")
    const run = (...words: string[]): { readonly size: number; readonly ms: number } => {
      expect(spawnSync(process.execPath, [script, folder, ...words], { env: { HOME: home } }).status).toBe(0)
      const { size, mtimeMs: ms } = fs.statSync(file)
      return { size, ms }
    }
    const one = run("one")
    const both = run("two")
    expect(both.size).toBeGreaterThan(one.size)
    // Nothing of it was compiled, and what the others have compiled stays.
    expect(run("none")).toEqual(both)
    expect(run("one")).toEqual(both)
    expect(run("two")).toEqual(both)
    expect(kept().toSorted()).toEqual(["b.cjs", "none.seen", "one.seen", "two.seen", "ways.cjs"])
    expect(run("./a-file.yaml")).toEqual(both)
    expect(run("Secret-Name")).toEqual(both)
    expect(kept().toSorted()).toEqual(["-.seen", "b.cjs", "none.seen", "one.seen", "two.seen", "ways.cjs"])
  })

  // The engine remembers what it compiled, so each run is a process of its own.
  test.each([
    { how: "cut short", spoil: (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1) },
    { how: "of zeros", spoil: (bytes: Buffer) => Buffer.alloc(bytes.length) },
    { how: "empty", spoil: () => Buffer.alloc(0) },
  ])("that is $how is made again", ({ spoil }) => {
    empty()
    const file = join(home, ".cache/sotto/b/b.cjs")
    const run = (): number | null => spawnSync(process.execPath, [script, folder], { env: { HOME: home } }).status
    expect(run()).toBe(0)
    const whole = fs.readFileSync(file)
    fs.writeFileSync(file, spoil(whole))
    expect(run()).toBe(0)
    expect(fs.readFileSync(file).length).toBe(whole.length)
  })
})
