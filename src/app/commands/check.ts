import { relative, sep } from "node:path"
import { AppError } from "../../errors/app-error.ts"
import { realPathOf } from "../../host/files.ts"
import { type Finding } from "../check/finding.ts"
import { type CheckScope, runCheck } from "../check/run-check.ts"
import { checkGithub, checkJson, type CheckReport, checkText } from "../report/check-report.ts"
import { type Outcome, type Session } from "../session.ts"

interface CheckOptions extends CheckScope {
  /** Fix what can be fixed without a decision. */
  readonly fix: boolean
  /** Warnings fail too. */
  readonly strict: boolean
  readonly format: "text" | "json" | "github" | "sarif"
}

/**
 * `check`: reports what should not be committed as it is, from what everybody can read.
 *
 * @returns with status 1 when there is a finding of severity error, or any with `strict`
 */
export async function check(session: Session, options: CheckOptions): Promise<Outcome> {
  if (options.staged && options.range !== undefined) {
    throw new AppError("OPTIONS_CONFLICT", {}, { subject: "--staged and --range say two things to look at" })
  }
  if (options.fix && options.range !== undefined) {
    throw new AppError(
      "OPTIONS_CONFLICT",
      {},
      { subject: "--fix mends files of the work tree, and --range looks at commits" },
    )
  }
  if (options.verify && (options.staged || options.range !== undefined)) {
    throw new AppError("OPTIONS_CONFLICT", {}, { subject: "--verify opens the files of the work tree" })
  }
  if (options.fix) await (await import("../check/fix.ts")).fixFindings(session, options)
  const { report, top } = await runCheck(session, options)
  const isFailure = report.findings.some(({ severity }) => options.strict || severity === "error")
  return { output: await printed(session, report, top, options.format), exit: isFailure ? 1 : 0 }
}

async function printed(
  session: Session,
  report: CheckReport,
  top: string,
  format: CheckOptions["format"],
): Promise<string> {
  switch (format) {
    // Tools that show findings see the whole repository, with names from its top.
    case "github":
      return checkGithub(report)
    case "sarif":
      return (await import("../report/sarif.ts")).checkSarif(report)
    case "json":
      return checkJson(fromHere(session, report, top))
    case "text":
      return checkText(fromHere(session, report, top))
  }
}

/** The same with names from the working folder, as they can be given to the next command. */
function fromHere({ io }: Session, report: CheckReport, top: string): CheckReport {
  const here = realPathOf(io, io.cwd) ?? io.cwd
  if (here === top) return report
  const named = (finding: Finding): Finding => ({
    ...finding,
    file: relative(here, `${top}/${finding.file}`).replaceAll(sep, "/"),
  })
  return { ...report, findings: report.findings.map(named) }
}
