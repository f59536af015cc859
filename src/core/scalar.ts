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
