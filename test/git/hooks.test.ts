import { describe, expect, test } from "vitest"
import { recipient, repository, type Repository, sopsrc, stranger } from "./repository.ts"

async function start(): Promise<Repository> {
  const repo = repository()
  await repo.withProgram()
  repo.withIdentity()
  repo.write(".sopsrc", sopsrc("[ab].yaml"))
  repo.write("a.yaml", "a: 1\nb: 2\n")
  expect((await repo.sotto("encrypt", "-i", "a.yaml")).status).toBe(0)
  repo.git("add", ".")
  expect((await repo.sotto("git", "install")).status).toBe(0)
  repo.commitAll("first")
  return repo
}

describe("the hooks of an installation, run by git", () => {
  test("a commit with plain text is stopped, in at most 20 lines, and a sealed one passes", async () => {
    const repo = await start()
    repo.write("b.yaml", "b: open\n")
    repo.git("add", ".")
    const { status, stderr } = repo.tryGit("commit", "-m", "x")
    expect(status).toBe(1)
    expect(stderr).toContain("b.yaml:1: PLAINTEXT_FILE")
    expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(20)
    expect((await repo.sotto("encrypt", "-i", "b.yaml")).status).toBe(0)
    repo.git("add", ".")
    repo.git("commit", "--quiet", "-m", "sealed")
  })

  test("`git commit -a` is judged by what it commits", async () => {
    const repo = await start()
    repo.write("a.yaml", "a: open\n")
    const { status, stderr } = repo.tryGit("commit", "-a", "-m", "x")
    expect(status).toBe(1)
    expect(stderr).toContain("a.yaml:1: ")
  })

  test.each(["a blob", "a tree", "a commit"])(
    "what is committed counts, not what git replace shows of %s",
    async (what) => {
      const repo = await start()
      const before = repo.git("rev-parse", "HEAD").trim()
      const names = { "a blob": ":b.yaml", "a tree": "HEAD^{tree}", "a commit": "HEAD" }
      const idOf = (): string => repo.git("rev-parse", names[what as keyof typeof names]).trim()
      repo.write("b.yaml", "b: harmless\n")
      expect((await repo.sotto("encrypt", "-i", "b.yaml")).status).toBe(0)
      repo.commitAll("sealed")
      const harmless = idOf()
      repo.git("reset", "--quiet", "--hard", before)
      repo.write("b.yaml", "b: open\n")
      repo.git("add", ".")
      if (what === "a blob") {
        repo.git("replace", idOf(), harmless)
        expect(repo.git("show", ":b.yaml")).toContain("ENC[")
        const { status, stderr } = repo.tryGit("commit", "-m", "x")
        expect({ status, stderr }).toMatchObject({
          status: 1,
          stderr: expect.stringContaining("PLAINTEXT_FILE") as string,
        })
      }
      repo.git("commit", "--quiet", "--no-verify", "-m", "open")
      if (what !== "a blob") repo.git("replace", idOf(), harmless)
      const { stdout } = await repo.sotto("check", "--range", `${before}..HEAD`)
      expect(stdout.toString()).toContain("PLAINTEXT_FILE")
    },
  )

  test("a merge by key passes, and one that brings plain text is stopped", async () => {
    const repo = await start()
    repo.git("checkout", "--quiet", "-b", "topic")
    await repo.sotto("set", "a.yaml", "a", "10")
    repo.commitAll("topic")
    repo.git("checkout", "--quiet", "main")
    await repo.sotto("set", "a.yaml", "b", "20")
    repo.commitAll("main")
    repo.git("merge", "--quiet", "--no-edit", "topic")
    expect((await repo.sotto("get", "a.yaml", "a")).stdout.toString().trim()).toBe("10")
    expect((await repo.sotto("get", "a.yaml", "b")).stdout.toString().trim()).toBe("20")
    repo.git("checkout", "--quiet", "-b", "plain", "HEAD~1")
    repo.write("b.yaml", "b: open\n")
    repo.git("add", ".")
    repo.git("commit", "--quiet", "--no-verify", "-m", "plain")
    repo.git("checkout", "--quiet", "main")
    const { status, stderr } = repo.tryGit("merge", "--no-edit", "plain")
    expect(status).not.toBe(0)
    expect(stderr).toContain("b.yaml:1: PLAINTEXT_FILE")
  })

  test("after a merge it is said which files wait, and nothing fails", async () => {
    const repo = await start()
    repo.git("checkout", "--quiet", "-b", "topic")
    repo.write(
      ".sopsrc",
      `version: 1\nrecipients:\n  tester: ${recipient}\n  carol: ${stranger}\nrules:\n  - path: "[ab].yaml"\n    recipients: [tester, carol]\n`,
    )
    repo.git("add", ".")
    repo.git("commit", "--quiet", "--no-verify", "-m", "carol comes")
    repo.git("checkout", "--quiet", "main")
    repo.write("c.txt", "x\n")
    repo.commitAll("other")
    const { status, stderr } = repo.tryGit("merge", "--no-edit", "--no-verify", "topic")
    expect(status).toBe(0)
    expect(stderr).toContain("recipients do not follow the config in a.yaml: sotto sync")
    repo.write(".sopsrc", "rules: [")
    expect((await repo.sotto("git", "hook", "post-merge", "0")).status).toBe(0)
  })

  test("with a rule for every file, a file that was just sealed merges by key, and one sealed later is named", async () => {
    const repo = repository()
    await repo.withProgram()
    repo.withIdentity()
    repo.write(".sopsrc", sopsrc("*"))
    repo.write("app.yaml", "a: 1\nb: 2\n")
    await repo.sotto("encrypt", "-i", "app.yaml")
    expect((await repo.sotto("git", "install")).status).toBe(0)
    expect(repo.read(".gitattributes").toString()).toContain("/app.yaml diff=sotto merge=sotto -text")
    repo.git("add", ".")
    expect(repo.tryGit("commit", "-m", "first").stderr).not.toContain("merged as text")
    repo.write("later.yaml", "a: 1\n")
    await repo.sotto("encrypt", "-i", "later.yaml")
    repo.git("add", ".")
    const { status, stderr } = repo.tryGit("commit", "-m", "second")
    expect(status).toBe(0)
    expect(stderr).toContain("later.yaml would be merged as text: run `sotto git install` and commit .gitattributes")
  })
})
