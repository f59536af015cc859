import { missingPath } from "../../../app/machine.ts"
import { type Action } from "../commands.ts"
import { groupLines, askYesOrNo } from "../questions.ts"
import { visible, failure, noFile } from "../messages.ts"
import { commonOptionsOf, onlyFile } from "../options.ts"

export const publishAction: Action = async (session, input) => {
  const { flags, args } = input
  const { io } = session
  const { config, decryptionOrder } = commonOptionsOf(input)
  if (config === undefined) {
    const { requireConfig } = await import("../../../app/commands/update-keys.ts")
    await requireConfig(session, config)
  }
  if (args.length === 0) throw noFile()
  const path = onlyFile(session, args)!
  if (missingPath(session, path) !== null) throw failure("FILE_MISSING", 1, `stat ${path}: no such file or directory`)
  const { isFolder, publish } = await import("../../../app/commands/publish.ts")
  const recursive = flags.isOn("recursive")
  if (isFolder(session, path) && !recursive) {
    return { fatal: "can't operate on a directory without --recursive flag." }
  }
  return publish(session, {
    config,
    decryptionOrder,
    path,
    recursive,
    omitExtensions: flags.isOn("omit-extensions"),
    dialogue: {
      changes: (groups) =>
        io.stdout.write(
          `The following changes will be made to the file's key groups:\n${groupLines(groups, io.stdout.hasColor)}`,
        ),
      confirm: async (source, destination) =>
        flags.isOn("yes") || askYesOrNo(io, `uploading ${visible(source)} to ${visible(destination)} ? (y/n): `),
      canceled: (source) => io.stdout.write(`Publication of ${visible(source)} canceled\n`),
    },
  })
}
