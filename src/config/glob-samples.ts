import { expandBraces } from "./glob.ts"

/** A letter of nobody's alphabet: only what stands for any character matches it. */
const fresh = "\ue000"
const stars = ["", fresh, `${fresh}.${fresh}`] as const
const folders = [[], [fresh], [fresh, fresh]] as const

/**
 * Paths that a glob matches, with letters in them that no pattern names. Another pattern that matches all of them is as
 * wide, up to patterns with negated classes.
 *
 * @param glob - a valid one
 */
export function samplesOf(glob: string): string[] {
  const spellings = expandBraces(glob)
  if (!Array.isArray(spellings)) return []
  const samples = spellings.flatMap((spelling) =>
    stars.flatMap((star) =>
      folders.flatMap((deep) => ["low", "high"].map((end) => sampleOf(spelling, { star, deep, end }))),
    ),
  )
  return [...new Set(samples.filter((sample) => sample !== null))]
}

interface Filling {
  readonly star: string
  readonly deep: readonly string[]
  readonly end: string
}

function sampleOf(spelling: string, filling: Filling): string | null {
  let text = spelling.startsWith("./") ? spelling.slice(1) : spelling
  const isAnchored = text.slice(0, -1).includes("/")
  if (text.startsWith("/")) text = text.slice(1)
  if (text.endsWith("/")) text += "**"
  const parts = text.split("/")
  const segments = parts.flatMap((part, index) => {
    if (part !== "**") return [segmentOf(part, filling)]
    // At the end it is what is below, and not nothing.
    return index === parts.length - 1 && filling.deep.length === 0 ? [fresh] : filling.deep
  })
  const all = isAnchored ? segments : [...filling.deep, ...segments]
  return all.every((segment) => segment !== "") ? all.join("/") : null
}

function segmentOf(part: string, { star, end }: Filling): string {
  const chars = Array.from(part)
  let text = ""
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at]!
    if (char === "*") text += star
    else if (char === "?") text += fresh
    else if (char === "\\") text += chars[++at] ?? ""
    else if (char === "[") {
      const close = chars.indexOf("]", at + 2)
      if (close === -1) return ""
      const inside = chars.slice(at + 1, close)
      text += inside[0] === "!" || inside[0] === "^" ? fresh : inside[end === "low" ? 0 : inside.length - 1]!
      at = close
    } else text += char
  }
  return text
}
