import { type MetaMap, type MetadataBlock } from "../core/format.ts"

/**
 * A block whose tree is built when it is first read. A file with a broken block is "sealed already" for `encrypt`, and
 * only who wants to open it has to hear what is wrong with the block.
 */
export function metadataBlock(read: () => MetaMap, rest: Omit<MetadataBlock, "tree">): MetadataBlock {
  let tree: MetaMap | null = null
  return {
    get tree() {
      tree ??= read()
      return tree
    },
    ...rest,
  }
}
