import { spawn } from "node:child_process"
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { delimiter, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, test } from "vitest"
import { builtProgram } from "../built.ts"
import { canary } from "../canary.ts"
import { isTempName } from "../../src/host/leftovers.ts"
import { expectNoCanary, type MergeRepository, mergeRepository } from "./merging.ts"

const files = ["secrets/1.yaml", "secrets/2.yaml", "secrets/3.yaml"]
const text = (a: string, b = "b"): string => `a: ${canary}-${a}\nb: ${canary}-${b}\n`

/** Runs a command line of ours, and ends it after a while. @returns how long it ran, when nobody ended it */
async function ended(
  own: MergeRepository,
  args: readonly string[],
  signal: NodeJS.Signals,
  afterMs: number,
): Promise<number> {
  const [program, ...words] = await builtProgram()
  const env = Object.fromEntries(own.env)
  const child = spawn(program, [...words, ...args], { cwd: own.top, env, detached: true, stdio: "ignore" })
  const start = performance.now()
  const timer = setTimeout(() => child.kill(signal), afterMs)
  await new Promise((resolve) => child.once("close", resolve))
  clearTimeout(timer)
  const ms = performance.now() - start
  // A git that it has started goes on to its end.
  while (isThere(-child.pid!)) await sleep(10)
  return ms
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Locks and halves of files. A SIGKILL may leave private ciphertext, which a later write in that folder removes. */
function remains(own: MergeRepository, signal: NodeJS.Signals): string[] {
  return ["secrets", ".git", ".git/sotto"].flatMap((folder) =>
    existsSync(join(own.top, folder))
      ? readdirSync(join(own.top, folder)).filter(
          (name) => /lock|tmp/.test(name) && !(signal === "SIGKILL" && isTempName(name)),
        )
      : [],
  )
}

async function inConflict(): Promise<MergeRepository> {
  const own = await mergeRepository()
  for (const file of files) await own.seal(file, text("base"))
  const base = own.commitAll("base")
  const changed = (a: string, b: string) => async () => {
    for (const file of files) await own.change(file, text(a, b))
  }
  await own.branch("theirs", base, changed("theirs", "b"))
  await own.branch("ours", base, changed("ours", "b-ours"))
  expect(own.tryGit("merge", "theirs").status).toBe(1)
  return own
}

const signals = ["SIGINT", "SIGTERM", "SIGKILL"] as const

describe.each(signals)("whenever %s comes", (signal) => {
  test("resolve leaves each file in conflict or resolved, and goes on when it is called again", async () => {
    const own = await inConflict()
    const ours = files.map((file) => own.read(file))
    const kept = join(own.machine.home, "kept")
    cpSync(own.top, kept, { recursive: true })
    const args = ["resolve", "--theirs"]
    const wholeMs = await ended(own, args, signal, 60_000)
    for (let part = 1; part <= 4; part++) {
      for (const name of readdirSync(own.top)) rmSync(join(own.top, name), { recursive: true })
      cpSync(kept, own.top, { recursive: true })
      await ended(own, args, signal, (wholeMs * part) / 4)
      for (const [index, file] of files.entries())
        if (!own.read(file).equals(ours[index]!)) expect(await own.open(file)).toBe(text("theirs", "b-ours"))
      expect(remains(own, signal)).toEqual([])
      if (own.git("ls-files", "-u") !== "") expect(await own.sotto(...args)).toMatchObject({ status: 0 })
      own.git("commit", "--quiet", "--no-edit")
      for (const file of files) expect(await own.open(file)).toBe(text("theirs", "b-ours"))
      expect(remains(own, signal)).toEqual([])
    }
    expectNoCanary(own)
  })

  test("migrate leaves each file as it was or as the rule wants it", async () => {
    const own = await mergeRepository()
    for (const file of files) await own.seal(file, text("base"), "--encrypted-regex", "^a$", "--allow-clear", "b")
    own.commitAll("base")
    const before = files.map((file) => own.read(file))
    const args = ["migrate", "--yes", "secrets"]
    const wholeMs = await ended(own, args, signal, 60_000)
    expect(files.map((file) => own.read(file).toString().includes(canary))).toEqual([false, false, false])
    for (let part = 1; part <= 4; part++) {
      own.git("reset", "--quiet", "--hard")
      await ended(own, args, signal, (wholeMs * part) / 4)
      for (const [index, file] of files.entries()) {
        expect(await own.open(file)).toBe(text("base"))
        if (!own.read(file).equals(before[index]!)) expect(own.read(file).toString()).not.toContain(canary)
      }
      expect(remains(own, signal)).toEqual([])
      expect(await own.sotto(...args)).toMatchObject({ status: 0 })
      expect(files.map((file) => own.read(file).toString().includes(canary))).toEqual([false, false, false])
      expect(remains(own, signal)).toEqual([])
    }
  })
})

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s ends a git that writes the index so that it takes its lock away",
  async (signal) => {
    const own = await inConflict()
    // As git does: the lock goes at every signal but SIGKILL.
    const [bin, lock, pid] = [
      join(own.machine.home, "slow"),
      join(own.top, ".git/index.lock"),
      join(own.machine.home, "pid"),
    ]
    const real = own.env.get("PATH")!
    const script = `#!/bin/sh
case " $* " in *" add "*)
  trap "rm -f '${lock}'; exit 143" TERM
  : > '${lock}'
  sleep 60 &
  echo $! > '${pid}'
  wait;;
esac
PATH='${real}' exec git "$@"
`
    mkdirSync(bin)
    writeFileSync(join(bin, "git"), script)
    chmodSync(join(bin, "git"), 0o755)
    own.env.set("PATH", `${bin}${delimiter}${real}`)
    const [program, ...words] = await builtProgram()
    const child = spawn(program, [...words, "resolve", "--theirs", files[0]!], {
      cwd: own.top,
      env: Object.fromEntries(own.env),
      stdio: "ignore",
    })
    const closed = new Promise((resolve) => child.once("close", resolve))
    while (!existsSync(pid)) await sleep(10)
    child.kill(signal)
    await closed
    for (let round = 0; round < 500 && existsSync(lock); round++) await sleep(10)
    expect(existsSync(lock)).toBe(false)
    rmSync(bin, { recursive: true })
  },
)
