import { runSlot } from "../core/run-memory.ts"
import { AppError } from "../errors/app-error.ts"
import { statOf } from "../host/files.ts"
import { utf8 } from "../core/text.ts"
import { writeAtomic } from "../host/write-atomic.ts"
import { eachFile } from "./each-file.ts"
import { type LoadedFile } from "./open/open-file.ts"
import { type Candidate, loadCandidate } from "./open/sealed-files.ts"
import { type CommonOptions, type ReadOptions } from "./options.ts"
import { type Session } from "./session.ts"

type LoadOptions = CommonOptions & Pick<ReadOptions, "inputType">

interface Steps<T, P> {
  readonly items: readonly T[]
  readonly options: LoadOptions
  /** What a failure becomes in the report. */
  failed(item: T, error: AppError): P
}

interface PlanSteps<P> extends Steps<Candidate, P> {
  work(loaded: LoadedFile, item: Candidate, session: Session): Promise<P>
}

/** What becomes of a file. */
interface Applied<P> {
  readonly done: P
  /** The whole new text; `null` where the file stays as it is. */
  readonly text: string | null
}

interface ApplySteps<P> extends Steps<P, P> {
  readonly options: LoadOptions & { readonly followLinks: boolean }
  /** What the work is called, in the progress line. */
  readonly what: string
  isDue(planned: P): boolean
  work(loaded: LoadedFile, item: P, session: Session): Promise<Applied<P>>
}

/** What was read for a plan. */
interface Remembered {
  readonly files: Map<string, LoadedFile>
  charsLeft: number
}

/** What is remembered takes up to ten times as much memory as its text. */
const rememberedCharsMax = 4 * 1024 * 1024

const rememberedOf = runSlot<Remembered>()

function rememberedBy({ memory }: Session): Remembered {
  return rememberedOf.of(memory, () => ({ files: new Map(), charsLeft: rememberedCharsMax }))
}

/** The plan of each sealed file, before anything is written. Candidates that turn out not to be sealed are left out. */
export async function planFiles<P>(session: Session, steps: PlanSteps<P>): Promise<P[]> {
  rememberedOf.forget(session.memory)
  const remembered = rememberedBy(session)
  const planned = await eachFile<Candidate, P | null>(session, {
    what: "reading",
    items: steps.items,
    async work(candidate, inner) {
      const loaded = await loadCandidate(inner, candidate, steps.options)
      if (loaded === null) return null
      const { length } = loaded.document.scan.source
      if (length <= remembered.charsLeft) {
        remembered.charsLeft -= length
        remembered.files.set(candidate.file, loaded)
      }
      return steps.work(loaded, candidate, inner)
    },
    failed: steps.failed,
  })
  return planned.filter((each) => each !== null)
}

/**
 * Does what was planned; files without a due plan stay as they are. Each file is read again: the plan may be old, and
 * only what is there now may be overwritten. What is still the same text is not scanned again.
 */
export function applyPlans<P extends Candidate>(session: Session, steps: ApplySteps<P>): Promise<P[]> {
  const { what, items, options, failed } = steps
  const { files } = rememberedBy(session)
  return eachFile<P, P>(session, {
    what,
    items,
    // While the disk is waited for, nothing holds what was made of the file but its bytes.
    async work(before, inner) {
      const made = await applied(inner, before, steps, files)
      if (made === null) return before
      if (made.write !== null) {
        const { bytes, original } = made.write
        const { followLinks } = options
        await writeAtomic(session.io, before.file, bytes, { mode: "kept", opened: original, followLinks })
      }
      return made.done
    },
    failed,
  })
}

/** @returns `null` for a file that is not due, or not sealed any more */
async function applied<P extends Candidate>(
  session: Session,
  before: P,
  steps: ApplySteps<P>,
  files: Remembered["files"],
): Promise<{ done: P; write: { bytes: Uint8Array; original: Uint8Array } | null } | null> {
  const known = files.get(before.file)
  files.delete(before.file)
  if (!steps.isDue(before)) return null
  // A pipe in its place would be waited for.
  if (statOf(session.io, before.file)?.kind === "other") throw new AppError("CHANGED_MEANWHILE", { file: before.file })
  const loaded = await loadCandidate(session, before, steps.options, known)
  if (loaded === null) return null
  const { done, text } = await steps.work(loaded, before, session)
  return { done, write: text === null ? null : { bytes: utf8.encode(text), original: loaded.original() } }
}
