/** A compiled path pattern of `.sopsrc`. */
export interface Glob {
  /** As it was written. */
  readonly text: string
  /** The pattern with each choice of its braces; alone each of them is a glob of the same meaning. */
  readonly spellings: readonly string[]
  /** What each of them consists of. */
  readonly segments: readonly (readonly Segment[])[]
  /** @param path - relative to the config's folder, with `/` on every system */
  test(path: string): boolean
}

/** Why a glob is not valid: for people, without its text. */
interface GlobProblem {
  readonly problem: string
}

const alternativesMax = 100
const charsMax = 1_000

/** One path segment: characters that must be equal, and what stands for more. */
export type GlobToken =
  | { readonly type: "char"; readonly char: string }
  | { readonly type: "any" }
  | { readonly type: "star" }
  | { readonly type: "class"; readonly negated: boolean; readonly ranges: readonly (readonly [number, number])[] }

/** `deep` stands for `**`: any number of folders. */
export type Segment = "deep" | readonly GlobToken[]

/**
 * Reads a glob as `.gitignore` writers expect it.
 *
 * `*` and `?` stay within one folder and match leading dots, `**` is any number of folders, `[a-z]` and `[!a-z]` one
 * character, `{a,b}` either text, and a backslash takes the meaning from the next character. A glob without `/`
 * matches the name in any folder; with one it is bound to the config's folder; `secrets/` is everything below it.
 * Matching takes time proportional to path times glob, whatever they hold.
 */
export function compileGlob(text: string): Glob | GlobProblem {
  if (text.length > charsMax) return { problem: "a path pattern is longer than 1,000 characters" }
  const spellings = expandBraces(text)
  if (!Array.isArray(spellings)) return spellings
  const all: { readonly segments: Segment[]; readonly prefix: string }[] = []
  for (const spelling of spellings) {
    const segments = compileSpelling(spelling)
    if (!Array.isArray(segments)) return segments
    all.push({ segments, prefix: literalPrefix(segments) })
  }
  return {
    text,
    spellings,
    segments: all.map(({ segments }) => segments),
    test: (path) => {
      let parts: string[][] | null = null
      return all.some(({ segments, prefix }) => {
        // Most paths are nowhere near, and are not taken apart for it.
        if (!path.startsWith(prefix)) return false
        parts ??= path.split("/").map((part) => Array.from(part))
        return matchSegments(segments, parts)
      })
    },
  }
}

/** The folders that every path of a glob begins with. */
function literalPrefix(segments: readonly Segment[]): string {
  let prefix = ""
  for (const segment of segments.slice(0, -1)) {
    if (segment === "deep" || segment.some(({ type }) => type !== "char")) break
    prefix += `${segment.map((token) => (token.type === "char" ? token.char : "")).join("")}/`
  }
  return prefix
}

/** `a{b,c}d` is `abd` and `acd`. Nested braces work; the number of results is bounded. */
export function expandBraces(text: string): string[] | GlobProblem {
  const done: string[] = []
  const open = [text]
  while (open.length > 0) {
    const next = open.pop()!
    const brace = firstBrace(next)
    if (brace === "unclosed") return { problem: "a `{` in a path pattern is not closed" }
    if (brace === null) {
      done.push(next)
      continue
    }
    for (const option of brace.options.reverse()) open.push(next.slice(0, brace.start) + option + next.slice(brace.end))
    if (open.length + done.length > alternativesMax) return { problem: "a path pattern has more than 100 alternatives" }
  }
  return done
}

function firstBrace(text: string): { start: number; end: number; options: string[] } | "unclosed" | null {
  let start = -1
  let depth = 0
  let from = 0
  const options: string[] = []
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === "\\") i++
    else if (char === "{") {
      if (depth++ === 0) [start, from] = [i, i + 1]
    } else if (char === "," && depth === 1) {
      options.push(text.slice(from, i))
      from = i + 1
    } else if (char === "}" && depth > 0 && --depth === 0) {
      options.push(text.slice(from, i))
      return { start, end: i + 1, options }
    }
  }
  return depth > 0 ? "unclosed" : null
}

