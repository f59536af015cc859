import { exitOf, report } from "./cli/report.ts"
import { run } from "./cli/run.ts"
import { realIo } from "./host/io.ts"

/** The process edge: the real machine, one command line, and the status that the process ends with. */
export async function start(): Promise<void> {
  const io = realIo()
  // An error that no one waited for is a bug; Node's own report would print its message.
  process.on("uncaughtException", (error) => {
    io.fs.write(2, Buffer.from(report(error, { json: false, color: false })), null)
    process.exit(exitOf(error))
  })
  process.exitCode = await run(io)
  await Promise.all([io.stdout.flush(), io.stderr.flush()])
}
