import { utf8 } from "../../../core/text.ts"
import {
  type CommentEntry,
  type ListTree,
  type MapTree,
  type NullTree,
  type ScalarTree,
  type Tree,
} from "../../../core/tree.ts"

/** A tree whose comments are attached to their neighbours, as text with markers; `""` for none. */
export type Commented = CommentedLeaf | CommentedMap | CommentedList

interface Comments {
  head: string
  line: string
  foot: string
}

interface CommentedLeaf extends Comments {
  readonly type: "leaf"
  readonly tree: ScalarTree | NullTree
}

export interface CommentedMap extends Comments {
  readonly type: "map"
  readonly entries: CommentedEntry[]
}

/** `head` and `foot` belong to the key. */
interface CommentedEntry {
  readonly key: string
  readonly value: Commented
  head: string
  foot: string
}

export interface CommentedList extends Comments {
  readonly type: "list"
  readonly items: Commented[]
}

/**
 * Attaches comments where upstream does: the first ones of a collection above all of it, inline ones after the next
 * value, the last ones below the last entry, any other above the next entry.
 *
 * @see sops v3.13.2 stores/yaml/store.go, appendTreeBranch and appendSequence
 */
export function withComments(tree: Tree): Commented {
  switch (tree.type) {
    case "map":
      return commentedMap(tree)
    case "list":
      return commentedList(tree)
    case "scalar":
    case "null":
      return { type: "leaf", tree, head: "", line: "", foot: "" }
  }
}

function commentedMap(tree: MapTree): CommentedMap {
  const map: CommentedMap = { type: "map", entries: [], head: "", line: "", foot: "" }
  const waiting = new Waiting()
  for (const entry of tree.entries) {
    if (entry.type === "comment") {
      waiting.add(entry)
      continue
    }
    if (map.entries.length === 0) map.head = waiting.takeHead()
    const head = waiting.takeHead()
    const value = withComments(entry.value)
    value.line = waiting.takeInline()
    map.entries.push({ key: entry.key, value, head, foot: "" })
  }
  const rest = waiting.takeAll()
  const last = map.entries.at(-1)
  if (last === undefined) map.head = rest
  else last.foot = rest
  return map
}

function commentedList(tree: ListTree): CommentedList {
  const list: CommentedList = { type: "list", items: [], head: "", line: "", foot: "" }
  const waiting = new Waiting()
  for (const item of tree.items) {
    if (item.type === "comment") {
      waiting.add(item)
      continue
    }
    if (list.items.length === 0) list.head = waiting.takeHead()
    const node = withComments(item)
    node.head = joinLines(waiting.takeHead(), node.head)
    node.line = waiting.takeInline()
    list.items.push(node)
  }
  const rest = waiting.takeAll()
  const last = list.items.at(-1)
  if (last === undefined) list.head = rest
  else last.foot = rest
  return list
}

function joinLines(above: string, below: string): string {
  return above === "" || below === "" ? above + below : `${above}\n${below}`
}

/** Comments that nothing has taken yet. */
class Waiting {
  #head: string[] = []
  #inline: string[] = []

  add({ text, inline }: CommentEntry): void {
    const lines = inline ? this.#inline : this.#head
    lines.push(`#${utf8.decode(text)}`)
  }

  takeHead(): string {
    const text = this.#head.join("\n")
    this.#head = []
    return text
  }

  takeInline(): string {
    const text = this.#inline.join("\n")
    this.#inline = []
    return text
  }

  takeAll(): string {
    return joinLines(this.takeHead(), this.takeInline())
  }
}
