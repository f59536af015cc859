import { fileWord, shown } from "../../errors/display.ts"
import { runCheck } from "../check/run-check.ts"
import { type Session, type Outcome } from "../session.ts"
import { AppError } from "../../errors/app-error.ts"
import { didYouMean } from "../../errors/nearest.ts"
import { hookNames } from "../git/hooks.ts"
import { rememberHarmless } from "../git/idle.ts"
import { openRepository } from "../git/open-repository.ts"
import { unwiredInIndex } from "../git/sealed-tracked.ts"
import { findingLines, totals } from "../report/check-report.ts"

interface GitHookOptions {
  readonly name: string
}

/**
 * `git hook`: the work of the hooks that `git install` writes. Before a commit the status stops git; after a merge
 * nothing does.
 */
export async function runHook(session: Session, { name }: GitHookOptions): Promise<Outcome> {
  const hook = hookNames.find((one) => one === name)
  if (hook === undefined) {
    const hint = didYouMean(name, hookNames) ?? `one of ${hookNames.join(", ")}`
    throw new AppError("OPTION_VALUE", {}, { subject: `there is no hook ${name}`, hint })
  }
  return hook === "post-merge" ? afterMerge(session) : beforeCommit(session)
}

const linesMax = 20

/** What is staged, judged by the staged config. Silent where nothing is wrong. */
async function beforeCommit(session: Session): Promise<Outcome> {
  // A missing config is not worth a word at each commit.
  const quiet: Session = { ...session, notice: () => {} }
  const { report } = await runCheck(quiet, {
    config: undefined,
    paths: [],
    staged: true,
    range: undefined,
    verify: false,
    target: undefined,
  })
  await rememberHarmless(session)
  const unwired = report.sealed === 0 ? [] : await linesOfUnwired(session)
  if (report.findings.length === 0) return { said: unwired }
  // What stops the commit comes first: the lines are few.
  const sorted = report.findings.toSorted((a, b) => Number(b.severity === "error") - Number(a.severity === "error"))
  const lines = sorted.flatMap(findingLines)
  const shown = lines.length < linesMax ? lines : [...lines.slice(0, linesMax - 2), "... see all: sotto check --staged"]
  const isStopped = report.findings.some(({ severity }) => severity === "error")
  return { said: [...shown, totals(report), ...unwired], exit: isStopped ? 1 : 0 }
}

/** Sealed files that this commit adds and no attribute names: git would merge them as text. */
async function linesOfUnwired(session: Session): Promise<string[]> {
  const unwired = async (): Promise<string[]> => unwiredInIndex((await openRepository(session, { fetch: "never" })).git)
  // This is only advice, and stops no commit.
  const [first, ...others] = await unwired().catch((error: unknown) => {
    if (error instanceof AppError) return []
    throw error
  })
  if (first === undefined) return []
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`
  return [`${shown(first)}${more} would be merged as text: run \`sotto git install\` and commit .gitattributes`]
}

/** A merge is done already: what goes wrong here is no reason to fail for git. */
async function afterMerge(session: Session): Promise<Outcome> {
  try {
    for (const line of await linesAfterMerge(session)) session.notice(line)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    session.notice(`what waits after the merge could not be found out: ${error.message}`)
  }
  return {}
}

/** The recipients of a file are not those of its rule. */
const lagging: ReadonlySet<string> = new Set([
  "RECIPIENT_MISSING",
  "RECIPIENT_EXTRA",
  "THRESHOLD_DRIFT",
  "GROUPS_DRIFT",
])
const namesMax = 5

/** What is left to do after a merge, one line each: files that a line merge has broken, and files for `sync`. */
async function linesAfterMerge(session: Session): Promise<string[]> {
  const { report } = await runCheck(session, {
    config: undefined,
    paths: [],
    staged: false,
    range: undefined,
    verify: false,
    target: undefined,
    isOffline: true,
  })
  const filesOf = (isMeant: (code: string) => boolean): string[] => [
    ...new Set(report.findings.flatMap(({ code, file }) => (isMeant(code) ? [file] : []))),
  ]
  const suspects = filesOf((code) => code === "MAC_SUSPECT").map(
    (file) => `${file} was merged as text and does not open: sotto repair ${fileWord(file)}`,
  )
  const late = filesOf((code) => lagging.has(code))
  if (late.length === 0) return suspects
  const names = late.length > namesMax ? [...late.slice(0, namesMax), `and ${late.length - namesMax} more`] : late
  return [...suspects, `recipients do not follow the config in ${names.join(", ")}: sotto sync`]
}
