import { alternateName, configFileNames } from "../../config/find.ts"
import { type ConfigFiles } from "../../config/load.ts"
import { type Blobs } from "../../host/git/blobs.ts"
import { type GitFile, isRegular } from "../../host/git/listing.ts"

/**
 * A tree of git as the search for a config sees it: the configs of that tree, in the folders of this work tree.
 *
 * @param base - the machine, for its paths and its user
 * @param top - absolute: the top folder, where the search ends
 * @param files - of the tree, or those of them that may be configs
 */
export async function treeFiles(
  base: ConfigFiles,
  top: string,
  blobs: Blobs,
  files: Iterable<GitFile>,
): Promise<ConfigFiles> {
  const { paths } = base
  const git = paths.join(top, ".git")
  const userId = base.userId ?? 0
  const configs = new Map<string, Uint8Array>()
  for await (const [{ path }, blob] of blobs.each([...files].filter(isConfig))) {
    if (blob !== null && blob.bytes !== null) configs.set(path, blob.bytes)
  }
  const contentOf = (path: string): Uint8Array | null =>
    configs.get(paths.relative(top, path).replaceAll(paths.sep, "/")) ?? null
  return {
    ...base,
    workingFolder: top,
    readFile: async (path) => contentOf(path),
    stat: async (path) => {
      const kind = path === git || path === top ? "folder" : contentOf(path) === null ? null : "file"
      return kind === null ? null : { kind, userId, groupId: 0, mode: kind === "folder" ? 0o755 : 0o644, device: 0 }
    },
    realpath: async (path) => path,
  }
}

function isConfig(file: GitFile): boolean {
  return (
    isRegular(file) &&
    [...configFileNames, alternateName].some((name) => file.path === name || file.path.endsWith(`/${name}`))
  )
}
