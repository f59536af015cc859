import { type FormatName } from "../../core/format.ts"
import { withExecFile, withPath } from "../../host/exec.ts"
import { workspaceOf } from "../machine.ts"
import { openFile, type OpenedFile, withFile } from "../open/open-file.ts"
import { type IndentOptions } from "../options.ts"
import { outputFormat, printAs } from "../open/print.ts"
import { type Outcome, type Session } from "../session.ts"
import { type ExecOptions, runInShell, switchUser } from "./exec-env.ts"

interface ExecFileOptions extends ExecOptions, IndentOptions {
  readonly outputType: FormatName | undefined
  readonly noFifo: boolean
  readonly filename: string | undefined
}

/** `exec-file`: a shell command with the plain text of one sealed file under a private path, which replaces `{}`. */
export async function execFile(session: Session, options: ExecFileOptions): Promise<Outcome> {
  const file = await openFile(session, { ...options, source: options.file })
  try {
    const bytes = await withFile(file.file, () => content(session, file, options))
    const ofUser = switchUser(session, options)
    const place = {
      filename: options.filename,
      kind: options.noFifo ? "file" : "fifo",
      isInTemp: session.dialect.children.folder === "TMPDIR",
      outside: workspaceOf(session, [options.file]),
    } as const
    return await withExecFile(session.io, bytes, place, (path) =>
      runInShell(session, { ...options, command: withPath(options.command, path) }, ofUser, []),
    )
  } finally {
    file.dataKey.wipe()
  }
}

function content(session: Session, file: OpenedFile, { outputType, indent }: ExecFileOptions): Promise<Uint8Array> {
  return printAs(session, file, outputFormat(session, file, outputType), indent)
}
