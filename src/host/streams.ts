import { AppError } from "../errors/app-error.ts"
import { type FileStat, type FileSystem, errorCode } from "./file-system.ts"
import { failedCall } from "./reason.ts"

/** Standard input. */
export interface Input {
  readonly isTty: boolean
  /**
   * Everything up to the end. May wait for as long as the other side likes; signals are still heard.
   *
   * @throws {AppError} `TOO_LARGE` past `bytesMax`; `FILE_UNREADABLE`
   */
  readAll(bytesMax: number): Promise<Uint8Array>
  /** The next line without its end; `null` at the end of the input. Reads not one byte past the line. */
  readLine(): Promise<string | null>
}

/** Standard output or standard error. */
export interface Output {
  readonly isTty: boolean
  /** Colours may be used: a terminal, and neither `NO_COLOR` nor a dumb one. */
  readonly hasColor: boolean
  /** Width of the terminal; `undefined` where there is none or it does not tell. */
  readonly columns?: number | undefined
  /**
   * Resolves when the bytes are with the kernel, however slow the reader is. Calls that are not awaited keep their order.
   *
   * @throws {AppError} `OUTPUT_CLOSED` when nobody reads any more; `OUTPUT_FAILED`
   */
  write(data: string | Uint8Array): Promise<void>
  /** A few words on a terminal at once, while the process is too busy to wait for anything. Never fails. */
  writeNow?(text: string): void
  /** Waits for all that was written before. Never fails. */
  flush(): Promise<void>
}

type Calls = Pick<FileSystem, "read" | "write" | "readLater" | "writeLater" | "statOpen">

export interface StreamParts {
  readonly fs: Calls
  readonly platform: string
  readonly isTerminal: (fd: number) => boolean
  /** Of a terminal. */
  readonly columnsOf?: (fd: number) => number | undefined
  readonly sleep: (ms: number) => Promise<void>
}

const restBytes = 512
const chunkBytes = 64 * 1024
/** What the pipe of an idle reader takes at once. */
const pipeBytes = 16 * 1024
const pipeBytesOnLinux = 64 * 1024
const lineBytesMax = 64 * 1024

/**
 * Reads a descriptor to its end. Works for files, pipes, terminals and sockets, also when another process has made
 * them non-blocking: then it asks again after a short pause.
 *
 * @param file - its name in errors
 * @param facts - of the descriptor, where they are known
 */
export async function readDescriptor(
  { fs, sleep }: Pick<StreamParts, "fs" | "sleep">,
  fd: number,
  { bytesMax, file, facts }: { readonly bytesMax: number; readonly file: string; readonly facts?: FileStat },
): Promise<Uint8Array> {
  try {
    const stat = facts ?? fs.statOpen(fd)
    if (stat.kind === "folder")
      throw new AppError("FILE_UNREADABLE", { file }, { notes: ["it is a folder"], hint: "name a file in it" })
    const isFile = stat.kind === "file"
    const sizeLeft = isFile && stat.size <= bytesMax ? stat.size : 0
    const parts: Uint8Array[] = []
    let total = 0
    for (;;) {
      // Behind the size that a file says, there is nothing but its end, unless it grows meanwhile.
      const least = sizeLeft > 0 && total <= sizeLeft ? restBytes : chunkBytes
      const buffer = Buffer.allocUnsafeSlow(Math.max(sizeLeft - total, least) + 1)
      // A file never makes us wait, and a direct call is faster.
      const count = isFile ? fs.read(fd, buffer, null) : await patiently(sleep, () => fs.readLater(fd, buffer))
      if (count === 0) return parts.length === 1 ? parts[0]! : Buffer.concat(parts, total)
      total += count
      if (total > bytesMax) throw new AppError("TOO_LARGE", { file }, { subject: `more than ${bytesMax} bytes` })
      parts.push(buffer.subarray(0, count))
      if (isFile && isEnd(stat, total, count < buffer.length))
        return parts.length === 1 ? parts[0]! : Buffer.concat(parts, total)
    }
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError("FILE_UNREADABLE", { file }, failedCall(error))
  }
}

/** Whether a file gave all that it says it holds, and no more where more was asked for. Some say that they are empty. */
export function isEnd({ size }: Pick<FileStat, "size">, total: number, isShort: boolean): boolean {
  return isShort && total > 0 && total === size
}

export function realInput(parts: StreamParts, fd: number): Input {
  const file = "standard input"
  return {
    get isTty() {
      return parts.isTerminal(fd)
    },
    readAll: (bytesMax) => readDescriptor(parts, fd, { bytesMax, file }),
    async readLine() {
      const bytes: number[] = []
      const one = Buffer.alloc(1)
      for (;;) {
        const count = await patiently(parts.sleep, () => parts.fs.readLater(fd, one)).catch((error: unknown) => {
          throw new AppError("FILE_UNREADABLE", { file }, failedCall(error))
        })
        if (count === 0 && bytes.length === 0) return null
        if (count === 0 || one[0] === 0x0a) return Buffer.from(bytes).toString("utf8").replace(/\r$/, "")
        if (bytes.length === lineBytesMax) throw new AppError("TOO_LARGE", { file }, { subject: "one line" })
        bytes.push(one[0]!)
      }
    },
  }
}

