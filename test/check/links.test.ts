import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { type Checked, checkedRepository, config, secretText } from "./checked.ts"

/** Puts a link into the place of whatever is there. */
function link(repo: Checked, path: string, target: string): void {
  rmSync(join(repo.top, path), { recursive: true, force: true })
  mkdirSync(join(repo.top, path, ".."), { recursive: true })
  symlinkSync(target, join(repo.top, path))
}

async function found(repo: Checked, ...args: string[]): Promise<string[]> {
  const { findings } = await repo.check(...args)
  return findings.filter(({ code }) => !code.endsWith("UNUSED")).map(({ code, file }) => `${code} ${file}`)
}

describe("a sealed file whose place was taken", () => {
  async function start(): Promise<Checked> {
    const repo = checkedRepository()
    await repo.seal("secrets/a.yaml", secretText)
    repo.write("elsewhere/a.yaml", repo.read("secrets/a.yaml"))
    repo.write("README.md", "text\n")
    repo.commitAll()
    return repo
  }

  const replaced = ["FILE_REPLACED secrets/a.yaml"]

  test.each(["../elsewhere/a.yaml", "../README.md", "/etc/passwd", "nowhere"])("by a link to %s", async (target) => {
    const repo = await start()
    link(repo, "secrets/a.yaml", target)
    // The copy has the data key of the file that is gone.
    const worktree = (await found(repo)).filter((line) => !line.startsWith("NO_RULE"))
    expect(worktree).toEqual(replaced)
    expect(await found(repo, "--staged")).toEqual([])
    repo.git("add", "--all")
    expect(await found(repo, "--staged")).toEqual(replaced)
    repo.commitAll()
    expect(await found(repo, "--range", "HEAD~1..HEAD")).toEqual(replaced)
    const { findings, status } = await repo.check("--range", "HEAD~1..HEAD")
    expect(status).toBe(1)
    expect(findings.find(({ code }) => code === "FILE_REPLACED")?.message).toMatch(/: it is a link now$/)
  })

  test("by a submodule", async () => {
    const repo = await start()
    const commit = repo.git("rev-parse", "HEAD").trim()
    rmSync(join(repo.top, "secrets/a.yaml"))
    repo.git("update-index", "--cacheinfo", `160000,${commit},secrets/a.yaml`)
    expect(await found(repo, "--staged")).toEqual(replaced)
    repo.git("commit", "--quiet", "-m", "x")
    expect(await found(repo, "--range", "HEAD~1..HEAD")).toEqual(replaced)
  })

  test("where no rule names it, and where git packed what was there", async () => {
    const repo = await start()
    await repo.seal("other.yaml", secretText, "--age", "age19u7j6dvg6w6me8hydt9merssh7auus5qzlamcmvd3vvp4m0tevjqzwqjuu")
    repo.commitAll()
    repo.git("gc", "--quiet")
    link(repo, "other.yaml", "README.md")
    repo.git("add", "--all")
    expect(await found(repo, "--staged")).toEqual(["FILE_REPLACED other.yaml"])
  })

  test("the hook stops it", async () => {
    const repo = await start()
    link(repo, "secrets/a.yaml", "../README.md")
    repo.git("add", "--all")
    const { status, stderr } = await repo.sotto("git", "hook", "pre-commit")
    expect(status).toBe(1)
    expect(stderr).toContain("secrets/a.yaml: FILE_REPLACED")
  })

  test("a plain file may become a link, and a link a sealed file", async () => {
    const repo = await start()
    link(repo, "README.md", "docs.md")
    link(repo, "secrets/b.yaml", "a.yaml")
    repo.git("add", "--all")
    expect(await found(repo, "--staged")).toEqual([])
    repo.commitAll()
    rmSync(join(repo.top, "secrets/b.yaml"))
    await repo.seal("secrets/b.yaml", secretText)
    repo.git("add", "--all")
    expect(await found(repo, "--staged")).toEqual([])
  })
})

