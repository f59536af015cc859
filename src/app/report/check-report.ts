import { shown } from "../../errors/display.ts"
import { type Finding } from "../check/finding.ts"

/** What `check` has found. */
export interface CheckReport {
  /** How many were checked, and how many of them are sealed. */
  readonly files: number
  readonly sealed: number
  readonly findings: readonly Finding[]
}

/** `FILE:LINE: CODE: words`, what to do next below it, and how many there are at the end. */
export function checkText(report: CheckReport): string {
  const lines = report.findings.flatMap(findingLines)
  return `${[...lines, totals(report)].join("\n")}\n`
}

export function findingLines({ file, line, code, severity, message, hint, path }: Finding): string[] {
  const place = line === undefined ? file : `${file}:${line}`
  const where = path === undefined || path.length === 0 ? "" : ` (${pathText(path)})`
  const kind = severity === "warning" ? "warning: " : ""
  return [shown(`${place}: ${code}: ${kind}${message}${where}`), ...(hint === undefined ? [] : [shown(`  ${hint}`)])]
}

export function totals({ files, sealed, findings }: CheckReport): string {
  const count = (severity: Finding["severity"]): number => findings.filter((each) => each.severity === severity).length
  const many = (number: number, word: string): string => `${number} ${word}${number === 1 ? "" : "s"}`
  return `${many(files, "file")}, ${sealed} sealed: ${many(count("error"), "error")}, ${many(count("warning"), "warning")}`
}

/** Keys and positions as `sotto get` takes them. */
export function pathText(path: readonly (string | number)[]): string {
  const parts = path.map((part, index) => {
    if (typeof part === "number") return `[${part}]`
    if (!/^[\w-]{1,100}$/.test(part)) return `[${JSON.stringify(part)}]`
    return index === 0 ? part : `.${part}`
  })
  return parts.join("")
}

export function checkJson({ files, sealed, findings }: CheckReport): string {
  return `${JSON.stringify({ schema: 1, files, sealed, findings })}\n`
}

/** Commands of a GitHub workflow, one per finding: it appears at its line in the pull request. */
export function checkGithub(report: CheckReport): string {
  const lines = report.findings.map(({ file, line, code, severity, message, hint }) => {
    const words = hint === undefined ? message : `${message}. ${hint}`
    const place = [`file=${property(file)}`, ...(line === undefined ? [] : [`line=${line}`]), `title=${code}`]
    return `::${severity} ${place.join(",")}::${data(shown(words))}`
  })
  return lines.map((line) => `${line}\n`).join("")
}

// What would begin a command or end a line is escaped as GitHub reads it back.
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A")
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C")
}
