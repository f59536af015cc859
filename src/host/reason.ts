import { AppError } from "../errors/app-error.ts"
import { errorCode } from "./file-system.ts"

const reasons: ReadonlyMap<string, string> = new Map([
  ["EACCES", "permission denied"],
  ["EPERM", "the operation is not permitted"],
  ["ENOENT", "there is no such file or folder"],
  ["ENOTDIR", "a part of the path is not a folder"],
  ["EISDIR", "it is a folder"],
  ["ELOOP", "too many links"],
  ["ENOSPC", "no space is left on the device"],
  ["EDQUOT", "the disk quota is used up"],
  ["EROFS", "the file system is read-only"],
  ["EIO", "the device reports an error"],
  ["EAGAIN", "the system has no room for it at the moment"],
  ["EMFILE", "too many files are open"],
  ["ENFILE", "too many files are open"],
  ["ENAMETOOLONG", "the name is too long"],
  ["ETXTBSY", "the file is being run"],
  ["EBUSY", "the file is in use"],
  ["EXDEV", "it is on another file system"],
  ["EFBIG", "the file is too large"],
  ["ENXIO", "nothing is at the other end"],
  ["EPIPE", "its reader closed it"],
  ["EBADF", "the descriptor is not open"],
  ["EINTR", "the call was interrupted"],
  ["EEXIST", "something with that name exists already"],
  ["E2BIG", "arguments and environment are too large together"],
  ["ENOEXEC", "it is not a program for this machine"],
  ["ENOMEM", "there is not enough memory"],
])

const permissions = "check who may use it, and each folder above it: `ls -ld`"
const space = "free some space and run the command again; a file named here is as it was"
const files = "work on fewer files at a time, or raise the limit: `ulimit -n`"

/** What to do about it, where that can be said. */
const nextSteps: ReadonlyMap<string, string> = new Map([
  ["EACCES", permissions],
  ["EPERM", permissions],
  ["ENOENT", "make the folder first, or check the path"],
  ["ENOTDIR", "check the path: one of its folders is a file"],
  ["EISDIR", "name a file in it"],
  ["ELOOP", "check where the links lead: `ls -l`"],
  ["ENOSPC", space],
  ["EDQUOT", space],
  ["EROFS", "use a place that can be written"],
  ["EIO", "check the disk, or the network that it is on"],
  ["EAGAIN", "close other programs, or raise the limit: `ulimit -u`"],
  ["EMFILE", files],
  ["ENFILE", files],
  ["ENAMETOOLONG", "choose a shorter name"],
  ["ETXTBSY", "wait for the program that runs it to end"],
  ["EBUSY", "close the program that uses it"],
  ["EFBIG", "write less, or raise the limit: `ulimit -f`"],
  ["ENXIO", "start the program at the other end first"],
  ["EEXIST", "choose another name"],
  ["ENOMEM", "close other programs, or work on fewer files at a time"],
])

/** What an error says of a failed system call: the reason, and the next step. */
export function failedCall(error: unknown): { readonly notes: readonly string[]; readonly hint: string | undefined } {
  return { notes: [reasonOf(error)], hint: nextSteps.get(errorCode(error)) }
}

/**
 * Why a program was not started, where it is there and may be run: no more files may be open, no more processes started.
 *
 * @returns `null` where the program itself is the reason
 */
export function refusedStart(program: string, error: unknown): AppError | null {
  const { notes, hint } = failedCall(error)
  if (["ENOENT", "ENOTDIR", "EACCES", "ENOEXEC"].includes(errorCode(error)) || hint === undefined) return null
  return new AppError(
    "SYSTEM_FAILED",
    { file: program },
    { notes: [`the program cannot be started: ${notes[0]}`], hint },
  )
}

/** Words for a failed system call. The message of the error itself is never shown: it may quote what was passed. */
export function reasonOf(error: unknown): string {
  const code = errorCode(error)
  return reasons.get(code) ?? (/^E[A-Z0-9]{1,20}$/.test(code) ? `system error ${code}` : "unknown system error")
}