function compileSpelling(spelling: string): Segment[] | GlobProblem {
  let text = spelling.startsWith("./") ? spelling.slice(1) : spelling
  if (text === "" || text === "/") return { problem: "a path pattern is empty" }
  const isAnchored = text.slice(0, -1).includes("/")
  if (text.startsWith("/")) text = text.slice(1)
  if (text.endsWith("/")) text += "**"
  const segments: Segment[] = isAnchored ? [] : ["deep"]
  for (const part of text.split("/")) {
    if (part === "") return { problem: "a path pattern has an empty part between two `/`" }
    if (part === "." || part === "..") return { problem: "a path pattern cannot leave the folder of the config" }
    if (part === "**") {
      segments.push("deep")
      continue
    }
    const tokens = compilePart(part)
    if (!Array.isArray(tokens)) return tokens
    segments.push(tokens)
  }
  return segments
}

function compilePart(part: string): GlobToken[] | GlobProblem {
  const chars = Array.from(part)
  const tokens: GlobToken[] = []
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!
    if (char === "*") {
      if (tokens.at(-1)?.type !== "star") tokens.push({ type: "star" })
    } else if (char === "?") tokens.push({ type: "any" })
    else if (char === "[") {
      const found = compileClass(chars, i)
      if (found === null) return { problem: "a `[` in a path pattern is not closed" }
      tokens.push(found.token)
      i = found.last
    } else if (char === "\\") {
      const next = chars[++i]
      if (next === undefined) return { problem: "a path pattern ends in a backslash" }
      tokens.push({ type: "char", char: next })
    } else tokens.push({ type: "char", char })
  }
  return tokens
}

function compileClass(chars: readonly string[], open: number): { token: GlobToken; last: number } | null {
  let i = open + 1
  const negated = chars[i] === "!" || chars[i] === "^"
  if (negated) i++
  const ranges: [number, number][] = []
  for (let first = true; i < chars.length; first = false, i++) {
    if (chars[i] === "]" && !first) return { token: { type: "class", negated, ranges }, last: i }
    if (chars[i] === "\\" && i + 1 < chars.length) i++
    const low = chars[i]!.codePointAt(0)!
    const isRange = chars[i + 1] === "-" && chars[i + 2] !== undefined && chars[i + 2] !== "]"
    if (isRange) i += 2
    ranges.push([low, isRange ? chars[i]!.codePointAt(0)! : low])
  }
  return null
}

/** Greedy, with one place to go back to: the last `**` takes one folder more. No earlier one has to be tried again. */
function matchSegments(segments: readonly Segment[], parts: readonly (readonly string[])[]): boolean {
  let segment = 0
  let part = 0
  let retrySegment = -1
  let retryPart = 0
  while (part < parts.length) {
    const current = segments[segment]
    if (current === "deep") {
      retrySegment = segment++
      retryPart = part
    } else if (current !== undefined && matchPart(current, parts[part]!)) {
      segment++
      part++
    } else if (retrySegment === -1) return false
    else {
      segment = retrySegment + 1
      part = ++retryPart
    }
  }
  // A `**` at the end was reached only if a part was left for it: `a/**` is what is below `a`, not `a` itself.
  return segment === segments.length
}

function matchPart(tokens: readonly GlobToken[], chars: readonly string[]): boolean {
  let token = 0
  let char = 0
  let retryToken = -1
  let retryChar = 0
  while (char < chars.length) {
    const current = tokens[token]
    if (current?.type === "star") {
      retryToken = token++
      retryChar = char
    } else if (current !== undefined && matchChar(current, chars[char]!)) {
      token++
      char++
    } else if (retryToken === -1) return false
    else {
      token = retryToken + 1
      char = ++retryChar
    }
  }
  while (tokens[token]?.type === "star") token++
  return token === tokens.length
}

function matchChar(token: GlobToken, char: string): boolean {
  switch (token.type) {
    case "char":
      return token.char === char
    case "any":
      return true
    case "star":
      return false
    case "class": {
      const code = char.codePointAt(0)!
      return token.ranges.some(([low, high]) => code >= low && code <= high) !== token.negated
    }
  }
}
