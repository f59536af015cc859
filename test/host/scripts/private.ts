import { realIo } from "../../../src/host/io.ts"
import { withPrivateDir } from "../../../src/host/private-dir.ts"

// Makes a private folder with a file, says where, and waits to be ended in the way of the first argument.
const io = realIo()
const [how = ""] = io.argv
await withPrivateDir(io, async (dir) => {
  const path = dir.write("secret.yaml", Buffer.from("canary-7f3a"))
  await io.stdout.write(`${path}\n`)
  if (how === "throw") throw new Error("work failed")
  if (how === "exit") process.exit(3)
  if (how === "uncaught")
    setTimeout(() => {
      throw new Error("bug")
    }, 1)
  if (how === "return") return
  // The timer keeps the process alive until a signal comes.
  await io.sleep(60_000)
}).catch(() => {
  process.exitCode = 9
})
