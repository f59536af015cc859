/**
 * White space as Go's `unicode.IsSpace` has it. JavaScript's `trim` differs: it takes U+FEFF and leaves U+0085.
 */
function isSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d)
  if (code < 0x1680) return code === 0x85 || code === 0xa0
  if (code >= 0x2000 && code <= 0x200a) return true
  return code === 0x1680 || code === 0x2028 || code === 0x2029 || code === 0x202f || code === 0x205f || code === 0x3000
}

/** First place at or after `at` that is not white space, at most `end`. */
export function skipSpace(source: string, at: number, end: number): number {
  let place = at
  while (place < end && isSpace(source.charCodeAt(place))) place++
  return place
}

/** The end of a text without the white space at its end, at least `start`. */
export function trimmedEnd(source: string, start: number, end: number): number {
  let place = end
  while (place > start && isSpace(source.charCodeAt(place - 1))) place--
  return place
}

export function trim(text: string): string {
  const start = skipSpace(text, 0, text.length)
  return text.slice(start, trimmedEnd(text, start, text.length))
}

/** Spaces and tabs only. */
export function skipSpacesAndTabs(source: string, at: number, end: number): number {
  let place = at
  while (place < end && isSpaceOrTab(source.charCodeAt(place))) place++
  return place
}

export function isSpaceOrTab(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/** `;` or `#`. */
export function isMark(code: number): boolean {
  return code === 0x3b || code === 0x23
}

/** The end of the line that `at` is in: the place of its LF, or the end of the text. */
export function lineEndAt(source: string, at: number): number {
  const end = source.indexOf("\n", at)
  return end === -1 ? source.length : end
}
