import { tokenMark } from "../../core/token.ts"
import { decodeText } from "../../core/text.ts"
import { Blobs } from "../../host/git/blobs.ts"
import { type Git } from "../../host/git/git.ts"
import { listTree } from "../../host/git/listing.ts"
import { encsOf, type SealedFacts } from "./changes.ts"
import { type Finding, finding } from "./finding.ts"
import { checkedBytesMax, inspect } from "./sealed-text.ts"

const msOfDay = 24 * 60 * 60 * 1000
/** How many versions to look at, of all files together. */
const versionsMax = 5_000

interface Version {
  readonly commit: string
  readonly timeMs: number
  readonly id: string
  /** The file came with this commit. */
  readonly isFirst: boolean
}

/** Since when a file has its data key. */
interface KeyAge {
  readonly sinceMs: number
  readonly commit: string | undefined
}

/** What is needed to know how old a data key is. */
type Aged = Pick<SealedFacts, "file" | "encs" | "lastModified">

/**
 * How old the data keys are: since the newest commit that changed every wrapped key, else since the file came. Without
 * history by the date of its last change. One process looks at the history of all files.
 *
 * @returns in the order of the files
 */
export async function keyAges(git: Git | null, aged: readonly Aged[]): Promise<KeyAge[]> {
  if (git === null || aged.length === 0) {
    return aged.map(({ lastModified }) => ({ sinceMs: Date.parse(lastModified), commit: undefined }))
  }
  const versions = await versionsOf(
    git,
    aged.map(({ file }) => file),
  )
  const blobs = new Blobs(git, { bytesMax: checkedBytesMax })
  try {
    const ages: KeyAge[] = []
    const removed = new Removed(git, blobs)
    for (const { file, encs, lastModified } of aged) {
      const since = await keySince(git, blobs, removed, { file, encs }, versions.get(file) ?? [])
      ages.push({ sinceMs: since?.timeMs ?? Date.parse(lastModified), commit: since?.commit })
    }
    return ages
  } finally {
    await blobs.close()
  }
}

export async function ageFindings(git: Git | null, sealed: readonly SealedFacts[], nowMs: number): Promise<Finding[]> {
  const aged = sealed.filter(({ maxAgeDays }) => maxAgeDays !== null)
  const ages = await keyAges(git, aged)
  return aged.flatMap(({ file, line, maxAgeDays }, index) => {
    const { sinceMs, commit } = ages[index]!
    const days = daysSince(sinceMs, nowMs)
    if (days <= maxAgeDays!) return []
    return [
      finding("DATA_KEY_OLD", { file, line, commit }, { subject: `${days} days, and its rule allows ${maxAgeDays}` }),
    ]
  })
}

export function daysSince(sinceMs: number, nowMs: number): number {
  return Math.floor((nowMs - sinceMs) / msOfDay)
}

/** The oldest version, going back without a break, in which somebody has a wrapped key that the file still has. */
async function keySince(
  git: Git,
  blobs: Blobs,
  removed: Removed,
  { file, encs }: Pick<Aged, "file" | "encs">,
  versions: readonly Version[],
  moves = movesMax,
): Promise<Version | null> {
  let known = new Set(encs)
  let since: Version | null = null
  for (const version of versions) {
    const blob = await blobs.read(version.id)
    if (blob === null || blob.bytes === null) break
    const inspected = await inspect(file, blob.bytes, null)
    if (inspected.state !== "sealed") break
    const own = encsOf(inspected.document.metadata)
    if (!own.some((enc) => known.has(enc))) break
    known = new Set(own)
    since = version
  }
  if (since === null || !since.isFirst || moves === 0) return since
  const before = await removed.withOneOf(known, since.commit)
  if (before === null) return since
  const older = (await versionsOf(git, [before], `${since.commit}^`)).get(before) ?? []
  return (await keySince(git, blobs, removed, { file: before, encs: [...known] }, older, moves - 1)) ?? since
}

/** So often a file is followed to another name. */
const movesMax = 20
const removedMax = 200

/** Sealed files that commits removed, looked for once a commit: many files may have come with it. */
class Removed {
  readonly #git: Git
  readonly #blobs: Blobs
  readonly #byCommit = new Map<string, Promise<readonly { file: string; encs: readonly string[] }[]>>()

  constructor(git: Git, blobs: Blobs) {
    this.#git = git
    this.#blobs = blobs
  }

  /** @returns the name of one that had one of these wrapped keys; `null` without any */
  async withOneOf(encs: ReadonlySet<string>, commit: string): Promise<string | null> {
    const removed = this.#byCommit.get(commit) ?? this.#of(commit)
    this.#byCommit.set(commit, removed)
    return (await removed).find((each) => each.encs.some((enc) => encs.has(enc)))?.file ?? null
  }

