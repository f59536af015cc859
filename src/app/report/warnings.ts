import { type Warning } from "../../core/document.ts"
import { type Session } from "../session.ts"

/** Reports what does not stop the work. Upstream reports only the first of these, in words of its own. */
export function sayWarnings(session: Session, file: string | null, warnings: readonly Warning[]): void {
  if (!session.dialect.warns) return
  for (const text of warningLines(warnings)) session.notice(`${file ?? "standard input"}: ${text}`)
}

function warningLines(warnings: readonly Warning[]): string[] {
  const places = (code: Warning["code"]): Warning[] => warnings.filter((warning) => warning.code === code)
  const lines: string[] = []
  const comments = places("COMMENT_NOT_SEALED")
  if (comments.length > 0) {
    lines.push(`a comment that should be sealed is not, in line ${comments.map(({ line }) => line).join(", ")}`)
  }
  for (const { path, line } of places("KEY_AMBIGUOUS")) {
    lines.push(
      `${name(path)} in line ${line} and another key are the same to the encryption: a value could be moved between them`,
    )
  }
  for (const { path, line } of places("INEXACT_INTEGER")) {
    lines.push(
      `${name(path)} in line ${line} is an integer that sops before 3.13.2 reads as a float, and finds a MAC mismatch: quote it, or let the rule seal it`,
    )
  }
  for (const { path, line } of places("VERBATIM_DROPPED")) {
    lines.push(
      `${name(path)} in line ${line} is read differently by run and exec-env (quotes, spaces, #): use --verbatim there`,
    )
  }
  for (const { path, line } of places("COMMENT_FOR_VALUE"))
    lines.push(`${name(path)} in line ${line}: # begins a comment there, not a value: put a value in quotes`)
  const lost = places("COMMENT_LOST").map(({ line }) => line)
  if (lost.length > 0) {
    const [what, them] = lost.length === 1 ? ["the comment in line", "it"] : ["the comments in lines", "them"]
    lines.push(
      `${what} ${lost.join(", ")} can be read in the sealed file, since sops drops ${them}: move ${them} to a line without brackets or marks`,
    )
  }
  for (const { path } of places("PATH_UNUSED"))
    lines.push(`the rule of the config names ${name(path)}, which is not there`)
  if (places("MEMO_IGNORED").length > 0) lines.push("the layout memo is from a later version and was not used")
  if (places("LAYOUT_DROPPED").length > 0)
    lines.push("some spellings cannot be kept and will come back in their canonical form")
  return lines
}

function name(path: Warning["path"]): string {
  return (path ?? []).join(".")
}
