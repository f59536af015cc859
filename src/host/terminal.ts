import { type ReadStream } from "node:tty"
import { AppError } from "../errors/app-error.ts"
import { shown } from "../errors/display.ts"
import { type FileSystem, openFlag } from "./file-system.ts"
import { closeQuietly } from "./files.ts"
import { type Processes } from "./processes.ts"
import { type Signals } from "./signals.ts"
import { putAll } from "./write-in-place.ts"

/** The person at the terminal, whatever standard input and output are connected with. */
export interface Terminal {
  /**
   * Asks one question. Whatever it holds, it is shown on one line, and no text in it reaches the terminal as a command.
   *
   * @param options - `hidden`: nothing of the answer is shown
   * @returns the line without its end; `null` when there is no terminal, or its input has ended
   */
  ask(question: string, options: { readonly hidden: boolean }): Promise<string | null>
  /** Yes or no; an empty answer is no unless told otherwise, and so is the third that is neither. `null` as above. */
  confirm(question: string, options?: { readonly whenEmpty: boolean }): Promise<boolean | null>
}

interface TerminalParts {
  readonly fs: FileSystem
  readonly signals: Signals
  readonly processes: Processes
  readonly platform: NodeJS.Platform
  /** Waits until all that was said before stands on the terminal: a question is the last line there. */
  readonly settle?: () => Promise<void>
}

const attemptsMax = 3

export function realTerminal(parts: TerminalParts): Terminal {
  // What was pasted ahead answers the next questions.
  const ahead: string[] = []
  const ask: Terminal["ask"] = (question, { hidden }) => answer(parts, { question, hidden, ahead })
  return {
    ask,
    async confirm(question, { whenEmpty } = { whenEmpty: false }) {
      for (let attempt = 0; attempt < attemptsMax; attempt++) {
        const line = await ask(`${question} ${whenEmpty ? "[Y/n]" : "[y/N]"} `, { hidden: false })
        if (line === null) return null
        const word = line.trim().toLowerCase()
        if (word === "") return whenEmpty
        if (word === "y" || word === "yes") return true
        if (word === "n" || word === "no") return false
      }
      return whenEmpty
    },
  }
}

interface Asking {
  readonly question: string
  readonly hidden: boolean
  readonly ahead: string[]
}

async function answer(parts: TerminalParts, { question, hidden, ahead }: Asking): Promise<string | null> {
  const { fs, platform, settle } = parts
  await settle?.()
  const output = openQuietly(fs, platform === "win32" ? "\\\\.\\CONOUT$" : "/dev/tty", openFlag.O_RDWR)
  if (output === null) return null
  const input = openQuietly(fs, platform === "win32" ? "\\\\.\\CONIN$" : "/dev/tty", openFlag.O_RDWR)
  if (input === null) {
    closeQuietly(fs, output)
    return null
  }
  const typed = ahead.shift()
  try {
    const put = (): void => show(fs, output, shown(question))
    if (typed !== undefined || !hidden) put()
    if (typed === undefined && !hidden) {
      const line = await readShown(fs, input)
      // Ctrl-D leaves the cursor behind the question.
      if (line === null) show(fs, output, "\n")
      return line
    }
    const line = typed ?? (await readHidden(parts, input, { ahead, put }))
    show(fs, output, "\n")
    return line
  } finally {
    closeQuietly(fs, output)
    // The stream of a hidden answer owns its descriptor.
    if (!hidden || typed !== undefined) closeQuietly(fs, input)
  }
}

/** Time for a signal to come round. */
const interruptMs = 50

const lineBytesMax = 64 * 1024

/** The terminal's own line editing and echo are in use. */
async function readShown(fs: FileSystem, input: number): Promise<string | null> {
  const parts: Uint8Array[] = []
  let total = 0
  for (;;) {
    const buffer = Buffer.alloc(4096)
    const count = await fs.readLater(input, buffer)
    if (count === 0 && total === 0) return null
    const end = buffer.subarray(0, count).indexOf("\n")
    parts.push(buffer.subarray(0, end === -1 ? count : end))
    total += count
    if (count === 0 || end !== -1) return Buffer.concat(parts).toString("utf8").replace(/\r$/, "")
    if (total > lineBytesMax) throw new AppError("TOO_LARGE", {}, { subject: "an answer" })
  }
}

