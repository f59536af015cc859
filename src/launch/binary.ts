import { shutInspector } from "../host/sigusr1.ts"
import { type Body, chunkLoader } from "./chunks.ts"
import { quickCode } from "./quick-code.ts"

/** Set by the build: the chunks that can wait. */
declare const lateChunks: readonly string[]

// Before anything else is loaded, as in every entry (rule S12).
shutInspector(process)

// The single binary has its chunks inside, compiled, each as a module that is the function; the folder of this one is
// the place where they are, and in no file system.
const main = process.argv[1] ?? ""
const folder = `${main.slice(0, main.lastIndexOf("/"))}/chunks`
const body = (name: string): Body => require(`${folder}/${name.replace(/cjs$/, "js")}`) as Body
// A module of the runtime that is named here is found and compiled while the program is built. To look for one by a name
// that is known only when it is asked for takes milliseconds, a third of a short run, and so does compiling it. All that
// a chunk asks for is named, by `require` or by `process.getBuiltinModule`: scripts/binary.mjs sees to it.
const builtIn: Readonly<Record<string, () => unknown>> = {
  "node:async_hooks": () => require("node:async_hooks") as unknown,
  "node:buffer": () => require("node:buffer") as unknown,
  "node:child_process": () => require("node:child_process") as unknown,
  "node:crypto": () => require("node:crypto") as unknown,
  "node:events": () => require("node:events") as unknown,
  "node:fs": () => require("node:fs") as unknown,
  "node:fs/promises": () => require("node:fs/promises") as unknown,
  "node:http": () => require("node:http") as unknown,
  "node:http2": () => require("node:http2") as unknown,
  "node:https": () => require("node:https") as unknown,
  "node:net": () => require("node:net") as unknown,
  "node:os": () => require("node:os") as unknown,
  "node:path": () => require("node:path") as unknown,
  "node:process": () => require("node:process") as unknown,
  "node:stream": () => require("node:stream") as unknown,
  "node:stream/promises": () => require("node:stream/promises") as unknown,
  "node:string_decoder": () => require("node:string_decoder") as unknown,
  "node:timers/promises": () => require("node:timers/promises") as unknown,
  "node:tls": () => require("node:tls") as unknown,
  "node:tty": () => require("node:tty") as unknown,
  "node:url": () => require("node:url") as unknown,
  "node:util": () => require("node:util") as unknown,
  "node:v8": () => require("node:v8") as unknown,
  "node:zlib": () => require("node:zlib") as unknown,
}
const load = (id: string): unknown => (Object.hasOwn(builtIn, id) ? builtIn[id]!() : require(id))
const quick = quickCode(() => (require("bun:jsc") as { noFTL(work: unknown): void }).noFTL)
const { start } = chunkLoader({ folder, late: lateChunks, body: told, require: load })("./start.cjs") as {
  start: (loading: { whenLong: () => void }) => Promise<void>
}
void start({ whenLong: () => quick.begin() })

function told(name: string): Body {
  const run = body(name)
  return (exports, ...rest) => {
    run(exports, ...rest)
    quick.add(exports)
  }
}
