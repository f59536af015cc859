import { type Scalar } from "../../core/scalar.ts"
import { utf8 } from "../../core/text.ts"
import { type Tree } from "../../core/tree.ts"

/** Data as JavaScript knows it. A mapping has no prototype, so that a key may have any name. */
export type Value =
  string | number | bigint | boolean | null | Date | Uint8Array | readonly Value[] | { readonly [key: string]: Value }

/**
 * A document as plain values: `int` is a number, or a `bigint` where a number would change it, `time` is a `Date` (to
 * the millisecond), comments are left out. Of a repeated key the last value counts.
 */
export function toValues(tree: Tree): Value {
  switch (tree.type) {
    case "null":
      return null
    case "scalar":
      return scalarValue(tree.scalar)
    case "list":
      return tree.items.filter((item): item is Tree => item.type !== "comment").map(toValues)
    case "map": {
      const result: Record<string, Value> = Object.create(null) as Record<string, Value>
      for (const entry of tree.entries) if (entry.type === "entry") result[entry.key] = toValues(entry.value)
      return result
    }
  }
}

function scalarValue({ kind, bytes }: Scalar): Value {
  const text = utf8.decode(bytes)
  switch (kind) {
    case "int": {
      const number = Number(text)
      return Number.isSafeInteger(number) ? number : BigInt(text)
    }
    case "float":
      return Number(text.replace("Inf", "Infinity"))
    case "bool":
      return text === "True"
    case "time":
      return new Date(text)
    case "str":
    case "comment":
    case "bytes":
      return text
  }
}
