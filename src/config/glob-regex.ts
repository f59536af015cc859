import { limits } from "../core/limits.ts"
import { type Glob, type Segment, type GlobToken } from "./glob.ts"

/**
 * RE2 patterns that together match the paths which one of the globs matches, and no others: few, and none longer than a
 * pattern may be.
 */
export function regexesOf(globs: readonly Glob[]): string[] {
  const all = [...new Set(globs.flatMap(({ segments }) => segments.map(regexOf)))]
  const joined: string[] = []
  for (const one of all) {
    const wider = joined.length === 0 ? one : `${joined.at(-1)!}|${one}`
    if (joined.length > 0 && wider.length <= limits.pattern_chars_max) joined[joined.length - 1] = wider
    else joined.push(one)
  }
  return joined
}

function regexOf(segments: readonly Segment[]): string {
  const parts = segments.map((segment, index) => {
    const isLast = index === segments.length - 1
    // At the end it is what is below, and not nothing.
    if (segment === "deep") return isLast ? "(?s:.+)" : "(?:[^/]*/)*"
    return segment.map(tokenRegex).join("") + (isLast ? "" : "/")
  })
  // The usual way to say "in any folder".
  const [first, second] = segments
  if (first === "deep" && second !== undefined && second !== "deep") return `(^|/)${parts.slice(1).join("")}$`
  return `^${parts.join("")}$`
}

function tokenRegex(token: GlobToken): string {
  switch (token.type) {
    case "char":
      return quoted(token.char)
    case "any":
      return "[^/]"
    case "star":
      return "[^/]*"
    case "class":
      return classRegex(token)
  }
}

const slash = 0x2f

/** Within one folder, so it never matches a `/`. */
function classRegex({ negated, ranges }: Extract<GlobToken, { type: "class" }>): string {
  const valid = ranges.filter(([low, high]) => low <= high)
  if (negated) return `[^/${valid.map(rangeRegex).join("")}]`
  const around = valid.flatMap(([low, high]) => [
    [low, Math.min(high, slash - 1)] as const,
    [Math.max(low, slash + 1), high] as const,
  ])
  const left = (valid.some(([low, high]) => low <= slash && slash <= high) ? around : valid).filter(
    ([low, high]) => low <= high,
  )
  return left.length === 0 ? String.raw`[^\x00-\x{10FFFF}]` : `[${left.map(rangeRegex).join("")}]`
}

function rangeRegex([low, high]: readonly [number, number]): string {
  return low === high ? inClass(low) : `${inClass(low)}-${inClass(high)}`
}

function inClass(code: number): string {
  const char = String.fromCodePoint(code)
  return /[0-9A-Za-z]/.test(char) ? char : `\\x{${code.toString(16)}}`
}

/** A text that a pattern matches as it is. */
export function quoted(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, "\\$&")
}
