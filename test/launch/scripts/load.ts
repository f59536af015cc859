// Loads one chunk with the cache below HOME, as the published program does: load.ts FOLDER
import * as fs from "node:fs"
import { createRequire } from "node:module"
import * as vm from "node:vm"
import { chunkLoader } from "../../../src/launch/chunks.ts"
import { openCodeCache } from "../../../src/launch/code-cache.ts"
import { compiler } from "../../../src/launch/compile.ts"
import { scratchReader } from "../../../src/launch/scratch.ts"

const read = scratchReader(fs)
const cache = openCodeCache(fs, read, {
  platform: "linux",
  env: process.env,
  uid: process.getuid?.(),
  build: "b",
})
const folder = process.argv[2] ?? ""
const body = compiler({ read, vm }, folder, cache)
chunkLoader({ folder, late: [], body, require: createRequire(import.meta.url) })("./b.cjs")
