import { runChild } from "../../../src/host/child.ts"
import { AppError } from "../../../src/errors/app-error.ts"
import { realIo } from "../../../src/host/io.ts"
import { withPrivateDir } from "../../../src/host/private-dir.ts"
import { becomeUser } from "../../../src/host/user.ts"

// Becomes the user in the first argument, and lets `id` say who the child is.
const io = realIo()
try {
  const user = becomeUser(io, io.argv[0] ?? "")
  await io.stdout.write(`${JSON.stringify(user)}\n`)
  await withPrivateDir(io, async (dir) => {
    const path = dir.write("a", Buffer.from("x"))
    await io.stdout.write(`owner ${io.fs.stat(path).uid}\n`)
    const args = ["-c", "id -u; id -ru; id -g; id -G"]
    await runChild(io, { program: "/bin/sh", args, env: io.env, signals: "forward" })
  })
} catch (error) {
  await io.stdout.write(error instanceof AppError ? error.code : "bug")
}
