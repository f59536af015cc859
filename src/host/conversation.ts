import { type Readable, type Writable } from "node:stream"
import { type Conversation } from "../core/conversation.ts"
import { type Io } from "./io.ts"

/** A program that was started, however it was. */
interface Talker {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly closed: Promise<void>
  kill(signal: "SIGTERM" | "SIGKILL"): unknown
}

const closeMsMax = 2000

/** @param signal - ends the program, as our own end does */
export function converse(
  { signals }: Pick<Io, "signals">,
  { stdin, stdout, closed, ...child }: Talker,
  signal?: AbortSignal,
): Conversation {
  stdin.on("error", () => {})
  const release = signals.onEnd(() => child.kill("SIGKILL"))
  const kill = (): void => {
    child.kill("SIGKILL")
    stdout.destroy()
  }
  signal?.addEventListener("abort", kill)
  if (signal?.aborted === true) kill()
  const chunks = stdout[Symbol.asyncIterator]()
  return {
    write: (bytes) =>
      new Promise((resolve) => {
        if (!stdin.writable) resolve()
        else stdin.write(bytes, () => resolve())
      }),
    async read() {
      try {
        const next: IteratorResult<unknown> = await chunks.next()
        return next.done !== true && next.value instanceof Uint8Array ? next.value : null
      } catch {
        // The pipe was closed on our side.
        return null
      }
    },
    async close() {
      stdin.end()
      stdout.destroy()
      child.kill("SIGTERM")
      const timer = setTimeout(kill, closeMsMax)
      await closed
      clearTimeout(timer)
      signal?.removeEventListener("abort", kill)
      release()
    },
  }
}

/** What a program prints, up to a limit. */
export class Collected {
  readonly #bytesMax: number
  readonly #parts: Uint8Array[] = []
  #total = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** @returns false when the limit is passed; what fits is kept */
  add(chunk: Uint8Array): boolean {
    const part = chunk.subarray(0, this.#bytesMax - this.#total)
    this.#parts.push(part)
    this.#total += part.length
    return part.length === chunk.length
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts, this.#total)
  }
}
