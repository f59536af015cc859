import { realIo } from "../../../src/host/io.ts"
import { writeAtomic } from "../../../src/host/write-atomic.ts"

// Writes its second argument to the path in the first.
const io = realIo()
const [path = "", text = ""] = io.argv
await writeAtomic(io, path, Buffer.from(text), { mode: "kept" })
await Promise.all([io.stdout.flush(), io.stderr.flush()])
