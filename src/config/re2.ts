import { limits } from "../core/limits.ts"
import { type CompiledSelectors, type Pattern, type Selectors, ruleOf } from "../core/select.ts"
import { AppError } from "../errors/app-error.ts"
import { simplePattern } from "./simple-pattern.ts"

/**
 * Compiles a user's pattern as Go's RE2 reads it: an unanchored search in linear time, where `$` is the end of the
 * text only. The engine is loaded when the first pattern needs it; those of simple-pattern.ts do not.
 *
 * @param selector - which of the selectors it is, for errors
 * @throws {AppError} `PATTERN_INVALID`, or `PATTERN_TOO_LONG` (docs/design/security.md S21)
 */
export async function loadPattern(text: string, selector?: keyof Selectors): Promise<Pattern> {
  const pattern = await loadPatternIfValid(text, selector)
  if (pattern === null) throw new AppError("PATTERN_INVALID", {}, nameOf(selector))
  return pattern
}

function nameOf(selector: keyof Selectors | undefined): { subject?: string } {
  const subject = selector?.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return subject === undefined ? {} : { subject }
}

/**
 * The same for a pattern that comes from a sealed file.
 *
 * @returns `null` when the pattern is not valid: sops takes such a pattern as one that never matches, so a file that
 *   was sealed with it is only read correctly in the same way
 * @throws {AppError} `PATTERN_TOO_LONG`
 */
export async function loadPatternIfValid(text: string, selector?: keyof Selectors): Promise<Pattern | null> {
  if (text.length > limits.pattern_chars_max) throw new AppError("PATTERN_TOO_LONG", {}, nameOf(selector))
  const simple = simplePattern(text)
  if (simple !== null) return simple
  const { RE2JS } = await import("re2js")
  try {
    const engine = RE2JS.compile(text)
    return { test: (subject) => engine.test(subject) }
  } catch {
    // The engine's error quotes the pattern, so it is neither shown nor kept as a cause.
    return null
  }
}

/**
 * Selectors with the pattern that they need.
 *
 * @param options.refuseInvalid - before writing: an invalid pattern is an error. When a file is only read, and as
 *   `sops`, it never matches
 * @throws {RangeError} when more than one selector is set
 */
export async function compileSelectors(
  selectors: Selectors,
  options: { refuseInvalid: boolean },
): Promise<CompiledSelectors> {
  const { rule, text } = ruleOf(selectors)
  if (rule === "unencryptedSuffix" || rule === "encryptedSuffix") return { rule, text, pattern: null }
  const pattern = options.refuseInvalid ? await loadPattern(text, rule) : await loadPatternIfValid(text, rule)
  return { rule, text, pattern }
}
