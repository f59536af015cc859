import { type Git, gitWhenCalled } from "../../host/git/git.ts"
import { type Repository, findRepository } from "../../host/git/repository.ts"
import { type Session } from "../session.ts"

/** A repository with git at its top: paths that go in and come out are relative to that. */
export interface Work {
  readonly git: Git
  readonly repository: Repository
}

/**
 * The repository that contains the working folder, for a command that the user called.
 *
 * @throws {AppError} `NOT_A_REPOSITORY`, `PROGRAM_MISSING`, `PROGRAM_REFUSED`, `GIT_FAILED`
 */
export async function openRepository(
  { io }: Session,
  { fetch }: { readonly fetch: "allowed" | "never" },
): Promise<Work> {
  const git = gitWhenCalled(io, { fetch })
  const repository = await findRepository(io, git)
  return { git: git.in(repository.top ?? repository.gitDir, fetch), repository }
}
