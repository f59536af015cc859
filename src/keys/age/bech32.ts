import { bech32 } from "@scure/base"

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
  const decoded = bech32.decodeUnsafe(text, false)
  const bytes = decoded === undefined ? undefined : bech32.fromWordsUnsafe(decoded.words)
  return decoded === undefined || bytes === undefined ? null : { prefix: text.slice(0, decoded.prefix.length), bytes }
}

/** Spells bytes behind a prefix, in the case of the prefix. */
export function encodeBech32({ prefix, bytes }: Bech32): string {
  const lower = prefix.toLowerCase()
  const text = bech32.encodeFromBytes(lower, bytes)
  return lower === prefix ? text : text.toUpperCase()
}
