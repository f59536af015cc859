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
const { start } = chunkLoader({ folder, late: lateChunks, body, require })("./start.cjs") as { start: () => void }
start()
