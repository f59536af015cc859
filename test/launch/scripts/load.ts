// Loads chunks with the cache below HOME, as the published program does: load.ts FOLDER [COMMAND]
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
  words: process.argv.slice(3),
})
const folder = process.argv[2] ?? ""
const body = compiler({ read, vm }, folder, cache)
const load = chunkLoader({ folder, late: [], body, require: createRequire(import.meta.url) })
load("./b.cjs")
const [way] = process.argv.slice(3)
if (way !== undefined) (load("./ways.cjs") as { go(way: string): unknown }).go(way)
