import { rmSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { repository, type Repository, sopsrc } from "./repository.ts"

const words = "this clone does not merge sealed files yet: run `sotto git install`"

async function start(): Promise<Repository> {
  const repo = repository()
  await repo.withProgram()
  repo.withIdentity()
  repo.write(".sopsrc", sopsrc("*.yaml"))
  repo.write("a.yaml", "a: 1\n")
  await repo.sotto("encrypt", "-i", "a.yaml")
  repo.commitAll()
  await repo.sotto("git", "install", "--no-hooks")
  repo.commitAll()
  for (const section of ["merge.sotto", "diff.sotto", "mergetool.sotto"])
    repo.git("config", "--remove-section", section)
  return repo
}

async function told(repo: Repository, ...args: string[]): Promise<boolean> {
  const spawned: string[] = []
  const parts = { isTty: true, spawned: (program: string) => void spawned.push(program) }
  const { stderr, status } = await repo.sottoWith(parts, ...args)
  expect(status).toBe(0)
  expect(spawned).toEqual([])
  return stderr.includes(words)
}

describe("the notice of a clone that is not wired", () => {
  test("comes once a day and clone, and costs no process", async () => {
    const repo = await start()
    expect(await told(repo, "decrypt", "a.yaml")).toBe(true)
    expect(await told(repo, "decrypt", "a.yaml")).toBe(false)
    rmSync(join(repo.machine.home, ".local/state/sotto/notices"), { recursive: true })
    expect(await told(repo, "set", "a.yaml", "a", "2")).toBe(true)
  })

  test.each(["CI", "GIT_DIR", "GIT_INDEX_FILE", "CLAUDECODE"])("not with %s", async (name) => {
    const repo = await start()
    repo.env.set(name, "1")
    expect(await told(repo, "decrypt", "a.yaml")).toBe(false)
  })

  test("not without a terminal, without the block, or where the driver is set, in a further work tree too", async () => {
    const repo = await start()
    expect((await repo.sotto("decrypt", "a.yaml")).stderr).toBe("")
    const other = join(repo.machine.home, "other")
    repo.git("worktree", "add", "--quiet", "--detach", other)
    await repo.sotto("git", "install", "--no-hooks")
    expect(await told(repo, "decrypt", "a.yaml")).toBe(false)
    repo.cwd = other
    expect(await told(repo, "decrypt", "a.yaml")).toBe(false)
    repo.cwd = repo.top
    await repo.sotto("git", "uninstall")
    expect(await told(repo, "decrypt", "a.yaml")).toBe(false)
  })
})
