import { AppError } from "../../errors/app-error.ts"
import { clearOptions, followLinks, keepEnv, openOptions, selectorOptions, readOptions } from "../option-groups.ts"
import { recipientOptions } from "../recipient-options.ts"
import { command } from "../spec.ts"
import { place } from "../target.ts"

export const editCommand = command({
  details: [
    "Opens the file in a private folder with the editor of SOPS_EDITOR or EDITOR, and seals it again afterwards. " +
      "What you do not change keeps its bytes. If nothing changed, the file is not touched and the status is 200.",
    "If the result cannot be saved, it is kept as an encrypted draft: `sotto edit --resume FILE` continues with " +
      "it. Without --resume, you are asked at a terminal first, since the next edit that is saved replaces the " +
      "draft.",
    "A file that does not exist is created, with the recipients and selectors of its rule.",
  ],
  arguments: { file: { kind: "optional", completes: "file", summary: "the sealed file" } },
  options: {
    resume: { kind: "flag", summary: "continue with the draft of an edit that could not be saved" },
    drafts: { kind: "flag", summary: "list the drafts, by file" },
    dropDraft: { kind: "flag", summary: "remove the draft of the file, unread" },
    showMasterKeys: { kind: "flag", short: "s", summary: "show the metadata in the editor too" },
    ...clearOptions,
    keepEnv,
    followLinks,
    ...readOptions,
    ...openOptions,
    ...recipientOptions,
    ...selectorOptions,
  },
  examples: [
    { line: "sotto edit secrets.yaml", shows: "change values in your editor" },
    {
      line: 'EDITOR="code" sotto edit secrets.yaml',
      shows: "editors that return at once get the flag that makes them wait",
    },
  ],
  async run(session, { args, options }) {
    const { file } = args
    const chosen = [options.drafts && "--drafts", options.dropDraft && "--drop-draft", options.resume && "--resume"]
    const words = chosen.filter((word) => word !== false)
    if (words.length > 1) throw new AppError("OPTIONS_CONFLICT", {}, { subject: words.join(" and ") })
    const { dropDraft, editFile, showDrafts } = await import("../../app/commands/edit.ts")
    if (options.drafts) {
      if (file !== undefined) throw new AppError("OPTIONS_CONFLICT", {}, { subject: "--drafts and a file" })
      return showDrafts(session, options)
    }
    if (file === undefined) throw new AppError("ARGUMENT_MISSING", {}, { subject: "FILE" })
    return options.dropDraft ? dropDraft(session, place(file)) : editFile(session, { ...options, file: place(file) })
  },
})
