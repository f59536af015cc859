import { runChild } from "../../../src/host/child.ts"
import { realIo } from "../../../src/host/io.ts"
import { shutInspector } from "../../../src/host/sigusr1.ts"

shutInspector(process)

// Runs the program in its arguments with our environment, and ends with its status.
const io = realIo()
const [program = "", ...args] = io.argv
const end = await runChild(io, { program, args, env: io.env, signals: "forward" })
if (end.interruptedBy !== null) await io.stderr.write(`interrupted by ${end.interruptedBy}\n`)
await Promise.all([io.stdout.flush(), io.stderr.flush()])
// A natural end would take the listeners away first, and a SIGUSR1 in that moment would be the status.
process.exit(end.status)