/**
 * Without echo the terminal gives us each key, Ctrl-C too. Its old state comes back on every way out: with the answer,
 * when a signal ends us, and at the latest by Node itself.
 *
 * @param options.put - shows the question, once nothing of an answer can be seen any more
 */
function readHidden(
  parts: TerminalParts,
  input: number,
  { ahead, put }: { readonly ahead: string[]; readonly put: () => void },
): Promise<string | null> {
  const { ReadStream } = process.getBuiltinModule("node:tty")
  const stream: ReadStream = new ReadStream(input)
  const restore = (): void => {
    stream.setRawMode(false)
  }
  const release = parts.signals.onEnd(restore)
  stream.setRawMode(true)
  put()
  const line = new HiddenLine()
  return new Promise<string | null>((resolve) => {
    const finish = (text: string | null): void => {
      restore()
      release()
      stream.destroy()
      ahead.push(...line.linesAhead())
      resolve(text)
      line.wipe()
    }
    stream.on("error", () => finish(null))
    stream.on("end", () => finish(null))
    stream.on("data", (chunk: Uint8Array) => {
      const event = line.feed(chunk)
      if (event === "line") finish(line.text())
      if (event === "end") finish(null)
      if (event !== "interrupt") return
      restore()
      parts.processes.signal(parts.processes.pid, "SIGINT")
      // Where that does not end us, whoever took the signal decides; there is no answer in any case.
      setTimeout(() => finish(null), interruptMs)
    })
  })
}

function openQuietly(fs: FileSystem, path: string, flags: number): number | null {
  try {
    return fs.open(path, flags | (openFlag.O_NOCTTY ?? 0))
  } catch {
    return null
  }
}

function show(fs: FileSystem, output: number, text: string): void {
  try {
    putAll(fs, output, Buffer.from(text, "utf8"), null)
  } catch {
    // The terminal is gone; the read that follows says so.
  }
}

/** Line editing for an answer that is not shown: bytes of the terminal in raw mode come in, a line comes out. */
export class HiddenLine {
  #bytes: number[] = []
  #rest: Uint8Array = new Uint8Array()
  #escape: "no" | "begun" | "sequence" = "no"

  /** @returns what the bytes led to; bytes behind the end of the line are kept for `linesAhead` */
  feed(chunk: Uint8Array): "line" | "end" | "interrupt" | null {
    for (const [at, byte] of chunk.entries()) {
      const event = this.#key(byte)
      if (event === null) continue
      this.#rest = chunk.subarray(at + 1)
      return event
    }
    return null
  }

  text(): string {
    return Buffer.from(this.#bytes).toString("utf8")
  }

  /** Whole lines that came behind this one, as when several are pasted at once. */
  linesAhead(): string[] {
    const lines = Buffer.from(this.#rest)
      .toString("utf8")
      .split(/\r\n?|\n/)
    return lines.slice(0, -1)
  }

  wipe(): void {
    this.#bytes.fill(0)
    this.#bytes = []
    this.#rest.fill(0)
  }

  #key(byte: number): "line" | "end" | "interrupt" | null {
    if (this.#escape !== "no") {
      this.#skipEscape(byte)
      return null
    }
    switch (byte) {
      case 0x0d:
      case 0x0a:
        return "line"
      case 0x03:
        return "interrupt"
      case 0x04:
        return this.#bytes.length === 0 ? "end" : "line"
      case 0x08:
      case 0x7f:
        this.#eraseCharacter()
        return null
      case 0x15:
      case 0x17:
        this.#bytes.fill(0)
        this.#bytes = []
        return null
      case 0x1b:
        this.#escape = "begun"
        return null
    }
    if (byte >= 0x20) this.#bytes.push(byte)
    return null
  }

  /** Arrow and function keys send `ESC [ ... letter` or `ESC O letter`. */
  #skipEscape(byte: number): void {
    if (this.#escape === "begun") this.#escape = byte === 0x5b || byte === 0x4f ? "sequence" : "no"
    else if (byte >= 0x40 && byte <= 0x7e) this.#escape = "no"
  }

  #eraseCharacter(): void {
    let byte = this.#bytes.pop()
    while (byte !== undefined && (byte & 0xc0) === 0x80) byte = this.#bytes.pop()
  }
}
