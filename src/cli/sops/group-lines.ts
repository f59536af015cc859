/** Names of recipients of one group, before and after a change. */
export interface DrawnGroup {
  readonly common: readonly string[]
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

/** What comes and goes in each group, as upstream draws it. @see sops v3.13.2 cmd/sops/common/common.go, PrettyPrintDiffs */
export function groupLines(groups: readonly DrawnGroup[], hasColor: boolean): string {
  const { heading, added, removed } = painted(hasColor)
  const lines = groups.flatMap((group, index) => [
    heading(`Group ${index + 1}`),
    ...group.common.map((key) => `    ${key}`),
    ...group.added.map(added),
    ...group.removed.map(removed),
  ])
  return lines.map((line) => `${line}\n`).join("")
}

export function painted(hasColor: boolean) {
  const paint = (code: number, text: string): string => (hasColor ? `\x1b[${code}m${text}\x1b[0m` : text)
  return {
    heading: (text: string): string => paint(4, text),
    added: (text: string): string => paint(32, `+++ ${text}`),
    removed: (text: string): string => paint(31, `--- ${text}`),
  }
}
