import { AppError } from "../errors/app-error.ts"
import { type Leaf, type Opened } from "./document.ts"
import { scalarText } from "./scalar.ts"
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
export type StaysClear = (site: Site) => boolean

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

/** @throws {AppError} `COMMENT_CLEAR` naming the first comment that anybody could read */
export function checkCommentsSealed(leaves: readonly Leaf[]): void {
  const clear = leaves.find(
    ({ site, token, scalar }) => site.kind === "comment" && token === null && scalar!.bytes.length > 0,
  )
  if (clear !== undefined)
    throw new AppError("COMMENT_CLEAR", { line: clear.site.line, path: shownPath(clear.site.item) })
}
