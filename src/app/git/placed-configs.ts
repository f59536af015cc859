import { dirname, join, relative, sep } from "node:path"
import { configFileNames } from "../../config/find.ts"
import { loadFound } from "../../config/load.ts"
import { type Git } from "../../host/git/git.ts"
import { listIndex } from "../../host/git/listing.ts"
import { factsOf, isInside } from "../../host/files.ts"
import { configFiles } from "../machine.ts"
import { type Session } from "../session.ts"
import { type PlacedConfig } from "./attribute-lines.ts"

/**
 * The configs of a work tree: those that are tracked, and those between the working folder and the top, which may be
 * new. A `.sops.yaml` beside a `.sopsrc` says the same.
 *
 * @throws {AppError} `CONFIG_INVALID` and others, with the file
 */
export async function placedConfigs(session: Session, git: Git, top: string): Promise<PlacedConfig[]> {
  const { io } = session
  const folders = new Set<string>()
  for (let at = io.cwd; at === top || isInside(top, at); at = dirname(at)) folders.add(at)
  for (const { path } of await listIndex(git)) {
    const name = path.slice(path.lastIndexOf("/") + 1)
    if (configFileNames.some((one) => one === name)) folders.add(dirname(join(top, path)))
  }
  const placed: PlacedConfig[] = []
  for (const folder of [...folders].sort((a, b) => (a < b ? -1 : 1))) {
    const name = configFileNames.find((one) => factsOf(io, join(folder, one)) !== null)
    if (name === undefined) continue
    const path = join(folder, name)
    const kind = name === ".sopsrc" ? "sopsrc" : "sops-yaml"
    const config = await loadFound({ kind, file: path, path, beside: null }, configFiles(session))
    const below = relative(top, folder).split(sep).join("/")
    placed.push({ prefix: below === "" ? "" : `${below}/`, config })
  }
  return placed
}
