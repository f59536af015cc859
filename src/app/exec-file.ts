import { buildTrees } from "../core/build-tree.ts"
import { utf8 } from "../core/text.ts"
import { loadFormat } from "../formats/registry.ts"
import { withExecFile, withPath } from "../host/exec.ts"
import { emitOptions } from "./print.ts"
import { workspaceOf } from "./machine.ts"
import { openFile, type OpenedFile, withFile } from "./open-file.ts"
import { type ExecFileOptions } from "./options.ts"
import { type Outcome, type Session } from "./session.ts"
import { runInShell, switchUser } from "./shell-child.ts"

/** `exec-file`: a shell command with the plain text of one sealed file under a private path, for which `{}` stands. */
export async function execFile(session: Session, options: ExecFileOptions): Promise<Outcome> {
  const file = await openFile(session, { ...options, source: options.file })
  try {
    const bytes = await withFile(file.file, () => content(file, options))
    const ofUser = switchUser(session, options)
    const place = {
      filename: options.filename,
      kind: options.noFifo ? "file" : "fifo",
      asSops: session.asSops,
      outside: workspaceOf(session, [options.file]),
    } as const
    return await withExecFile(session.io, bytes, place, (path) =>
      runInShell(session, { ...options, command: withPath(options.command, path) }, ofUser, []),
    )
  } finally {
    file.dataKey.wipe()
  }
}

async function content(file: OpenedFile, { outputType, indent }: ExecFileOptions): Promise<Uint8Array> {
  const { document, opened } = file
  if (outputType === undefined || outputType === document.format.name) return opened.bytes
  const format = await loadFormat(outputType)
  return utf8.encode(
    format.emit(buildTrees(opened.leaves, document.scan.documents), emitOptions(file, outputType, indent)),
  )
}
