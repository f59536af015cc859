import { decodeText } from "../../../core/text.ts"
import { type YamlNode, type YamlPair } from "../scan/node.ts"
import { resolveScalar, resolvesToString } from "./resolve.ts"

/** The text of a mapping key, or `null` when it is not a string, which sops refuses. */
export function keyText(node: YamlNode): string | null {
  if (node.type === "alias") return keyText(node.target)
  if (node.type !== "scalar") return null
  const { shortTag, style, value } = node
  if (shortTag === "" && (style !== "plain" || resolvesToString(value))) return value
  const found = resolveScalar(shortTag, style, value)
  if (found === null || typeof found === "string" || found.kind !== "str") return null
  return shortTag === "!!binary" ? decodeText(found.bytes) : value
}

/**
 * A key that may repeat what is sealed elsewhere, and what people see instead: the mark that it is written with. An
 * alias stands for a value, an anchor lends the key to values, and anything may follow a `?`, most of all in a damaged
 * document.
 */
export function shownKeyOf({ key, question }: YamlPair): { readonly shownKey?: string } {
  if (key.type === "alias") return { shownKey: "*" }
  if (key.anchor !== null) return { shownKey: "&" }
  return question === -1 ? {} : { shownKey: "?" }
}

/**
 * A merge key: what follows it must be a mapping or a list of mappings, or go-yaml refuses the document. It is not
 * merged.
 *
 * @see go-yaml v3.0.4 decode.go, isMerge
 */
export function isMergeKey(node: YamlNode): boolean {
  if (node.type !== "scalar" || node.value !== "<<") return false
  return node.shortTag === "!!merge" || (node.shortTag === "" && node.style === "plain")
}
