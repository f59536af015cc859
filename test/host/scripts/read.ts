import { readFile } from "../../../src/host/files.ts"
import { realIo } from "../../../src/host/io.ts"

// Prints what it reads from the path in its first argument, as hex.
const io = realIo()
const { bytes, facts } = await readFile(io, io.argv[0] ?? "", { bytesMax: 10_000_000 })
await io.stdout.write(`${facts === null ? "stream" : "file"} ${Buffer.from(bytes).toString("hex")}`)
