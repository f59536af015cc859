import { AppError } from "../../../src/errors/app-error.ts"
import { realIo } from "../../../src/host/io.ts"

const io = realIo()
const [what = "", size = "0"] = io.argv
try {
  if (what === "big") {
    // Not awaited: the order must hold all the same.
    const first = io.stdout.write("first")
    const middle = io.stdout.write(Buffer.alloc(Number(size), "x"))
    await io.stdout.write("last!")
    await Promise.all([first, middle])
  }
  if (what === "error") for (let i = 0; i < 100; i++) await io.stderr.write("x".repeat(1000))
  if (what === "tty") await io.stdout.write(`${io.stdin.isTty} ${io.stdout.isTty} ${io.stderr.isTty}`)
  if (what === "line") await io.stdout.write(JSON.stringify(await io.stdin.readLine()))
} catch (error) {
  await io.stderr.write(error instanceof AppError ? `${error.code} ${error.exit}\n` : "bug\n")
}
