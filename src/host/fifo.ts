import { AppError } from "../errors/app-error.ts"
import { errorCode, flag } from "./file-system.ts"
import { closeQuietly } from "./files.ts"
import { type Io } from "./io.ts"
import { runProgram } from "./program.ts"
import { resolveProgram } from "./resolve-program.ts"

export interface Delivery {
  /** Gives up waiting for a reader. What a reader has begun to get is not cut off by this. */
  cancel(): void
  /** When everything was read, or nobody came before it was cancelled. Never fails. */
  readonly done: Promise<void>
}

type FifoHost = Pick<Io, "fs" | "env" | "cwd" | "platform" | "processes" | "signals" | "sleep">

/**
 * Makes a named pipe of mode 0600. Node has no call for it.
 *
 * @throws {AppError} `FIFO_FAILED`, `PROGRAM_MISSING`, `PROGRAM_REFUSED`
 */
export async function makeFifo(io: FifoHost, path: string, outside: readonly string[]): Promise<void> {
  const program = resolveProgram(io, "mkfifo", { outside })
  const env = new Map<string, string>()
  const { status } = await runProgram(io, program, ["-m", "600", "--", path], { env, timeoutMs: 10_000 })
  if (status !== 0) throw new AppError("FIFO_FAILED", { file: path })
}

const pauseMsMax = 10

/**
 * Gives bytes once to the first that opens a named pipe for reading.
 *
 * Opening a pipe blocks until a reader comes, and Node cannot take such a call back: it would wait at its own end
 * for the thread. So it is opened without blocking, which fails while nobody reads, again and again.
 */
export function deliver(io: Pick<Io, "fs" | "sleep">, path: string, bytes: Uint8Array): Delivery {
  let isCancelled = false
  return {
    cancel() {
      isCancelled = true
    },
    done: run(io, path, bytes, () => isCancelled),
  }
}

async function run(
  { fs, sleep }: Pick<Io, "fs" | "sleep">,
  path: string,
  bytes: Uint8Array,
  isCancelled: () => boolean,
): Promise<void> {
  let fd: number | null = null
  let at = 0
  let pauseMs = 1
  try {
    while (fd === null || at < bytes.length) {
      try {
        if (fd === null) fd = fs.open(path, flag.O_WRONLY | flag.O_NONBLOCK)
        else at += fs.write(fd, bytes.subarray(at), null)
        pauseMs = 1
      } catch (error) {
        // ENXIO: no reader yet. EAGAIN: the reader has not taken what it was given.
        const mustWait = errorCode(error) === (fd === null ? "ENXIO" : "EAGAIN")
        if (!mustWait || isCancelled()) return
        await sleep(pauseMs)
        pauseMs = Math.min(pauseMs * 2, pauseMsMax)
      }
    }
  } finally {
    if (fd !== null) closeQuietly(fs, fd)
  }
}
