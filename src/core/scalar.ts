import { utf8 } from "./text.ts"

/** The `type` of a token. `bytes` is read from very old files and never written. */
export type Kind = "str" | "int" | "float" | "bool" | "time" | "bytes" | "comment"

/**
 * What is sealed and hashed: the exact bytes that Go's sops derives from a leaf.
 *
 * `int` is canonical decimal, `float` is Go's `strconv.FormatFloat(v, 'f', -1, 64)`, `bool` is `True` or `False`,
 * `time` is RFC 3339 with up to nine fractional digits; `str` and `comment` are the raw bytes (a comment without
 * its marker character).
 */
export interface Scalar {
  readonly kind: Kind
  readonly bytes: Uint8Array
}

const textKey = Symbol("text")

/** What a scalar of text holds besides: the text that it was made from, when that is long. */
interface FromText extends Scalar {
  readonly [textKey]?: string
}

/** The bytes of longer texts are made when they are asked for: a token of 60 MB is needed as a text only. */
const LATE_CHARS = 4096

/** A string as a format has read it. */
export function textScalar(text: string): Scalar {
  if (text.length < LATE_CHARS) return { kind: "str", bytes: utf8.encode(text) }
  let bytes: Uint8Array | null = null
  const late: FromText = {
    kind: "str",
    get bytes() {
      bytes ??= utf8.encode(text)
      return bytes
    },
  }
  // Not seen by whoever lists, prints or compares it.
  Object.defineProperty(late, textKey, { value: text })
  return late
}

/** The text of a scalar. Lossy, for bytes that are known to be UTF-8. */
export function scalarText(scalar: Scalar): string {
  return (scalar as FromText)[textKey] ?? utf8.decode(scalar.bytes)
}

/** Whether it is the empty string, without making its bytes. */
export function isEmptyText(scalar: Scalar): boolean {
  return (scalar as FromText)[textKey] === undefined && scalar.bytes.length === 0
}
