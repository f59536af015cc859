import { type Site, fullPath } from "../../core/site.ts"
import { isEmptyText, scalarText } from "../../core/scalar.ts"
import { isPlaceholder, secretSignOf } from "./looks-secret.ts"
import { isCalledExample } from "./plaintext.ts"
import { isClear } from "./values.ts"

/**
 * The values of a plain file that a reader learns something from: those that a template leaves open are none. In a file
 * that is called an example, and has at least one left open, only what looks like a secret is.
 */
export function telling(file: string, sites: readonly Site[]): readonly Site[] {
  const [clear, open] = [sites.filter((site) => isClear(site) && !isLeftOpen(site)), sites.some(isLeftOpen)]
  if (!open || !isCalledExample(file)) return clear
  return clear.filter(({ item, scalar }) => secretSignOf(fullPath(item), scalarText(scalar!)) !== null)
}

function isLeftOpen({ kind, scalar }: Site): boolean {
  if (scalar === null || isEmptyText(scalar)) return true
  return kind === "str" && isPlaceholder(scalarText(scalar))
}

const expressionAlone = /^[ \t]*\{\{[^{}\n]*\}\}[ \t\r]*$/gm
const expression = /\{\{[^{}\n]*\}\}/g

/**
 * Texts to try for one that its format cannot read, since expressions of a template stand where values would: with
 * something in place of those, and without lines of them. A literal in one stays.
 */
export function* readableTemplates(text: string): Generator<string> {
  if (!text.includes("{{")) return
  const without = text.replaceAll(expressionAlone, (found) => (isPlaceholder(found) ? "" : found))
  for (const by of ["<x>", "null"]) yield without.replaceAll(expression, (found) => (isPlaceholder(found) ? by : found))
}
