import { dataKeyOf, type OpenedAlone, openWith, type Reach } from "../open/open-alone.ts"
import { type Rule } from "../../config/rule.ts"
import { type KeyConflict, type Decide, type Merged } from "../../core/merge/by-key.ts"
import { mergeLines } from "../../core/merge/by-text.ts"
import { limits } from "../../core/limits.ts"
import { monotonicMs } from "../../core/monotonic.ts"
import { mergePlain, type PlainMerge } from "../../core/merge/merge.ts"
import { decodeText, equalBytes, utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { tunedAtFirst } from "../../host/engine.ts"
import { type Session } from "../session.ts"
import { clearByTheirs } from "./clear-by-theirs.ts"
import { atPath, type Conflict, wholeFile, withRandomTexts } from "./conflict.ts"
import {
  addedByOurs,
  allNamed,
  followsRule,
  metadataConflicts,
  type MetadataSides,
  canWrapSilently,
  freshKeyFor,
  type MetadataChoice,
  sealMerged,
} from "./seal-merged.ts"
import { isOpened, type OpenedVersions, readSide, type Side, type SideName } from "./side.ts"

/** The three versions of a file, as git has them. */
interface Versions {
  /** `null`: both sides added the file. */
  readonly base: Uint8Array | null
  readonly ours: Uint8Array
  readonly theirs: Uint8Array
}

export interface MergeRequest extends Versions {
  /** Relative to the top of the repository; `null` when git did not say it. */
  readonly path: string | null
  readonly reach: Reach
  /** How long the offline search for data keys may take. */
  readonly keysMs?: number | undefined
  /** By the config at HEAD; asked for only where it matters. */
  readonly ruleAtHead: () => Promise<Rule | null>
  /** The result is only for comparison: git merges the bases of two branches that crossed. */
  readonly isInner?: boolean
  /** What somebody has decided about conflicts of values. */
  readonly decide?: Decide
}

export type FileMerge =
  | {
      readonly kind: "merged"
      readonly bytes: Uint8Array
      readonly taken: number
      readonly notices: readonly Notice[]
      /** Of an inner merge: random texts replace the conflicts. */
      readonly isUnsettled: boolean
    }
  | { readonly kind: "conflict"; readonly conflicts: readonly Conflict[] }
  /** No identity of this user opens any version. */
  | { readonly kind: "locked" }
  /** No version is sealed. */
  | { readonly kind: "plain" }

/** Something to report although the merge went well. */
type Notice = "theirs was plain"

/**
 * Merges three versions of a file, of which at least one is sealed. Plaintext is in memory only, and the result is a
 * sealed file that was opened again and compared.
 *
 * @throws {AppError} only for causes other than the versions: a failing disk, a signal
 */
export function mergeFile(session: Session, request: MergeRequest): Promise<FileMerge> {
  return tunedAtFirst((took) => {
    for (const bytes of [request.base, request.ours, request.theirs]) took(bytes?.length ?? 0)
    return mergeSides(session, request)
  })
}

async function mergeSides(session: Session, request: MergeRequest): Promise<FileMerge> {
  const sides = await readSides(request)
  if (Object.values(sides).every((side) => side === null || side.kind === "plain")) return { kind: "plain" }
  const early = unmergeable(sides)
  if (early.length > 0) return { kind: "conflict", conflicts: early }
  const opened = await openVersions(session, sides, request)
  if (!("ours" in opened)) return opened
  try {
    return await mergeOpened(session, opened, request)
  } finally {
    for (const side of [opened.base, opened.ours, opened.theirs]) if (isOpened(side)) side.dataKey.wipe()
  }
}

export type Sides = Readonly<Record<SideName, Side | null>>

export async function readSides({ base, ours, theirs, path }: Versions & Pick<MergeRequest, "path">): Promise<Sides> {
  return {
    base: base === null ? null : await readSide(base, path),
    ours: await readSide(ours, path),
    theirs: await readSide(theirs, path),
  }
}

const sideNames = ["base", "ours", "theirs"] as const

/** What shows without a key. */
export function unmergeable({ base, ours, theirs }: Sides): Conflict[] {
  const sides = { base, ours, theirs }
  const broken = sideNames.flatMap((side) => {
    const found = sides[side]
    return found?.kind === "broken" ? [wholeFile("broken", { side, code: found.error.code })] : []
  })
  if (broken.length > 0) return broken
  if (ours?.kind !== "sealed") return [wholeFile("plaintext")]
  if (theirs?.kind !== "sealed" && base?.kind !== "plain") return [wholeFile("plaintext")]
  const formats = new Set(
    sideNames.flatMap((side) => {
      const found = sides[side]
      if (found?.kind !== "sealed") return []
      return [`${found.document.format.name} ${found.document.metadata.container}`]
    }),
  )
  return formats.size > 1 ? [wholeFile("format")] : []
}

async function openVersions(
  session: Session,
  sides: Sides,
  { reach, keysMs = limits.keys_alone_ms_max }: Pick<MergeRequest, "reach" | "keysMs">,
): Promise<OpenedVersions | Extract<FileMerge, { kind: "conflict" | "locked" }>> {
  const opened = new Map<SideName, OpenedAlone>()
  const until = reach === "offline" ? monotonicMs() + keysMs : undefined
  const isTimeUp = (): boolean => until !== undefined && monotonicMs() > until
  const locked: Conflict[] = []
  const broken: Conflict[] = []
  // Ours first: the run remembers what opened it for the others.
  for (const side of ["ours", "theirs", "base"] as const) {
    const found = sides[side]
    if (found?.kind !== "sealed") continue
    try {
      const dataKey = await dataKeyOf(session, found.document, reach, until)
      opened.set(side, await openWith(found.document, dataKey, { other: opened.get("ours") }))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      if (error.code === "DATA_KEY" && isTimeUp()) locked.push(wholeFile("limit", { side, code: "KEY_TIMEOUT" }))
      else if (error.code === "DATA_KEY") locked.push(wholeFile("key", { side, code: error.code }))
      else broken.push(wholeFile("broken", { side, code: error.code }))
    }
  }
  const failed = [...broken, ...locked]
  if (failed.length === 0) {
    const of = (side: SideName): OpenedAlone | Uint8Array => opened.get(side) ?? sides[side]!.bytes
    return { base: sides.base === null ? null : of("base"), ours: opened.get("ours")!, theirs: of("theirs") }
  }
  for (const { dataKey } of opened.values()) dataKey.wipe()
  if (opened.size === 0 && broken.length === 0 && !isTimeUp()) return { kind: "locked" }
  return { kind: "conflict", conflicts: failed }
}

async function mergeOpened(session: Session, opened: OpenedVersions, request: MergeRequest): Promise<FileMerge> {
  const { theirs } = opened
  const isInner = request.isInner === true
  const metadata = metadataOf(opened)
  const outer = isInner ? [] : await outerConflicts(opened, metadata, request)
  const content = isInner ? innerContent(session, opened) : mergeContent(opened, request.decide)
  const conflicts = [...outer, ...content.conflicts]
  if (conflicts.length > 0 || content.bytes === null) return { kind: "conflict", conflicts }
  const clear = isInner ? null : await clearByTheirs(opened, content.bytes, request.ruleAtHead)
  if (clear !== null) return { kind: "conflict", conflicts: [clear] }
  const fresh =
    !isInner && needsFreshKey(opened) ? await freshKeyFor(session, recipientsInFile(opened.ours), request.reach) : null
  try {
    const sealed = await sealMerged(session, opened, content.bytes, { fresh })
    const notices: Notice[] = isOpened(theirs) ? [] : ["theirs was plain"]
    return {
      kind: "merged",
      bytes: utf8.encode(sealed.text),
      taken: content.taken,
      notices,
      isUnsettled: content.isUnsettled,
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { kind: "conflict", conflicts: [wholeFile("internal", { code: error.code })] }
  } finally {
    fresh?.dataKey.wipe()
  }
}

export function metadataOf({ base, ours, theirs }: OpenedVersions): MetadataSides {
  return {
    base: isOpened(base) ? base.document.metadata : null,
    ours: ours.document.metadata,
    theirs: isOpened(theirs) ? theirs.document.metadata : null,
  }
}

function recipientsInFile({ document: { metadata } }: OpenedAlone): Pick<MetadataChoice, "groups" | "threshold"> {
  const { groups, threshold } = metadata
  return { groups: groups.map((group) => group.map(({ recipient }) => recipient)), threshold }
}

/** Who may read the result, and what is sealed in it. */
export async function outerConflicts(
  opened: OpenedVersions,
  metadata: MetadataSides,
  { ruleAtHead, reach }: Pick<MergeRequest, "ruleAtHead" | "reach">,
): Promise<Conflict[]> {
  const conflicts = metadataConflicts(metadata)
  if (conflicts.length > 0) return conflicts
  const added = addedByOurs(metadata)
  if (added.length > 0 && !allNamed(added, await ruleAtHead()))
    return [wholeFile("recipients", { code: "UNKNOWN_RECIPIENT" })]
  if (!needsFreshKey(opened)) return []
  const rule = await ruleAtHead()
  if (rule === null || !canWrapSilently(metadata.ours, reach)) return [wholeFile("key")]
  return followsRule(metadata.ours, rule) ? [] : [wholeFile("recipients")]
}

/** Theirs has a new data key, perhaps to shut somebody out: the old one must not seal what comes from there. */
export function needsFreshKey({ base, ours, theirs }: OpenedVersions): boolean {
  if (!isOpened(base) || !isOpened(theirs)) return false
  return ours.dataKey.equals(base.dataKey) && !theirs.dataKey.equals(base.dataKey)
}

interface MergedContent {
  /** The plain file; `null` when there are conflicts. */
  readonly bytes: Uint8Array | null
  readonly conflicts: readonly Conflict[]
  /** How many values and comments come from theirs. */
  readonly taken: number
  /** Random texts replace the conflicts. */
  readonly isUnsettled: boolean
}

function refused(kind: Conflict["kind"], code?: Conflict["code"]): MergedContent {
  return { bytes: null, conflicts: [wholeFile(kind, { code })], taken: 0, isUnsettled: false }
}

function whole(bytes: Uint8Array, taken: number): MergedContent {
  return { bytes, conflicts: [], taken, isUnsettled: false }
}

/** The merge with ours where the sides conflict, and then a random text there. */
export function innerContent({ io }: Session, opened: OpenedVersions): MergedContent {
  const open: KeyConflict[] = []
  const content = mergeContent(opened, (conflict) => {
    open.push(conflict)
    return "ours"
  })
  const text = content.bytes === null ? null : decodeText(content.bytes)
  if (open.length === 0 || text === null) return content
  try {
    const marked = withRandomTexts(opened.ours.document.format, text, open, (length) => io.randomBytes(length))
    return { ...content, bytes: utf8.encode(marked), isUnsettled: true }
  } catch (error) {
    if (error instanceof AppError) return refused("internal", error.code)
    throw error
  }
}

/** Merges what is in the versions. */
export function mergeContent({ base, ours, theirs }: OpenedVersions, decide?: Decide): MergedContent {
  const [b, o, t] = [base, ours, theirs].map((side) => (isOpened(side) ? side.opened.bytes : side)) as [
    Uint8Array | null,
    Uint8Array,
    Uint8Array,
  ]
  const { format, metadata } = ours.document
  if (equalBytes(o, t)) return whole(o, 0)
  if (format.isWhole === true) return mergeWhole(b, o, t, metadata.container !== "")
  const texts = [b ?? new Uint8Array(0), o, t].map(decodeText)
  if (texts.some((text) => text === null)) return refused("internal")
  const [baseText, oursText, theirsText] = texts as [string, string, string]
  const plain = plainMerge({ base: b === null ? null : baseText, ours: oursText, theirs: theirsText }, ours, decide)
  if (plain instanceof AppError) return refused("internal", plain.code)
  const bytes = plain.text === null ? null : utf8.encode(plain.text)
  return { bytes, conflicts: plain.conflicts.map(atPath), taken: countTaken(plain.documents), isUnsettled: false }
}

function plainMerge(
  texts: Parameters<typeof mergePlain>[0],
  { document }: OpenedAlone,
  decide: Decide | undefined,
): PlainMerge | AppError {
  try {
    return mergePlain(texts, { format: document.format, like: document.scan.metadata, decide })
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

/** Merges a file that is sealed as one value: by line if it is text in a container, else not at all. */
function mergeWhole(
  base: Uint8Array | null,
  ours: Uint8Array,
  theirs: Uint8Array,
  isContainer: boolean,
): MergedContent {
  if (base !== null && equalBytes(base, ours)) return whole(theirs, 1)
  if (base !== null && equalBytes(base, theirs)) return whole(ours, 0)
  const texts = [base ?? new Uint8Array(0), ours, theirs].map(decodeText)
  const merged =
    isContainer && texts.every((text) => text !== null) ? mergeLines(texts[0]!, texts[1]!, texts[2]!) : null
  if (merged !== null) return whole(utf8.encode(merged), 1)
  return refused(isContainer ? "text" : "binary")
}

function countTaken(merged: readonly Merged[]): number {
  return merged.reduce((sum, { value, entries, lines, above, beside, ours, theirs }) => {
    const isTaken = value === "theirs" || (above === "theirs" && ours?.aboveNumber !== theirs?.aboveNumber)
    const ofLines = lines?.filter(({ side }) => side === "theirs").length ?? 0
    return sum + (isTaken || beside === "theirs" ? 1 : 0) + ofLines + countTaken(entries)
  }, 0)
}
