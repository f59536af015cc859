import { workspaceOf } from "../machine.ts"
import { readSource } from "../open/open-file.ts"
import { type Session } from "../session.ts"
import { type FormatName } from "../../core/format.ts"
import { decodeText, equalBytes } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { loadFormat } from "../../formats/registry.ts"
import { withoutIdentities } from "../../host/child-environment.ts"
import { type Editor, chooseEditor, runEditor } from "../../host/editor.ts"
import { withPrivateDir } from "../../host/private-dir.ts"

/** What the user wants of the editor. */
export interface EditorOptions {
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
  const text = decodeText(edited)
  if (text === null) return new AppError("NOT_UTF8")
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
