import { AppError } from "../errors/app-error.ts"
import { type Leaf, type Opened, type Warning } from "./document.ts"
import { scalarText } from "./scalar.ts"
import { type CompiledSelectors, select } from "./select.ts"
import { shownPath, type Site } from "./site.ts"

/**
 * What happens to comments. By the rule of sops (`follow`) a comment is sealed where a value in its place would be.
 * Readers tolerate a comment that is not, and nothing can open one that is sealed where values are clear: so `clear`
 * and `marked` leave comments readable among sealed values, and `sealed` refuses a file in which one would be readable.
 */
export const commentPolicies = ["follow", "clear", "marked", "sealed"] as const
export type CommentPolicy = (typeof commentPolicies)[number]

/** `kept`: what was in the clear stays so, as in a merge, where no rule is asked. */
export type CommentChoice = CommentPolicy | "kept"

/** Whether a comment stays readable where it would be sealed. */
type StaysClear = (site: Site) => boolean

/** @param before - files whose readable comments are `kept` */
export function staysClear(choice: CommentChoice, before: readonly Opened[]): StaysClear {
  switch (choice) {
    case "follow":
    case "sealed":
      return () => false
    case "clear":
      return ({ kind }) => kind === "comment"
    case "marked":
      return (site) => site.kind === "comment" && isMarked(site)
    case "kept": {
      const kept = new Set(before.flatMap(({ leaves }) => leaves.filter(isReadable).map(({ site }) => textOf(site))))
      return kept.size === 0 ? () => false : (site) => site.kind === "comment" && kept.has(textOf(site))
    }
  }
}

/** A comment in the clear among sealed values. */
function isReadable({ site, isSelected, token }: Leaf): boolean {
  return site.kind === "comment" && isSelected && token === null
}

/** It begins with its mark twice: `## how to change this file`. */
function isMarked(site: Site): boolean {
  return /^[#;]/.test(textOf(site))
}

function textOf({ scalar }: Site): string {
  return scalar === null ? "" : scalarText(scalar)
}

/**
 * @param lost - comments that no walk meets
 * @throws {AppError} `COMMENT_CLEAR` naming the first comment that anybody could read
 */
export function checkCommentsSealed(leaves: readonly Leaf[], lost: readonly Site[]): void {
  const clear = leaves.find(
    ({ site, token, scalar }) => site.kind === "comment" && token === null && scalar!.bytes.length > 0,
  )?.site
  const site = clear ?? lost.find((comment) => textOf(comment).trim() !== "")
  if (site !== undefined) throw new AppError("COMMENT_CLEAR", { line: site.line, path: shownPath(site.item) })
}

/**
 * Comments with their lines in the text before a block was put in front of them.
 *
 * @param lost - in the order of the text
 * @param before - translates an offset back
 */
export function withLines(plain: string, lost: readonly Site[], before: (at: number) => number): Site[] {
  let line = 1
  let at = plain.indexOf("\n")
  return lost.map((site) => {
    const start = before(site.span!.start)
    for (; at !== -1 && at < start; at = plain.indexOf("\n", at + 1)) line++
    return { ...site, line }
  })
}

/**
 * Comments that would be sealed if upstream's parser did not drop them: they can be read in the sealed file.
 *
 * @param lost - comments that no walk meets
 * @param before - such comments of the file as it was, which are not new
 */
export function commentsThatStay(
  lost: readonly Site[],
  compiled: CompiledSelectors,
  choice: CommentChoice,
  before: readonly Site[],
): Warning[] {
  if (lost.length === 0 || choice === "clear" || choice === "kept") return []
  const known = new Set(before.map(textOf))
  const isSelected = select(lost, compiled)
  return lost
    .filter((site, index) => isSelected[index] && textOf(site).trim() !== "" && !known.has(textOf(site)))
    .filter((site) => choice !== "marked" || !isMarked(site))
    .map(({ line, item }) => ({ code: "COMMENT_LOST", line, path: shownPath(item) }))
}
