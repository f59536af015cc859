import { removeFile } from "../../host/git/filters.ts"
import { writeStaged } from "../git/stage.ts"
import { shown } from "../../errors/display.ts"
import { type MergeSide } from "../../core/merge/by-key.ts"
import { AppError } from "../../errors/app-error.ts"
import { writeAtomic } from "../../host/write-atomic.ts"
import { listIndex } from "../../host/git/listing.ts"
import { openRepository, type Work } from "../git/open-repository.ts"
import { withFile } from "../open/open-file.ts"
import { parseTreePath } from "../open/tree-path.ts"
import { type MetadataSource } from "../merge/choose-metadata.ts"
import { type Conflict } from "../merge/conflict.ts"
import { ruleAtHead } from "../merge/head-rule.ts"
import { type Decisions } from "../merge/resolve-content.ts"
import { changesLine, type Pending, prepare, resolveOne, type Resolution } from "../merge/resolve-file.ts"
import { inRepository, labelsNow, rememberResolved, stagedAlready, unmergedFiles } from "../merge/unmerged.ts"
import { decisionLine } from "../merge/under-way.ts"
import { conflictPlace } from "../merge/words.ts"
import { type Outcome, type Session } from "../session.ts"

interface ResolveOptions {
  /** None: every sealed file that is in conflict. */
  readonly files: readonly string[]
  readonly ours: boolean
  readonly theirs: boolean
  /** `SIDE:PATH`; the path `.` is the whole file. */
  readonly take: readonly string[]
  /** `undefined`: ask at the terminal. */
  readonly metadata: MetadataSource | undefined
  readonly keepRecipient: readonly string[]
  readonly list: boolean
  readonly stage: boolean
  readonly keepEnv: boolean
  readonly config: string | undefined
  readonly json: boolean
}

/**
 * `resolve`: decides what a merge left open. Options or an editor decide the values that both sides changed, one
 * question for all files decides who may read them; the result is sealed, written and staged.
 */
export async function resolve(session: Session, options: ResolveOptions): Promise<Outcome> {
  if (options.ours && options.theirs)
    throw new AppError("OPTIONS_CONFLICT", {}, { subject: "--ours and --theirs decide the same" })
  const decisions = decisionsOf(options)
  const work = await openRepository(session, { fetch: "allowed" })
  const pending = await pendingFiles(session, work, options)
  try {
    if (options.list) return listed(pending, options.json)
    checkTaken(pending, decisions)
    const { git } = work
    const decided = await decideMetadata(session, pending, options)
    const labels = await labelsNow(session, git)
    const errors: AppError[] = []
    const done: (Resolution & { path: string })[] = []
    for (const file of pending) {
      try {
        const resolution = await withFile(file.path, () =>
          resolveOne(session, file, { ...options, decisions, labels, metadata: decided }),
        )
        await put(session, work, file, resolution, options)
        done.push({ ...resolution, path: file.path })
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        errors.push(error)
      }
    }
    return { output: report(done, options.json), isReport: !options.json, errors }
  } finally {
    for (const file of pending) file.wipe()
  }
}

function decisionsOf({ ours, theirs, take }: ResolveOptions): Decisions {
  const paths = new Map<string, MergeSide>()
  for (const text of take) {
    const [, side, path] = /^(ours|theirs):(.+)$/s.exec(text) ?? []
    if (side === undefined || path === undefined)
      throw new AppError("OPTION_VALUE", {}, { subject: "--take needs ours:PATH or theirs:PATH" })
    paths.set(path === "." ? "[]" : JSON.stringify(parseTreePath(path, 7)), side as MergeSide)
  }
  return { rest: ours ? "ours" : theirs ? "theirs" : null, paths }
}

/** A misspelt path would leave the decision to the other options. */
function checkTaken(pending: readonly Pending[], { paths }: Decisions): void {
  const open = new Set(pending.flatMap(({ conflicts }) => conflicts.map(({ path }) => JSON.stringify(path))))
  const unknown = [...paths.keys()].find((path) => path !== "[]" && !open.has(path))
  if (unknown === undefined) return
  throw new AppError("OPTION_VALUE", {}, { subject: `--take: nothing is in conflict at ${shown(unknown)}` })
}

