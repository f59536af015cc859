import { posix } from "node:path"
import { alternateName, configFileNames } from "../../config/find.ts"
import { type ConfigFiles } from "../../config/load.ts"
import { type Blobs } from "../../host/git/blobs.ts"
import { type GitFile, isLink, isRegular } from "../../host/git/listing.ts"
import { AppError } from "../../errors/app-error.ts"

const linksMax = 10

/**
 * A tree of git as the search for a config sees it: the configs of that tree, in the folders of this work tree.
 *
 * @param base - the machine, for its paths and its user
 * @param top - absolute: the top folder, where the search ends
 * @param files - of the tree, or those of them that may be configs. A config that is a link is the file of these that
 *   it leads to; reading one that leads elsewhere fails, since no other config may take its place
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
  const all = [...files]
  const configs = new Map<string, Uint8Array | null>()
  for await (const [{ path }, blob] of blobs.each(all.filter((file) => isRegular(file) && isConfig(file)))) {
    if (blob !== null && blob.bytes !== null) configs.set(path, blob.bytes)
  }
  const links = all.filter((file) => isLink(file) && isConfig(file))
  if (links.length > 0) {
    const byPath = new Map(all.map((file) => [file.path, file]))
    for (const link of links) {
      const file = await followed(link, byPath, blobs)
      configs.set(link.path, file === null ? null : ((await blobs.read(file.id, file.path))?.bytes ?? null))
    }
  }
  const nameOf = (path: string): string => paths.relative(top, path).replaceAll(paths.sep, "/")
  return {
    ...base,
    workingFolder: top,
    readFile: async (path) => {
      const bytes = configs.get(nameOf(path))
      if (bytes === null) throw new AppError("CONFIG_INVALID", { file: path }, { subject: leadsNowhere })
      return bytes ?? null
    },
    stat: async (path) => {
      const kind = path === git || path === top ? "folder" : configs.has(nameOf(path)) ? "file" : null
      return kind === null ? null : { kind, userId, groupId: 0, mode: kind === "folder" ? 0o755 : 0o644, device: 0 }
    },
    realpath: async (path) => path,
  }
}

const leadsNowhere = "it is a link, and leads to no file that git has there"

/** The file of a tree that a link leads to, also over further links. */
async function followed(link: GitFile, byPath: ReadonlyMap<string, GitFile>, blobs: Blobs): Promise<GitFile | null> {
  let at: GitFile | undefined = link
  for (let count = 0; count < linksMax && at !== undefined && isLink(at); count++) {
    const target = targetOf(at.path, (await blobs.read(at.id))?.bytes ?? null)
    at = target === null ? undefined : byPath.get(target)
  }
  return at !== undefined && isRegular(at) ? at : null
}

/**
 * Where a link of a tree leads in it.
 *
 * @param bytes - what git keeps of a link
 * @returns from the top; `null` for what leads out of the tree
 */
export function targetOf(path: string, bytes: Uint8Array | null): string | null {
  const text = bytes === null ? "" : Buffer.from(bytes).toString("utf8")
  if (text === "" || posix.isAbsolute(text)) return null
  const target = posix.join(posix.dirname(path), text).replace(/\/$/, "")
  return target === ".." || target.startsWith("../") ? null : target
}

function isConfig({ path }: GitFile): boolean {
  return [...configFileNames, alternateName].some((name) => path === name || path.endsWith(`/${name}`))
}
