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
  ["ENOMEM", "memory is short"],
])

/** Words for a failed system call. The message of the error itself is never shown: it may quote what was passed. */
export function reasonOf(error: unknown): string {
  const code = errorCode(error)
  return reasons.get(code) ?? (/^E[A-Z0-9]{1,20}$/.test(code) ? `system error ${code}` : "unknown system error")
}
