import { dataKeyOf, type OpenedAlone, openWith } from "../open/open-alone.ts"
import { compileSelectors } from "../../config/re2.ts"
import { type MetaMap, type MetaValue } from "../../core/format.ts"
import { Cipher } from "../../core/gcm.ts"
import { type PlainTexts } from "../../core/merge/merge.ts"
import { type Origin, vouchFor, type Vouched } from "../../core/merge/vouch.ts"
import { acceptUnverified, open, openUnverified } from "../../core/open.ts"
import { type SealedDocument, type Unverified } from "../../core/document.ts"
import { splice } from "../../core/splice.ts"
import { decodeText, utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { optionsOver, sealAs } from "../seal/seal-new.ts"
import { type Session } from "../session.ts"
import { innerContent } from "./merge-file.ts"
import { foreignTokens, hasOwnMetadata, madeAnew, type Parent, type Parentage } from "./parents.ts"
import { type OpenedVersions, readSide } from "./side.ts"

interface Problem {
  /** Empty for the whole file. */
  readonly path: readonly (string | number)[]
  readonly reason:
    "unknown-value" | "moved" | "missing" | "added" | "order" | "replayed" | "metadata" | "token" | "conflict"
}

export interface Repair {
  readonly result: "repaired" | "refused" | "fine"
  /** The file with a MAC that holds; `null` unless it is repaired. */
  readonly bytes: Uint8Array | null
  readonly origins: readonly Origin[]
  readonly notes: readonly {
    readonly path: readonly (string | number)[]
    readonly note: "chosen" | "order" | "goes back"
  }[]
  readonly refused: readonly Problem[]
}

interface RepairOptions {
  /** Accepts nothing that a person would have to answer for: no choice made by hand, no order, no older value. */
  readonly isStrict: boolean
  /** Older versions of the file, the newest first. */
  readonly history: () => AsyncIterable<Uint8Array>
}

/** A file that still opens needs no repair. @throws {AppError} `DATA_KEY`, and what is wrong with the text itself */
export async function readBroken(session: Session, bytes: Uint8Array, path: string): Promise<Broken | null> {
  const side = await readSide(bytes, path)
  if (side.kind === "plain") throw new AppError("NOT_SEALED")
  if (side.kind === "broken") throw side.error
  const { document } = side
  const dataKey = await dataKeyOf(session, document, "online")
  try {
    const cipher = new Cipher(dataKey)
    const selectors = await compileSelectors(document.metadata.selectors, { refuseInvalid: false })
    const options = { cipher, selectors, requireStructure: false }
    if (isSound(document, options)) return null
    return { document, bytes, ...openedOrFault(document, options) }
  } finally {
    dataKey.wipe()
  }
}

interface Broken {
  readonly document: SealedDocument
  readonly bytes: Uint8Array
  /** What is in it, which nothing vouches for; `null` when a token does not open. */
  readonly unverified: Unverified | null
  readonly fault: Problem | null
}

type OpenOptions = Parameters<typeof open>[1]

function isSound(document: SealedDocument, options: OpenOptions): boolean {
  try {
    open(document, options)
    return true
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

function openedOrFault(document: SealedDocument, options: OpenOptions): Pick<Broken, "unverified" | "fault"> {
  try {
    return { unverified: openUnverified(document, options), fault: null }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { unverified: null, fault: { path: error.where.path ?? [], reason: "token" } }
  }
}

/**
 * Gives a file a MAC that holds again, if everything in it is what the merge of its parents gives: a server merged it
 * by line. It trusts nothing in the file itself.
 *
 * @throws {AppError} when a parent does not open
 */
export async function repairFile(
  session: Session,
  broken: Broken,
  parentage: Parentage,
  path: string,
  options: RepairOptions,
): Promise<Repair> {
  const opened: OpenedAlone[] = []
  const openParent = async ({ bytes }: Parent): Promise<OpenedAlone> => {
    const side = await readSide(bytes, path)
    if (side.kind !== "sealed") throw side.kind === "broken" ? side.error : new AppError("NOT_SEALED")
    const one = await openWith(side.document, await dataKeyOf(session, side.document, "online"))
    opened.push(one)
    return one
  }
  try {
    const ours = await openParent(parentage.ours)
    const theirs = await openParent(parentage.theirs)
    const bases: OpenedAlone[] = []
    for (const base of parentage.bases) bases.push(await openParent(base))
    return await new Repairer(session, broken, ours, theirs, bases, options).repair()
  } finally {
    for (const { dataKey } of opened) dataKey.wipe()
  }
}

class Repairer {
  readonly #session: Session
  readonly #broken: Broken
  readonly #ours: OpenedAlone
  readonly #theirs: OpenedAlone
  readonly #bases: readonly OpenedAlone[]
  readonly #options: RepairOptions

  constructor(
    session: Session,
    broken: Broken,
    ours: OpenedAlone,
    theirs: OpenedAlone,
    bases: readonly OpenedAlone[],
    options: RepairOptions,
  ) {
    this.#session = session
    this.#broken = broken
    this.#ours = ours
    this.#theirs = theirs
    this.#bases = bases
    this.#options = options
  }

  async repair(): Promise<Repair> {
    const { unverified, fault } = this.#broken
    const around = this.#metadataProblem()
    if (around !== null) return refusal([around])
    if (unverified === null || fault !== null) return refusal([fault ?? { path: [], reason: "token" }])
    const text = decodeText(unverified.bytes)
    const texts = this.#texts()
    if (text === null || texts === null) return refusal([{ path: [], reason: "unknown-value" }])
    const { format, scan } = this.#ours.document
    const vouched = vouchFor(text, texts, { format, like: scan.metadata })
    if (vouched.refused.length > 0) return refusal(vouched.refused)
    const foreign = foreignTokens(unverified.leaves, [this.#ours.opened.leaves, this.#theirs.opened.leaves])
    if (foreign.length > 0) return refusal(foreign.map((path) => ({ path, reason: "token" })))
    const older = await this.#goesBack(vouched)
    const strict = this.#options.isStrict ? strictProblems(vouched, older) : []
    if (strict.length > 0) return refusal(strict)
    return {
      result: "repaired",
      bytes: utf8.encode(await this.#sealed(unverified, text, vouched.merge.text!)),
      origins: vouched.origins,
      notes: [
        ...vouched.chosen.map((path) => ({ path, note: "chosen" as const })),
        ...vouched.reordered.map((path) => ({ path, note: "order" as const })),
        ...older.map((path) => ({ path, note: "goes back" as const })),
      ],
      refused: [],
    }
  }

  /** All of them under one data key, and the file's own metadata that of the first parent. */
  #metadataProblem(): Problem | null {
    const { document } = this.#broken
    const { ours, theirs } = { ours: this.#ours, theirs: this.#theirs }
    const problem: Problem = { path: [], reason: "metadata" }
    if ([theirs, ...this.#bases].some(({ dataKey }) => !dataKey.equals(ours.dataKey))) return problem
    if (settled(document.metadata.tree) !== settled(ours.document.metadata.tree)) return problem
    if (document.format.name !== ours.document.format.name) return problem
    if (!hasOwnMetadata(document, [ours.document, theirs.document])) return problem
    const dates = [ours, theirs].map((side) => side.document.metadata.lastModified)
    return dates.includes(document.metadata.lastModified) ? null : problem
  }

  #texts(): PlainTexts | null {
    if (this.#ours.document.format.isWhole === true) return null
    const [ours, theirs] = [this.#ours, this.#theirs].map(({ opened }) => decodeText(opened.bytes))
    const base = this.#baseText()
    return typeof ours === "string" && typeof theirs === "string" && base !== undefined ? { base, ours, theirs } : null
  }

  /** Merges several bases first, as git does. @returns `undefined` where they cannot be merged */
  #baseText(): string | null | undefined {
    const [first, ...others] = this.#bases
    if (first === undefined) return null
    let merged = decodeText(first.opened.bytes)
    for (const other of others) {
      if (merged === null) return undefined
      const before: OpenedVersions = {
        base: null,
        ours: { ...first, opened: { ...first.opened, bytes: utf8.encode(merged) } },
        theirs: other,
      }
      const { bytes } = innerContent(this.#session, before)
      merged = bytes === null ? null : decodeText(bytes)
    }
    return merged ?? undefined
  }

  /** Changed paths whose value is one that the file had before the common ancestor. */
  async #goesBack({ origins, merge }: Vouched): Promise<(readonly (string | number)[])[]> {
    const changed = origins.filter(({ kind }) => kind === "changed")
    if (changed.length === 0) return []
    const now = leafTexts(merge.judge.version(merge.text!))
    const found = new Set<string>()
    for await (const bytes of this.#options.history()) {
      const then = await this.#leavesOf(bytes, merge)
      if (then === null) continue
      for (const { path } of changed) {
        const key = JSON.stringify(path)
        if (then.has(key) && then.get(key) === now.get(key)) found.add(key)
      }
    }
    return changed.map(({ path }) => path).filter((path) => found.has(JSON.stringify(path)))
  }

  async #leavesOf(bytes: Uint8Array, { judge }: Vouched["merge"]): Promise<ReadonlyMap<string, number> | null> {
    try {
      const side = await readSide(bytes, null)
      if (side.kind !== "sealed") return null
      const { cipher, compiled } = this.#ours
      const { bytes: plain } = open(side.document, { cipher, selectors: compiled, requireStructure: false })
      return leafTexts(judge.version(decodeText(plain) ?? ""))
    } catch (error) {
      // Under another data key, or broken: nothing to compare with.
      if (error instanceof AppError) return null
      throw error
    }
  }

  /** The file's own text with another MAC, date, digest and memo. No token changes. */
  async #sealed(unverified: Unverified, text: string, merged: string): Promise<string> {
    const { document } = this.#broken
    const bare = bareText(document)
    // The merge knows how values were spelled; a file without a valid MAC cannot tell.
    for (const plain of [merged, text]) {
      const sealed = await this.#sealOver(unverified, plain)
      if (sealed !== null && bareText(sealed.document) === bare) return sealed.text
    }
    throw new AppError("SELF_CHECK", {}, { subject: "more than the MAC would change" })
  }

  async #sealOver(unverified: Unverified, plain: string): Promise<{ text: string; document: SealedDocument } | null> {
    const { cipher, compiled, document } = this.#ours
    const { metadata, format } = document
    try {
      const file = { document, opened: acceptUnverified(unverified) }
      const options = optionsOver(this.#session, file, {
        cipher,
        compiled,
        structure: metadata.structure !== "",
        layoutMemo: metadata.structure !== "" || metadata.layout !== "",
        comments: "kept",
      })
      const { text, opened } = await sealAs({ bytes: utf8.encode(plain), format: format.name }, options)
      return { text, document: opened.document }
    } catch (error) {
      if (error instanceof AppError) return null
      throw error
    }
  }
}

function refusal(refused: readonly Problem[]): Repair {
  return { result: "refused", bytes: null, origins: [], notes: [], refused }
}

function strictProblems({ chosen, reordered }: Vouched, older: readonly (readonly (string | number)[])[]): Problem[] {
  return [
    ...chosen.map((path): Problem => ({ path, reason: "conflict" })),
    ...reordered.map((path): Problem => ({ path, reason: "order" })),
    ...older.map((path): Problem => ({ path, reason: "replayed" })),
  ]
}

function bareText({ scan }: SealedDocument): string {
  return splice(scan.source, scan.metadata!.detach)
}

/** The metadata without what a repair rebuilds, as text. */
function settled(tree: MetaMap): string {
  return textOf(new Map([...tree].filter(([name]) => !madeAnew.has(name.toLowerCase()))))
}

function textOf(value: MetaValue): string {
  if (value instanceof Map) {
    const entries = [...(value as MetaMap)].map(([key, inner]) => `${JSON.stringify(key)}:${textOf(inner)}`)
    return `{${entries.sort().join(",")}}`
  }
  return Array.isArray(value) ? `[${(value as readonly MetaValue[]).map(textOf).join(",")}]` : JSON.stringify(value)
}

function leafTexts({ documents }: ReturnType<Vouched["merge"]["judge"]["version"]>): Map<string, number> {
  const leaves = new Map<string, number>()
  const visit = (entry: (typeof documents)[number], path: readonly (string | number)[]): void => {
    if (entry.entries.length === 0) leaves.set(JSON.stringify(path), entry.content)
    for (const each of entry.entries) visit(each, [...path, each.item.key ?? each.item.index])
  }
  for (const root of documents) visit(root, [])
  return leaves
}
