import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import { type Io, realIo } from "../../src/host/io.ts"

/** A folder for one test, without links in its path, that is gone afterwards. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "sotto-test-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

// One process has one set of listeners, however many machines a test makes.
const { signals } = realIo()

/** The real machine with some parts replaced. Nothing of this process's environment is in it but PATH. */
export function machine(parts: Partial<Io> = {}): Io {
  const real = realIo()
  const env = new Map([["PATH", process.env["PATH"] ?? ""]])
  return { ...real, env, signals, swept: new Set(), ...parts }
}
