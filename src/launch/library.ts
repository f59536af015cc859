import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { chunkLoader } from "./chunks.ts"

/** Set by the build: the chunks that can wait. */
declare const lateChunks: readonly string[]

/** What programs import: loaded as it is needed, and without a trace in the user's folders. */
export const library = chunkLoader(
  {
    fs: process.getBuiltinModule("node:fs"),
    vm: process.getBuiltinModule("node:vm"),
    require: createRequire(import.meta.url),
  },
  { folder: fileURLToPath(new URL("chunks", import.meta.url)), late: lateChunks, cache: null },
)("./index.cjs")
