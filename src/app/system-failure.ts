import { AppError } from "../errors/app-error.ts"
import { failedCall } from "../host/reason.ts"

/**
 * A system call that failed where nobody expected it (a part of the program that cannot be loaded since too many files
 * are open, a disk that is full) is not a bug of ours: the machine's owner can do something about it.
 *
 * @returns an {@link AppError} for such a failure; anything else as it is
 */
export function asFailure(error: unknown): unknown {
  if (error instanceof AppError || !isSystemError(error)) return error
  const { notes, hint } = failedCall(error)
  if (hint === undefined) return error
  const file = typeof error.path === "string" ? error.path : undefined
  return new AppError("SYSTEM_FAILED", { file }, { notes, hint })
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && typeof error.syscall === "string" && "errno" in error
}
