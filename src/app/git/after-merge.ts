import { shellWord } from "../../errors/display.ts"
import { runCheck } from "../check/run-check.ts"
import { type Session } from "../session.ts"

/** Recipients of a file are not those of its rule. */
const lagging: ReadonlySet<string> = new Set([
  "RECIPIENT_MISSING",
  "RECIPIENT_EXTRA",
  "THRESHOLD_DRIFT",
  "GROUPS_DRIFT",
])
const namesMax = 5

/** What waits for somebody after a merge, one line each: files that a line merge has broken, and files for `sync`. */
export async function linesAfterMerge(session: Session): Promise<string[]> {
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
    (file) => `${file} was merged as text and does not open: sotto repair ${shellWord(file)}`,
  )
  const late = filesOf((code) => lagging.has(code))
  if (late.length === 0) return suspects
  const names = late.length > namesMax ? [...late.slice(0, namesMax), `and ${late.length - namesMax} more`] : late
  return [...suspects, `recipients do not follow the config in ${names.join(", ")}: sotto sync`]
}
