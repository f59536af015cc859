import { type GitConfigEntry, isTrue, readGitConfig } from "../../host/git/config.ts"
import { type Git } from "../../host/git/git.ts"
import { type Finding, finding, findingsInOrder } from "./finding.ts"
import { type Config } from "../../config/config.ts"
import { loadNamed } from "../../config/load.ts"
import { AppError } from "../../errors/app-error.ts"
import { absolute, realPathOf, statOf } from "../../host/files.ts"
import { Blobs } from "../../host/git/blobs.ts"
import { hasNoRefs } from "../../host/git/plain-layout.ts"
import { partingOf, resolveRevision } from "../../host/git/repository.ts"
import { gitTop } from "../../host/surroundings.ts"
import { tunedAtFirst } from "../../host/engine.ts"
import { openRepository } from "../git/open-repository.ts"
import { configFiles } from "../machine.ts"
import { type CommonOptions } from "../options.ts"
import { type CheckReport } from "../report/check-report.ts"
import { type Session } from "../session.ts"
import { configChanges } from "./config-changes.ts"
import { copyFindings } from "./copies.ts"
import { ageFindings, mergeFindings } from "./history.ts"
import { Judge } from "./judge.ts"
import { linkFindings } from "./links.ts"
import { unresolvedFindings, configFindings, type Reread, siblingFindings } from "./repository.ts"
import { checkedBytesMax, inspect } from "./sealed-text.ts"
import { folder, nameFrom, range, type CheckSource, staged, tree, workTree } from "./source.ts"
import { besides } from "./siblings.ts"
import { targetFindings, type TargetName } from "./targets.ts"
import { unsealedMoves } from "./unsealed-moves.ts"

export interface CheckScope extends CommonOptions {
  /** Files and folders, relative to the working folder; none: everything. */
  readonly paths: readonly string[]
  readonly staged: boolean
  /** `A..B`, or `A...B` for what B has changed since the two parted. */
  readonly range: string | undefined
  readonly verify: boolean
  /** Objects that a partial clone lacks are not fetched; never for what is staged. */
  readonly isOffline?: boolean
  readonly target: TargetName | undefined
}

/** What was found, and where: paths of the report are relative to `top`. */
interface Checked {
  readonly report: CheckReport
  /** Absolute. */
  readonly top: string
}

/** Everything that `check` can find, without a key unless `verify` asks for one. */
export async function runCheck(session: Session, options: CheckScope): Promise<Checked> {
  const named = await namedConfig(session, options.config)
  const place = await openPlace(session, options, named)
  try {
    return await tunedAtFirst((took) => checkPlace(session, options, place, took))
  } finally {
    await place.source.close()
  }
}

/** What is checked, and what git can say about it. */
interface CheckRoom {
  readonly source: CheckSource
  /** `null` outside of git. */
  readonly git: Git | null
  readonly gitDir: string
  /** The settings of git; read only when the clone itself is checked. */
  readonly entries: readonly GitConfigEntry[]
  /** The commit whose history counts. */
  readonly commit: string
}

async function namedConfig(session: Session, name: string | undefined): Promise<Config | null> {
  if (name === undefined || name === "") return null
  return loadNamed(name, configFiles(session), session.dialect.config)
}

async function openPlace(session: Session, options: CheckScope, named: Config | null): Promise<CheckRoom> {
  const { io } = session
  const isInGit = gitTop(io, io.cwd) !== null || io.env.has("GIT_DIR")
  const needsGit = options.staged || options.range !== undefined
  if (!isInGit && !needsGit) {
    const top = realPathOf(io, io.cwd) ?? io.cwd
    return { source: await folder({ session, top, named }), git: null, gitDir: "", entries: [], commit: "" }
  }
  // A hook does not fetch objects that a partial clone lacks: nobody asked for them.
  const { git, repository } = await openRepository(session, {
    fetch: options.staged || options.isOffline === true ? "never" : "allowed",
  })
  const { gitDir } = repository
  const top = repository.top === null ? gitDir : (realPathOf(io, repository.top) ?? repository.top)
  const shared = { session, top, named }
  const rest = { git, gitDir, entries: [], commit: "HEAD" }
  if (options.range !== undefined) {
    const [a, b] = await endsOf(git, options.range)
    return { ...rest, source: await range(shared, git, [a, b]), commit: b }
  }
  if (options.staged) {
    if (repository.top === null) throw new AppError("NOT_A_REPOSITORY")
    return { ...rest, source: await staged(shared, git) }
  }
  if (repository.top === null) return { ...rest, source: await tree(shared, git, await resolveRevision(git, "HEAD")) }
  // Git looks at all files meanwhile.
  const [source, entries] = await Promise.all([workTree(shared, git), readGitConfig(git)])
  return { ...rest, entries, source }
}

