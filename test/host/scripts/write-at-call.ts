import { realIo } from "../../../src/host/io.ts"
import { writeAtomic } from "../../../src/host/write-atomic.ts"
import { faultyIo } from "../../faults/fault-io.ts"

// Overwrites a file; just before the Nth call of the file system a signal comes, sent by us to ourselves.
// Arguments: path, N, signal, size of the new text.
const real = realIo()
const [path = "", at = "0", signal = "SIGKILL", size = "1"] = real.argv
const { io } = faultyIo(real, null, (number) => {
  if (number === Number(at)) process.kill(process.pid, signal)
})
await writeAtomic(io, path, Buffer.alloc(Number(size), "n"), { mode: "kept" })
// A signal that was held comes now.
await real.sleep(20)
await real.stdout.write("done")
