/**
 * Standard base64 in its canonical spelling: one text for one sequence of bytes, and nothing else.
 *
 * @returns `null` for anything else: other characters, line breaks, wrong padding, bits that do not count
 */
export function decodeBase64(text: string, { isPadded }: { isPadded: boolean }): Uint8Array | null {
  const bytes = Buffer.from(text, "base64")
  const canonical = isPadded ? bytes.toString("base64") : encodeRaw(bytes)
  return canonical === text ? bytes : null
}

/** Standard base64 without padding, as age headers have it. */
export function encodeRaw(bytes: Uint8Array): string {
  const padded = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")
  const end = padded.indexOf("=")
  return end === -1 ? padded : padded.slice(0, end)
}
