import { decodeBech32 } from "../../keys/age/bech32.ts"
import { type Finding, finding } from "./finding.ts"
import { anyOf, loadProviderFormats, mayHoldProviderKey, providerMarks } from "./provider-keys.ts"

/** A text without any of these holds no key. */
export const keyMarks: readonly string[] = ["PRIVATE KEY", "AGE-SECRET-KEY-", ...providerMarks]

interface Found {
  readonly offset: number
  /** For people. */
  readonly what: string
}

const foundMax = 100

/**
 * Private keys and keys of services in a text, wherever they are outside tokens. `sotto:allow` in the line of one says
 * that somebody knows it: an example, or a key of a test.
 */
export async function privateKeyFindings(file: string, source: string): Promise<Finding[]> {
  if (!mayHoldKey(source)) return []
  const text = withoutTokens(source)
  const found = [...ageKeys(text), ...pemKeys(text)]
  if (mayHoldProviderKey(text)) {
    const formats = await loadProviderFormats()
    const { keys, isWhole } = formats.find(text, file)
    found.push(...keys.map(({ offset, provider }) => ({ offset, what: `a key of ${provider}` })))
    if (!isWhole) {
      const subject = "too much of it looks like keys of services"
      return [...located(file, text, found), finding("TOO_LARGE", { file }, { subject })]
    }
  }
  return located(file, text, found)
}

const keyMark = anyOf(keyMarks)

export function mayHoldKey(text: string): boolean {
  return keyMark.test(text)
}

/** Tokens become spaces, so that every offset stays. Nobody can read a token; it may only look like a key. */
function withoutTokens(text: string): string {
  return text.replaceAll(/ENC\[AES256_GCM,[^\]\r\n]*\]?/g, (token) => " ".repeat(token.length))
}

function ageKeys(text: string): Found[] {
  // Both kinds are a seed of 32 bytes and a checksum, so what follows without a break is no part of them.
  return [...text.matchAll(/AGE-SECRET-KEY-(PQ-)?1[02-9AC-HJ-NP-Z]{58}/g)].flatMap(({ index, 0: key, 1: pq }) =>
    decodeBech32(key) === null
      ? []
      : [{ offset: index, what: pq === undefined ? "an age identity" : "a post-quantum age identity" }],
  )
}

const pemStart = /-----BEGIN (?:(?:OPENSSH|RSA|EC|DSA|ENCRYPTED|PGP) )?PRIVATE KEY(?: BLOCK)?-----/g
const bodyCharsMax = 4096

/** Blocks with content: prose that quotes the first line is not a key. */
function pemKeys(text: string): Found[] {
  return [...text.matchAll(pemStart)].flatMap((match) => {
    const start = match.index + match[0].length
    const body = text.slice(start, start + bodyCharsMax).split("-----", 1)[0]!
    const isKey = /[A-Za-z0-9+/]{40}/.test(body) || isShortLined(body)
    return isKey ? [{ offset: match.index, what: `a private key in a PEM block` }] : []
  })
}

/** Most programs take lines of any length. Those of prose have blanks. */
function isShortLined(body: string): boolean {
  const lines = body.split(/\\[nr]|[\r\n]/).map((line) => line.replaceAll(/^[\s"'+>#*|]+|[\s"'+,\\]+$/g, ""))
  return lines.join("").length >= 40 && lines.every((line) => /^[A-Za-z0-9+/]*={0,2}$/.test(line))
}

function located(file: string, text: string, found: readonly Found[]): Finding[] {
  let line = 1
  let counted = 0
  const inOrder = found.toSorted((a, b) => a.offset - b.offset).slice(0, foundMax)
  return inOrder.map(({ offset, what }) => {
    for (let at = text.indexOf("\n", counted); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) {
      line++
      counted = at + 1
    }
    return finding(
      "PRIVATE_KEY",
      { file, line },
      { subject: what, severity: isAllowed(text, offset) ? "warning" : undefined },
    )
  })
}

function isAllowed(text: string, offset: number): boolean {
  const start = text.lastIndexOf("\n", offset) + 1
  const end = text.indexOf("\n", offset)
  return text.slice(start, end === -1 ? undefined : end).includes("sotto:allow")
}
