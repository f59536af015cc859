import { basename, dirname, join, relative, sep } from "node:path"
import { type ConfigPlace, userConfigFolder } from "./config-steps.ts"
import { type SetupItem, type Step } from "./items.ts"
import { type Work } from "./open-repository.ts"
import { lstatOrNull, putFile, readIfThere } from "./own-files.ts"
import { sealedInIndex, sealedUntracked } from "./sealed-tracked.ts"
import { configFiles } from "../machine.ts"
import { type Session } from "../session.ts"
import { type Config } from "../../config/config.ts"
import { configFileNames } from "../../config/find.ts"
import { type Glob, compileGlob } from "../../config/glob.ts"
import { loadFound } from "../../config/load.ts"
import { decodeText, utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { fileEndings } from "../../formats/registry.ts"
import { absolute, factsOf, isInside } from "../../host/files.ts"
import { effective } from "../../host/git/config.ts"
import { type Git } from "../../host/git/git.ts"
import { listIndex } from "../../host/git/listing.ts"
import { gitPath } from "../../host/git/repository.ts"

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
  if (kind === "global") return usualLines()
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
  const after = lines.length > 0 ? withBlock(text, block, { lines, isThere: before !== null }) : null
  if (after === text) return [{ item, state: "kept" }]
  if (after === null) return unattributeSteps(session, path)
  const bytes = utf8.encode(after)
  return [{ item, state: "written", work: () => putFile(session, path, { before, after: bytes }) }]
}

/** Removes the block, and the file if it was made for it. */
export async function unattributeSteps(session: Session, path: string): Promise<Step[]> {
  const { text, before, block } = await readBlock(session, path)
  const item = `attributes ${path}`
  if (block === "broken") return [broken(item)]
  if (block === null) return []
  const after = withoutBlock(text, block)
  const isMade = after === "" && block.isClosed && lstatOrNull(session.io.fs, path)?.kind === "file"
  const bytes = isMade ? null : utf8.encode(after)
  // `.git/info` comes from a template, and `~/.config/git` is made for the first file in it.
  const takesFolder = ["info", "git"].includes(basename(dirname(path)))
  return [{ item, state: "removed", work: () => putFile(session, path, { before, after: bytes, takesFolder }) }]
}

/** Whether an existing block is up to date. */
export async function staleItems(session: Session, path: string, lines: () => Promise<string[]>): Promise<SetupItem[]> {
  const { block } = await readBlock(session, path)
  const item = `attributes ${path}`
  if (block === "broken") return [broken(item)]
  if (block === null) return []
  if (block.lines.join("\n") === (await lines()).join("\n")) return [{ item, state: "ok" }]
  const detail = "the block does not follow the rules of the config and the sealed files"
  return [{ item, state: "finding", code: "GIT_ATTRIBUTES_STALE", detail, fix: "sotto git install" }]
}

