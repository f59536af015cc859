import { AppError } from "../errors/app-error.ts"
import { type Io } from "./io.ts"
import { type UserFacts } from "./processes.ts"
import { reasonOf } from "./reason.ts"

/**
 * Turns this process into another user for good, before anything is written or started for a child (`--user`):
 * supplementary groups, group and user together.
 *
 * @returns what `HOME`, `USER` and `LOGNAME` of the child have to say
 * @throws {AppError} `USER_UNKNOWN`, `USER_REFUSED`
 * @see sops v3.13.2 cmd/sops/subcommand/exec/exec_unix.go, SwitchUser
 */
export function becomeUser(io: Pick<Io, "processes" | "platform">, name: string): UserFacts {
  const where = { subject: name }
  if (io.platform === "win32") {
    throw new AppError("USER_REFUSED", {}, { ...where, notes: ["this system has no user numbers"] })
  }
  // The system would take a number for a user's own; only names are asked for here.
  if (name === "" || /^\d+$/.test(name)) throw new AppError("USER_UNKNOWN", {}, where)
  let user: UserFacts | null
  try {
    user = io.processes.become(name)
  } catch (error) {
    throw new AppError("USER_REFUSED", {}, { ...where, notes: [reasonOf(error)] })
  }
  if (user === null) throw new AppError("USER_UNKNOWN", {}, where)
  return user
}

/** Of whom this process runs as; `null` when the system has no name for that number. */
export function accountName(): string | null {
  try {
    return process.getBuiltinModule("node:os").userInfo().username
  } catch {
    return null
  }
}
