import { type Readable, type Writable } from "node:stream"
import { type Conversation } from "../core/conversation.ts"
import { type Io } from "./io.ts"

/** A program that was started, however it was. */
export interface Talker {
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
