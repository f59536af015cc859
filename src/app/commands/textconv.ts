import { tokenMark } from "../../core/token.ts"
import { bytesWithoutControls, withoutControls } from "../../errors/display.ts"
import { decodeText } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { factsOf, readOptionalFile } from "../../host/files.ts"
import { redactedView, redactTokens } from "../git/redacted-view.ts"
import { sniffSealed } from "../../formats/registry.ts"
import { type Outcome, type Session } from "../session.ts"
import { isWatched } from "../git/watched.ts"

interface TextconvOptions {
  readonly file: string
  readonly redacted: boolean
}

/** Git shows one version of a file after the other; people do not read larger ones. */
const bytesMax = 64 * 1024 * 1024

/**
 * `textconv`: a sealed file as git shows it in diffs. It never fails, since git would end its output, and it writes,
 * asks, starts and connects to nothing, since git shows files that nobody has looked at yet.
 */
export async function textconv(session: Session, options: TextconvOptions): Promise<Outcome> {
  return { output: await viewOf(session, options) }
}

async function viewOf(session: Session, options: TextconvOptions): Promise<string | Uint8Array> {
  const { io } = session
  try {
    const opened = await readOptionalFile(io, options.file, { bytesMax })
    if (opened === null) return "# sotto: there is no such file\n"
    const text = decodeText(opened.bytes)
    return text === null
      ? bytesWithoutControls(opened.bytes)
      : withoutControls(await viewOfText(session, text, options))
  } catch (error) {
    const isTooLarge = error instanceof AppError && error.code === "TOO_LARGE"
    if (!isTooLarge) return "# sotto: the file cannot be shown\n"
    return `# sotto: too large to show, ${factsOf(io, options.file)?.size ?? "some"} bytes\n`
  }
}

async function viewOfText(session: Session, text: string, { file, redacted }: TextconvOptions): Promise<string> {
  // The editor compares it with the file on the disk, which is sealed: equal tokens then look equal.
  if (session.io.env.get("VSCODE_GIT_COMMAND") === "show") return text
  if (!text.includes(tokenMark)) return text
  if (redacted || isWatched(session.io.env)) return isSealed(text) ? redactedView(text, "redacted") : redactTokens(text)
  const { openedView } = await import("../git/opened-view.ts")
  try {
    return await openedView(session, text, file)
  } catch {
    // Whatever went wrong must not end `git log`, and what was opened so far is not shown.
    return redactedView(text, "not opened: sotto failed")
  }
}

function isSealed(text: string): boolean {
  return sniffSealed(text) !== "binary" || text.trimStart().startsWith("{")
}
