import { posix, win32 } from "node:path"
import { type ConfigFiles, type StatFacts, type PathRules } from "../../src/config/load.ts"
import { kindsInConfig } from "../../src/keys/kinds.ts"

interface Entry extends Partial<StatFacts> {
  readonly text?: string
  /** A link: where it leads. */
  readonly link?: string
}

interface Machine {
  readonly workingFolder?: string
  readonly home?: string
  readonly userId?: number | null
  readonly paths?: PathRules
}

/** A machine of a few files; the folders above them are root's. */
export function fakeFiles(entries: Record<string, Entry | string>, machine: Machine = {}): ConfigFiles {
  const paths = machine.paths ?? posix
  const all = new Map<string, Entry>()
  for (const [path, entry] of Object.entries(entries)) {
    all.set(path, typeof entry === "string" ? { text: entry } : entry)
  }
  for (const path of Array.from(all.keys())) {
    for (let at = paths.dirname(path); ; at = paths.dirname(at)) {
      if (!all.has(at)) all.set(at, { kind: "folder" })
      if (paths.dirname(at) === at) break
    }
  }
  const real = (path: string): string => {
    let at = paths.isAbsolute(path) ? path : paths.resolve("/", path)
    for (const [from, { link }] of all) {
      if (link !== undefined && (at === from || at.startsWith(from + paths.sep))) at = link + at.slice(from.length)
    }
    return at
  }
  return {
    kinds: kindsInConfig,
    readFile: (path) => Promise.resolve(textBytes(all.get(real(path))?.text)),
    stat(path) {
      const entry = all.get(real(path))
      if (entry === undefined) return Promise.resolve(null)
      const kind = entry.text === undefined ? "folder" : "file"
      return Promise.resolve({
        kind,
        userId: 0,
        groupId: 0,
        mode: 0o755,
        device: deviceOf(all, real(path), paths),
        ...entry,
      })
    },
    realpath: (path) => Promise.resolve(all.has(real(path)) ? real(path) : null),
    paths,
    workingFolder: machine.workingFolder ?? "/work",
    home: machine.home ?? "/home/me",
    userId: machine.userId === undefined ? 1000 : machine.userId,
  }
}

export const windows = win32

function textBytes(text: string | undefined): Uint8Array | null {
  return text === undefined ? null : new TextEncoder().encode(text)
}

/** A device of a folder holds for all below it. */
function deviceOf(all: ReadonlyMap<string, Entry>, path: string, paths: PathRules): number {
  for (let at = path; ; at = paths.dirname(at)) {
    const device = all.get(at)?.device
    if (device !== undefined) return device
    if (paths.dirname(at) === at) return 1
  }
}
