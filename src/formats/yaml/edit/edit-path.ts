import { AppError } from "../../../errors/app-error.ts"
import { type YamlScan } from "../resolve/model.ts"
import { type ListNode, type MapNode, type YamlNode, type YamlPair } from "../scan/node.ts"

export type Path = readonly (string | number)[]

/** An entry that is written in the text, and the collection that holds it. */
export interface Slot {
  readonly parent: MapNode | ListNode
  readonly index: number
  /** `null` for an element of a list. */
  readonly pair: YamlPair | null
  readonly value: YamlNode
}

interface Found {
  /** The entries along the path, from the root, as deep as the text goes. */
  readonly slots: readonly Slot[]
  /** The rest of the path, below the last slot. */
  readonly rest: Path
}

/**
 * Follows a path into the first document, which is the one that upstream edits.
 *
 * @throws {AppError} `KEY_NOT_FOUND` for a name in a list, a position in a mapping, or a way through an alias
 */
export function follow({ docs }: YamlScan, path: Path): Found {
  const slots: Slot[] = []
  let node = docs[0]?.root ?? null
  for (const [depth, part] of path.entries()) {
    const here = path.slice(0, depth + 1)
    if (node?.type === "alias")
      throw new AppError("KEY_NOT_FOUND", { path: here }, { subject: "an alias is on the way" })
    if (node?.type !== "map" && node?.type !== "list") return { slots, rest: path.slice(depth) }
    const slot = childOf(node, part, here)
    if (slot === null) return { slots, rest: path.slice(depth) }
    slots.push(slot)
    node = slot.value
  }
  return { slots, rest: [] }
}

/** If a key appears twice, the first one, as upstream. */
function childOf(node: MapNode | ListNode, part: string | number, path: Path): Slot | null {
  if (node.type === "map" && typeof part === "string") {
    const index = node.pairs.findIndex(({ key }) => key.type === "scalar" && key.value === part)
    const pair = node.pairs[index]
    return pair === undefined ? null : { parent: node, index, pair, value: pair.value }
  }
  if (node.type === "list" && typeof part === "number" && part >= 0) {
    const value = node.items[part]
    return value === undefined ? null : { parent: node, index: part, pair: null, value }
  }
  const subject = node.type === "map" ? "a mapping has keys" : "a list has positions, from 0"
  throw new AppError("KEY_NOT_FOUND", { path }, { subject })
}
