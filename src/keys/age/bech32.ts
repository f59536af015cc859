import { bech32 } from "bech32"

interface Bech32 {
  /** The readable part in front of the last "1", in the case in which it was written. */
  readonly prefix: string
  readonly bytes: Uint8Array
}

const isAscii = /^[\x21-\x7e]*$/

/**
 * Reads a Bech32 text of any length (age has no limit of 90 characters).
 *
 * @returns `null` unless the text is all lower or all upper case, its checksum holds and its padding is zero
 * @see BIP 173, and age internal/bech32, which differs from it by the length only
 */
export function decodeBech32(text: string): Bech32 | null {
  // Lower case makes letters of ASCII of some that are none.
  if (!isAscii.test(text)) return null
  const decoded = bech32.decodeUnsafe(text, Infinity)
  const bytes = decoded === undefined ? undefined : bech32.fromWordsUnsafe(decoded.words)
  if (decoded === undefined || bytes === undefined) return null
  return { prefix: text.slice(0, decoded.prefix.length), bytes: Uint8Array.from(bytes) }
}

/** Spells bytes behind a prefix, in the case of the prefix. */
export function encodeBech32({ prefix, bytes }: Bech32): string {
  const lower = prefix.toLowerCase()
  const text = bech32.encode(lower, bech32.toWords(bytes), Infinity)
  return lower === prefix ? text : text.toUpperCase()
}

const grammar = /^[a-z0-9-]{1,32}$/

/** @returns the name of the plugin that a recipient `age1NAME1...` needs; `null` when the text is none */
export function parsePluginRecipient(text: string): string | null {
  const decoded = text.startsWith("age1") ? decodeBech32(text) : null
  return decoded?.prefix.startsWith("age1") === true ? checked(decoded.prefix.slice("age1".length)) : null
}

/** @returns the name of the plugin that an identity `AGE-PLUGIN-NAME-1...` needs; `null` when the text is none */
export function parsePluginIdentity(text: string): string | null {
  const prefix = text.startsWith("AGE-PLUGIN-") ? decodeBech32(text)?.prefix : undefined
  return prefix?.endsWith("-") === true ? checked(prefix.slice("AGE-PLUGIN-".length, -1).toLowerCase()) : null
}

/** The name becomes the name of a program, so it is far narrower than age's own grammar (security rule S6). */
function checked(name: string): string | null {
  return grammar.test(name) ? name : null
}
