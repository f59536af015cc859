import { type MetaMap, type MetaValue } from "../../../core/format.ts"
import { limits } from "../../../core/limits.ts"
import { utf8 } from "../../../core/text.ts"
import { AppError } from "../../../errors/app-error.ts"
import { keyText } from "./key.ts"
import { type ScalarNode, type YamlNode } from "../scan/node.ts"
import { resolveScalar } from "./resolve.ts"

/**
 * The metadata as data, without its comments. A date without quotes, as releases before 3.13 read it, is its own text.
 *
 * @throws {AppError} `METADATA_INVALID` when it is not a mapping, or holds what no metadata can
 */
export function metaTree(node: YamlNode): MetaMap {
  const tree = metaValue(node, { left: limits.virtual_sites_max }, 0)
  if (tree instanceof Map) return tree
  throw invalid(node, "not a mapping")
}

/** Aliases can make a small text large here too. */
interface Budget {
  left: number
}

function metaValue(node: YamlNode, budget: Budget, depth: number): MetaValue {
  if (budget.left-- === 0 || depth > 2 * limits.nesting_max)
    throw new AppError("TOO_LARGE", { line: node.line }, { subject: "metadata" })
  switch (node.type) {
    case "alias":
      return metaValue(node.target, budget, depth + 1)
    case "list":
      return node.items.map((item) => metaValue(item, budget, depth + 1))
    case "scalar":
      return metaScalar(node)
    case "map": {
      const map = new Map<string, MetaValue>()
      for (const { key: keyNode, value } of node.pairs) {
        const key = keyText(keyNode)
        if (key === null) throw invalid(keyNode, "a key is not a string")
        map.set(key, metaValue(value, budget, depth + 1))
      }
      return map
    }
  }
}

function metaScalar(node: ScalarNode): MetaValue {
  const found = resolveScalar(node.shortTag, node.style, node.value)
  if (found === null) return null
  if (typeof found === "string") throw invalid(node, "a value is out of range or does not fit its tag")
  const text = utf8.decode(found.bytes)
  switch (found.kind) {
    case "int":
    case "float":
      return Number(text.replace("Inf", "Infinity"))
    case "bool":
      return text === "True"
    case "time":
      return node.value
    default:
      return text
  }
}

function invalid(node: YamlNode, subject: string): AppError {
  return new AppError("METADATA_INVALID", { line: node.line, column: node.column + 1 }, { subject })
}
