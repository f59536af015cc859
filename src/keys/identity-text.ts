import { type Identity, parseIdentity } from "./age/identity.ts"

export interface ParsedIdentities {
  readonly identities: readonly Identity[]
  /** Each with its line; never text of the line. */
  readonly reasons: readonly string[]
}

export interface ParseOptions {
  /** `SOPS_AGE_KEY` may hold several identities a line, since CI variables lose their line ends. */
  readonly severalPerLine: boolean
  /** As upstream: no spaces around an identity, and one bad line spoils all. */
  readonly strict: boolean
}

/**
 * Reads a key file as age-keygen writes it: one identity a line, `#` comments, empty lines.
 *
 * @see sops v3.13.2 age/keysource.go, parseIdentities
 */
export function parseIdentities(text: string, { severalPerLine, strict }: ParseOptions): ParsedIdentities {
  const identities: Identity[] = []
  const reasons: string[] = []
  for (const [index, line] of text.split("\n").entries()) {
    for (const word of wordsOf(line, { severalPerLine, strict })) {
      const identity = parseIdentity(word)
      if (typeof identity !== "string") identities.push(identity)
      else if (strict) return { identities: [], reasons: [identity] }
      else reasons.push(`line ${index + 1}: ${isRecipient(word) ? "a recipient, not an identity" : identity}`)
    }
  }
  return { identities, reasons }
}

function wordsOf(line: string, { severalPerLine, strict }: ParseOptions): string[] {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line
  if (text === "" || text.startsWith("#")) return []
  if (strict && !severalPerLine) return [text]
  const words = text.split(/[\s\uFEFF]+/).filter((word) => word !== "")
  const comment = strict ? -1 : words.findIndex((word) => word.startsWith("#"))
  return comment === -1 ? words : words.slice(0, comment)
}

function isRecipient(word: string): boolean {
  return word.startsWith("age1") || word.startsWith("ssh-")
}
