import { spawn, spawnSync } from "node:child_process"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { builtKind, builtMain, builtProgram } from "../built.ts"
import { type Machine, machine } from "../machine.ts"
import { root } from "../sources.ts"

const key = join(root, "fixtures/keys/age-a.txt")
const recipient = /age1[a-z0-9]+/.exec(readFileSync(key, "utf8"))?.[0] ?? ""

describe.skipIf(builtKind === "sources")("the built program", () => {
  let own: Machine
  let command: [string, ...string[]]
  const run = (args: readonly string[], env: Record<string, string> = {}, start = command) => {
    const [program, ...before] = start
    const all = { ...Object.fromEntries(own.env), SOPS_AGE_KEY_FILE: key, ...env }
    return spawnSync(program, [...before, ...args], { cwd: own.cwd, env: all, encoding: "utf8" })
  }

  beforeAll(async () => {
    own = machine()
    command = await builtProgram()
    writeFileSync(join(own.cwd, "plain.yaml"), "a: canary-7f3a\n")
    expect(run(["encrypt", "--age", recipient, "-o", "sealed.yaml", "plain.yaml"])).toMatchObject({ status: 0 })
  })
  afterAll(() => own.remove())

  test("a link named sops speaks as sops", () => {
    const link = join(own.home, "sops")
    symlinkSync(command.at(-1)!, link)
    const asSops: [string, ...string[]] = builtKind === "binary" ? [link] : [process.execPath, link]
    expect(run(["--version", "--disable-version-check"], {}, asSops).stdout).toMatch(/^sops /)
    expect(run(["--version"]).stdout).toMatch(/^sotto /)
  })

  test("S15: nothing that stands in the working folder is run or read", () => {
    const evil = `require("node:fs").writeFileSync("owned", "")`
    const files = {
      ".env": "SOTTO_COMPAT=sops\n",
      ".env.local": "SOTTO_COMPAT=sops\n",
      ".env.production": "SOTTO_COMPAT=sops\n",
      "bunfig.toml": `preload = ["./evil.js"]\n[run]\nbun = true\n[install]\nauto = "force"\n`,
      "package.json": `{"type":"module","main":"./evil.js","imports":{"#x":"./evil.js"},"overrides":{"fs":"./evil.js"}}`,
      "tsconfig.json": `{"compilerOptions":{"baseUrl":".","paths":{"*":["./evil.js"],"node:*":["./evil.js"]}}}`,
      "evil.js": evil,
      "node_modules/fs/index.js": evil,
      "node_modules/chunks/start.js": evil,
      "chunks/start.js": evil,
      "chunks/start.cjs": evil,
    }
    for (const [name, text] of Object.entries(files)) {
      const file = join(own.cwd, name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
    expect(run(["--version"]).stdout).toMatch(/^sotto /)
    expect(run(["decrypt", "sealed.yaml"])).toMatchObject({ status: 0, stdout: "a: canary-7f3a\n" })
    expect(existsSync(join(own.cwd, "owned"))).toBe(false)
  })

  test.skipIf(process.platform === "win32")("S12: SIGUSR1 opens no inspector", async () => {
    const [program, ...before] = command
    const child = spawn(program, [...before, "decrypt", "--input-type", "yaml"], { env: Object.fromEntries(own.env) })
    let isClosed = false
    child.once("close", () => (isClosed = true))
    let said = ""
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()))
    const pause = (ms: number): Promise<void> =>
      new Promise((resolve) => {
        setTimeout(resolve, ms)
      })
    // It waits for its input by then; a signal before its first statement is the runtime's affair.
    await pause(500)
    for (let round = 0; round < 40; round++) {
      child.kill("SIGUSR1")
      await pause(5)
    }
    expect(child.signalCode).toBeNull()
    child.stdin.end("a: 1\n")
    // To the very end: a signal must not become the status.
    while (!isClosed) {
      child.kill("SIGUSR1")
      await pause(1)
    }
    expect(child).toMatchObject({ exitCode: 1, signalCode: null })
    expect(said).not.toMatch(/debugger|inspector/i)
    expect(said).toContain("[NOT_SEALED]")
  })

  test("no path of the machine that built it is inside", () => {
    const file = command.at(-1)!
    const texts =
      builtKind === "binary"
        ? [readFileSync(file)]
        : readdirSync(join(dirname(file), "chunks")).map((name) => readFileSync(join(dirname(file), "chunks", name)))
    expect(texts.filter((text) => text.includes(`${root}/src`) || text.includes(`${root}/node_modules`))).toHaveLength(
      0,
    )
  })
})

