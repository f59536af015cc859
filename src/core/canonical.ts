import { formatF, int64Text, parseFloat64 } from "./gonumber.ts"
import { type Kind, type Scalar, bytesScalar } from "./scalar.ts"
import { type Site } from "./site.ts"
import { utf8 } from "./text.ts"
import { canonicalTime } from "./time.ts"

const trueTexts: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"])
const falseTexts: ReadonlySet<string> = new Set(["0", "f", "F", "FALSE", "false", "False"])

/**
 * The scalar that an opened token stands for. The bytes are derived from the typed value, as upstream derives them
 * for the MAC: an `int` of `+5` is `5`, a `bool` of `t` is `True`.
 *
 * @returns `null` when the text does not parse as the kind
 */
export function canonicalScalar(kind: Kind, plain: Uint8Array): Scalar | null {
  if (kind === "str" || kind === "comment" || kind === "bytes") return bytesScalar(kind, plain)
  const text = canonicalText(kind, utf8.decode(plain))
  return text === null ? null : { kind, bytes: Buffer.from(text, "latin1") }
}

function canonicalText(kind: "int" | "float" | "bool" | "time", text: string): string | null {
  switch (kind) {
    case "int":
      return int64Text(text)
    case "float": {
      const value = parseFloat64(text)
      return value === null ? null : formatF(value)
    }
    case "bool":
      return trueTexts.has(text) ? "True" : falseTexts.has(text) ? "False" : null
    case "time":
      return canonicalTime(text)
  }
}

/** Bytes that a clear site contributes to the MAC. */
export function clearBytes(site: Site): Uint8Array {
  return site.clearBytes ?? site.scalar!.bytes
}

/**
 * The same for releases before 3.13.2, which read every JSON number as a float: `-0` and large integers differ.
 *
 * @param source - the text that the site is in
 */
export function floatReading(site: Site, source: string): Uint8Array {
  if (site.kind !== "int" || site.span === null) return clearBytes(site)
  const value = Number(source.slice(site.span.start, site.span.end))
  return Buffer.from(formatF(value), "latin1")
}
