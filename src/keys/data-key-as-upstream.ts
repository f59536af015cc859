import { recipientName } from "./kinds.ts"
import { type AppError } from "../errors/app-error.ts"
import { DataKeyError, type DataKeyReport, type FailedAttempt, type GroupReport } from "./data-key-error.ts"

const messageColumns = 60
const trailerColumns = 75

/** Upstream's words for a data key that cannot be had; `null` for any other error. */
export function dataKeyText(error: AppError): string | null {
  return error instanceof DataKeyError ? dataKeyAsUpstream(error.report) : null
}

/**
 * The text that upstream prints for a data key that cannot be had, without a final newline: scripts look for it.
 *
 * @see sops v3.13.2 usererrors.go
 */
export function dataKeyAsUpstream(report: DataKeyReport): string {
  const groups = report.groups.map(groupBlock)
  const head = "Failed to get the data key required to decrypt the SOPS file."
  return [head, groups.join("\n\n"), wrapWords(trailer(report), trailerColumns)].join("\n\n")
}

function groupBlock({ isRecovered, attempts }: GroupReport, index: number): string {
  if (isRecovered) return `Group ${index}: SUCCESS`
  return `Group ${index}: FAILED\n${indent(attempts.map(attemptBlock).join("\n\n"), "  ")}`
}

function attemptBlock({ recipient, asUpstream }: FailedAttempt): string {
  const message = indent(wrapWords(asUpstream, messageColumns), "  | ")
  return `${recipientName(recipient)}: FAILED\n${indent(`-${message.slice(1)}`, "  ")}`
}

function trailer({ groups, threshold }: DataKeyReport): string {
  if (threshold === 0) {
    return (
      "Recovery failed because no master key was able to decrypt the file. In order for SOPS to recover the file, " +
      "at least one key has to be successful, but none were."
    )
  }
  const recovered = groups.filter(({ isRecovered }) => isRecovered).length
  return (
    `Recovery failed because the file was encrypted with a Shamir threshold of ${threshold}, but only ${recovered} ` +
    "part(s) were successfully recovered, one for each successful key group. In order for SOPS to recover the file, " +
    `at least ${threshold} groups have to be successful. In order for a group to be successful, decryption has to ` +
    "succeed with any of the keys in that key group."
  )
}

/** Every line gets the prefix, empty ones too. */
function indent(text: string, prefix: string): string {
  if (text === "") return ""
  return text
    .split("\n")
    .map((line) => prefix + line)
    .join("\n")
}

/** Breaks at single spaces; a word that is longer than a line is on its own. */
function wrapWords(text: string, columns: number): string {
  const lines: string[] = []
  let line = ""
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else {
      line = line === "" ? word : `${line} ${word}`
    }
  }
  lines.push(line)
  return lines.join("\n")
}
