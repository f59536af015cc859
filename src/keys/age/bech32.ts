const charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
const checksumLength = 6

export interface Bech32 {
  /** The readable part in front of the last "1", in the case in which it was written. */
  readonly prefix: string
  readonly bytes: Uint8Array
}

/**
 * Reads a Bech32 text of any length (age has no limit of 90 characters).
 *
 * @returns `null` unless the text is all lower or all upper case, its checksum holds and its padding is zero
 * @see BIP 173, and age internal/bech32, which differs from it by the length only
 */
export function decodeBech32(text: string): Bech32 | null {
  const lower = text.toLowerCase()
  if (lower !== text && text.toUpperCase() !== text) return null
  const separator = lower.lastIndexOf("1")
  if (separator < 1 || separator + 1 + checksumLength > lower.length) return null
  for (let i = 0; i < separator; i++) {
    const code = lower.charCodeAt(i)
    if (code < 33 || code > 126) return null
  }
  const words: number[] = []
  for (const character of lower.slice(separator + 1)) {
    const word = charset.indexOf(character)
    if (word === -1) return null
    words.push(word)
  }
  if (polymod([...expand(lower.slice(0, separator)), ...words]) !== 1) return null
  const bytes = toBytes(words.slice(0, -checksumLength))
  return bytes === null ? null : { prefix: text.slice(0, separator), bytes }
}

/** Spells bytes behind a prefix, in the case of the prefix. */
export function encodeBech32({ prefix, bytes }: Bech32): string {
  const lower = prefix.toLowerCase()
  const words = toWords(bytes)
  const check = polymod([...expand(lower), ...words, 0, 0, 0, 0, 0, 0]) ^ 1
  for (let i = 0; i < checksumLength; i++) words.push((check >>> (5 * (checksumLength - 1 - i))) & 31)
  const text = `${lower}1${words.map((word) => charset.charAt(word)).join("")}`
  return lower === prefix ? text : text.toUpperCase()
}

function polymod(values: readonly number[]): number {
  let check = 1
  for (const value of values) {
    const top = check >>> 25
    check = ((check & 0x1ffffff) << 5) ^ value
    if (top & 1) check ^= 0x3b6a57b2
    if (top & 2) check ^= 0x26508e6d
    if (top & 4) check ^= 0x1ea119fa
    if (top & 8) check ^= 0x3d4233dd
    if (top & 16) check ^= 0x2a1462b3
  }
  return check
}

function expand(prefix: string): number[] {
  const codes = [...Buffer.from(prefix, "latin1")]
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)]
}

function toBytes(words: readonly number[]): Uint8Array | null {
  const bytes = new Uint8Array(Math.floor((words.length * 5) / 8))
  let buffer = 0
  let bits = 0
  let at = 0
  for (const word of words) {
    buffer = ((buffer << 5) | word) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = (buffer >> bits) & 0xff
  }
  const isZeroPadded = bits < 5 && (buffer & ((1 << bits) - 1)) === 0
  return isZeroPadded ? bytes : null
}

function toWords(bytes: Uint8Array): number[] {
  const words: number[] = []
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      words.push((buffer >> bits) & 31)
    }
  }
  if (bits > 0) words.push((buffer << (5 - bits)) & 31)
  return words
}
