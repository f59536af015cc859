import { writeStaged } from "../git/stage.ts"
import { shown, shownKeyPath } from "../../errors/display.ts"
import { join } from "node:path"
import { AppError } from "../../errors/app-error.ts"
import { readFile } from "../../host/files.ts"
import { Blobs } from "../../host/git/blobs.ts"
import { type Git } from "../../host/git/git.ts"
import { listTree } from "../../host/git/listing.ts"
import { writeAtomic } from "../../host/write-atomic.ts"
import { openRepository, type Work } from "../git/open-repository.ts"
import { type Parentage, type ParentOptions, parentsOf } from "../merge/parents.ts"
import { readBroken, type Repair, repairFile } from "../merge/repair-file.ts"
import { inRepository } from "../merge/unmerged.ts"
import { withFile } from "../open/open-file.ts"
import { type Outcome, type Session } from "../session.ts"

interface RepairFilesOptions extends ParentOptions {
  readonly files: readonly string[]
  /** Accepts nothing that a person would have to answer for. */
  readonly ci: boolean
  readonly dryRun: boolean
  readonly stage: boolean
  readonly json: boolean
}

const bytesMax = 64 * 1024 * 1024
/** How many older versions to search for values that came back. */
const historyMax = 50

/** One file, and what happened to it. */
interface Done extends Repair {
  readonly path: string
  readonly parentage: Parentage | null
}

/**
 * `repair`: a server has merged sealed files by line, and their MAC no longer holds. Each file is merged again from
 * exactly the parents of that merge; if it is what comes out, it gets a MAC that holds. Nothing is taken from the file
 * itself.
 *
 * @returns status 51 when a file was refused, 200 when all of them still open
 */
export async function repair(session: Session, options: RepairFilesOptions): Promise<Outcome> {
  const work = await openRepository(session, { fetch: "allowed" })
  const done: Done[] = []
  const errors: AppError[] = []
  for (const file of options.files) {
    try {
      done.push(await withFile(file, () => repairOne(session, work, file, options)))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      errors.push(error)
    }
  }
  const refused = done.filter(({ result }) => result === "refused").map(refusal)
  const isFine = errors.length === 0 && done.every(({ result }) => result === "fine")
  const unchanged = isFine && !options.json ? [new AppError("NOT_CHANGED", { file: options.files[0] })] : []
  const all = [...errors, ...refused, ...unchanged]
  const output = options.json ? json(done) : done.flatMap(lines).join("")
  return { output, isReport: !options.json && !options.dryRun, errors: all, exit: isFine ? 200 : 0 }
}

async function repairOne(session: Session, work: Work, file: string, options: RepairFilesOptions): Promise<Done> {
  const { io } = session
  const { git } = work
  const path = inRepository(session, work, file)
  const place = join(git.cwd, path)
  const { bytes } = await readFile(io, place, { bytesMax })
  const broken = await readBroken(session, bytes, path)
  if (broken === null)
    return { path, parentage: null, result: "fine", bytes: null, origins: [], notes: [], refused: [] }
  const parentage = await parentsOf(git, path, bytes, options)
  const history = (): AsyncIterable<Uint8Array> => olderVersions(git, path, parentage)
  const repaired = await repairFile(session, broken, parentage, path, { isStrict: options.ci, history })
  const { bytes: after } = repaired
  if (after !== null && !options.dryRun) {
    const write = (): Promise<unknown> => writeAtomic(io, place, after, { mode: "kept", opened: bytes })
    await (options.stage ? writeStaged(session, git, path, write) : write())
  }
  return { path, parentage, ...repaired }
}

/** Versions before the common ancestor, the newest first. */
async function* olderVersions(git: Git, path: string, { bases }: Parentage): AsyncGenerator<Uint8Array> {
  const from = bases.flatMap(({ commit }) => (commit === null ? [] : [commit]))
  if (from.length === 0) return
  const args = ["rev-list", `--max-count=${historyMax}`, ...from, "--", path]
  const commits = (await git.text(args)).split("\n").filter((commit) => commit !== "" && !from.includes(commit))
  const blobs = new Blobs(git, { bytesMax })
  try {
    const seen = new Set<string>()
    for (const commit of commits) {
      const entry = (await listTree(git, commit, [path])).find((each) => each.path === path)
      if (entry === undefined || seen.has(entry.id)) continue
      seen.add(entry.id)
      const bytes = (await blobs.read(entry.id))?.bytes ?? null
      if (bytes !== null) yield bytes
    }
  } finally {
    await blobs.close()
  }
}

function refusal({ path, refused }: Done): AppError {
  const notes = refused.map((problem) => `${problem.reason}: ${placeOf(problem.path)}`)
  return new AppError("REPAIR_REFUSED", { file: path }, { notes })
}

function placeOf(path: readonly (string | number)[]): string {
  return path.length === 0 ? "the file" : shownKeyPath(path)
}

function lines({ path, result, origins, notes, parentage }: Done): string[] {
  if (result !== "repaired" || parentage === null) return []
  const sides = { ours: named("ours", parentage), theirs: named("theirs", parentage), both: "both" }
  return [
    `${shown(path)}: repaired\n`,
    ...origins.map(
      (origin) => `  ${placeOf(origin.path)}  ${sides[origin.from]}${origin.kind === "removed" ? ", removed" : ""}\n`,
    ),
    ...notes.map(({ path: at, note }) => `  ${placeOf(at)}  ${note}\n`),
  ]
}

function named(side: "ours" | "theirs", parentage: Parentage): string {
  const { commit } = parentage[side]
  return commit === null ? side : `${side} (${commit.slice(0, 7)})`
}

function json(done: readonly Done[]): string {
  const files = done.map(({ path, parentage, result, origins, notes, refused }) => ({
    file: path,
    commit: parentage?.commit ?? null,
    base: parentage?.bases[0]?.commit ?? null,
    result,
    sites: [
      ...origins.map(({ path: at, kind, from }) => ({ path: at, kind, from })),
      ...notes.map(({ path: at, note }) => ({ path: at, kind: note })),
    ],
    refused,
  }))
  return `${JSON.stringify({ schema: 1, files })}\n`
}