describe("a link that a rule names", () => {
  test.each([
    ["a.yaml", []],
    ["../secrets/a.yaml", []],
    ["../shared", []],
    [".", []],
    ["chain.yaml", []],
    ["untracked.yaml", ["LINK_NOT_CHECKED secrets/b.yaml"]],
    ["../../out.yaml", ["LINK_NOT_CHECKED secrets/b.yaml"]],
    ["/etc/passwd", ["LINK_NOT_CHECKED secrets/b.yaml"]],
    ["../share", ["LINK_NOT_CHECKED secrets/b.yaml"]],
  ])("to %s: %j", async (target, expected) => {
    const repo = checkedRepository()
    await repo.seal("secrets/a.yaml", secretText)
    repo.write("shared/x.txt", "x\n")
    link(repo, "secrets/chain.yaml", "a.yaml")
    repo.commitAll()
    repo.write(".gitignore", "untracked.yaml\n")
    repo.write("secrets/untracked.yaml", secretText)
    link(repo, "secrets/b.yaml", target)
    repo.git("add", "--all")
    expect(await found(repo)).toEqual(expected)
    expect(await found(repo, "--staged")).toEqual(expected)
    expect((await repo.check("--staged")).status).toBe(0)
    repo.commitAll()
    expect(await found(repo, "--range", "HEAD~1..HEAD")).toEqual(expected)
  })

  test("and one that none names, or that is named as an example", async () => {
    const repo = checkedRepository()
    link(repo, "other/b.yaml", "/etc/passwd")
    link(repo, "secrets/b.yaml.example", "/etc/passwd")
    repo.git("add", "--all")
    expect(await found(repo)).toEqual([])
  })
})

describe("a config that is a link", () => {
  async function start(target: string): Promise<Checked> {
    const repo = checkedRepository()
    repo.write("conf/rules", repo.read(".sopsrc"))
    link(repo, ".sopsrc", target)
    repo.write("secrets/a.yaml", secretText)
    repo.git("add", "--all")
    return repo
  }

  test.each(["conf/rules", "./conf/../conf/rules", "conf/chain"])("to %s is what it leads to", async (target) => {
    const repo = await start(target)
    link(repo, "conf/chain", "rules")
    repo.git("add", "--all")
    expect(await found(repo, "--staged")).toEqual(["PLAINTEXT_FILE secrets/a.yaml"])
    repo.commitAll()
    repo.write("secrets/b.yaml", secretText)
    repo.commitAll()
    expect(await found(repo, "--range", "HEAD~1..HEAD")).toEqual(["PLAINTEXT_FILE secrets/b.yaml"])
  })

  test.each(["../rules", "/etc/hostname", "conf", "nowhere", ".sopsrc"])("to %s cannot be used", async (target) => {
    const repo = await start(target)
    expect(await found(repo, "--staged")).toContain("CONFIG_INVALID .sopsrc")
  })

  test("leaves nothing to the hook that decides by names", async () => {
    const repo = await start("conf/rules")
    repo.git("rm", "--cached", "--quiet", "secrets/a.yaml")
    repo.write("README.md", "x\n")
    repo.git("add", "README.md")
    repo.env.set("SOTTO_IDLE_KEY", "a".repeat(40))
    expect((await repo.sotto("git", "hook", "pre-commit")).status).toBe(0)
    expect(() => repo.read(`.git/sotto/idle-${"a".repeat(40)}`)).toThrow()
    rmSync(join(repo.top, ".sopsrc"))
    writeFileSync(join(repo.top, ".sopsrc"), config("  - path: secrets/**\n    recipients: tester\n"))
    repo.git("add", ".sopsrc")
    expect((await repo.sotto("git", "hook", "pre-commit")).status).toBe(0)
    expect(repo.read(`.git/sotto/idle-${"a".repeat(40)}`).toString()).toContain("README.md")
  })
})