/** @param isError - standard error: nobody can be told that it cannot be written, so that is not a failure */
export function realOutput(
  parts: StreamParts,
  { fd, env, isError }: { readonly fd: number; readonly env: ReadonlyMap<string, string>; readonly isError: boolean },
): Output {
  let tail = Promise.resolve()
  const isTty = lazily(() => parts.isTerminal(fd))
  return {
    get isTty() {
      return isTty()
    },
    get hasColor() {
      return (env.get("NO_COLOR") ?? "") === "" && env.get("TERM") !== "dumb" && isTty()
    },
    get columns() {
      return isTty() ? parts.columnsOf?.(fd) : undefined
    },
    write(data) {
      const written = tail.then(() =>
        typeof data === "string" ? writeText(parts, fd, data) : writeDescriptor(parts, fd, data),
      )
      tail = written.catch(() => {})
      return isError ? tail : written
    },
    writeNow(text) {
      try {
        parts.fs.write(fd, Buffer.from(text, "utf8"), null)
      } catch {
        // What could not be shown is shown a moment later, or never: nothing depends on it.
      }
    },
    flush: () => tail,
  }
}

const PIECE_CHARS = 1024 * 1024
const UTF8_BYTES_OF_UNIT = 3

/** A long text is never in memory a second time as bytes. */
async function writeText(parts: StreamParts, fd: number, text: string): Promise<void> {
  if (text.length <= PIECE_CHARS) return writeDescriptor(parts, fd, Buffer.from(text, "utf8"))
  // An astral character more may be in a piece.
  const bytes = Buffer.allocUnsafeSlow((PIECE_CHARS + 1) * UTF8_BYTES_OF_UNIT)
  for (let at = 0; at < text.length;) {
    const wanted = at + PIECE_CHARS
    // Both halves of an astral character go together.
    const isSplit = wanted < text.length && (text.charCodeAt(wanted - 1) & 0xfc00) === 0xd800
    const end = isSplit ? wanted + 1 : wanted
    await writeDescriptor(parts, fd, bytes.subarray(0, bytes.write(text.slice(at, end), "utf8")))
    at = end
  }
}

/**
 * Writes all bytes to a descriptor that is open already: standard output, a device, or `/dev/fd/N`.
 *
 * @param file - what the user calls it, for errors
 */
export async function writeDescriptor(
  { fs, sleep, platform }: Pick<StreamParts, "fs" | "sleep" | "platform">,
  fd: number,
  bytes: Uint8Array,
  file = fd === 1 ? "standard output" : `/dev/fd/${fd}`,
): Promise<void> {
  try {
    // The first use of the thread pool costs a millisecond.
    const directMax = platform === "linux" ? pipeBytesOnLinux : pipeBytes
    const isDirect = bytes.length <= directMax || fs.statOpen(fd).kind === "file"
    for (let at = 0; at < bytes.length;) {
      const rest = bytes.subarray(at)
      at += await patiently(sleep, async () => (isDirect ? fs.write(fd, rest, null) : fs.writeLater(fd, rest)))
    }
  } catch (error) {
    if (errorCode(error) === "EPIPE" || errorCode(error) === "ECONNRESET") throw new AppError("OUTPUT_CLOSED")
    throw new AppError("OUTPUT_FAILED", { file }, failedCall(error))
  }
}

const pauseMsMax = 20

/** Repeats a call that would have had to wait on a non-blocking descriptor. The end of a Windows pipe is an end. */
async function patiently(sleep: (ms: number) => Promise<void>, call: () => Promise<number>): Promise<number> {
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, pauseMsMax)) {
    try {
      return await call()
    } catch (error) {
      const code = errorCode(error)
      if (code === "EOF") return 0
      if (code === "EAGAIN") await sleep(pauseMs)
      else if (code !== "EINTR") throw error
    }
  }
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** One line on a terminal that says how far the work is. Without a terminal nothing is shown. */
export interface Progress {
  /** @param text - our own words and numbers, or text that was made safe to show */
  show(text: string): void
  /** Must come before anything else is printed there. */
  clear(): void
}

const widthMax = 79

/** @param isBusy - nothing is waited for meanwhile, so the line has to be written at once */
export function progressOn(output: Output, { isBusy = false }: { readonly isBusy?: boolean } = {}): Progress {
  let isShown = false
  const put = (text: string): void => {
    if (isBusy && output.writeNow !== undefined) output.writeNow(text)
    else void output.write(text)
  }
  return {
    show(text) {
      if (!output.isTty) return
      isShown = true
      put(`\r\x1b[K${text.slice(0, widthMax)}`)
    },
    clear() {
      if (!isShown) return
      isShown = false
      put("\r\x1b[K")
    },
  }
}
