import { AppError } from "../../errors/app-error.ts"
import { attributesOf } from "./attributes.ts"
import { type Git, type GitSetting } from "./git.ts"
import { gitVersion } from "./repository.ts"

/** Filters that the configuration knows, by the names that attributes give. */
async function configuredFilters(git: Git): Promise<string[]> {
  const names = await git.records(["config", "-z", "--name-only", "--get-regexp", String.raw`^filter\.`], {
    statuses: [0, 1],
  })
  const filters = names.map((name) => name.slice("filter.".length, Math.max("filter.".length, name.lastIndexOf("."))))
  return [...new Set(filters)]
}

/**
 * Settings by which git takes the files of the work tree as they are. Where it reads their content (to stage it, to
 * compare it) it would run the filters that its configuration names, and attributes, which any branch may bring, choose
 * among them. Line ends are converted all the same.
 *
 * @throws {AppError} `GIT_FAILED` when there is a filter that this git cannot be told to leave out
 */
export async function withoutFilters(git: Git): Promise<GitSetting[]> {
  return settingsAgainst(git, await configuredFilters(git))
}

async function settingsAgainst(git: Git, filters: readonly string[]): Promise<GitSetting[]> {
  const strange = filters.find((filter) => filter.includes("="))
  if (strange !== undefined) {
    const [major, minor] = await gitVersion(git)
    if (major < 2 || (major === 2 && minor < 31))
      throw new AppError(
        "GIT_FAILED",
        {},
        { subject: "config", notes: [`the name of the filter ${strange} has a "="`] },
      )
  }
  return filters.flatMap((filter): GitSetting[] => [
    [`filter.${filter}.clean`, ""],
    [`filter.${filter}.process`, ""],
    [`filter.${filter}.required`, "false"],
  ])
}

/** A file that was staged as it is although attributes and configuration want a filter for it. */
interface Unfiltered {
  readonly path: string
  readonly filter: string
}

/**
 * Puts files of the work tree into the index. No program runs: no filter, no hook.
 *
 * @returns those that a filter would have changed
 */
export async function stageFiles(git: Git, ...paths: readonly string[]): Promise<Unfiltered[]> {
  const filters = await configuredFilters(git)
  const settings = await settingsAgainst(git, filters)
  await git.run(["add", "--", ...paths], { settings: [withoutHooks, ...settings] })
  if (filters.length === 0) return []
  const attributes = await attributesOf(git, ["filter"], paths)
  return paths.flatMap((path) => {
    const filter = attributes.get(path)?.get("filter")
    return filter !== undefined && filters.includes(filter) ? [{ path, filter }] : []
  })
}

/** Takes a file out of the index and the work tree. No program runs. */
export async function removeFile(git: Git, path: string): Promise<void> {
  await git.run(["rm", "--quiet", "--force", "--", path], { settings: [withoutHooks] })
}

// One of them is called whenever the index changes.
const withoutHooks: GitSetting = ["core.hooksPath", "/dev/null"]
