import { describe, expect, onTestFinished, test } from "vitest"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Io, realIo } from "../../src/host/io.ts"
import { writeAtomic } from "../../src/host/write-atomic.ts"
import { writeInParallel } from "../../src/app/each-file.ts"

/** The machine, in an empty folder, with a record of how files are flushed. */
function machine(): { io: Io; folder: string; events: string[] } {
  const folder = mkdtempSync(join(tmpdir(), "sotto-batch-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const real = realIo()
  const events: string[] = []
  const fs: Io["fs"] = {
    ...real.fs,
    async syncLater(fd) {
      events.push("flush")
      await real.fs.syncLater(fd)
      events.push("flushed")
    },
    rename(from, to) {
      events.push("rename")
      real.fs.rename(from, to)
    },
  }
  const io = Object.create(real, { fs: { value: fs }, cwd: { value: folder } }) as Io
  return { io, folder, events }
}

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `${at}.txt`)

describe("inBatch", () => {
  test("writes all files that are under way before it flushes the first, and renames each behind its flush", async () => {
    const { io, folder, events } = machine()
    await writeInParallel(io, names(10), 2, async (name) => {
      events.push("write")
      await writeAtomic(io, name, Buffer.from(name), { mode: "private" })
    })
    expect(events.slice(0, 11)).toEqual([...Array.from({ length: 10 }, () => "write"), "flush"])
    for (const [at, event] of events.entries()) {
      const before = events.slice(0, at)
      const count = (name: string): number => before.filter((one) => one === name).length
      if (event === "rename") expect(count("rename")).toBeLessThan(count("flushed"))
    }
    for (const name of names(10)) expect(readFileSync(join(folder, name), "utf8")).toBe(name)
  })

  test("what waits for the disk is bounded in bytes", async () => {
    const { io, events } = machine()
    const large = Buffer.alloc(5 * 1024 * 1024)
    await writeInParallel(io, names(6), 2, async (name) => {
      events.push("write")
      await writeAtomic(io, name, large, { mode: "private" })
    })
    expect(events.indexOf("flush")).toBeLessThanOrEqual(3)
    expect(events.filter((event) => event === "rename")).toHaveLength(6)
  })

  test("only so many are worked on at once, and none is begun after one that threw", async () => {
    const { io } = machine()
    let running = 0
    let most = 0
    let begun = 0
    const work = writeInParallel(io, names(20), 3, async () => {
      most = Math.max(most, ++running)
      const number = ++begun
      await new Promise((resolve) => setImmediate(resolve))
      running--
      if (number === 4) throw new TypeError("a bug")
    })
    await expect(work).rejects.toThrow("a bug")
    expect(most).toBe(3)
    expect(begun).toBeLessThan(8)
  })
})
