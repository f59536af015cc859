import { type Tree } from "../../../core/tree.ts"
import { flowPlace, spellScalar, spellText } from "../carry/spell.ts"

/** A tree on one line, in flow style. Comments have no place there and are left out. */
export function flowTree(tree: Tree): string {
  switch (tree.type) {
    case "null":
      return "null"
    case "scalar":
      return spellScalar(tree.scalar, flowPlace)
    case "map": {
      const entries = tree.entries.filter((entry) => entry.type === "entry")
      return `{${entries.map(({ key, value }) => `${flowKey(key)}: ${flowTree(value)}`).join(", ")}}`
    }
    case "list":
      return `[${tree.items
        .filter((item) => item.type !== "comment")
        .map(flowTree)
        .join(", ")}]`
  }
}

/** In quotes the merge key loses its meaning, as it must. */
function flowKey(key: string): string {
  return key === "<<" ? '"<<"' : spellText(key, flowPlace)
}
