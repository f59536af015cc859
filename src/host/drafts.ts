import { join } from "node:path"
import { AppError } from "../errors/app-error.ts"
import { isMissing } from "./file-system.ts"
import { absolute, readFile, realPlace } from "./files.ts"
import { type Io } from "./io.ts"
import { failedCall } from "./reason.ts"
import { existingStateFolder, readyStateFolder } from "./state-folder.ts"
import { writeAtomic } from "./write-atomic.ts"

/** A text that could not be saved, sealed by the caller. */
interface KeptDraft {
  /** Real path of the file that it belongs to. */
  readonly target: string
  /** The file is still what the draft was made from. */
  readonly isCurrent: boolean
  readonly savedAt: string
  readonly sealed: Uint8Array
}

type DraftsHost = Parameters<typeof writeAtomic>[0] & Pick<Io, "env" | "stdin">

const draftBytesMax = 512 * 1024 * 1024
const part = "drafts"
const suffix = ".draft"
const magic = "sotto draft 1"

/**
 * Keeps a sealed text for a file, instead of an earlier one for the same file (rule S27).
 *
 * @param draft - `base`: the bytes that the file had when the work began; `null` for a new file
 * @returns the path of the draft
 * @throws {AppError} `STATE_FOLDER_UNSAFE`, `FILE_UNWRITABLE`
 */
export async function saveDraft(
  io: DraftsHost,
  file: string,
  { sealed, base }: { readonly sealed: Uint8Array; readonly base: Uint8Array | null },
): Promise<string> {
  const target = draftTarget(io, file)
  const path = draftPath(readyStateFolder(io, part), target)
  const head = JSON.stringify({ target, base: base === null ? null : sha256(base), savedAt: io.now().toISOString() })
  const bytes = Buffer.concat([Buffer.from(`${magic}\n${head}\n`, "utf8"), sealed])
  await writeAtomic(io, path, bytes, { mode: "private" })
  return path
}

/**
 * @param base - the bytes that the file has now; `null` when it does not exist
 * @returns `null` when there is no draft for this file
 * @throws {AppError} `STATE_FOLDER_UNSAFE`, `DRAFT_INVALID`, `FILE_UNREADABLE`
 */
export async function loadDraft(io: DraftsHost, file: string, base: Uint8Array | null): Promise<KeptDraft | null> {
  const folder = existingStateFolder(io, part)
  if (folder === null) return null
  const target = draftTarget(io, file)
  const head = await readDraft(io, draftPath(folder, target))
  if (head === null) return null
  if (head.target !== target) throw new AppError("DRAFT_INVALID", { file })
  return { ...head, isCurrent: head.base === (base === null ? null : sha256(base)) }
}

/** Real paths of the files that have a draft, in the order of the alphabet. Damaged drafts are left out. */
export async function listDrafts(
  io: DraftsHost,
): Promise<readonly { readonly target: string; readonly savedAt: string }[]> {
  const folder = existingStateFolder(io, part)
  if (folder === null) return []
  const found: { readonly target: string; readonly savedAt: string }[] = []
  for (const name of io.fs.list(folder)) {
    if (!name.endsWith(suffix)) continue
    const head = await readDraft(io, join(folder, name)).catch(() => null)
    if (head !== null) found.push({ target: head.target, savedAt: head.savedAt })
  }
  return found.sort((a, b) => (a.target < b.target ? -1 : 1))
}

/** Nothing there is no failure. */
export function removeDraft(io: DraftsHost, file: string): void {
  const folder = existingStateFolder(io, part)
  if (folder === null) return
  const path = draftPath(folder, draftTarget(io, file))
  try {
    io.fs.unlink(path)
  } catch (error) {
    if (!isMissing(error)) throw new AppError("FILE_UNWRITABLE", { file: path }, failedCall(error))
  }
}

/** One draft a file, whatever name the file is called by. A file that is not there yet counts by its folder. */
function draftTarget(io: Pick<Io, "fs" | "cwd">, file: string): string {
  const path = absolute(io, file)
  try {
    return io.fs.realpath(path)
  } catch {
    try {
      return realPlace(io, path)
    } catch {
      return path
    }
  }
}

function draftPath(folder: string, target: string): string {
  return join(folder, `${sha256(Buffer.from(target, "utf8")).slice(0, 32)}${suffix}`)
}

interface Head {
  readonly target: string
  readonly base: string | null
  readonly savedAt: string
  readonly sealed: Uint8Array
}

async function readDraft(io: DraftsHost, path: string): Promise<Head | null> {
  let bytes: Uint8Array
  try {
    bytes = (await readFile(io, path, { bytesMax: draftBytesMax })).bytes
  } catch (error) {
    if (error instanceof AppError && error.code === "FILE_MISSING") return null
    throw error
  }
  const first = bytes.indexOf(0x0a)
  const second = first === -1 ? -1 : bytes.indexOf(0x0a, first + 1)
  const text = (start: number, end: number): string => Buffer.from(bytes.subarray(start, end)).toString("utf8")
  const fields = second !== -1 && text(0, first) === magic ? parseFields(text(first + 1, second)) : null
  if (fields === null) throw new AppError("DRAFT_INVALID", { file: path })
  return { ...fields, sealed: bytes.subarray(second + 1) }
}

function parseFields(json: string): Omit<Head, "sealed"> | null {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return null
  }
  if (typeof value !== "object" || value === null) return null
  const { target, base, savedAt } = value as Record<string, unknown>
  if (typeof target !== "string" || typeof savedAt !== "string") return null
  return base === null || typeof base === "string" ? { target, base, savedAt } : null
}

function sha256(bytes: Uint8Array): string {
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(bytes).digest("hex")
}