async function endsOf(git: Git, text: string): Promise<[string, string]> {
  const [, from = "", dots = "", to = ""] = /^(.*?)(\.\.\.?)(.*)$/s.exec(text) ?? []
  if (dots === "")
    throw new AppError("OPTION_VALUE", {}, { subject: "--range is A..B, two commits with dots between them" })
  // For git no commit is HEAD. In CI it is a variable that is not set, and HEAD against HEAD passes whatever is in it.
  if (from === "") {
    const hint = "write `HEAD` if it is meant; without --range all files are looked at"
    throw new AppError("OPTION_VALUE", {}, { subject: `--range ${text} names no commit to begin with`, hint })
  }
  const [a, b] = [await resolveRevision(git, from), await resolveRevision(git, to || "HEAD")]
  return [dots === ".." ? a : await partingOf(git, text, [a, b]), b]
}

async function checkPlace(
  session: Session,
  options: CheckScope,
  place: CheckRoom,
  took: (chars: number) => void,
): Promise<Checked> {
  const { source } = place
  const { top } = source
  const isWanted = wantedBy(session, options.paths, source)
  const { sep } = configFiles(session).paths
  const pathOf = (file: string): string => `${top}${sep}${sep === "/" ? file : file.replaceAll("/", sep)}`
  const judge = new Judge({
    configs: source.lookup,
    pathOf,
    isRange: options.range !== undefined,
    more: await moreOf(session, options, pathOf),
  })
  const judged = source.judged.filter(isWanted)
  const ruled = await judge.ruledAmong(judged)
  const look = async (files: readonly string[]): Promise<void> => {
    for await (const content of source.contents(files)) {
      took(content.bytes?.length ?? 0)
      await judge.look(content)
    }
  }
  // What a rule names is judged while git looks for the others.
  await look(judged.filter((file) => ruled.has(file)))
  const isMarked = await source.marked()
  await look(judged.filter((file) => !ruled.has(file) && isMarked(file)))
  for (const file of judged) if (!ruled.has(file) && !isMarked(file)) judge.lookAtName(file)
  const stands = source.stands().filter(({ file }) => isWanted(file))
  const found = [
    ...(await pairs(source, judge, judged)),
    ...(await movesOf(source, judge)),
    ...(await linkFindings(stands, { names: () => source.names(), ruledAmong: (files) => judge.ruledAmong(files) })),
    ...(await aboutRepository(session, options, place, judge, pathOf)),
  ]
  if (judge.hasNoConfig) {
    session.notice("there is no .sopsrc or .sops.yaml with rules, so there is nothing to compare sealed files with")
  }
  const findings = [...judge.findings, ...found].filter(({ file }) => isWanted(file))
  return { top, report: { files: judged.length, sealed: judge.sealed.length, findings: findingsInOrder(findings) } }
}

/** @throws {AppError} `FILE_MISSING` for a path that is not there, or outside of what is checked */
function wantedBy(
  session: Session,
  paths: readonly string[],
  { top, names: known }: CheckSource,
): (file: string) => boolean {
  const { io } = session
  const nameOf = nameFrom(session, top)
  if (paths.length === 0) return () => true
  const names = paths.map((path) => {
    const place = absolute(io, path)
    const isThere = statOf(io, place) !== null
    const name = nameOf(isThere ? (realPathOf(io, place) ?? place) : place)
    if (name === top) return ""
    // What a commit or the index has need not be in the work tree.
    const isKnown = isThere || known().some((file) => file === name || file.startsWith(`${name}/`))
    if (!isKnown || configFiles(session).paths.isAbsolute(name)) throw new AppError("FILE_MISSING", { file: path })
    return name
  })
  return (file) => names.some((name) => name === "" || file === name || file.startsWith(`${name}/`))
}

async function moreOf(session: Session, options: CheckScope, pathOf: (file: string) => string) {
  const { target } = options
  const more: ConstructorParameters<typeof Judge>[0]["more"][number][] = []
  if (target !== undefined) more.push((file) => targetFindings(file, target))
  if (options.verify) {
    const { verifyFindings } = await import("./verify.ts")
    more.push((file) => verifyFindings(session, pathOf(file.file), file, options.config))
  }
  return more
}

