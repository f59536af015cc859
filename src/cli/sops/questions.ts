import { failure } from "./messages.ts"
import { type Io } from "../../host/io.ts"

/**
 * Asks on standard output and reads the answer from standard input: one word a line, and again until it is `y` or `n`.
 *
 * @throws {AppError} with status 1 for an empty line, more than one word, and the end of the input
 * @see Go's fmt.Scanln
 */
export async function askYesOrNo({ stdin, stdout }: Pick<Io, "stdin" | "stdout">, question: string): Promise<boolean> {
  for (;;) {
    await stdout.write(question)
    const line = await stdin.readLine()
    const words = (line ?? "").split(/[ \t\r]+/).filter((word) => word !== "")
    if (line === null) throw failure("NOT_CONFIRMED", 1, "EOF")
    if (words.length === 0) throw failure("NOT_CONFIRMED", 1, "unexpected newline")
    if (words.length > 1) throw failure("NOT_CONFIRMED", 1, "expected newline")
    if (words[0] === "y") return true
    if (words[0] === "n") return false
  }
}

/** Names of recipients of one group, before and after a change. */
interface DrawnGroup {
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
