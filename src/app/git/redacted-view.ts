import { tokenMark } from "../../core/token.ts"
import { sha256Hex } from "../../core/fingerprint.ts"
import { sniffSealed } from "../../formats/registry.ts"
import { metadataInText, metadataSummary } from "./metadata-text.ts"

const kinds: ReadonlySet<string> = new Set(["str", "int", "float", "bool", "time", "comment"])

/**
 * A sealed text for people without a key: without its metadata, each token as `[sealed str 3f9a12c0]`, and who it is for
 * in comment lines. Equal tokens give equal text, so a diff shows which values changed.
 *
 * Nothing is parsed and no format is loaded: whatever the text is, it comes back in linear time.
 *
 * @param why - what the first line says
 */
export function redactedView(text: string, why: string): string {
  const { metadata, rest } = metadataInText(text, sniffSealed(text))
  return [`# sotto: ${why}\n`, endedLine(redactTokens(rest)), ...metadataSummary(metadata)].join("")
}

/** Cuts off what begins like a token and does not end: it could be anything. */
export function redactTokens(text: string): string {
  const parts: string[] = []
  let at = 0
  for (let start = text.indexOf(tokenMark); start !== -1; start = text.indexOf(tokenMark, at)) {
    const end = text.indexOf("]", start)
    parts.push(text.slice(at, start))
    if (end === -1) return [...parts, "[sealed, and cut off]\n"].join("")
    parts.push(redactedToken(text.slice(start, end + 1)))
    at = end + 1
  }
  return [...parts, text.slice(at)].join("")
}

/** `[sealed str 3f9a12c0]`: its type, and a mark that distinguishes it from others. */
export function redactedToken(token: string): string {
  const kind = token.slice(token.lastIndexOf(",type:") + 6, -1)
  return `[sealed ${kinds.has(kind) ? kind : "?"} ${sha256Hex(token).slice(0, 8)}]`
}

function endedLine(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`
}
