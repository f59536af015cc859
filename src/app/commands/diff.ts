import { shown } from "../../errors/display.ts"
import { AppError } from "../../errors/app-error.ts"
import { diffJson, diffMarkdown, type DiffStyle, diffText } from "../diff/diff-report.ts"
import { diffFile, type FileDiff, printKeyOf } from "../diff/file-diff.ts"
import { type FilePair, pairOfFiles, pairsInGit } from "../diff/pairs.ts"
import { openRepository } from "../git/open-repository.ts"
import { isWatched } from "../git/watched.ts"
import { type Outcome, type Session } from "../session.ts"
import { loadSettings } from "../settings.ts"
import { join } from "node:path"
import { tunedAtFirst } from "../../host/engine.ts"

interface DiffOptions {
  readonly words: readonly string[]
  /** How many of the words follow `--`; `null` where there is none. */
  readonly afterDashes: number | null
  readonly staged: boolean
  readonly noIndex: boolean
  /** `force`: even if somebody else reads along. */
  readonly reveal: "no" | "yes" | "force"
  readonly exitCode: boolean
  readonly nameOnly: boolean
  readonly format: "text" | "markdown" | "json"
}

/**
 * `diff`: which values, recipients and rules differ between two versions of sealed files. Values are compared where an
 * identity opens both versions without a question, else tokens are; they are shown only on demand.
 */
export async function diffSealed(session: Session, options: DiffOptions): Promise<Outcome> {
  if (options.reveal === "yes" && isWatched(session.io.env)) {
    const hint = "pass --reveal=force if the values may be seen there"
    throw new AppError(
      "OPTIONS_CONFLICT",
      {},
      { subject: "--reveal in CI or under an agent shows values to others", hint },
    )
  }
  const { pairs, top } = await pairsFor(session, options)
  const files = await differences(session, pairs, options)
  const style: DiffStyle = {
    printKey: printKeyOf(session),
    reveal: options.reveal !== "no",
    nameOf: await namesFor(session, top, files),
  }
  const isToldOf = files.some(({ isOpened, changes }) => !isOpened && changes.length > 0)
  const said = isToldOf && options.format !== "json" && !options.nameOnly ? ["not opened: compared by tokens"] : []
  return { output: printed(files, options, style), said, exit: options.exitCode && files.length > 0 ? 1 : 0 }
}

function differences(
  session: Session,
  pairs: AsyncIterable<FilePair> | Iterable<FilePair>,
  { reveal }: DiffOptions,
): Promise<FileDiff[]> {
  return tunedAtFirst(async (took) => {
    const files: FileDiff[] = []
    for await (const pair of pairs) {
      took((pair.before?.bytes.length ?? 0) + (pair.after?.bytes.length ?? 0))
      const diff = await diffFile(session, pair, { needsKey: reveal !== "no" })
      if (diff !== null) files.push(diff)
    }
    return files
  })
}

async function pairsFor(
  session: Session,
  options: DiffOptions,
): Promise<{ pairs: AsyncIterable<FilePair> | Iterable<FilePair>; top: string | null }> {
  if (!options.noIndex) {
    const work = await openRepository(session, { fetch: "allowed" })
    return { pairs: pairsInGit(session, work, options), top: work.repository.top }
  }
  const [a, b, ...more] = options.words
  if (a === undefined || b === undefined) throw new AppError("ARGUMENT_MISSING", {}, { subject: "two files" })
  if (more[0] !== undefined) throw new AppError("ARGUMENT_UNEXPECTED", {}, { subject: more[0] })
  if (options.staged) throw new AppError("OPTIONS_CONFLICT", {}, { subject: "--staged and --no-index" })
  return { pairs: [await pairOfFiles(session, [a, b])], top: null }
}

function printed(files: readonly FileDiff[], { nameOnly, format }: DiffOptions, style: DiffStyle): string {
  if (format === "json") return diffJson(files, style)
  if (nameOnly) return files.map(({ file }) => `${shown(file)}\n`).join("")
  return format === "markdown" ? diffMarkdown(files, style) : diffText(files, style)
}

/** What the config calls the people who come and go. A config that cannot be used is no reason to show less. */
async function namesFor(
  session: Session,
  top: string | null,
  files: readonly FileDiff[],
): Promise<DiffStyle["nameOf"]> {
  const file = files.find(({ recipients }) => recipients.added.length + recipients.removed.length > 0)
  if (file === undefined) return () => undefined
  try {
    const settings = await loadSettings(session, top === null ? file.file : join(top, file.file), undefined)
    return (recipient) => settings.personOf(recipient)
  } catch (error) {
    if (error instanceof AppError) return () => undefined
    throw error
  }
}