/** Findings from comparing files: plain text beside sealed files, and copies. */
async function pairs(source: CheckSource, judge: Judge, judged: readonly string[]): Promise<Finding[]> {
  const isAll = judged.length === source.tracked.length
  const own = isAll ? null : new Set(judged)
  const others = own === null ? [] : source.tracked.filter((file) => !own.has(file))
  const sealed = judge.sealed.map(({ file }) => file)
  const known = new Set(sealed)
  const isPlain = (file: string): boolean => !known.has(file)
  const reread = async (file: string): Promise<Reread | null> => {
    for await (const { bytes } of source.contents([file])) {
      const inspected = bytes === null ? null : await inspect(file, bytes, null)
      if (inspected?.state === "sealed") return { text: inspected.text, document: inspected.document }
      if (inspected?.state === "plain") return { text: inspected.text ?? "", document: null }
    }
    return null
  }
  const found = await siblingFindings(
    { sealed, plain: besides([...judged, ...others], sealed).filter(isPlain) },
    reread,
  )
  if (!isAll) {
    const plain = judged.filter(isPlain)
    found.push(...(await siblingFindings({ sealed: besides(others, plain), plain }, reread)))
  }
  const copies = await copyFindings(judge.sealed, (facts) => judge.newEncs(facts), {
    files: others,
    holding: (texts, files) => source.holding(texts, files),
    read: reread,
  })
  return [...found, ...copies]
}

async function movesOf(source: CheckSource, judge: Judge): Promise<Finding[]> {
  const gone = source.gone()
  if (gone.length === 0) return []
  const read = async (file: string): Promise<Uint8Array | null> => {
    for await (const { bytes } of source.contents([file])) return bytes
    return null
  }
  const plain = judge.newPlain.map((file) => ({ file, read: () => read(file) }))
  return unsealedMoves(gone, plain)
}

async function aboutRepository(
  session: Session,
  options: CheckScope,
  { source, git, gitDir, entries, commit }: CheckRoom,
  judge: Judge,
  pathOf: (file: string) => string,
): Promise<Finding[]> {
  const found: Finding[] = []
  const nameOf = nameFrom(session, source.top)
  if (source.isWhole) found.push(...(await configFindings(source.configs, source.tracked, { pathOf, nameOf })))
  if (source.configsBefore !== null) found.push(...(await changesOfConfigs(source, pathOf)))
  if (git === null) return [...found, ...(await ageFindings(null, judge.sealed, session.io.now().getTime()))]
  if (options.staged) {
    const blobs = new Blobs(git, { bytesMax: checkedBytesMax })
    const isSealed = async (file: string, id: string): Promise<boolean> => {
      const bytes = (await blobs.read(id))?.bytes ?? null
      return bytes !== null && (await inspect(file, bytes, null)).state !== "plain"
    }
    found.push(...(await unresolvedFindings(session, git, gitDir, isSealed)))
    await blobs.close()
    return found
  }
  const [ages, merges, notes] = await Promise.all([
    ageFindings(git, judge.sealed, session.io.now().getTime()),
    mergeFindings(git, judge.sealed, commit),
    options.range === undefined ? notesFindings(session, git, source.top) : [],
  ])
  return [...found, ...ages, ...merges, ...notes, ...cacheFindings(entries)]
}

async function changesOfConfigs(
  { configs, configsBefore, changedConfigs }: CheckSource,
  pathOf: (file: string) => string,
): Promise<Finding[]> {
  const found: Finding[] = []
  for (const file of changedConfigs) {
    const [before, after] = [await configsBefore?.at(pathOf(file)), await configs.at(pathOf(file))]
    found.push(...configChanges({ file, before: before ?? null, after: after ?? null }))
  }
  return found
}

/** Where git caches plaintext because of a setting: any scope counts, and any driver that calls this program. */
function cacheFindings(entries: readonly GitConfigEntry[]): Finding[] {
  const drivers = new Map<string, { key: string; value: string | null; scope: string }>()
  for (const { key, value, scope } of entries) {
    const name = /^diff\.(.*)\.cachetextconv$/s.exec(key)?.[1]
    if (name !== undefined) drivers.set(name, { key, value, scope })
  }
  const converts = (name: string): boolean =>
    entries.some(({ key, value }) => key === `diff.${name}.textconv` && /\b(?:sotto|sops)\b/.test(value ?? ""))
  return [...drivers].flatMap(([name, { key, value, scope }]) => {
    if (!isTrue(value) || (name !== "sotto" && !converts(name))) return []
    const hint = `git config --${scope === "command" ? "local" : scope} --unset-all ${key}`
    return [finding("GIT_CACHETEXTCONV", { file: ".git/config" }, { subject: `${key} (${scope})`, hint })]
  })
}

async function notesFindings({ io }: Session, git: Git, top: string): Promise<Finding[]> {
  if (hasNoRefs(io, top, "refs/notes/textconv")) return []
  const output = await git.text(["for-each-ref", "--format=%(refname)", "refs/notes/textconv/"])
  return output
    .split("\n")
    .filter((ref) => ref !== "")
    .map((ref) => finding("GIT_TEXTCONV_NOTES", { file: `.git/${ref}` }, { subject: ref }))
}