function broken(item: string): SetupItem {
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
    throw new AppError("NOT_UTF8", { file: path }, { hint: "pass --no-attributes, and write the lines by hand" })
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

/** What git should do with a sealed file. If git changed line ends, it would change sealed text. */
const attributes = "diff=sotto merge=sotto -text"

/** A config, and where it is below the top: `""`, or `a/b/`. */
interface PlacedConfig {
  readonly prefix: string
  readonly config: Config
}

/** Names that people give to sealed files, for all repositories of a user. No `.sops.yaml`, which is a config. */
function usualLines(): string[] {
  const patterns = fileEndings().flatMap((ending) => [`?*.enc.${ending}`, `?*.sops.${ending}`])
  return [".env.enc", ...patterns].map((pattern) => `${pattern} ${attributes}`)
}

/**
 * The lines for the sealed files of a repository: a pattern for each path of a rule, and a line of its own for each sealed
 * file that none of them covers (its rule is for all files or has a regular expression, or there is none).
 *
 * @param sealed - paths relative to the top
 */
function attributeLines(configs: readonly PlacedConfig[], sealed: readonly string[]): string[] {
  const patterns = configs.flatMap(({ prefix, config }) =>
    (config.rules ?? []).flatMap(({ match }) =>
      match.type !== "globs" ? [] : match.globs.flatMap((glob) => patternsOf(prefix, glob)),
    ),
  )
  const lines = patterns.map(({ text }) => text)
  const others = sealed.filter((path) => !patterns.some((pattern) => pattern.covers(path)))
  return [...new Set([...lines, ...others.map((path) => quoted(`/${escaped(path)}`))])].map(
    (pattern) => `${pattern} ${attributes}`,
  )
}

interface Pattern {
  readonly text: string
  covers(path: string): boolean
}

function patternsOf(prefix: string, { spellings }: Glob): Pattern[] {
  return spellings.flatMap((spelling) => {
    const glob = compileGlob(spelling)
    if ("problem" in glob || isForAll(spelling)) return []
    // Git counts bytes where we count characters.
    const countsUnits = /[?[]/.test(spelling)
    return [
      {
        text: quoted(asAttributes(prefix, spelling)),
        covers: (path) =>
          path.startsWith(prefix) &&
          glob.test(path.slice(prefix.length)) &&
          !(countsUnits && !/^[\x20-\x7e]*$/.test(path)),
      },
    ]
  })
}

/** Attributes for every file would slow each diff and merge, and keep git from changing line ends where it should. */
function isForAll(spelling: string): boolean {
  return spelling
    .replace(/^\.?\//, "")
    .split("/")
    .every((part) => /^\**$/.test(part))
}

/** The same meaning in gitattributes(5), which knows no braces and takes `secrets/` for nothing. */
function asAttributes(prefix: string, spelling: string): string {
  let text = spelling.startsWith("./") ? spelling.slice(1) : spelling
  const isAnchored = text.slice(0, -1).includes("/")
  if (text.startsWith("/")) text = text.slice(1)
  if (text.endsWith("/")) text += "**"
  if (isAnchored || text.includes("/")) {
    const anywhere = isAnchored ? "" : "**/"
    return `/${escaped(prefix)}${anywhere}${text}`
  }
  // What a line must not begin with: a comment, a macro.
  const isPlain = prefix === "" && !/^(?:#|!|\[attr\])/.test(text)
  return isPlain ? text : `/${escaped(prefix)}**/${text}`
}

/** A name as a pattern that matches it alone. */
function escaped(name: string): string {
  return name.replace(/[\\*?[]/g, String.raw`\$&`)
}

const escapes: Readonly<Record<string, string>> = { "\n": "n", "\r": "r", "\t": "t", '"': '"', "\\": "\\" }

/** C-style, as git wants a pattern with spaces or special characters. */
function quoted(pattern: string): string {
  if (!/[\x00-\x20\x7f]/.test(pattern) && !pattern.startsWith('"')) return pattern
  const inner = pattern.replace(/[\x00-\x1f\x7f"\\]/g, (character) => {
    const known = escapes[character]
    return `\\${known ?? character.charCodeAt(0).toString(8).padStart(3, "0")}`
  })
  return `"${inner}"`
}

/** The lines that an installation owns in an attributes file; every other byte is somebody else's. */
const begin = "# sotto: begin"
const end = "# sotto: end"

interface Block {
  /** Where it is, with its own line ends: half-open. */
  readonly start: number
  readonly end: number
  readonly lines: readonly string[]
  /** A line end follows. Without one the block was put into a file whose text did not end in one, or was empty. */
  readonly isClosed: boolean
}

/** @returns `null` when there is none; `"broken"` when a mark is alone, twice, or in the wrong order */
function findBlock(text: string): Block | null | "broken" {
  const marks = [...text.matchAll(/^# sotto: (?:begin|end)(?=\r?$)/gm)]
  if (marks.length === 0) return null
  const [first, last] = marks
  if (marks.length !== 2 || first?.[0] !== begin || last?.[0] !== end) return "broken"
  const inner = text
    .slice(first.index + begin.length, last.index)
    .split(/\r?\n/)
    .slice(1, -1)
  const after = /\r?\n/y
  after.lastIndex = last.index + end.length
  const close = after.exec(text)?.[0]
  if (close !== undefined)
    return { start: first.index, end: last.index + end.length + close.length, lines: inner, isClosed: true }
  // It was put after a line that had no end, and gave it one.
  const open = /\r?\n$/.exec(text.slice(0, first.index))?.[0].length ?? 0
  return { start: first.index - open, end: text.length, lines: inner, isClosed: false }
}

/**
 * The text with these lines as its block: where it is, else at the end, since later lines win. Line ends are as in
 * the file.
 *
 * @param block - as `findBlock` found it
 * @param isThere - the file exists, though it may be empty
 */
function withBlock(
  text: string,
  block: Block | null,
  { lines, isThere }: { readonly lines: readonly string[]; readonly isThere: boolean },
): string {
  const eol = /\r?\n/.exec(text)?.[0] ?? "\n"
  const own = [begin, ...lines, end].join(eol)
  if (block !== null) {
    const old = text.slice(block.start, block.end)
    const [head] = /^(?:\r?\n)?/.exec(old)!
    const [tail] = /(?:\r?\n)?$/.exec(old)!
    return text.slice(0, block.start) + head + own + tail + text.slice(block.end)
  }
  if (text === "") return isThere ? own : `${own}${eol}`
  return text.endsWith("\n") ? `${text}${own}${eol}` : `${text}${eol}${own}`
}

function withoutBlock(text: string, block: Block): string {
  return text.slice(0, block.start) + text.slice(block.end)
}