  async #of(commit: string): Promise<{ file: string; encs: readonly string[] }[]> {
    const args = ["diff-tree", "-r", "-z", "--no-renames", "--no-abbrev", "--diff-filter=D", `${commit}^`, commit, "--"]
    // The first commit has none before it.
    const records = await this.#git.records(args, { statuses: [0, 128] })
    const found: { file: string; encs: readonly string[] }[] = []
    for (let at = 0; at + 1 < records.length && at < 2 * removedMax; at += 2) {
      const [file, id] = [records[at + 1]!, /^:\d+ \d+ (\w+) /.exec(records[at]!)?.[1]]
      const bytes = id === undefined ? null : ((await this.#blobs.read(id))?.bytes ?? null)
      const inspected = bytes === null ? null : await inspect(file, bytes, null)
      if (inspected?.state === "sealed") found.push({ file, encs: encsOf(inspected.document.metadata) })
    }
    return found
  }
}

/** By file, the newest first. */
async function versionsOf(git: Git, files: readonly string[], from = "HEAD"): Promise<Map<string, Version[]>> {
  const format = "--format=%x00%H %ct"
  const args = [
    "log",
    "--no-renames",
    "--raw",
    "--no-abbrev",
    "-z",
    "-m",
    "--first-parent",
    format,
    `--max-count=${versionsMax}`,
  ]
  // A clone without a commit has no history.
  const records = await git.records([...args, from, "--", ...files], { statuses: [0, 128] })
  const versions = new Map<string, Version[]>()
  let [commit, timeMs] = ["", 0]
  for (let at = 0; at < records.length; at++) {
    const record = records[at]!.trimStart()
    const head = /^([\da-f]{40,64}) (\d+)$/.exec(record)
    if (head !== null) {
      commit = head[1]!
      timeMs = Number(head[2]) * 1000
      continue
    }
    const [, id, state] = /^:\d+ \d+ \w+ (\w+) ([A-Z])/.exec(record) ?? []
    const path = records[at + 1]
    if (id === undefined || path === undefined) continue
    at++
    const known = versions.get(path)
    if (known === undefined) versions.set(path, [{ commit, timeMs, id, isFirst: state === "A" }])
    else known.push({ commit, timeMs, id, isFirst: state === "A" })
  }
  return versions
}

const mergesMax = 500

/**
 * Files that a merge by text has put together: their MAC is that of one parent, but their tokens are not. A server that
 * merges leaves such files behind.
 *
 * @param sealed - as they are at the commit
 */
export async function mergeFindings(git: Git, sealed: readonly SealedFacts[], commit: string): Promise<Finding[]> {
  const dates = sealed.map(({ lastModified }) => Date.parse(lastModified)).filter((ms) => !Number.isNaN(ms))
  if (dates.length === 0) return []
  const since = Math.floor(Math.min(...dates) / 1000)
  const args = [
    "log",
    "--merges",
    "-c",
    "--raw",
    "--no-abbrev",
    "-z",
    "--format=%x00%H",
    `--max-count=${mergesMax}`,
    `--since=@${since}`,
  ]
  const records = await git.records([...args, commit, "--"], { statuses: [0, 128] })
  const merged = mergedIn(records, new Map(sealed.map((each) => [each.file, each])))
  if (merged.length === 0) return []
  // What has changed since was fixed, or is another matter.
  const names = [...new Set(merged.map(({ facts }) => facts.file))]
  const now = new Map((await listTree(git, commit, names)).map(({ path, id }) => [path, id]))
  const blobs = new Blobs(git, { bytesMax: checkedBytesMax })
  try {
    const found = new Map<string, Finding>()
    for (const { facts, ids, merge } of merged) {
      const { file, line } = facts
      if (found.has(file) || now.get(file) !== ids.at(-1)) continue
      if (await isMergedByText(blobs, facts, ids))
        found.set(file, finding("MAC_SUSPECT", { file, line, commit: merge }))
    }
    return [...found.values()]
  } finally {
    await blobs.close()
  }
}

interface Merged {
  readonly facts: SealedFacts
  readonly merge: string
  /** Of the parents, and of the result. */
  readonly ids: readonly string[]
}

/** What `git log -c --raw -z` says of files that a merge has made of several versions. */
function mergedIn(records: readonly string[], byFile: ReadonlyMap<string, SealedFacts>): Merged[] {
  const merged: Merged[] = []
  let merge = ""
  for (let at = 0; at < records.length; at++) {
    const record = records[at]!.trimStart()
    if (/^[\da-f]{40,64}$/.test(record)) merge = record
    if (!record.startsWith("::")) continue
    const ids = record.split(" ").filter((word) => /^[\da-f]{40,64}$/.test(word))
    const facts = byFile.get(records[++at] ?? "")
    if (facts !== undefined) merged.push({ facts, merge, ids })
  }
  return merged
}

async function isMergedByText(blobs: Blobs, { file, mac }: SealedFacts, ids: readonly string[]): Promise<boolean> {
  const texts = await Promise.all(ids.map(async (id) => textOf(await blobs.read(id))))
  const result = texts.pop() ?? null
  if (result === null || mac === "" || !result.includes(mac)) return false
  for (const parent of texts) {
    if (parent === null || !parent.includes(mac)) continue
    const [own, theirs] = [await tokensOf(file, result), await tokensOf(file, parent)]
    if (own !== null && theirs !== null && own !== theirs) return true
  }
  return false
}

function textOf(blob: { readonly bytes: Uint8Array | null } | null): string | null {
  return blob === null || blob.bytes === null ? null : decodeText(blob.bytes)
}

/** Tokens in order. The metadata has some too: the MAC is the same, and the memo says nothing about values. */
async function tokensOf(file: string, text: string): Promise<string | null> {
  const inspected = await inspect(file, Buffer.from(text, "utf8"), null)
  if (inspected.state !== "sealed") return null
  const { sites, source } = inspected.document.scan
  return sites
    .map(({ span }) => (span === null ? "" : source.slice(span.start, span.end)))
    .filter((value) => value.includes(tokenMark))
    .join("\n")
}
