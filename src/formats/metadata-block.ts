import { type MetaMap, type MetadataBlock, type MetaValue } from "../core/format.ts"

/** What the metadata is called in formats that nest: a member of the root. */
export const METADATA_KEY = "sops"

/**
 * A block whose tree is built when it is first read. A file with a broken block is "sealed already" for `encrypt`, and
 * only commands that open it have to report what is wrong with the block.
 */
export function metadataBlock<T extends Omit<MetadataBlock, "tree">>(read: () => MetaMap, rest: T): MetadataBlock & T {
  let tree: MetaMap | null = null
  return {
    get tree() {
      tree ??= read()
      return tree
    },
    ...rest,
  }
}

export function isMetaMap(value: MetaValue): value is MetaMap {
  return value instanceof Map
}

export function isMetaList(value: MetaValue): value is readonly MetaValue[] {
  return Array.isArray(value)
}

/**
 * Whether two values of metadata say the same; maps whose names have another order do not, since the order is printed.
 */
export function sameMetaValue(a: MetaValue, b: MetaValue): boolean {
  if (isMetaMap(a)) {
    if (!isMetaMap(b) || a.size !== b.size) return false
    const others = [...b]
    return [...a].every(([key, value], nth) => others[nth]![0] === key && sameMetaValue(value, others[nth]![1]))
  }
  if (isMetaList(a)) {
    return isMetaList(b) && a.length === b.length && a.every((value, nth) => sameMetaValue(value, b[nth]!))
  }
  return a === b
}
