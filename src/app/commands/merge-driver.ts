import { shown } from "../../errors/display.ts"
import { AppError } from "../../errors/app-error.ts"
import { attributesOf } from "../../host/git/attributes.ts"
import { isTrue, ofUser, readGitConfig } from "../../host/git/config.ts"
import { type Git } from "../../host/git/git.ts"
import { absolute, readFile, statOf } from "../../host/files.ts"
import { writeAtomic } from "../../host/write-atomic.ts"
import { openRepository } from "../git/open-repository.ts"
import { ruleAtHead } from "../merge/head-rule.ts"
import { type FileMerge, mergeFile, type MergeRequest } from "../merge/merge-file.ts"
import { type Labels, mergeLine } from "../merge/words.ts"
import { type Outcome, type Session } from "../session.ts"

interface MergeDriverOptions {
  /** Files that git has made; the result replaces ours. */
  readonly base: string
  readonly ours: string
  readonly theirs: string
  /** Of the conflict markers. */
  readonly size: string | undefined
  /** Where the file is in the work tree. */
  readonly path: string | undefined
  readonly labels: readonly (string | undefined)[]
  readonly verbose: boolean
}

const bytesMax = 64 * 1024 * 1024
const sizeDefault = 7

/**
 * `merge-driver`: git calls it for a file that both sides changed. A clean result replaces ours; with a conflict ours
 * stays as it was, and git keeps all three versions. The status is always 0 or 1.
 */
export async function mergeDriver(session: Session, options: MergeDriverOptions): Promise<Outcome> {
  const path = options.path === undefined || options.path === "" ? null : options.path
  const named = (line: string): string => `sotto: ${shown(path ?? "the file")}: ${line}`
  try {
    const { line, exit } = await drive(session, options, path)
    return { exit, said: line === null ? [] : [named(line)] }
  } catch (error) {
    // Whatever else it was: git keeps the three versions.
    const reason = error instanceof AppError ? error.message : `an internal error (${nameOf(error)})`
    return { exit: 1, said: [named(`not merged, ${shown(reason)}: git keeps all three versions`)] }
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}

async function drive(
  session: Session,
  options: MergeDriverOptions,
  path: string | null,
): Promise<{ line: string | null; exit: number }> {
  const [base, ours, theirs] = await Promise.all(
    [options.base, options.ours, options.theirs].map((file) => readVersion(session, file)),
  )
  const place = new Place(session)
  const isInner = await isInnerMerge(options, path, place)
  const request: MergeRequest = {
    base: base!.length === 0 ? null : base!,
    ours: ours!,
    theirs: theirs!,
    path,
    reach: "offline",
    isInner,
    ruleAtHead: () => place.rule(path),
  }
  const merge = await mergeAsFarAsAllowed(session, request, place)
  const labels = labelsOf(options.labels)
  if (merge.kind === "plain") return { line: null, exit: await mergePlainText(options, labels, place) }
  const line = isInner ? null : (mergeLine(merge, path, labels) ?? verboseLine(session, options, merge))
  if (merge.kind !== "merged") return { line, exit: 1 }
  await writeAtomic(session.io, options.ours, merge.bytes, { mode: "kept", opened: ours! })
  return { line, exit: merge.isUnsettled ? 1 : 0 }
}

async function readVersion({ io }: Session, file: string): Promise<Uint8Array> {
  if (statOf(io, file) === null) throw new AppError("FILE_MISSING")
  if (io.fs.lstat(absolute(io, file)).kind !== "file") throw new AppError("FILE_UNREADABLE")
  const { bytes } = await readFile(io, file, { bytesMax })
  return bytes
}

/** Services, programs and questions take part only if the user's own git settings say so. */
async function mergeAsFarAsAllowed(session: Session, request: MergeRequest, place: Place): Promise<FileMerge> {
  const merge = await mergeFile(session, request)
  const isKeyMissing =
    merge.kind === "locked" || (merge.kind === "conflict" && merge.conflicts.some(({ kind }) => kind === "key"))
  return isKeyMissing && (await place.isOnline()) ? mergeFile(session, { ...request, reach: "online" }) : merge
}

/** The repository that git runs in; looked for when something needs it. */
class Place {
  readonly #session: Session
  #git: Promise<Git> | null = null

  constructor(session: Session) {
    this.#session = session
  }

  git(): Promise<Git> {
    this.#git ??= openRepository(this.#session, { fetch: "never" }).then(({ git }) => git)
    return this.#git
  }

  async rule(path: string | null): ReturnType<typeof ruleAtHead> {
    if (path === null) return null
    return orNothing(async () => ruleAtHead(this.#session, await this.git(), path))
  }

  async isOnline(): Promise<boolean> {
    const value = await orNothing(async () => ofUser(await readGitConfig(await this.git()), "sotto.online") ?? "")
    return value !== null && value !== "" && isTrue(value)
  }
}

async function orNothing<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

/** Git adds 2 to the size of the markers for each level of bases that it merges. */
async function isInnerMerge({ size }: MergeDriverOptions, path: string | null, place: Place): Promise<boolean> {
  const given = sizeOf(size)
  if (given <= sizeDefault) return false
  if (path === null) return true
  const attribute = "conflict-marker-size"
  const found = await orNothing(async () => attributesOf(await place.git(), [attribute], [path]))
  return given > sizeOf(found?.get(path)?.get(attribute))
}

function sizeOf(text: string | undefined): number {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : sizeDefault
}

function labelsOf([base, ours, theirs]: readonly (string | undefined)[]): Labels {
  // Git before 2.44 passes the placeholders on.
  const known = (label: string | undefined): string | null =>
    label === undefined || label === "" || /^%[SXY]$/.test(label) ? null : label
  return { base: known(base), ours: known(ours), theirs: known(theirs) }
}

/** What git does without a driver, with its markers. */
async function mergePlainText(options: MergeDriverOptions, labels: Labels, place: Place): Promise<number> {
  const names = [labels.ours ?? "ours", labels.base ?? "base", labels.theirs ?? "theirs"].flatMap((name) => [
    "-L",
    name,
  ])
  const files = [options.ours, options.base, options.theirs]
  const args = ["merge-file", "-q", `--marker-size=${sizeOf(options.size)}`, ...names, "--", ...files]
  const git = await place.git()
  const { status } = await git.run(args, { statuses: Array.from({ length: 128 }, (_, each) => each) })
  return status === 0 ? 0 : 1
}

function verboseLine({ io }: Session, { verbose }: MergeDriverOptions, merge: FileMerge): string | null {
  const isWanted = verbose || (io.env.get("SOTTO_MERGE_VERBOSE") ?? "") === "1"
  if (!isWanted || merge.kind !== "merged") return null
  return `merged, ${merge.taken} ${merge.taken === 1 ? "value" : "values"} from theirs`
}
