import { AppError } from "../../errors/app-error.ts"
import { type Git } from "./git.ts"

/**
 * Options by which git takes the files of the work tree as they are. Where it reads their content (to stage it, to
 * compare it) it would run the filters that its configuration names, and attributes, which any branch may bring, choose
 * among them. Line ends are converted all the same.
 *
 * @throws {AppError} `GIT_FAILED` when there is a filter that no option can switch off
 */
export async function withoutFilters(git: Git): Promise<string[]> {
  const names = await git.records(["config", "-z", "--name-only", "--get-regexp", String.raw`^filter\.`], {
    statuses: [0, 1],
  })
  const filters = new Set(names.map((name) => name.slice(0, name.lastIndexOf("."))))
  return [...filters].flatMap((filter) => {
    // git takes what is in front of the first one for the name.
    if (filter.includes("="))
      throw new AppError("GIT_FAILED", {}, { subject: "config", notes: [`${filter} has a "="`] })
    return ["-c", `${filter}.clean=`, "-c", `${filter}.process=`, "-c", `${filter}.required=false`]
  })
}

/** Puts files of the work tree into the index. No program runs: no filter, no hook. */
export async function stageFiles(git: Git, ...paths: readonly string[]): Promise<void> {
  await git.run(["-c", "core.hooksPath=/dev/null", ...(await withoutFilters(git)), "add", "--", ...paths])
}