async function pendingFiles(session: Session, work: Work, options: ResolveOptions): Promise<Pending[]> {
  const { git } = work
  const paths = options.files.map((file) => inRepository(session, work, file))
  const unmerged = await unmergedFiles(git, paths)
  const isUnmerged = (path: string): boolean => unmerged.some((file) => file.path === path)
  const staged = await stagedAlready(
    session,
    work,
    paths.filter((path) => !isUnmerged(path)),
  )
  const found = [...unmerged, ...staged]
  for (const [at, path] of paths.entries()) {
    const isThere = found.some((file) => file.path === path || file.path.startsWith(`${path}/`) || path === "")
    if (!isThere) throw new AppError("NOT_IN_CONFLICT", { file: options.files[at] })
  }
  const pending: Pending[] = []
  for (const file of found) {
    const rule = once(() => ruleAtHead(session, git, file.path))
    const one = await withFile(file.path, () => prepare(session, file, { ...options, ruleAtHead: rule, top: git.cwd }))
    if (one !== null) pending.push(one)
  }
  if (pending.length === 0) throw new AppError("NOT_IN_CONFLICT")
  return pending
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let known: Promise<T> | null = null
  return () => (known ??= work())
}

/** One question for all files, which says who would come and go in how many of them. */
async function decideMetadata(
  session: Session,
  pending: readonly Pending[],
  { metadata }: ResolveOptions,
): Promise<MetadataSource | undefined> {
  const open = pending.filter((file) => file.metadataConflicts.length > 0)
  if (metadata !== undefined || open.length === 0) return metadata
  const counts = new Map<string, number>()
  for (const file of open) for (const line of changesLine(file)) counts.set(line, (counts.get(line) ?? 0) + 1)
  for (const [line, count] of counts) session.notice(`theirs ${line} in ${count} ${count === 1 ? "file" : "files"}`)
  await session.io.stderr.flush()
  const answer = await session.io.terminal.confirm("Take that from theirs? (no: all this stays as ours has it)")
  if (answer === null) return undefined
  return answer ? "theirs" : "ours"
}

async function put(
  session: Session,
  work: Work,
  { path, inWorkTree }: Pending,
  { bytes }: Resolution,
  { stage }: ResolveOptions,
): Promise<void> {
  const { git } = work
  if (bytes === null) {
    await removeFile(git, path)
    return
  }
  const write = (): Promise<unknown> => writeAtomic(session.io, inWorkTree, bytes, { mode: "kept" })
  if (!stage) {
    await write()
    return
  }
  await writeStaged(session, git, path, write)
  const [entry] = await listIndex(git, [path])
  if (entry === undefined) return
  await rememberResolved(session, work, [decisionLine(path, entry.id)])
}

function listed(pending: readonly Pending[], json: boolean): Outcome {
  if (json) {
    const files = pending.map(({ path, conflicts }) => ({ file: path, conflicts: conflicts.map(conflictJson) }))
    return { output: `${JSON.stringify({ schema: 1, files })}\n` }
  }
  const lines = pending.flatMap(({ path, conflicts }) =>
    conflicts.map((conflict) => `${shown(path)}: ${conflict.kind} ${conflictPlace(conflict)}\n`),
  )
  return { output: lines.join("") }
}

function conflictJson({ kind, path, document, code }: Conflict): object {
  return { kind, path, ...(document === 0 ? {} : { document }), ...(code === undefined ? {} : { code }) }
}

function report(done: readonly (Resolution & { path: string })[], json: boolean): string | undefined {
  if (json) {
    const files = done.map(({ path, ours, theirs, edited, bytes }) => {
      return { file: path, ours, theirs, edited, removed: bytes === null }
    })
    return `${JSON.stringify({ schema: 1, files })}\n`
  }
  return done
    .map(({ path, ours, theirs, edited, bytes }) => {
      const parts = [`${ours} from ours`, `${theirs} from theirs`, ...(edited > 0 ? [`${edited} edited`] : [])]
      return `resolved ${shown(path)}: ${bytes === null ? "removed" : parts.join(", ")}\n`
    })
    .join("")
}
