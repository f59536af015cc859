// Marks that turn the reading direction or take no room. Text files may begin with a BOM, names may not hold one.
const unseen =
  /[\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\u{e0000}-\u{e007f}]/u

// Han, Kana, Hangul and Bopomofo occur beside Latin letters in ordinary text, so they do not count as scripts of their
// own.
const scripts = (): readonly (readonly [string, RegExp])[] => [
  ["Latin", /\p{Script=Latin}/u],
  ["Cyrillic", /\p{Script=Cyrillic}/u],
  ["Greek", /\p{Script=Greek}/u],
  ["Armenian", /\p{Script=Armenian}/u],
  ["Cherokee", /\p{Script=Cherokee}/u],
  ["Coptic", /\p{Script=Coptic}/u],
  ["Georgian", /\p{Script=Georgian}/u],
  ["Hebrew", /\p{Script=Hebrew}/u],
  ["Arabic", /\p{Script=Arabic}/u],
  ["Devanagari", /\p{Script=Devanagari}/u],
  ["Thai", /\p{Script=Thai}/u],
  ["Lisu", /\p{Script=Lisu}/u],
]

/** Made for the first name that needs them, since V8 takes milliseconds to read them. */
let patterns: ReturnType<typeof scripts> | null = null

const charsMax = 4096

/**
 * What is odd about a name that people read and compare: `pаssword` with a Cyrillic letter is another key than the one
 * that a rule names.
 *
 * @returns words for people; `null` for an ordinary name, whatever script it is written in
 */
export function suspicionOf(name: string): string | null {
  if (isAscii(name)) return null
  const text = name.slice(0, charsMax)
  if (unseen.test(text)) return "it holds an invisible character"
  for (const word of text.match(/[\p{L}\p{M}]+/gu) ?? []) {
    if (isAscii(word)) continue
    patterns ??= scripts()
    const found = patterns.filter(([, pattern]) => pattern.test(word)).map(([script]) => script)
    if (found.length > 1) return `${found.join(" and ")} letters in one word`
  }
  return null
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 126) return false
  return true
}
