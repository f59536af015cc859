import type * as Fs from "node:fs"
import { type Script } from "node:vm"
import { type ReadFile } from "./scratch.ts"

/** Compiled code of former runs. */
export interface CodeCache {
  /** What was kept for a chunk; `undefined` when there is nothing. It may be refused by the engine. */
  find(chunk: string): KeptCode | undefined
  /**
   * Says what this run has loaded. The first run of a command, or one that loads a chunk for which nothing is kept, has
   * compiled what no other had: at its end the code of all its chunks is kept, with these functions and those that were
   * known. A run that ends badly has compiled other ones, which is better than nothing: its code serves until a run has
   * ended well.
   *
   * @param kept - what the engine took
   */
  loaded(chunk: string, script: Script, kept: KeptCode | undefined): void
}

export interface KeptCode {
  readonly code: Buffer
  /** Of a run that ended well. */
  readonly isWhole: boolean
}

export interface CacheFacts {
  readonly platform: NodeJS.Platform
  readonly env: Readonly<Record<string, string | undefined>>
  /** `undefined` where the system has no user numbers. */
  readonly uid: number | undefined
  /** What the code depends on: the build, and the engine. */
  readonly build: string
  /** The words of the command line. */
  readonly words: readonly string[]
}

/**
 * The engine compiles each function when it is first called, which is two thirds of the time of a short run. Node can
 * keep compiled code from 22.8 on, in the folder for temporary files or a named one; this does the same for every line
 * of Node, and only where nobody else can write (rule S15): in a folder of mode 0700 of this user, below the user's folder
 * for caches. No text of a document and no key is in compiled code.
 *
 * @returns `null` where that cannot be had, or the user wants none (NODE_DISABLE_COMPILE_CACHE)
 */
export function openCodeCache(fs: typeof Fs, readFile: ReadFile, facts: CacheFacts): CodeCache | null {
  const base = baseFolder(facts)
  if (base === null || facts.uid === undefined) return null
  const own = `${base}/sotto`
  const folder = `${own}/${facts.build}`
  const isOurs = isPrivate(fs, own, facts.uid)
  const chunks: LoadedChunk[] = []
  const found = new Map<string, number>()
  const seen = `${folder}/${wayOf(facts.words)}.seen`
  const { uid } = facts
  const read = (name: string, isWhole: boolean): KeptCode | undefined => {
    try {
      const code = readFile(`${folder}/${name}`)
      found.set(name, code.length)
      return { code, isWhole }
    } catch {
      return undefined
    }
  }
  return {
    find: (chunk) => (isOurs ? (read(chunk, true) ?? read(`${chunk}${ofBadEnd}`, false)) : undefined),
    loaded(chunk, script, kept) {
      chunks.push({ chunk, script, isKnown: kept !== undefined, isWhole: kept?.isWhole === true })
      if (chunks.length > 1) return
      process.on("exit", (status) => {
        const endsWell = status === 0 || status === nothingChanged
        if (endsWell && chunks.every(({ isWhole }) => isWhole) && fs.existsSync(seen)) return
        const wanted = endsWell ? chunks : chunks.filter(({ isKnown }) => !isKnown)
        if (wanted.length > 0) keep(fs, { base, own, folder, uid, seen, found }, wanted, endsWell)
      })
    },
  }
}

/** An `edit` that was left without a change has done all that it does. */
const nothingChanged = 200

/** A command by its name, and all that is called otherwise. */
function wayOf([word = ""]: readonly string[]): string {
  return /^[a-z][a-z-]{1,19}$/.test(word) ? word : "-"
}

interface LoadedChunk {
  readonly chunk: string
  readonly script: Script
  /** The engine took code that was kept. */
  readonly isKnown: boolean
  /** That code was of a run that ended well. */
  readonly isWhole: boolean
}

/** Behind the name of what a run has left that ended badly. */
const ofBadEnd = ".part"

function baseFolder({ platform, env }: CacheFacts): string | null {
  if (platform === "win32" || (env["NODE_DISABLE_COMPILE_CACHE"] ?? "") !== "") return null
  const [named = "", home = ""] = [env["XDG_CACHE_HOME"], env["HOME"]]
  if (named.startsWith("/")) return named
  if (!home.startsWith("/")) return null
  return platform === "darwin" ? `${home}/Library/Caches` : `${home}/.cache`
}

