import { chunkLoader } from "./chunks.ts"
import { openCodeCache } from "./code-cache.ts"
import { compiler } from "./compile.ts"

/** Set by the build: what the chunks are, in a few letters, and those that can wait. */
declare const buildId: string
declare const lateChunks: readonly string[]

/**
 * Starts the program of the published package from its chunks.
 *
 * @param folder - where this file stands
 */
export function launch(folder: string, require: (id: string) => unknown): void {
  const fs = process.getBuiltinModule("node:fs")
  const vm = process.getBuiltinModule("node:vm")
  const cache = openCodeCache(fs, {
    platform: process.platform,
    env: process.env,
    uid: process.getuid?.(),
    build: `${buildId}-${process.version}-${process.arch}`,
  })
  const chunks = `${folder}/chunks`
  const body = compiler({ fs, vm }, chunks, cache)
  const load = chunkLoader({ folder: chunks, late: lateChunks, body, require })
  const { start } = load("./start.cjs") as { start: () => Promise<void> }
  void start()
}
