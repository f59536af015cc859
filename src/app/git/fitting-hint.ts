import { basename, dirname } from "node:path"
import { AppError } from "../../errors/app-error.ts"
import { catalog } from "../../errors/catalog.ts"
import { absolute } from "../../host/files.ts"
import { gitTop } from "../../host/surroundings.ts"
import { findGit } from "../../host/git/git.ts"
import { listIndex } from "../../host/git/listing.ts"
import { type Io } from "../../host/io.ts"

/** A command line has its limits. */
const namesMax = 500

/**
 * Hints send people to git for an earlier version of a file. Where git has none, they say instead what helps there.
 *
 * @returns the same errors in their order, some with another hint
 */
export async function withFittingHints(io: Io, errors: readonly AppError[]): Promise<readonly AppError[]> {
  // Whoever called us has a repository and an index of their own.
  if (io.env.has("GIT_DIR") || io.env.has("GIT_INDEX_FILE")) return errors
  const names = new Map<string, Set<string>>()
  for (const error of errors) {
    const file = askedOf(error)
    if (file === null) continue
    const place = absolute(io, file)
    names.set(dirname(place), (names.get(dirname(place)) ?? new Set()).add(basename(place)))
  }
  const unknown = new Set<string>()
  for (const [folder, asked] of names) for (const name of await notInGit(io, folder, asked)) unknown.add(name)
  return errors.map((error) => {
    const file = askedOf(error)
    if (file === null || !unknown.has(absolute(io, file))) return error
    return error.with({ hint: withoutGit(error) })
  })
}

/** The same for the failure of a text that came without the name of a file, of which git knows nothing. */
export function withoutGitHint(error: AppError): AppError {
  return wantsGit(error) ? error.with({ hint: withoutGit(error, "") }) : error
}

/** The file whose earlier version the hint wants. */
function askedOf(error: AppError): string | null {
  const { file } = error.where
  return file === undefined || file === "standard input" || !wantsGit(error) ? null : file
}

function wantsGit(error: AppError): boolean {
  return /\bgit (?:checkout|diff|log)\b/.test(hintOf(error))
}

function hintOf({ code, detail }: AppError): string {
  return detail.hint ?? catalog[code].hint ?? ""
}

/** @param why - begins the hint */
function withoutGit(error: AppError, why = "git does not have this file: "): string {
  if (error.code === "CONFLICT_MARKERS")
    return (
      why +
      "keep one whole side in your editor, and remove the other one and the lines with <<<<<<<, ======= and >>>>>>>"
    )
  if (error.code === "DUPLICATE_KEY") return why + "see in a copy of it which one was added, and take that out"
  // What merged it, or can merge it again, needs its history too.
  const others = hintOf(error)
    .split("; ")
    .filter((clause) => !/\bgit |\bsotto (?:repair|resolve)\b/.test(clause))
  return [`${why}restore it from a copy`, ...others].join("; ")
}

/** Absolute names of those that git does not have. Where git cannot say, none. */
async function notInGit(io: Io, folder: string, names: ReadonlySet<string>): Promise<string[]> {
  const missing = new Set(names)
  try {
    if (gitTop(io, folder) !== null) {
      const git = findGit(io, { cwd: folder, fetch: "never" })
      const all = [...names]
      for (let at = 0; at < all.length; at += namesMax) {
        for (const { path } of await listIndex(git, all.slice(at, at + namesMax))) missing.delete(basename(path))
      }
    }
  } catch (error) {
    if (error instanceof AppError) return []
    throw error
  }
  return [...missing].map((name) => absolute({ cwd: folder }, name))
}