/** A folder, no link, that nobody else can look into. */
function isPrivate(fs: typeof Fs, path: string, uid: number): boolean {
  try {
    const stat = fs.lstatSync(path)
    return stat.isDirectory() && stat.uid === uid && (stat.mode & 0o077) === 0
  } catch {
    return false
  }
}

function dirname(path: string): string {
  return path.slice(0, path.lastIndexOf("/"))
}

interface Folders {
  readonly base: string
  readonly own: string
  readonly folder: string
  readonly uid: number
  /** Is there once a run of this command has ended well, and all that it compiled was kept. */
  readonly seen: string
  /** What this run has found: names and lengths in bytes. */
  readonly found: ReadonlyMap<string, number>
}

function keep(
  fs: typeof Fs,
  { base, own, folder, uid, seen, found }: Folders,
  chunks: readonly LoadedChunk[],
  endsWell: boolean,
): void {
  try {
    // Root with somebody else's HOME leaves nothing there.
    if (fs.statSync(fs.existsSync(base) ? base : dirname(base)).uid !== uid) return
    // One by one: told to make all of them, Node 20 never ends where none can be made, as in /proc.
    for (const path of [base, own, folder]) if (!fs.existsSync(path)) fs.mkdirSync(path, { mode: 0o700 })
    if (!isPrivate(fs, own, uid)) return
    removeOld(fs, own)
    removeUnfinished(fs, folder)
    let isAll = true
    for (const { chunk, script, isWhole } of chunks) {
      const code = script.createCachedData()
      // Nothing is new; or a long run has thrown away what it did not use for a while.
      if (isWhole && code.length <= found.get(chunk)!) continue
      // A run beside this one has kept functions that would go: the next run of this command adds its own to them.
      if (endsWell && sizeOf(fs, `${folder}/${chunk}`) !== found.get(chunk)) {
        isAll = false
        continue
      }
      write(fs, `${folder}/${chunk}${endsWell ? "" : ofBadEnd}`, code)
      if (endsWell) fs.rmSync(`${folder}/${chunk}${ofBadEnd}`, { force: true })
    }
    if (endsWell && isAll) fs.writeFileSync(seen, "", { mode: 0o600 })
  } catch {
    // The next run compiles again.
  }
}

function sizeOf(fs: typeof Fs, path: string): number | undefined {
  return fs.statSync(path, { throwIfNoEntry: false })?.size
}

const keptMs = 30 * 24 * 3600 * 1000

/** As many as somebody uses side by side: the build that is installed, another one, and two lines of Node. */
const buildsMax = 4

/** What other builds left: all but the newest few, and those that have not been added to for a month. */
function removeOld(fs: typeof Fs, own: string): void {
  const builds = fs
    .readdirSync(own)
    .map((build) => ({ path: `${own}/${build}`, ms: fs.lstatSync(`${own}/${build}`).mtimeMs }))
    .sort((a, b) => b.ms - a.ms)
  for (const [index, { path, ms }] of builds.entries()) {
    if (index < buildsMax && performance.timeOrigin - ms <= keptMs) continue
    fs.rmSync(path, { recursive: true, force: true })
  }
}

const writingMsMax = 3600 * 1000

/** What a run was killed over while it wrote. */
function removeUnfinished(fs: typeof Fs, folder: string): void {
  for (const name of fs.readdirSync(folder)) {
    const path = `${folder}/${name}`
    if (/\.\d+$/.test(name) && performance.timeOrigin - fs.lstatSync(path).mtimeMs > writingMsMax) {
      fs.rmSync(path, { force: true })
    }
  }
}

/** Whole or not at all, also after a power cut: the engine does not look at every byte of what it is given. */
function write(fs: typeof Fs, file: string, bytes: Buffer): void {
  const temp = `${file}.${process.pid}`
  const fd = fs.openSync(temp, "wx", 0o600)
  try {
    fs.writeFileSync(fd, bytes)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
  fs.renameSync(temp, file)
}
