import { type Leaf } from "./document.ts"
import { parseInt64 } from "./gonumber.ts"
import { exactText, type Scalar, textScalar } from "./scalar.ts"
import { utf8 } from "./text.ts"

/** How a leaf holds a text that the user looks for. */
export type Hit = "whole" | "inside" | "comment"

/** @returns `null` where the text is not, and for what is only reached through an alias */
export function hitOf({ site, scalar }: Leaf, wanted: string): Hit | null {
  if (scalar === null || site.span === null) return null
  const text = exactText(scalar)
  if (text === null || !text.includes(wanted)) return null
  if (scalar.kind === "comment") return "comment"
  return text === wanted ? "whole" : "inside"
}

/** The scalar with the new text instead of the old one. An integer stays an integer if it can; else it becomes text. */
export function replacedIn(scalar: Scalar, before: string, after: string): Scalar {
  const text = exactText(scalar)!.replaceAll(before, () => after)
  const int = scalar.kind === "int" ? parseInt64(text) : null
  return int === null ? textScalar(text) : { kind: "int", bytes: utf8.encode(int.toString()) }
}
