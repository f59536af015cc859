import { decodeBech32, parsePluginRecipient } from "./bech32.ts"
import { parseSshRecipient } from "./ssh-public.ts"
import { parseX25519Recipient } from "./x25519.ts"

/** Recipients that age itself knows beside X25519, with the bytes that their texts hold. */
const ageLengths: ReadonlyMap<string, number> = new Map([
  ["age1pq", 1216],
  ["age1tag", 33],
  ["age1tagpq", 1249],
])

/** What is wrong with an age recipient; `null` when nothing is. */
export function againstAge(text: string): string | null {
  if (text.startsWith("ssh-")) {
    const key = parseSshRecipient(text)
    return typeof key === "string" ? key : null
  }
  if (!text.startsWith("age1")) return "an age recipient begins with age1, ssh-ed25519 or ssh-rsa"
  if (parseX25519Recipient(text) !== null) return null
  const decoded = decodeBech32(text)
  if (decoded === null) return "its checksum is wrong: a character is missing or changed"
  const length = ageLengths.get(decoded.prefix)
  if (length !== undefined) return decoded.bytes.length === length ? null : "it has the wrong length"
  if (decoded.prefix === "age") return "it has the wrong length"
  return parsePluginRecipient(text) === null ? "the name of its plugin is not valid" : null
}
