import { decodeBech32 } from "./bech32.ts"

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
