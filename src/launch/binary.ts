import { shutInspector } from "../host/sigusr1.ts"
import { type Body, chunkLoader } from "./chunks.ts"

/** Set by the build: the chunks that can wait. */
declare const lateChunks: readonly string[]

// Before anything else is loaded, as in every entry (rule S12).
shutInspector(process)

// The single binary has its chunks inside, compiled, each as a module that is the function; the folder of this one is
// the place where they are, and in no file system.
const main = process.argv[1] ?? ""
const folder = `${main.slice(0, main.lastIndexOf("/"))}/chunks`
const body = (name: string): Body => require(`${folder}/${name.replace(/cjs$/, "js")}`) as Body
// A module of the runtime that is named here is found while the program is built. To look for one by a name that is
// known only when it is asked for takes several milliseconds, a third of a short run.
const builtIn: Readonly<Record<string, () => unknown>> = {
  "node:fs": () => require("node:fs") as unknown,
  "node:events": () => require("node:events") as unknown,
  "node:process": () => require("node:process") as unknown,
  "node:path": () => require("node:path") as unknown,
  "node:crypto": () => require("node:crypto") as unknown,
}
const load = (id: string): unknown => (Object.hasOwn(builtIn, id) ? builtIn[id]!() : require(id))
const { start } = chunkLoader({ folder, late: lateChunks, body, require: load })("./start.cjs") as { start: () => void }
start()