describe.skipIf(builtKind !== "dist")("the published package", () => {
  let own: Machine
  let main: string
  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    spawnSync(process.execPath, [main, ...args], {
      cwd: own.cwd,
      env: { ...Object.fromEntries(own.env), SOPS_AGE_KEY_FILE: key, ...env },
      encoding: "utf8",
    })

  beforeAll(async () => {
    own = machine()
    main = await builtMain()
    writeFileSync(join(own.cwd, "plain.yaml"), "a: canary-7f3a\n")
    expect(run(["encrypt", "--age", recipient, "-o", "sealed.yaml", "plain.yaml"])).toMatchObject({ status: 0 })
  })
  afterAll(() => own.remove())

  /** Chunks that a run has compiled, and so loaded; its code is kept with them. */
  const chunksOf = (args: readonly string[]): string[] => {
    const cache = join(own.home, ".cache")
    const before = { XDG_CACHE_HOME: cache }
    rmSync(cache, { recursive: true, force: true })
    mkdirSync(cache)
    expect(run(args, before).status).toBe(0)
    const [build = ""] = readdirSync(join(cache, "sotto"))
    const kept = readdirSync(join(cache, "sotto", build))
    return kept.filter((name) => name.endsWith(".cjs")).toSorted()
  }

  // Without `parse`, which is commander: these lines have nothing to take apart (ADR 2).
  const hot = ["open.cjs", "read.cjs", "start.cjs"]
  test.each([
    { args: ["--version"], chunks: ["start.cjs"] },
    { args: ["filestatus", "sealed.yaml"], chunks: hot },
    { args: ["decrypt", "sealed.yaml"], chunks: hot },
  ])("$args loads these chunks and no others", ({ args, chunks }) => {
    expect(chunksOf(args).filter((name) => !chunks.includes(name))).toEqual([])
  })

  // A start costs by what it loads (docs/performance.md). The limits lie some KB above what is loaded; whoever has to
  // raise one says what for, or puts what is new into a part that waits (scripts/parts.mjs).
  test.each([
    // It holds what reads a line without commander (ADR 2).
    { args: ["--version"], kb: 39 },
    { args: ["--help"], kb: 89 },
    // What opens a file also tells which plain values need no second look at the whole text.
    { args: ["filestatus", "sealed.yaml"], kb: 224 },
    { args: ["decrypt", "sealed.yaml"], kb: 224 },
    { args: ["textconv", "sealed.yaml"], kb: 226 },
    { args: ["get", "sealed.yaml", "a"], kb: 232 },
    { args: ["run", "-f", "sealed.yaml", "--", "true"], kb: 300 },
    { args: ["exec-env", "sealed.yaml", "true"], kb: 256 },
    { args: ["set", "other.yaml", "a", '"canary-7f3b"'], kb: 385 },
    { args: ["encrypt", "--age", recipient, "plain.yaml"], kb: 370 },
    // With the options of recipients, which stand beside `encrypt`.
    { args: ["rotate", "-i", "other.yaml"], kb: 362 },
    { args: ["keys", "sealed.yaml"], kb: 275 },
  ])("$args.0 loads no more than $kb KB of code", ({ args, kb }) => {
    copyFileSync(join(own.cwd, "sealed.yaml"), join(own.cwd, "other.yaml"))
    const loaded = chunksOf(args).map((name) => [name, statSync(join(dirname(main), "chunks", name)).size] as const)
    const sum = loaded.reduce((before, [, bytes]) => before + bytes, 0) / 1000
    expect({ fits: sum < kb, loaded }).toMatchObject({ fits: true })
    // A limit far above what is loaded is none.
    expect(sum).toBeGreaterThan(kb * 0.8)
  })

  // Node has modules of its own that it loads when a name is first used, such as `performance` and `process.stdout`.
  test.each([
    ["--help"],
    ["filestatus", "sealed.yaml"],
    ["decrypt", "sealed.yaml"],
    ["textconv", "sealed.yaml"],
    ["get", "sealed.yaml", "a"],
    ["set", "other.yaml", "a", '"canary-7f3b"'],
    ["encrypt", "--age", recipient, "plain.yaml"],
  ])("%s loads no module of Node that files and ciphers do not need", (...args) => {
    copyFileSync(join(own.cwd, "sealed.yaml"), join(own.cwd, "other.yaml"))
    const hook = join(own.home, "list.cjs")
    writeFileSync(hook, "process.on('exit', () => process._rawDebug(process.moduleLoadList.join('\\n')))")
    const listed = (script: readonly string[]): string[] => {
      const env = { ...Object.fromEntries(own.env), SOPS_AGE_KEY_FILE: key }
      const { stderr, status } = spawnSync(process.execPath, ["--require", hook, ...script], { cwd: own.cwd, env })
      expect({ status, stderr }).toMatchObject({ status: 0 })
      return stderr.toString().split("\n")
    }
    const floor = join(own.home, "floor.cjs")
    writeFileSync(floor, `for (const name of ["crypto", "fs", "path", "events", "process", "vm"]) require(name)`)
    const needed = listed([floor])
    // The first run compiles, and keeps what it has compiled.
    run(args)
    const found = listed([main, ...args]).filter((name) => /^Native|^Internal/.test(name) && !needed.includes(name))
    expect(found).toEqual(["Internal Binding signal_wrap"])
  })

  test("the entry is small, and the library is the same program", async () => {
    expect(statSync(main).size).toBeLessThan(20_000)
    const library = (await import(pathToFileURL(join(dirname(main), "index.js")).href)) as Record<string, unknown>
    expect(library["version"]).toMatch(/^\d/)
    expect(library["openFile"]).toBeTypeOf("function")
  })

  test("what is bundled is listed in three places alike", () => {
    const bom = JSON.parse(readFileSync(join(dirname(main), "sbom.json"), "utf8")) as { components: { name: string }[] }
    const names = bom.components.map(({ name }) => name)
    const about = JSON.parse(run(["--version", "--json"]).stdout) as { packages: { name: string }[] }
    expect(about.packages.map(({ name }) => name)).toEqual(names)
    const notices = readFileSync(join(dirname(main), "THIRD_PARTY_NOTICES"), "utf8")
    expect(names.filter((name) => !notices.includes(`\n${name} `))).toEqual([])
    expect(names.length).toBeGreaterThan(5)
  })

  test.skipIf(process.platform !== "linux")("a cache that cannot be made keeps no command from its end", () => {
    const { status, signal } = spawnSync(process.execPath, [main, "--version"], {
      env: { ...Object.fromEntries(own.env), XDG_CACHE_HOME: "/proc/none" },
      timeout: 30_000,
    })
    expect({ status, signal }).toEqual({ status: 0, signal: null })
  })

  test("without the folder for caches it does the same", () => {
    expect(run(["decrypt", "sealed.yaml"], { HOME: "/nonexistent", XDG_CACHE_HOME: "" }).stdout).toBe(
      "a: canary-7f3a\n",
    )
    expect(run(["decrypt", "sealed.yaml"], { NODE_DISABLE_COMPILE_CACHE: "1" }).stdout).toBe("a: canary-7f3a\n")
  })
})
