import {
  linkSync,
  lstatSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { AppError } from "../../src/errors/app-error.ts"
import { writeAtomic } from "../../src/host/write-atomic.ts"
import { machine, tempFolder } from "../host/machine.ts"
import { bundled, node, start } from "../host/script.ts"
import { callsToFail, type Fault, faultyIo } from "./fault-io.ts"

const codes = ["EIO", "ENOSPC", "EACCES", "EXDEV", "EINTR"]
const old = Buffer.alloc(2000, "o")
const kill = bundled(new URL("../host/scripts/write-at-call.ts", import.meta.url))
const forever = bundled(new URL("../host/scripts/write-forever.ts", import.meta.url))

const scenes = [
  { name: "a longer text", size: 5000, isLinked: false, exists: true },
  { name: "a shorter text", size: 100, isLinked: false, exists: true },
  { name: "a new file", size: 5000, isLinked: false, exists: false },
  { name: "in place, longer", size: 5000, isLinked: true, exists: true },
  { name: "in place, shorter", size: 100, isLinked: true, exists: true },
]

/** A folder with the target behind a link. */
function stage(scene: (typeof scenes)[number]): string {
  const cwd = tempFolder()
  if (scene.exists) writeFileSync(join(cwd, "target"), old, { mode: 0o640 })
  if (scene.exists) symlinkSync("target", join(cwd, "link"))
  if (scene.isLinked) linkSync(join(cwd, "target"), join(cwd, "second"))
  return cwd
}

async function run(
  cwd: string,
  scene: (typeof scenes)[number],
  fault: Fault | null,
): Promise<{ calls: number; failed: boolean; error: unknown }> {
  const { io, calls, hasFailed } = faultyIo(machine({ cwd }), fault)
  const opened = scene.exists ? old : null
  const file = scene.exists ? "link" : "target"
  let error: unknown = null
  try {
    await writeAtomic(io, file, Buffer.alloc(scene.size, "n"), { mode: "kept", opened })
  } catch (thrown) {
    error = thrown
  }
  return { calls: calls.length, failed: hasFailed(), error }
}

function expectUntouched(cwd: string, scene: (typeof scenes)[number]): void {
  if (!scene.exists) return expect(() => lstatSync(join(cwd, "target"))).toThrow()
  expect(readFileSync(join(cwd, "target")).equals(old)).toBe(true)
  expect(statSync(join(cwd, "target")).mode & 0o777).toBe(0o640)
}

function expectWritten(cwd: string, scene: (typeof scenes)[number]): void {
  expect(readFileSync(join(cwd, "target")).equals(Buffer.alloc(scene.size, "n"))).toBe(true)
  if (scene.exists) expect(statSync(join(cwd, "target")).mode & 0o777).toBe(0o640)
}

const finalMode = 0o640 | (0o666 & ~process.umask())

function leftIn(cwd: string): string[] {
  return readdirSync(cwd).filter((name) => !["target", "link", "second"].includes(name))
}

describe.each(scenes)("L9: $name", (scene) => {
  const kinds = codes.flatMap((code) => [false, true].map((writesHalf) => ({ code, writesHalf })))
  test.each(kinds.map((kind, nth) => ({ ...kind, nth })))(
    "$code once at any call, half written: $writesHalf",
    async ({ code, writesHalf, nth }) => {
      const { calls } = await run(stage(scene), scene, null)
      expect(calls).toBeGreaterThan(8)
      for (const at of callsToFail(calls, nth)) {
        const cwd = stage(scene)
        const { failed, error } = await run(cwd, scene, { at, code, lasts: "once", writesHalf })
        expect(failed).toBe(true)
        if (error === null) expectWritten(cwd, scene)
        else expectUntouched(cwd, scene)
        if (error !== null) expect(error).toBeInstanceOf(AppError)
        expect(leftIn(cwd)).toEqual([])
        if (scene.exists) expect(readlinkSync(join(cwd, "link"))).toBe("target")
      }
    },
  )

  test.each(codes.map((code, nth) => ({ code, nth })))("$code at a call and all after it", async ({ code, nth }) => {
    const { calls } = await run(stage(scene), scene, null)
    for (const at of callsToFail(calls, nth)) {
      const cwd = stage(scene)
      const { failed, error } = await run(cwd, scene, { at, code, lasts: "always", writesHalf: true })
      expect(failed).toBe(true)
      const isInPlace = scene.isLinked && error !== null
      // Nothing can be put back with a device that is gone: only a file that had to be written in place may suffer.
      if (!isInPlace && existsAsBefore(cwd, scene)) expectUntouched(cwd, scene)
      else if (!isInPlace) expectWritten(cwd, scene)
      const left = leftIn(cwd)
      expect(left.length).toBeLessThanOrEqual(1)
      for (const name of left) {
        expect(name).toMatch(/^\.sotto-.*\.tmp$/)
        // It gets its final mode just before the rename; a failure after that finds it as wide as the target.
        expect(statSync(join(cwd, name)).mode & 0o777 & ~finalMode).toBe(0)
      }
    }
  })
})

function existsAsBefore(cwd: string, scene: (typeof scenes)[number]): boolean {
  try {
    return readFileSync(join(cwd, "target")).equals(old)
  } catch {
    return !scene.exists
  }
}

describe("L9: killed at the Nth call", () => {
  const scene = { name: "", size: 5000, isLinked: false, exists: true }

  test.each([["SIGKILL"], ["SIGINT", "SIGTERM", "SIGHUP"]])("%s %s %s", async (...signals) => {
    for (let at = 1; ; at++) {
      const signal = signals[at % signals.length]!
      const cwd = stage(scene)
      const end = await start(node, [kill, join(cwd, "target"), String(at), signal, "5000"]).ended
      if (existsAsBefore(cwd, scene)) expectUntouched(cwd, scene)
      else expectWritten(cwd, scene)
      if (end.stdout === "done") break
      expect(end.signal).toBe(signal)
      if (signal !== "SIGKILL") expect(leftIn(cwd)).toEqual([])
      expect(leftIn(cwd).length).toBeLessThanOrEqual(1)
      // The next write removes it.
      await writeAtomic(machine({ cwd }), "other", Buffer.from("x"), { mode: "kept" })
      expect(leftIn(cwd)).toEqual(["other"])
    }
  })

  test("SIGKILL at any moment of many writes: one whole text", async () => {
    const cwd = stage(scene)
    for (let round = 0; round < 8; round++) {
      const { child, ended, said } = start(node, [forever, join(cwd, "target")])
      await said("started")
      await new Promise((resolve) => {
        setTimeout(resolve, round * 7)
      })
      child.kill("SIGKILL")
      await ended
      const now = readFileSync(join(cwd, "target"))
      expect([2000, 300_000]).toContain(now.length)
      expect(now.equals(Buffer.alloc(now.length, now[0]))).toBe(true)
      expect(leftIn(cwd).length).toBeLessThanOrEqual(1)
    }
  })
})
