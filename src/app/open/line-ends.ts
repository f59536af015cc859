import { type FormatName } from "../../core/format.ts"
import { loadFormat } from "../../formats/registry.ts"
import { AppError } from "../../errors/app-error.ts"
import { type Session } from "../session.ts"

interface TextFile {
  readonly text: string
  readonly file: string | null
  readonly format: FormatName
}

/**
 * The text with the line ends that it was certainly sealed with, so that its metadata can be read without a key. As
 * `sops` it stays as it is.
 *
 * @returns with what was said of it, `null` for nothing
 */
export async function withSealedLineEnds(
  session: Session,
  { text, file, format }: TextFile,
): Promise<{ readonly text: string; readonly told: string | null }> {
  if (session.dialect.files.changedLineEnds === "an error") return { text, told: null }
  const other = (await loadFormat(format)).sealedLineEnds?.(text) ?? null
  if (other === null) return { text, told: null }
  const told = whatChanged(text, other)
  session.notice(`${file ?? "standard input"}: ${told}`)
  return { text: other, told }
}

/**
 * Tries again with the line ends that a text may have been sealed with. git changes them with `core.autocrlf`, and so do
 * editors and copies; in some formats they count, since there a value ends where its line does.
 *
 * @param options.told - what was said of it already
 * @param work - what failed with the text as it is; it checks the MAC, so a text that it takes is the one that was
 *   sealed
 * @throws `failure` when no other line ends help
 */
export async function withOtherLineEnds<T>(
  session: Session,
  { text, file, format, told = null }: TextFile & { readonly told?: string | null },
  failure: unknown,
  work: (text: string) => T | Promise<T>,
): Promise<T> {
  if (session.dialect.files.changedLineEnds === "an error" || !(failure instanceof AppError)) throw failure
  for (const other of (await loadFormat(format)).otherLineEnds?.(text) ?? []) {
    if (other === text) continue
    let result: T
    try {
      result = await work(other)
    } catch (error) {
      if (error instanceof AppError) continue
      throw error
    }
    const words = whatChanged(text, other)
    if (words !== told) session.notice(`${file ?? "standard input"}: ${words}`)
    return result
  }
  throw failure
}

const BOM = "\uFEFF"

function whatChanged(text: string, sealed: string): string {
  if (text.startsWith(BOM) && !sealed.startsWith(BOM))
    return "a byte order mark was put in front of it after it was sealed, as some editors do; it is read without"
  if (!text.includes("\n"))
    return "its line ends were changed to single carriage returns after it was sealed; it is read with those that it had"
  const why = "its line ends were changed after it was sealed, as git does with core.autocrlf"
  return `${why}; it is read with those that it had: write its name with -text into .gitattributes`
}
