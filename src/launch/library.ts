import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { chunkLoader } from "./chunks.ts"
import { compiler } from "./compile.ts"

/** Set by the build: the chunks that can wait. */
declare const lateChunks: readonly string[]

const folder = fileURLToPath(new URL("chunks", import.meta.url))
const [fs, vm] = [process.getBuiltinModule("node:fs"), process.getBuiltinModule("node:vm")]
// It leaves nothing in the user's folders.
const body = compiler({ read: (path) => fs.readFileSync(path), vm }, folder, null)

/** What programs import: loaded as it is needed. */
export const library = chunkLoader({ folder, late: lateChunks, body, require: createRequire(import.meta.url) })(
  "./index.cjs",
)
