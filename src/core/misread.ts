import { AppError } from "../errors/app-error.ts"
import { type Leaf, type Warning } from "./document.ts"
import { type Format } from "./format.ts"
import { type CompiledSelectors, select } from "./select.ts"
import { fullPath, shownPath, type Site } from "./site.ts"
import { type Span } from "./text.ts"

/**
 * Refuses a name that the rule means but upstream takes for another: `export PASSWORD` in dotenv is one name to it,
 * and `^PASSWORD$` does not match that, so the value would stay in the clear.
 *
 * @param before - what is in the file already, which is not new
 * @throws {AppError} `NEW_CLEAR_VALUE` with the line
 */
export function checkMisreadNames(
  { nameForReaders }: Format,
  leaves: readonly Leaf[],
  compiled: CompiledSelectors,
  before: readonly Leaf[],
): void {
  if (nameForReaders === undefined || compiled.rule.endsWith("CommentRegex")) return
  const suspects = leaves.flatMap(({ site, isSelected }): { site: Site; meant: Site }[] => {
    const { key } = site.item
    if (isSelected || site.kind === "comment" || key === null || nameForReaders(key) === key) return []
    return [{ site, meant: { ...site, item: { ...site.item, key: nameForReaders(key) } } }]
  })
  if (suspects.length === 0) return
  const isMeant = select(
    suspects.map(({ meant }) => meant),
    compiled,
  )
  const known = new Set(before.map(({ site }) => site.item.key))
  const found = suspects.find(({ site }, index) => isMeant[index] === true && !known.has(site.item.key))
  if (found === undefined) return
  const name = nameForReaders(found.site.item.key!)
  throw new AppError(
    "NEW_CLEAR_VALUE",
    { path: shownPath(found.site.item), line: found.site.line },
    {
      notes: [`the rule means ${name}, but to sops everything before the equal sign is the name`],
      hint: "leave `export` and spaces out of the line, or let the rule match them too",
    },
  )
}

/**
 * Values of YAML that are missing, where a comment without a space takes their place: `password: #hunter2` is null and
 * a comment by the specification, and hardly what somebody meant. So are `- #hunter2`, `k: !!str #hunter2`, an empty
 * list or mapping with nothing but a comment in it, and what follows the mark of a text block. A key that is missing in
 * that way (`? #hunter2`) is refused: keys are texts.
 */
export function commentsForValues(source: string, leaves: readonly Leaf[], before: readonly Leaf[]): Warning[] {
  if (!source.includes("#")) return []
  const suspects = leaves.filter(
    ({ site, isSelected }) => isSelected && site.kind !== "comment" && isLikeOne(source, site),
  )
  if (suspects.length === 0) return []
  const known = new Set(before.filter(({ site }) => isEmpty(site)).map(({ site }) => placeOf(site)))
  return suspects
    .filter(({ site }) => !isEmpty(site) || !known.has(placeOf(site)))
    .map(({ site }) => ({ code: "COMMENT_FOR_VALUE", line: lineOf(source, site), path: shownPath(site.item) }))
}

const behindNothing = /[ \t]*#[^\s#]/y
const behindBlockMark = /[|>][-+0-9]{0,2}[ \t]*#[^\s#]/y
/** Searched before a text block that is not empty: its span begins after the comment. */
const inFrontOfBlock = /[|>][-+0-9]{0,2}[ \t]*#[^\s#][^\n]*\n$/
const blockMarkCharsMax = 256
const inEmptyFlow = /[[{][ \t]*#[^\s#]/y

function isLikeOne(source: string, { span, kind, scalar }: Site): boolean {
  if (span === null) return false
  const { start, end } = span
  if (kind === "list" || kind === "map") return isAt(inEmptyFlow, source, start)
  const isOnlyTag = startsWithTag(source, span) && (scalar === null || scalar.bytes.length === 0)
  if (start === end || isOnlyTag) return isAt(behindNothing, source, end)
  if (kind !== "str") return false
  const front = source.slice(Math.max(0, start - blockMarkCharsMax), start)
  return isAt(behindBlockMark, source, start) || inFrontOfBlock.test(front)
}

/** Some tags are part of the span. */
function startsWithTag(source: string, { start }: Span): boolean {
  return source[start] === "!"
}

function isAt(pattern: RegExp, source: string, at: number): boolean {
  pattern.lastIndex = at
  return pattern.test(source)
}

function isEmpty({ span, kind }: Site): boolean {
  return span !== null && (span.start === span.end || kind === "list" || kind === "map")
}

/** Where there is nothing, the parser is on the next line already. */
function lineOf(source: string, { span, line }: Site): number {
  if (span === null || (span.start !== span.end && !startsWithTag(source, span))) return line
  let count = 1
  for (let at = source.indexOf("\n"); at !== -1 && at < span.start; at = source.indexOf("\n", at + 1)) count++
  return count
}

function placeOf({ item }: Site): string {
  return JSON.stringify(fullPath(item))
}
