import { utf8 } from "../../core/text.ts"
import { writeAtomic, type WriteOptions } from "../../host/write-atomic.ts"
import { type TargetOptions } from "../options.ts"
import { type Outcome, type Session } from "../session.ts"

interface Result {
  /** A text for standard output is encoded piece by piece, as it is written. */
  readonly content: string | Uint8Array
  /** What the input held when it was read, so that somebody else's change is not lost; `null` for a stream. */
  readonly original: (() => Uint8Array) | null
  /** The input; `null` for standard input. */
  readonly file: string | null
  /** What another file held when its tokens were taken over; it must not have changed. */
  readonly outputBefore?: (() => Uint8Array) | undefined
  readonly mode: WriteOptions["mode"]
}

/** Puts the result where the user wants it: into the file itself, another one, or standard output. */
export async function putResult(
  { io }: Session,
  { inPlace, output, followLinks }: TargetOptions,
  result: Result,
): Promise<Outcome> {
  const { content, mode } = result
  const isInPlace = inPlace && result.file !== null
  if (!isInPlace && output === undefined) return { output: content }
  const bytes = typeof content === "string" ? utf8.encode(content) : content
  if (inPlace && result.file !== null) {
    await writeAtomic(io, result.file, bytes, { mode, followLinks, opened: result.original?.() })
    return {}
  }
  await writeAtomic(io, output!, bytes, { mode, followLinks, isOutput: true, opened: result.outputBefore?.() })
  return {}
}
