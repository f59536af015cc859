import { keyContext, workspaceOf } from "../machine.ts"
import { readSource } from "../open/open-file.ts"
import { isWideText, notUtf8 } from "../open/read-text.ts"
import { servicesOf } from "../recipients/key-services.ts"
import { sealAs, sealOptions } from "./seal-new.ts"
import { type Session } from "../session.ts"
import { readSealed } from "../../core/document.ts"
import { type FormatName, type MetaMap } from "../../core/format.ts"
import { Cipher } from "../../core/gcm.ts"
import { isKeyField } from "../../core/metadata-keys.ts"
import { open } from "../../core/open.ts"
import { noSelectors, ruleOf } from "../../core/select.ts"
import { decodeText, equalBytes, utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { loadFormat } from "../../formats/registry.ts"
import { withoutIdentities } from "../../host/child-environment.ts"
import { saveDraft } from "../../host/drafts.ts"
import { type Editor, chooseEditor, runEditor } from "../../host/editor.ts"
import { withPrivateDir } from "../../host/private-dir.ts"
import { kindsInFile } from "../../keys/kinds.ts"
import { unwrapDataKey } from "../../keys/unwrap.ts"

/** What the user wants of the editor. */
interface EditorOptions {
  readonly file: string
  /** The text shows the metadata, for reading only. */
  readonly showMasterKeys: boolean
  readonly keepEnv: boolean
}

interface Text {
  /** Base name of the file, so that the editor knows what it is. */
  readonly name: string
  readonly start: Uint8Array
  readonly format: FormatName
  /** A further reason why a text cannot be saved. */
  readonly refuses?: (text: string) => AppError | null
}

/**
 * Lets the user edit a text until it is valid in its format. The text is in a folder of its own that only the user
 * can read, and is gone afterwards.
 *
 * @returns the edited text, which may be unchanged
 * @throws {UnsavedText} when the user gives up on a text that is not valid
 */
export async function editUntilValid(session: Session, options: EditorOptions, text: Text): Promise<Uint8Array> {
  const { io, dialect } = session
  const { guardsText, onSignal } = dialect.editing
  const editor = chooseEditor(io, { guardsText, outside: workspaceOf(session, [options.file]) })
  if (editor.historyWarning !== null)
    session.notice(`${editor.historyWarning} may keep a copy of the text in its local history`)
  const end = new AbortController()
  // Upstream ends with a status of its own, and leaves the editor alone.
  const release = onSignal === "leave" ? io.signals.take(["SIGINT", "SIGTERM"], () => end.abort()) : () => {}
  try {
    return await withPrivateDir(
      io,
      async (dir) => {
        const path = dir.write(text.name, text.start)
        return loop(session, options, { ...text, path, editor, abandon: end.signal })
      },
      dialect.children.folder === "TMPDIR" ? { base: io.temp } : {},
    )
  } finally {
    release()
  }
}

async function loop(
  session: Session,
  { keepEnv, showMasterKeys }: Omit<EditorOptions, "file">,
  text: Text & { path: string; editor: Editor; abandon: AbortSignal },
): Promise<Uint8Array> {
  const { io, dialect } = session
  const env = dialect.children.inheritIdentities || keepEnv ? io.env : withoutIdentities(io.env)
  const { onSignal, onFault } = dialect.editing
  for (;;) {
    const end = await runEditor(io, text.editor, text.path, { env, signals: onSignal, abandon: text.abandon })
    const { bytes: edited } = await readSource(session, text.path)
    if (end.interruptedBy !== null) throw new UnsavedText(edited, new AppError("EDIT_INTERRUPTED"))
    if (equalBytes(edited, text.start) && text.refuses === undefined) return edited
    const fault = text.refuses?.(decodeText(edited) ?? "") ?? (await faultOf(text.format, edited, showMasterKeys))
    if (fault === null) return edited
    if (onFault === "enter") {
      await askForEnter(session, fault, edited)
      continue
    }
    session.notice(`the text cannot be saved: ${fault.title}${placeOf(fault)}`)
    await io.stderr.flush()
    const again = await io.terminal.confirm("Go back to the editor?", { whenEmpty: true })
    if (again !== true) throw new UnsavedText(edited, fault)
  }
}

function placeOf({ where: { line, column } }: AppError): string {
  if (line === undefined) return ""
  return ` (line ${line}${column === undefined ? "" : `, column ${column}`})`
}

/** Upstream would go on for ever where nobody can press a key. */
async function askForEnter(session: Session, fault: AppError, edited: Uint8Array): Promise<void> {
  const what =
    fault.code === "RESERVED_KEY" || fault.code === "NO_DOCUMENT"
      ? "Tree not valid for encryption."
      : "Could not load tree, probably due to invalid syntax."
  session.log?.({
    level: "error",
    logger: "CMD",
    text: `${what} Press enter to return to the editor, or Ctrl+C to exit.`,
    error: fault,
  })
  if ((await session.io.stdin.readLine()) === null) throw new UnsavedText(edited, fault)
}

async function faultOf(name: FormatName, edited: Uint8Array, mayHoldBlock: boolean): Promise<AppError | null> {
  if (name === "binary") return null
  const text = isWideText(edited) ? null : decodeText(edited)
  if (text === null) return notUtf8(edited)
  try {
    const { metadata } = (await loadFormat(name)).scan(text)
    return metadata === null || mayHoldBlock ? null : new AppError("RESERVED_KEY")
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

/** Carries a text that the user gave up on to where it is kept as a draft. Its message never holds the text. */
export class UnsavedText extends Error {
  override readonly name = "UnsavedText"
  readonly #bytes: Uint8Array
  override readonly cause: AppError

  constructor(bytes: Uint8Array, cause: AppError) {
    super(cause.message)
    this.#bytes = bytes
    this.cause = cause
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }
}

/** What a draft is sealed with: the data key and the recipients of its file. */
export interface Draftable {
  readonly file: string
  /** The file as it was when the work began. */
  readonly base: Uint8Array | null
  readonly cipher: Cipher
  /** The file's metadata. */
  readonly tree: MetaMap
}

const compiled = { ...ruleOf(noSelectors), pattern: null }

/** Keeps an edited text in the user's state folder, sealed whole: it may be anything, and need not be valid. */
export async function keepDraft(
  session: Session,
  { file, base, cipher, tree }: Draftable,
  edited: Uint8Array,
): Promise<void> {
  const keys: MetaMap = new Map([...tree].filter(([name, value]) => isKeyField(name, value, kindsInFile)))
  const options = sealOptions(session, { cipher, keys, selectors: noSelectors, compiled, layoutMemo: false })
  const { text } = await sealAs({ bytes: edited, format: "binary" }, options)
  await saveDraft(session.io, file, { sealed: utf8.encode(text), base })
}

/** @throws {AppError} `DRAFT_INVALID` when it is damaged; `DATA_KEY` when no identity here opens it */
export async function openDraft(session: Session, file: string, sealed: Uint8Array): Promise<Uint8Array> {
  const text = decodeText(sealed)
  if (text === null) throw new AppError("DRAFT_INVALID")
  const document = readSealed(await loadFormat("binary"), text, kindsInFile)
  const { groups, threshold } = document.metadata
  const dataKey = await unwrapDataKey(groups, threshold, {
    context: keyContext(session, [file]),
    services: servicesOf(session),
  })
  try {
    return open(document, { cipher: new Cipher(dataKey), selectors: compiled, requireStructure: true }).bytes
  } catch (error) {
    throw error instanceof AppError ? new AppError("DRAFT_INVALID", error.where, { notes: [error.title] }) : error
  } finally {
    dataKey.wipe()
  }
}
