import { dirname, join, relative, sep } from "node:path"
import { configFileNames } from "../../config/find.ts"
import { loadFound } from "../../config/load.ts"
import { type Git } from "../../host/git/git.ts"
import { listIndex } from "../../host/git/listing.ts"
import { factsOf, isInside, absolute } from "../../host/files.ts"
import { configFiles } from "../machine.ts"
import { type Session } from "../session.ts"
import { type PlacedConfig, attributeLines, usualLines } from "./attribute-lines.ts"
import { decodeText, utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { effective } from "../../host/git/config.ts"
import { gitPath } from "../../host/git/repository.ts"
import { findBlock, withBlock, withoutBlock } from "./attributes-block.ts"
import { type ConfigPlace, userConfigFolder } from "./config-steps.ts"
import { type Item, type Step } from "./items.ts"
import { type Work } from "./open-repository.ts"
import { putFile, readIfThere } from "./own-files.ts"
import { sealedInIndex, sealedUntracked } from "./sealed-tracked.ts"

/** For everybody; for this clone alone; for all repositories of this user. */
export type AttributesKind = "shared" | "private" | "global"

/** @returns `null` in a bare repository for what is in the work tree */
export async function attributesPath(
  session: Session,
  work: Work | null,
  kind: AttributesKind,
  { entries }: Pick<ConfigPlace, "entries">,
): Promise<string | null> {
  const top = work?.repository.top ?? null
  if (kind === "shared") return top === null ? null : join(top, ".gitattributes")
  if (kind === "private") return work === null ? null : gitPath(work.git, "info/attributes")
  const named = effective(entries, "core.attributesfile") ?? ""
  if (named === "") return join(userConfigFolder(session), "attributes")
  return absolute(session.io, named.startsWith("~/") ? join(session.io.home, named.slice(2)) : named)
}

/** The lines that belong in the block now. @throws {AppError} when a config cannot be read */
export async function wantedLines(session: Session, work: Work | null, kind: AttributesKind): Promise<string[]> {
  if (kind === "global") return [...usualLines]
  const top = work?.repository.top ?? null
  if (work === null || top === null) return []
  const tracked = (await sealedInIndex(work.git)).map(({ path }) => path)
  // A file that was just sealed will be added in a moment, and nobody installs again for it.
  const sealed = [...tracked, ...(await sealedUntracked(session, work.git, top))].toSorted()
  return attributeLines(await placedConfigs(session, work.git, top), sealed)
}

/** Brings the block up to date; one without lines goes. */
export async function attributeSteps(session: Session, path: string, lines: readonly string[]): Promise<Step[]> {
  const { text, before, block } = await readBlock(session, path)
  const item = `attributes ${path}`
  if (block === "broken") return [broken(item)]
  if (lines.length === 0 && block === null) {
    const detail = "no rule of a config has a path, and no file is sealed yet: run it again when one is"
    return [{ item, state: "kept", detail }]
  }
  const after = lines.length > 0 ? withBlock(text, block, lines) : withoutBlock(text, block!)
  if (after === text) return [{ item, state: "kept" }]
  const bytes = after === "" ? null : utf8.encode(after)
  return [{ item, state: "written", work: () => putFile(session, path, { before, after: bytes }) }]
}

/** Removes the block, and the file if it held nothing else. */
export async function unattributeSteps(session: Session, path: string): Promise<Step[]> {
  const { text, before, block } = await readBlock(session, path)
  const item = `attributes ${path}`
  if (block === "broken") return [broken(item)]
  if (block === null) return []
  const after = withoutBlock(text, block)
  const bytes = after === "" ? null : utf8.encode(after)
  return [{ item, state: "removed", work: () => putFile(session, path, { before, after: bytes }) }]
}

/** Whether an existing block is up to date. */
export async function staleItems(session: Session, path: string, lines: () => Promise<string[]>): Promise<Item[]> {
  const { block } = await readBlock(session, path)
  const item = `attributes ${path}`
  if (block === "broken") return [broken(item)]
  if (block === null) return []
  if (block.lines.join("\n") === (await lines()).join("\n")) return [{ item, state: "ok" }]
  const detail = "the block does not follow the rules of the config and the sealed files"
  return [{ item, state: "finding", code: "GIT_ATTRIBUTES_STALE", detail, fix: "sotto git install" }]
}

function broken(item: string): Item {
  const detail = "the marks `# sotto: begin` and `# sotto: end` are not there as a pair: nothing was changed"
  return {
    item,
    state: "finding",
    code: "GIT_ATTRIBUTES_STALE",
    detail,
    fix: "remove the marks and the lines between them",
  }
}

async function readBlock(session: Session, path: string) {
  const before = await readIfThere(session, path)
  const text = before === null ? "" : decodeText(before)
  if (text === null)
    throw new AppError("NOT_UTF8", { file: path }, { hint: "say --no-attributes, and write the lines by hand" })
  return { before, text, block: findBlock(text) }
}

/**
 * The configs of a work tree: those that are tracked, and those between the working folder and the top, which may be
 * new. A `.sops.yaml` beside a `.sopsrc` says the same.
 *
 * @throws {AppError} `CONFIG_INVALID` and others, with the file
 */
async function placedConfigs(session: Session, git: Git, top: string): Promise<PlacedConfig[]> {
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
