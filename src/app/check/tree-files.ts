import { type ConfigFiles } from "../../config/files.ts"

/**
 * A tree of git as the search for a config sees it: the configs of that tree, in the folders of this work tree.
 *
 * @param base - the machine, for its paths and its user
 * @param top - absolute: the top folder, where the search ends
 * @param configs - by their path from the top, with `/`
 */
export function treeFiles(base: ConfigFiles, top: string, configs: ReadonlyMap<string, Uint8Array>): ConfigFiles {
  const { paths } = base
  const git = paths.join(top, ".git")
  const userId = base.userId ?? 0
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
