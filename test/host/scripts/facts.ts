import { realIo } from "../../../src/host/io.ts"
import { readFile } from "../../../src/host/files.ts"

// Says what the machine looks like, after what every command does: a file is read, something is printed.
const io = realIo()
await readFile(io, process.argv[1] ?? "", { bytesMax: 10_000_000 })
await io.stdout.write("")
const { moduleLoadList = [] }: NodeJS.Process & { moduleLoadList?: string[] } = process
const loaded = [...moduleLoadList]
const { argv, cwd, home, temp, platform } = io
await io.stdout.write(JSON.stringify({ argv, cwd, home, temp, platform, env: [...io.env], loaded }))
