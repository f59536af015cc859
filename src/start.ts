import { exitOf, report } from "./cli/report.ts"
import { wordsForSops } from "./cli/face.ts"
import { realIo } from "./host/io.ts"
import { type Loading, takeProcess } from "./host/engine.ts"

/** Where not even the words for an error can be loaded any more, as `SYSTEM_FAILED` of the catalog says it. */
const noReport = `error: the system refused what the program needs [SYSTEM_FAILED]
  a part of the program cannot be loaded
hint: if too many files are open, raise the limit: \`ulimit -n\`; else install sotto again
`
const noReportExit = 71

/** The process edge: the real machine, one command line, and the status that the process ends with. */
export async function start(loading: Loading = {}): Promise<void> {
  takeProcess(loading)
  const io = realIo()
  // An error that no one waited for is a bug; Node's own report would print its message.
  process.on("uncaughtException", (error) => {
    let text = noReport
    let exit = noReportExit
    try {
      text = report(error, { json: false, color: false })
      exit = exitOf(error)
    } catch {
      // What words an error is a part of the program that is loaded when it is needed.
    }
    io.fs.write(2, Buffer.from(text), null)
    process.exit(exit)
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
