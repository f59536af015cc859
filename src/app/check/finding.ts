import { type CheckCode, checkCodes, type Severity } from "./codes.ts"

/** Where a finding is, and whom it concerns. No field holds a value, so no report can show one. */
export interface Place {
  /** Relative to the top of what is checked, with `/` on every system. */
  readonly file: string
  /** 1-based. */
  readonly line?: number | undefined
  /** Keys and list positions. */
  readonly path?: readonly (string | number)[] | undefined
  /** From 0; only where a file holds several documents. */
  readonly document?: number | undefined
  readonly recipient?: string | undefined
  /** The commit that brought it, if known. */
  readonly commit?: string | undefined
}

export interface Finding extends Place {
  readonly code: CheckCode
  readonly severity: Severity
  readonly message: string
  readonly hint?: string | undefined
}

/** What a finding says instead of the words of its code. */
export interface Words {
  readonly severity?: Severity | undefined
  /** After the title: names of keys, files and recipients, never a value. */
  readonly subject?: string | undefined
  readonly hint?: string | undefined
}

export function finding(code: CheckCode, place: Place, words: Words = {}): Finding {
  const { severity, title, hint } = checkCodes[code]
  return {
    code,
    severity: words.severity ?? severity,
    ...place,
    message: words.subject === undefined ? title : `${title}: ${words.subject}`,
    hint: words.hint ?? hint,
  }
}

/** By file, line and code: the order of a report, whatever the order of the work was. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
  return findings.toSorted((a, b) => byText(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0) || byText(a.code, b.code))
}
