import { runChild } from "../../../src/host/child.ts"
import { withExecFile } from "../../../src/host/exec.ts"
import { realIo } from "../../../src/host/io.ts"

// Says the path of a named pipe, runs the command with it as PIPE, and ends with its status.
const io = realIo()
const [command = ""] = io.argv
const options = { kind: "fifo", isInTemp: false, outside: [] } as const
process.exitCode = await withExecFile(io, Buffer.alloc(300_000, "x"), options, async (path) => {
  await io.stdout.write(`${path}\n`)
  const env = new Map([...io.env, ["PIPE", path]])
  return (await runChild(io, { program: "/bin/sh", args: ["-c", command], env, signals: "forward" })).status
})
