import { exitOf, report } from "./cli/report.ts"
import { wordsForSops } from "./cli/face.ts"
import { realIo } from "./host/io.ts"
import { type Loading, takeProcess } from "./host/optimizer.ts"

/** The process edge: the real machine, one command line, and the status that the process ends with. */
export async function start(loading: Loading = {}): Promise<void> {
  takeProcess(loading)
  const io = realIo()
  // An error that no one waited for is a bug; Node's own report would print its message.
  process.on("uncaughtException", (error) => {
    io.fs.write(2, Buffer.from(report(error, { json: false, color: false })), null)
    process.exit(exitOf(error))
  })
  const as = [process.argv[1], process.argv0]
  const words = wordsForSops({ as, words: io.argv, compat: io.env.get("SOTTO_COMPAT") })
  process.exitCode =
    words === null
      ? await (await import("./cli/run.ts")).run(io)
      : await (await import("./cli/sops/run.ts")).runAsSops(io, words)
  await Promise.all([io.stdout.flush(), io.stderr.flush()])
  // Node takes its signal listeners away when it ends by itself, and a SIGUSR1 in that moment would be the status.
  process.exit()
}
