import { type Leaf } from "./document.ts"
import { documentOf, type Item } from "./site.ts"
import { type CommentEntry, type ListTree, type MapEntry, type MapTree, type Tree } from "./tree.ts"

type MutableMap = MapTree & { entries: (MapEntry | CommentEntry)[] }
type MutableList = ListTree & { items: (Tree | CommentEntry)[] }

interface TreeOptions {
  /** As upstream, which forgets that a sealed comment followed a value. */
  readonly sealedCommentsLoseTheirLine?: boolean
}

/**
 * The data of an opened file, one tree per document, without shadowed lines, which upstream does not see.
 *
 * @param documents - how many: a document without any site is an empty mapping
 */
export function buildTrees(
  leaves: readonly Leaf[],
  documents: number,
  { sealedCommentsLoseTheirLine = false }: TreeOptions = {},
): Tree[] {
  const builder = new Builder(leaves, sealedCommentsLoseTheirLine)
  const roots: Tree[] = []
  while (roots.length < documents) roots.push({ type: "map", entries: [] })
  for (const leaf of leaves) builder.add(leaf, roots)
  return roots
}

class Builder {
  readonly #containers = new Map<Item, MutableMap | MutableList>()
  /** Entries that hold list elements; known before the walk, since a comment may come first. */
  readonly #lists = new Set<Item>()
  readonly #losesLine: boolean

  constructor(leaves: readonly Leaf[], losesLine: boolean) {
    this.#losesLine = losesLine
    for (const { site } of leaves) {
      if (site.inList === true) this.#lists.add(site.item)
      for (let at: Item | null = site.item; at !== null; at = at.parent) {
        if (at.parent !== null && at.key === null) this.#lists.add(at.parent)
      }
    }
  }

  add({ site, scalar, token }: Leaf, roots: Tree[]): void {
    if (site.shadowed === true) return
    if (scalar !== null && scalar.kind === "comment") {
      const holder = site.kind === "comment" ? site.item : site.item.parent!
      const comment: CommentEntry = {
        type: "comment",
        text: scalar.bytes,
        inline: site.inline === true && !(this.#losesLine && token !== null),
      }
      const container = this.#container(holder, roots)
      if (container.type === "map") container.entries.push(comment)
      else container.items.push(comment)
      return
    }
    const value: Tree =
      scalar !== null
        ? { type: "scalar", scalar }
        : site.kind === "map"
          ? { type: "map", entries: [] }
          : site.kind === "list"
            ? { type: "list", items: [] }
            : { type: "null" }
    if (site.item.parent === null) return
    this.#put(site.item, value, roots)
    // A comment may be inside brackets that are otherwise empty.
    if (value.type === "map" || value.type === "list")
      this.#containers.set(site.item, value as MutableMap | MutableList)
  }

  #container(item: Item, roots: Tree[]): MutableMap | MutableList {
    const known = this.#containers.get(item)
    if (known !== undefined) return known
    if (item.parent === null) {
      const root = roots[documentOf(item)] as MutableMap
      this.#containers.set(item, root)
      return root
    }
    const made: MutableMap | MutableList = this.#lists.has(item)
      ? { type: "list", items: [] }
      : { type: "map", entries: [] }
    this.#containers.set(item, made)
    this.#put(item, made, roots)
    return made
  }

  #put(item: Item, value: Tree, roots: Tree[]): void {
    const container = this.#container(item.parent!, roots)
    if (container.type === "map") container.entries.push({ type: "entry", key: item.key!, value })
    else container.items.push(value)
  }
}

/** What a path asks for where nothing is: a mapping for a name, and a list of one element for a position, as upstream. */
export function nested(path: readonly (string | number)[], value: Tree): Tree {
  return path.reduceRight<Tree>(
    (inner, part) =>
      typeof part === "string"
        ? { type: "map", entries: [{ type: "entry", key: part, value: inner }] }
        : { type: "list", items: [inner] },
    value,
  )
}
