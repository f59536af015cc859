import { basename } from "node:path"
import { refuseDamaged } from "../open/damage.ts"
import { type OpenedFile, openFile, withFile } from "../open/open-file.ts"
import { emitOptions, printWhole } from "../open/print.ts"
import { plainFormatByName } from "../open/read-as.ts"
import {
  type ClearOptions,
  type CommonOptions,
  type OrderOptions,
  type ReadOptions,
  type RecipientOptions,
  type SelectorOptions,
} from "../options.ts"
import { sayReading } from "../report/reading.ts"
import { sayDeparture, sayShadowedRules } from "../report/rule-notices.ts"
import { clearNames, saySealed } from "../report/sealed-line.ts"
import { guardClear } from "../seal/clear-guard.ts"
import { type Draftable, keepDraft, openDraft, UnsavedText, editUntilValid } from "../seal/editor-loop.ts"
import { planFor } from "../seal/plan.ts"
import { makeDataKey, sealNew } from "../seal/seal-new.ts"
import { sealOver } from "../seal/seal-over.ts"
import { type Outcome, type Session } from "../session.ts"
import { loadSettings } from "../settings.ts"
import { type FormatName } from "../../core/format.ts"
import { Cipher } from "../../core/gcm.ts"
import { splice } from "../../core/splice.ts"
import { decodeText, equalBytes, utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { shown } from "../../errors/display.ts"
import { loadFormat } from "../../formats/registry.ts"
import { listDrafts, loadDraft, removeDraft } from "../../host/drafts.ts"
import { factsOf } from "../../host/files.ts"
import { writeAtomic } from "../../host/write-atomic.ts"

interface EditOptions
  extends CommonOptions, ReadOptions, RecipientOptions, SelectorOptions, ClearOptions, OrderOptions {
  readonly file: string
  readonly resume: boolean
  readonly showMasterKeys: boolean
  /** As `sops` only. */
  readonly ignoreMac?: boolean | undefined
  /** As `sops` only: there the text of the editor is printed again. */
  readonly indent?: number | undefined
  readonly keepEnv: boolean
  readonly followLinks: boolean
}

/**
 * `edit`: the plain text in an editor, and back. What cannot be saved is kept as an encrypted draft.
 *
 * @throws {AppError} `NOT_CHANGED` (200) when the text came back as it was: the file is not touched then
 */
export async function editFile(session: Session, options: EditOptions): Promise<Outcome> {
  const isThere = factsOf(session.io, options.file) !== null
  return withFile(options.file, () => (isThere ? editExisting(session, options) : editNew(session, options)))
}

async function editExisting(session: Session, options: EditOptions): Promise<Outcome> {
  const file = await openFile(session, { ...options, source: options.file })
  try {
    const plain = await printWhole(session, file, options.indent)
    const shown = options.showMasterKeys ? withBlock(file, plain) : plain
    const start = await startText(session, options, file.original(), shown)
    const draftable: Draftable = {
      file: options.file,
      base: file.original(),
      cipher: file.cipher,
      tree: file.document.metadata.tree,
    }
    await withDraft(session, draftable, async (remember) => {
      const edited = await editUntilValid(session, options, {
        name: basename(options.file),
        start,
        format: file.document.format.name,
      })
      remember(edited)
      if (equalBytes(edited, shown)) throw new AppError("NOT_CHANGED")
      const content = options.showMasterKeys ? withoutBlock(file, edited) : edited
      const sealed = await sealOver(session, file, content, options)
      const { text } = sealed
      await guardClear(session, options.file, sealed.opened, options, file.opened)
      await writeAtomic(session.io, options.file, utf8.encode(text), {
        mode: "kept",
        opened: file.original(),
        followLinks: options.followLinks,
      })
      await saySealed(session, options.file, sealed, file.settings, { before: clearNames(file.opened) })
    })
    return {}
  } finally {
    file.dataKey.wipe()
  }
}

/** The plain text with the metadata in its place, for reading only: changes in it are dropped. */
function withBlock({ document: { format, metadata } }: OpenedFile, plain: Uint8Array): Uint8Array {
  const text = decodeText(plain)
  if (format.isWhole === true || text === null) return plain
  return utf8.encode(splice(text, format.attach(format.scan(text), metadata.tree, null)))
}

function withoutBlock({ document: { format } }: OpenedFile, edited: Uint8Array): Uint8Array {
  const text = decodeText(edited)
  if (format.isWhole === true || text === null) return edited
  return utf8.encode(splice(text, format.scan(text).metadata?.detach ?? []))
}

async function editNew(session: Session, options: EditOptions): Promise<Outcome> {
  const name = options.filenameOverride ?? options.file
  const settings = await loadSettings(session, name, options.config)
  await sayShadowedRules(session, settings.config)
  const format = plainFormatByName(session, name, options.inputType, settings.rule.inputType)
  const isContained = settings.rule.container
  const to: FormatName = isContained ? "binary" : format
  const plan = await planFor(session, settings, options, to)
  // Keys are wrapped before the editor opens: nobody should type what cannot be saved.
  const key = await makeDataKey(session, plan, options.file)
  try {
    const example = utf8.encode((await loadFormat(format)).example)
    const start = await startText(session, options, null, example)
    const draftable: Draftable = { file: options.file, base: null, cipher: new Cipher(key.dataKey), tree: key.keys }
    await withDraft(session, draftable, async (remember) => {
      const edited = await editUntilValid(session, options, { name: basename(options.file), start, format: to })
      remember(edited)
      if (equalBytes(edited, example)) throw new AppError("NOT_CHANGED")
      const file = {
        bytes: edited,
        format: to,
        container: isContained ? format : null,
        indent: (await emitOptions({ settings }, to, undefined)).indent,
        allowClearAlias: options.allowClearAlias,
        allowEmptySelection: options.allowEmptySelection,
      }
      if (session.dialect.sealing.refusesSealed) await refuseDamaged({ bytes: edited, format, isOpaque: isContained })
      await session.audit?.("encrypt", options.file)
      const sealed = await sealNew(session, plan, file, key)
      const { text } = sealed
      await guardClear(session, options.file, sealed.opened, options, null)
      const target = { mode: "kept", opened: null, followLinks: options.followLinks } as const
      await writeAtomic(session.io, options.file, utf8.encode(text), target)
      const isAsked = options.inputType !== undefined
      const isRuled = settings.rule.inputType !== null
      sayReading(session, { name, format, isAsked, isRuled, isContained, bytes: edited })
      await saySealed(session, options.file, sealed, settings)
      await sayDeparture(session, options.file, { plan, opened: sealed.opened }, settings)
    })
    return {}
  } finally {
    key.dataKey.wipe()
  }
}

/** Runs `work`; once that reports the edited text, any failure but "not changed" keeps the text as a draft. */
async function withDraft(
  session: Session,
  draftable: Draftable,
  work: (remember: (edited: Uint8Array) => void) => Promise<void>,
): Promise<void> {
  let edited: Uint8Array | null = null
  const remember = (bytes: Uint8Array): void => {
    edited = bytes
  }
  try {
    await work(remember)
  } catch (error) {
    const text = edited ?? (error instanceof UnsavedText ? error.bytes : null)
    const cause: unknown = error instanceof UnsavedText ? error.cause : error
    if (text === null || (cause instanceof AppError && cause.code === "NOT_CHANGED")) throw cause
    await keepDraft(session, draftable, text)
    throw cause instanceof AppError ? withResumeHint(cause, draftable.file) : cause
  }
  removeDraft(session.io, draftable.file)
}

function withResumeHint(error: AppError, file: string): AppError {
  const notes = [...(error.detail.notes ?? []), "your text is kept as an encrypted draft"]
  return new AppError(error.code, error.where, {
    ...error.detail,
    notes,
    hint: `${error.hint === undefined ? "" : `${error.hint}; `}go on with: sotto edit --resume ${file}`,
  })
}

/**
 * What the editor shows first: with `--resume` the draft, else the file. This edit would replace a waiting draft, so
 * a person at a terminal is asked first.
 */
async function startText(
  session: Session,
  { file, resume }: EditOptions,
  base: Uint8Array | null,
  usual: Uint8Array,
): Promise<Uint8Array> {
  if (!resume && (!session.dialect.editing.offersDrafts || !(await isToResume(session, file, base)))) return usual
  const draft = await loadDraft(session.io, file, base)
  if (draft === null) throw new AppError("DRAFT_MISSING")
  if (!draft.isCurrent)
    session.notice(`${file} changed since the draft was kept: what others changed is not in the text that you see`)
  return openDraft(session, file, draft.sealed)
}

async function isToResume(session: Session, file: string, base: Uint8Array | null): Promise<boolean> {
  const { io } = session
  const waiting = await loadDraft(io, file, base).catch(() => null)
  if (waiting === null) return false
  session.notice(`there is an unsaved draft of ${file}: sotto edit --resume ${file}`)
  await io.stderr.flush()
  const answer = await io.terminal.confirm("Go on with that draft? It is dropped when this edit is saved.", {
    whenEmpty: true,
  })
  return answer === true
}

/** `edit --drafts`: the edits of this user that could not be saved. Nothing is opened. */
export async function showDrafts({ io }: Session, { json }: { readonly json: boolean }): Promise<Outcome> {
  const drafts = (await listDrafts(io)).map(({ target, savedAt }) => ({ file: target, saved: savedAt }))
  if (json) return { output: `${JSON.stringify({ schema: 1, drafts })}\n` }
  return { output: drafts.map(({ file, saved }) => `${saved}  ${shown(file)}\n`).join("") }
}

/** `edit --drop-draft`. @throws {AppError} `DRAFT_MISSING` */
export async function dropDraft({ io }: Session, file: string): Promise<Outcome> {
  // One that cannot be read any more is dropped too: that is the point.
  const draft = await loadDraft(io, file, null).catch((error: unknown) => {
    if (error instanceof AppError && error.code === "DRAFT_INVALID") return "damaged"
    throw error
  })
  if (draft === null)
    throw new AppError("DRAFT_MISSING", { file }, { hint: "sotto edit --drafts lists those that are there" })
  removeDraft(io, file)
  return {}
}
