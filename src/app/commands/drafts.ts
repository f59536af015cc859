import { shown } from "../../errors/display.ts"
import { AppError } from "../../errors/app-error.ts"
import { listDrafts, loadDraft, removeDraft } from "../../host/drafts.ts"
import { type Outcome, type Session } from "../session.ts"

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
