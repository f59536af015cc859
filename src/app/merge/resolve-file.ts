import { dataKeyOf, type OpenedAlone, openWith } from "../open/open-alone.ts"
import { join } from "node:path"
import { type Rule } from "../../config/rule.ts"
import { type Recipient } from "../../core/recipient.ts"
import { decodeText, equalBytes, utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { compileSelectors } from "../../config/re2.ts"
import { keepDraft, UnsavedText } from "../seal/editor-loop.ts"
import { checkSelectorDrift } from "../seal/selector-drift.ts"
import { type Session } from "../session.ts"
import { loadSettings } from "../settings.ts"
import {
  changesOfTheirs,
  changesRecipients,
  checkChosenRecipients,
  chooseMetadata,
  type MetadataSource,
} from "./choose-metadata.ts"
import { atPath, type Conflict, wholeFile } from "./conflict.ts"
import {
  mergeContent,
  metadataOf,
  needsFreshKey,
  outerConflicts,
  readSides,
  type Sides,
  unmergeable,
} from "./merge-file.ts"
import { clearNames, warnOfClear } from "../report/sealed-line.ts"
import { type Decided, decideInEditor, type Decisions, draftMerge } from "./resolve-content.ts"
import { freshKeyFor, type MetadataChoice, rewrapped, sealMerged } from "./seal-merged.ts"
import { isOpened, type OpenedVersions, type SideName } from "./side.ts"
import { type GitLabels, type Unmerged } from "./unmerged.ts"
import { conflictPlace } from "./words.ts"
import { namesInVersions } from "../recipients/entry-names.ts"

/** A file that waits for a decision. */
export interface Pending {
  readonly path: string
  /** Absolute. */
  readonly inWorkTree: string
  readonly conflicts: readonly Conflict[]
  readonly metadataConflicts: readonly Conflict[]
  readonly versions: Unmerged["versions"]
  /** `null` where the versions cannot be merged at all. */
  readonly opened: OpenedVersions | null
  readonly ruleAtHead: () => Promise<Rule | null>
  /** Of the config in the work tree. */
  readonly ruleNow: () => Promise<Rule | null>
  nameOf(recipient: Recipient): string
  wipe(): void
}

export interface Resolution extends Omit<Decided, "bytes"> {
  /** The sealed file; `null`: it is removed. */
  readonly bytes: Uint8Array | null
}

interface PrepareOptions {
  readonly ruleAtHead: () => Promise<Rule | null>
  /** Of the work tree. */
  readonly top: string
  readonly config: string | undefined
}

/**
 * Opens the versions of a file, as far as possible, and finds what is left to decide.
 *
 * @returns `null` when no version is sealed: that is not our business
 * @throws {AppError} `DATA_KEY`
 */
export async function prepare(session: Session, file: Unmerged, options: PrepareOptions): Promise<Pending | null> {
  const { path, versions } = file
  const { base, ours, theirs } = versions
  const inWorkTree = join(options.top, path)
  // The config may be in conflict itself: that matters only if something asks for its rule.
  const settings = loadSettings(session, inWorkTree, options.config)
  const known = await settings.catch((error: unknown) => {
    if (error instanceof AppError) return null
    throw error
  })
  const sides = await readSides({ base, ours: ours ?? new Uint8Array(0), theirs: theirs ?? new Uint8Array(0), path })
  if (Object.values(sides).every((side) => side === null || side.kind === "plain")) return null
  const groups = Object.values(sides).flatMap((side) =>
    side?.kind === "sealed" ? [side.document.metadata.groups] : [],
  )
  const named = namesInVersions(groups)
  const place = {
    path,
    inWorkTree,
    versions,
    ruleAtHead: options.ruleAtHead,
    ruleNow: async () => (await settings).sealingRule(),
    nameOf: (recipient: Recipient) => known?.personOf(recipient) ?? named(recipient),
  }
  const early = ours === null || theirs === null ? [wholeFile("delete")] : unmergeable(sides)
  if (early.length > 0) return { ...place, conflicts: early, metadataConflicts: [], opened: null, wipe: () => {} }
  const opened = await openAll(session, sides)
  const reach = { ruleAtHead: options.ruleAtHead, reach: "online" } as const
  const metadataConflicts = await outerConflicts(opened, metadataOf(opened), reach)
  const { conflicts } = mergeContent(opened)
  return {
    ...place,
    conflicts: [...metadataConflicts, ...conflicts],
    metadataConflicts,
    opened,
    wipe: () => wipeAll(opened),
  }
}

async function openAll(session: Session, sides: Sides): Promise<OpenedVersions> {
  const opened: Partial<Record<SideName, OpenedAlone>> = {}
  try {
    for (const name of ["ours", "theirs", "base"] as const) {
      const side = sides[name]
      if (side?.kind !== "sealed") continue
      opened[name] = await openWith(side.document, await dataKeyOf(session, side.document, "online"))
    }
  } catch (error) {
    for (const side of Object.values(opened)) side.dataKey.wipe()
    throw error
  }
  return {
    base: sides.base === null ? null : (opened.base ?? sides.base.bytes),
    ours: opened.ours!,
    theirs: opened.theirs ?? sides.theirs!.bytes,
  }
}

function wipeAll({ base, ours, theirs }: OpenedVersions): void {
  for (const side of [base, ours, theirs]) if (isOpened(side)) side.dataKey.wipe()
}

/** Lines for the question about the metadata. */
export function changesLine({ opened, nameOf, metadataConflicts }: Pending): string[] {
  if (opened === null) return []
  const lines = changesOfTheirs(metadataOf(opened), nameOf)
  const kinds = new Set(metadataConflicts.map(({ kind }) => kind))
  if (kinds.has("key")) lines.push("has a new data key")
  return lines.length > 0 ? lines : ["says something else about who may read the file"]
}

interface ResolveRequest {
  readonly decisions: Decisions
  readonly metadata: MetadataSource | undefined
  readonly keepRecipient: readonly string[]
  readonly keepEnv: boolean
  readonly labels: GitLabels
}

/**
 * Decides one file.
 *
 * @throws {AppError} `CONFLICT_REMAINS`, `UNKNOWN_RECIPIENT`, `SELECTOR_DRIFT`, `NOT_CONFIRMED`, and what sealing throws
 */
export async function resolveOne(session: Session, file: Pending, request: ResolveRequest): Promise<Resolution> {
  const { decisions } = request
  const whole = decisions.paths.get("[]") ?? (file.opened === null ? decisions.rest : null)
  if (whole !== null) return takeWhole(file, whole, request)
  const { opened } = file
  if (opened === null) throw remains(file.conflicts)
  if (file.metadataConflicts.length > 0 && request.metadata === undefined) throw remains(file.metadataConflicts)
  const decided = await decideContent(session, file, opened, request)
  return { ...decided, bytes: await sealed(session, file, opened, decided.bytes, request) }
}

/** A version as it is. Theirs brings its recipients and selectors along. */
function takeWhole(file: Pending, side: "ours" | "theirs", { metadata }: ResolveRequest): Resolution {
  const count = { ours: side === "ours" ? 1 : 0, theirs: side === "theirs" ? 1 : 0, edited: 0 }
  const isAccepted = metadata === "theirs" || (file.opened !== null && file.metadataConflicts.length === 0)
  if (side === "theirs" && file.versions.theirs !== null && !isAccepted)
    throw remains([wholeFile("recipients")], "theirs would come with its recipients: pass --metadata theirs too")
  return { bytes: file.versions[side], ...count }
}

async function decideContent(
  session: Session,
  file: Pending,
  opened: OpenedVersions,
  request: ResolveRequest,
): Promise<Decided> {
  const { decisions, labels, keepEnv } = request
  const settled = mergeContent(opened)
  if (settled.bytes !== null) return { bytes: settled.bytes, ours: 0, theirs: 0, edited: 0 }
  const whole = opened.ours.document.format.isWhole === true ? decisions.rest : null
  if (whole !== null) {
    const side = opened[whole]
    const bytes = isOpened(side) ? side.opened.bytes : side
    return { bytes, ours: whole === "ours" ? 1 : 0, theirs: whole === "theirs" ? 1 : 0, edited: 0 }
  }
  const draft = opened.ours.document.format.isWhole === true ? null : draftMerge(opened, decisions)
  if (draft === null) throw remains(file.conflicts)
  const { plain } = draft
  if (plain.conflicts.length === 0 && plain.text !== null)
    return { bytes: utf8.encode(plain.text), ours: draft.ours, theirs: draft.theirs, edited: 0 }
  if (!hasEditor(session)) throw remains(plain.conflicts.map(atPath))
  try {
    return await decideInEditor(session, draft, { file: file.path, keepEnv, labels })
  } catch (error) {
    if (!(error instanceof UnsavedText)) throw error
    const { cipher, document } = opened.ours
    const draftable = { file: file.inWorkTree, base: file.versions.ours, cipher, tree: document.metadata.tree }
    await keepDraft(session, draftable, error.bytes)
    const { code, where, detail } = error.cause
    const hint = `go on with: sotto edit --resume ${file.path}, then git add ${file.path}`
    throw new AppError(code, where, { ...detail, notes: ["your text is kept as an encrypted draft"], hint })
  }
}

/** Somebody is at the terminal, or the editor needs nobody. */
function hasEditor({ io }: Session): boolean {
  return io.stdin.isTty || ["SOPS_EDITOR", "EDITOR", "VISUAL"].some((name) => (io.env.get(name) ?? "") !== "")
}

async function sealed(
  session: Session,
  file: Pending,
  opened: OpenedVersions,
  plain: Uint8Array,
  { metadata = "ours", keepRecipient }: ResolveRequest,
): Promise<Uint8Array> {
  const sides = metadataOf(opened)
  const ruleAtHead = await file.ruleAtHead()
  const ruleNow = metadata === "rule" ? await file.ruleNow() : null
  const choice = await chooseMetadata(metadata, sides, ruleNow)
  await checkClear(opened, plain, choice, ruleAtHead)
  const isFresh = needsFreshKey(opened)
  const isRewrapped = changesRecipients(sides.ours, choice)
  if (isFresh || isRewrapped) {
    const known = isFresh ? [] : sides.ours.groups.flat().map(({ recipient }) => recipient)
    checkChosenRecipients(choice, known, ruleNow ?? ruleAtHead, keepRecipient)
  }
  const fresh = isFresh ? await freshKeyFor(session, choice, "online") : null
  try {
    const keys = fresh === null && isRewrapped ? await rewrapped(session, opened, choice) : null
    const { text, opened: merged } = await sealMerged(session, opened, plain, { fresh, keys, metadata: choice })
    await warnOfClear(session, file.path, merged, clearNames(opened.ours.opened))
    const bytes = utf8.encode(text)
    return equalBytes(bytes, file.versions.ours!) ? file.versions.ours! : bytes
  } finally {
    fresh?.dataKey.wipe()
  }
}

/** Selectors that theirs brought, or that somebody changed, must not leave clear what the rule would seal. */
async function checkClear(
  { ours }: OpenedVersions,
  plain: Uint8Array,
  { compiled, macOnlyEncrypted }: MetadataChoice,
  rule: Rule | null,
): Promise<void> {
  const { format } = ours.document
  const text = format.isWhole === true ? null : decodeText(plain)
  if (text === null || rule === null) return
  const byRule = await compileSelectors(rule.selectors, { refuseInvalid: false })
  checkSelectorDrift(format.scan(text).sites, compiled, byRule, { file: macOnlyEncrypted, rule: rule.macOnlyEncrypted })
}

function remains(conflicts: readonly Conflict[], hint?: string): AppError {
  const notes = conflicts.map((conflict) => `${conflict.kind}: ${conflictPlace(conflict)}`)
  return new AppError("CONFLICT_REMAINS", {}, { notes, hint })
}
