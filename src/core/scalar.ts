import { decodeText, equalBytes, utf8 } from "./text.ts"

/** The `type` of a token. `bytes` is read from very old files and never written. */
export type Kind = "str" | "int" | "float" | "bool" | "time" | "bytes" | "comment"

/**
 * What is sealed and hashed: the exact bytes that sops derives from a leaf.
 *
 * `int` is canonical decimal, `float` is Go's `strconv.FormatFloat(v, 'f', -1, 64)`, `bool` is `True` or `False`,
 * `time` is RFC 3339 with up to nine fractional digits; `str` and `comment` are the raw bytes (a comment without
 * its marker character).
 */
export interface Scalar {
  readonly kind: Kind
  readonly bytes: Uint8Array
}

/** A scalar of text: makes its bytes from the text, or the text from the bytes, on demand. */
class TextScalar implements Scalar {
  readonly kind: Kind
  #text: string | null
  #bytes: Uint8Array | null

  constructor(kind: Kind, text: string | null, bytes: Uint8Array | null) {
    this.kind = kind
    this.#text = text
    this.#bytes = bytes
  }

  get bytes(): Uint8Array {
    this.#bytes ??= utf8.encode(this.#text!)
    return this.#bytes
  }

  /** `null` when the bytes are not UTF-8. */
  get text(): string | null {
    this.#text ??= decodeText(this.#bytes!)
    return this.#text
  }

  get held(): string | null {
    return this.#text
  }

  get isEmpty(): boolean {
    return this.#text === null ? this.#bytes!.length === 0 : this.#text === ""
  }

  /** Whether both say the same; texts are compared where both have one. */
  isSame(other: TextScalar): boolean {
    if (this.#text !== null && other.#text !== null) return this.#text === other.#text
    return equalBytes(this.bytes, other.bytes)
  }
}

/** A string as a format has read it. */
export function textScalar(text: string): Scalar {
  return new TextScalar("str", text, null)
}

/** A comment as a format has read it, without its mark. */
export function commentScalar(text: string): Scalar {
  return new TextScalar("comment", text, null)
}

/** Up to this size it keeps the text instead of the bytes: a buffer for each of many values takes more memory. */
const TEXT_BYTES_MAX = 2048

/** A string or comment as it was opened. */
export function bytesScalar(kind: "str" | "comment" | "bytes", bytes: Uint8Array): Scalar {
  const text = bytes.length > TEXT_BYTES_MAX ? null : decodeText(bytes)
  return new TextScalar(kind, text, text === null ? bytes : null)
}

/** The text of a scalar. Lossy, for bytes that are known to be UTF-8. */
export function scalarText(scalar: Scalar): string {
  return (scalar instanceof TextScalar ? scalar.text : null) ?? utf8.decode(scalar.bytes)
}

/** The text of a scalar; `null` when its bytes are not UTF-8. */
export function exactText(scalar: Scalar): string | null {
  return scalar instanceof TextScalar ? scalar.text : decodeText(scalar.bytes)
}

/** The text that a scalar holds already; `null` when it holds bytes. */
export function heldText(scalar: Scalar): string | null {
  return scalar instanceof TextScalar ? scalar.held : null
}

/** Whether it is the empty string, without making its bytes. */
export function isEmptyText(scalar: Scalar): boolean {
  return scalar instanceof TextScalar ? scalar.isEmpty : scalar.bytes.length === 0
}

export function sameBytes(a: Scalar, b: Scalar): boolean {
  if (a instanceof TextScalar && b instanceof TextScalar) return a.isSame(b)
  return equalBytes(a.bytes, b.bytes)
}
