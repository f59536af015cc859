import { AppError } from "../../errors/app-error.ts"
import { type Session } from "../session.ts"

export type TreePath = readonly (string | number)[]

/** A path in the grammar of the face that was called. */
export function parsePath({ dialect }: Pick<Session, "dialect">, text: string, exit: 7 | 91): TreePath {
  return dialect.files.pathGrammar === "brackets" ? parseTreePathAsSops(text, exit) : parseTreePath(text, exit)
}

/**
 * Reads `["a"][0]["b"]`, as sops writes a path, and `a[0].b`, which is ours. Between brackets a key is verbatim, in
 * either quote, without escapes.
 *
 * @param exit - 91 for `--extract`, 7 for `set` and `unset`, as upstream
 * @throws {AppError} `PATH_INVALID`
 */
export function parseTreePath(text: string, exit: 7 | 91): TreePath {
  const parts: (string | number)[] = []
  let at = 0
  while (at < text.length) {
    if (text[at] === "[") {
      const { part, end } = bracket(text, at, exit)
      parts.push(part)
      at = end
      continue
    }
    if (parts.length > 0) {
      if (text[at] !== ".") throw invalid(exit)
      at++
    }
    const end = nameEnd(text, at)
    if (end === at) throw invalid(exit)
    parts.push(text.slice(at, end))
    at = end
  }
  if (parts.length === 0 && exit === 7) throw invalid(exit)
  return parts
}

/**
 * The grammar of upstream alone: every piece between `[` and `]`, a quoted key or a decimal number.
 *
 * @see sops v3.13.2 cmd/sops/main.go, parseTreePath
 */
function parseTreePathAsSops(text: string, exit: 7 | 91): TreePath {
  const parts = text
    .split("[")
    .filter((piece) => piece !== "")
    .map((piece): string | number => {
      if (!piece.endsWith("]")) throw invalid(exit)
      const inner = piece.slice(0, -1)
      if (inner === "" || inner === '"' || inner === "'") throw invalid(exit)
      if (inner.startsWith('"') || inner.startsWith("'")) return inner.slice(1, -1)
      if (!/^[+-]?\d{1,15}$/.test(inner)) throw invalid(exit)
      return Number(inner)
    })
  if (parts.length === 0 && exit === 7) throw invalid(exit)
  return parts
}

function bracket(text: string, start: number, exit: 7 | 91): { part: string | number; end: number } {
  const quote = text[start + 1]
  if (quote === '"' || quote === "'") {
    const close = text.indexOf(`${quote}]`, start + 2)
    if (close === -1) throw invalid(exit)
    return { part: text.slice(start + 2, close), end: close + 2 }
  }
  const close = text.indexOf("]", start)
  const number = close === -1 ? "" : text.slice(start + 1, close)
  if (!/^\d{1,15}$/.test(number)) throw invalid(exit)
  return { part: Number(number), end: close + 1 }
}

function nameEnd(text: string, start: number): number {
  let end = start
  while (end < text.length && text[end] !== "." && text[end] !== "[") end++
  return end
}

function invalid(exit: 7 | 91): AppError {
  return new AppError("PATH_INVALID", {}, { exit })
}
