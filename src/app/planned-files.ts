import { runSlot } from "../core/run-memory.ts"
import { AppError } from "../errors/app-error.ts"
import { statOf } from "../host/files.ts"
import { eachFile } from "./each-file.ts"
import { type LoadedFile } from "./open/open-file.ts"
import { type Candidate, loadCandidate } from "./open/sealed-files.ts"
import { type CommonOptions, type ReadOptions } from "./options.ts"
import { type Session } from "./session.ts"

type LoadOptions = CommonOptions & Pick<ReadOptions, "inputType">

interface Steps<T, P> {
  readonly items: readonly T[]
  readonly options: LoadOptions
  work(loaded: LoadedFile, item: T, session: Session): Promise<P>
  /** What a failure becomes in the report. */
  failed(item: T, error: AppError): P
}

/** What was read for a plan. */
interface Remembered {
  readonly files: Map<string, LoadedFile>
  bytesLeft: number
}

/** What is remembered takes up to ten times as much memory as its text. */
const rememberedBytesMax = 4 * 1024 * 1024

const rememberedOf = runSlot<Remembered>()

function rememberedBy({ memory }: Session): Remembered {
  return rememberedOf.of(memory, () => ({ files: new Map(), bytesLeft: rememberedBytesMax }))
}

/** The plan of each sealed file, before anything is written. Candidates that turn out not to be sealed are left out. */
export async function planFiles<P>(session: Session, steps: Steps<Candidate, P>): Promise<P[]> {
  rememberedOf.forget(session.memory)
  const remembered = rememberedBy(session)
  const planned = await eachFile<Candidate, P | null>(session, {
    what: "reading",
    items: steps.items,
    async work(candidate, inner) {
      const loaded = await loadCandidate(inner, candidate, steps.options)
      if (loaded === null) return null
      if (loaded.original.length <= remembered.bytesLeft) {
        remembered.bytesLeft -= loaded.original.length
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
 *
 * @param what - what the work is called, in the progress line
 */
export function applyPlans<P extends Candidate>(
  session: Session,
  { what, isDue, ...steps }: Steps<P, P> & { readonly what: string; isDue(planned: P): boolean },
): Promise<P[]> {
  const { files } = rememberedBy(session)
  return eachFile<P, P>(session, {
    what,
    items: steps.items,
    async work(before, inner) {
      const known = files.get(before.file)
      files.delete(before.file)
      // A pipe in its place would be waited for.
      if (isDue(before) && statOf(inner.io, before.file)?.kind === "other")
        throw new AppError("CHANGED_MEANWHILE", { file: before.file })
      const loaded = isDue(before) ? await loadCandidate(inner, before, steps.options, known) : null
      return loaded === null ? before : steps.work(loaded, before, inner)
    },
    failed: steps.failed,
  })
}
