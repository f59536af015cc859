import { realIo } from "../../../src/host/io.ts"
import { writeAtomic } from "../../../src/host/write-atomic.ts"

// Writes a file again and again, each time all of one letter, until it is killed.
const io = realIo()
const [path = ""] = io.argv
await io.stdout.write("started")
for (let round = 0; ; round++) {
  await writeAtomic(io, path, Buffer.alloc(300_000, "abcdefgh"[round % 8]), { mode: "kept" })
}
