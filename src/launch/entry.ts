#!/usr/bin/env node
import { shutInspector } from "../host/sigusr1.ts"
import { chunkLoader } from "./chunks.ts"
import { openCodeCache } from "./code-cache.ts"
import { compiler, type Loading } from "./compile.ts"
import { scratchReader } from "./scratch.ts"

/** Set by the build: what the chunks are, in a few letters, and those that can wait. */
declare const buildId: string
declare const lateChunks: readonly string[]

// Before anything else is loaded: from the first moment on no other user may open the inspector (rule S12).
shutInspector(process)

const fs = process.getBuiltinModule("node:fs")
const vm = process.getBuiltinModule("node:vm")
const read = scratchReader(fs)
const cache = openCodeCache(fs, read, {
  platform: process.platform,
  env: process.env,
  uid: process.getuid?.(),
  build: `${buildId}-${process.version}-${process.arch}`,
  words: process.argv.slice(2),
})
const folder = `${__dirname}/chunks`
const loading: Loading = {}
const body = compiler({ read, vm }, folder, cache, loading)
// Node looks for a file of that name first, where it is asked by `require`.
const builtIn = (id: string): unknown => process.getBuiltinModule(id) ?? require(id)
const { start } = chunkLoader({ folder, late: lateChunks, body, require: builtIn })("./start.cjs") as {
  start: (loading: Loading) => Promise<void>
}
void start(loading)
