import { dirname, isAbsolute, join, normalize, sep } from "node:path"
import { AppError } from "../errors/app-error.ts"
import { errorCode, openFlag } from "./file-system.ts"
import { absolute, closeQuietly } from "./files.ts"
import { type Io } from "./io.ts"
import { withPrivateDir } from "./private-dir.ts"
import { runProgram } from "./program.ts"
import { resolveProgram } from "./resolve-program.ts"

interface ExecFileHow {
  /** `--filename`; the default is upstream's. */
  readonly filename?: string | undefined
  /** A named pipe that can be read once, or a regular file (`--no-fifo`; always on Windows). */
  readonly kind: "fifo" | "file"
  /** In `TMPDIR` under a name of upstream's: a caller's sandbox may know that folder only. */
  readonly isInTemp: boolean
  /** Folders that strangers may have written: `mkfifo` is not taken from there. */
  readonly outside: readonly string[]
}

type ExecHost = Pick<
  Io,
  "fs" | "env" | "cwd" | "platform" | "temp" | "processes" | "signals" | "sleep" | "randomBytes" | "swept"
>

/**
 * Lends plaintext to a program under a path in a private folder, which is gone when `work` has ended, however it does.
 *
 * @param work - starts the program and waits for it
 * @throws {AppError} `FILENAME_OUTSIDE`, `FIFO_FAILED`, `FILE_UNWRITABLE`; what `work` throws
 * @see sops v3.13.2 cmd/sops/subcommand/exec/exec.go, ExecWithFile
 */
export async function withExecFile<T>(
  io: ExecHost,
  bytes: Uint8Array,
  options: ExecFileHow,
  work: (path: string) => Promise<T>,
): Promise<T> {
  const name = confined(options.filename ?? defaultName(io, options.kind))
  const place = options.isInTemp ? { prefix: ".sops", base: io.temp } : {}
  return withPrivateDir(
    io,
    async (dir) => {
      makeParents(io, dir.path, name)
      if (options.kind === "file" || io.platform === "win32") return work(dir.write(name, bytes))
      const path = join(dir.path, name)
      await makeFifo(io, path, options.outside)
      return withDelivery(deliver(io, path, bytes), () => work(path))
    },
    place,
  )
}

/** Upstream replaces every `{}`, without quotes. */
export function withPath(command: string, path: string): string {
  return command.replaceAll("{}", () => path)
}

async function withDelivery<T>(delivery: Delivery, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    delivery.cancel()
    await delivery.done
  }
}

/**
 * A name that stays in its folder.
 *
 * @throws {AppError} `FILENAME_OUTSIDE` for an empty or absolute one, and one that `..` leads out
 * @see Go's path/filepath, IsLocal
 */
export function confined(name: string): string {
  const clean = normalize(name)
  const isOutside = name === "" || isAbsolute(name) || clean === ".." || clean.startsWith(`..${sep}`)
  if (isOutside || clean === "." || clean.endsWith(sep) || name.includes("\0")) {
    throw new AppError("FILENAME_OUTSIDE", {}, { subject: name })
  }
  return clean
}

function defaultName({ randomBytes }: Pick<Io, "randomBytes">, kind: ExecFileHow["kind"]): string {
  return kind === "fifo" ? "tmp-file" : `tmp-file${Buffer.from(randomBytes(4)).readUInt32BE()}`
}

function makeParents({ fs }: Pick<Io, "fs">, folder: string, name: string): void {
  let at = folder
  for (const part of dirname(name).split(sep)) {
    if (part === ".") continue
    at = absolute({ cwd: at }, part)
    fs.makeFolder(at, 0o700)
  }
}

interface Delivery {
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
async function makeFifo(io: FifoHost, path: string, outside: readonly string[]): Promise<void> {
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
function deliver(io: Pick<Io, "fs" | "sleep">, path: string, bytes: Uint8Array): Delivery {
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
        if (fd === null) fd = fs.open(path, openFlag.O_WRONLY | openFlag.O_NONBLOCK)
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
