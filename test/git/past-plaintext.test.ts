import { existsSync, renameSync } from "node:fs"
import { join } from "node:path"
import { beforeEach, describe, expect, test } from "vitest"
import { call } from "../machine.ts"
import { hostileNames, recipient, repository, type Repository, sopsrc } from "./repository.ts"

let repo: Repository
beforeEach(() => {
  repo = repository()
  repo.write(".sopsrc", sopsrc("**"))
  repo.withIdentity()
  repo.commitAll("config")
})

const plain = "a: canary-7f3a\n"

async function said(...args: string[]): Promise<string> {
  const { status, stderr } = await repo.sotto(...args)
  expect(`${status} ${stderr}`).toMatch(/^0 /)
  return stderr
}

function commitOf(path: string): string {
  return repo.git("log", "-1", "--format=%H", "--", path).slice(0, 10)
}

describe("plaintext in the history of git", () => {
  test("is told when the file is sealed, with the newest commit that has it and what to do", async () => {
    repo.write("f.yaml", "a: old\n")
    repo.commitAll("old")
    repo.write("f.yaml", plain)
    repo.commitAll("in the clear")
    const commit = commitOf("f.yaml")
    repo.write("f.yaml", "a: canary-7f3a-new\n")
    expect(await said("encrypt", "-i", "f.yaml")).toBe(
      `notice: f.yaml: its plaintext is in the history of git (commit ${commit}), where everybody who has the ` +
        "repository can read it: change the values at their source first, then here\n",
    )
  })

  test("stays there when it was sealed meanwhile, or removed and made again", async () => {
    repo.write("f.yaml", plain)
    repo.write("g.yaml", plain)
    repo.commitAll("in the clear")
    const commit = commitOf("f.yaml")
    await said("encrypt", "-i", "f.yaml")
    repo.git("rm", "--quiet", "--cached", "g.yaml")
    repo.commitAll("sealed")
    repo.git("checkout", "--quiet", "HEAD")
    await said("decrypt", "-i", "f.yaml")
    expect(await said("encrypt", "-i", "f.yaml", "g.yaml")).toMatch(
      new RegExp(`^notice: f.yaml: .*${commit}.*\nnotice: g.yaml: .*${commit}.*\n$`),
    )
  })

  test("in every format and for names that git could take for patterns", async () => {
    const names = ["b.json", ".env", "c.ini", "d.bin", "sub/*.yaml", "sub/[x].yaml", ":(top)e.yaml", "-f.yaml"]
    for (const name of names) {
      repo.write(
        name,
        name.endsWith("json")
          ? '{"a": "canary-7f3a"}\n'
          : name.endsWith("ini")
            ? "[s]\na = 1\n"
            : name.endsWith("yaml")
              ? plain
              : "A=1\n",
      )
    }
    repo.commitAll("in the clear")
    const stderr = await said("encrypt", "-i", "--", ...names)
    for (const name of names) expect(stderr).toContain(`notice: ${name}: its plaintext`)
  })

  test("for hostile names", async () => {
    const names = hostileNames.filter((name) => name.endsWith(".yaml"))
    for (const name of names) repo.write(name, plain)
    repo.commitAll("in the clear")
    const stderr = await said("encrypt", "-i", "--", ...names)
    expect(stderr.match(/its plaintext is in the history/g)).toHaveLength(names.length)
  })

  test("from another folder, and where the result goes elsewhere", async () => {
    repo.write("sub/f.yaml", plain)
    repo.commitAll("in the clear")
    repo.cwd = join(repo.top, "sub")
    expect(await said("encrypt", "-o", "sealed.yaml", "f.yaml")).toContain("notice: f.yaml: its plaintext")
    expect(await said("encrypt", "-i", "f.yaml")).toContain("notice: f.yaml: its plaintext")
  })
})

describe("nothing is said", () => {
  test("of a file that git never had, or had sealed alone", async () => {
    repo.write("f.yaml", plain)
    expect(await said("encrypt", "-i", "f.yaml")).toBe("")
    repo.commitAll("sealed")
    await said("decrypt", "-i", "f.yaml")
    expect(await said("encrypt", "-i", "f.yaml")).toBe("")
  })

  test("of an empty file, and of what git keeps elsewhere", async () => {
    repo.write("f.yaml", "\n")
    repo.write("g.yaml", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    repo.commitAll("nothing yet")
    repo.write("f.yaml", plain)
    repo.write("g.yaml", plain)
    expect(await said("encrypt", "-i", "f.yaml", "g.yaml")).toBe("")
  })

  test("before there is a commit, outside of a repository, and for standard input", async () => {
    repo.write("f.yaml", plain)
    repo.commitAll("in the clear")
    const args = ["encrypt", "--filename-override", "f.yaml"]
    expect((await call({ args, cwd: repo.top, env: repo.env, stdin: plain })).stderr).toBe("")
    renameSync(join(repo.top, ".git"), join(repo.machine.temp, "git"))
    expect(await said("encrypt", "-i", "f.yaml")).toBe("")
    repo.git("init", "--quiet")
    repo.write("f.yaml", plain)
    expect(await said("encrypt", "-i", "f.yaml")).toBe("")
  })

  test("as sops, and where git calls us", async () => {
    repo.write("f.yaml", plain)
    repo.write("g.yaml", plain)
    repo.commitAll("in the clear")
    const args = ["encrypt", "-i", "--age", recipient, "f.yaml"]
    const ended = await call({ args, cwd: repo.top, env: new Map(repo.env).set("SOTTO_COMPAT", "sops") })
    expect(`${ended.status} ${ended.stderr}`).toBe("0 ")
    repo.env.set("GIT_INDEX_FILE", join(repo.top, ".git/index"))
    expect(await said("encrypt", "-i", "g.yaml")).toBe("")
  })
})

test("no program of the repository runs, and nothing is fetched", async () => {
  repo.write("f.yaml", plain)
  repo.write(".gitattributes", "*.yaml diff=evil filter=evil\n")
  repo.commitAll("in the clear")
  const program = `touch ${repo.machine.temp}/ran; cat`
  const settings = {
    "diff.evil.textconv": program,
    "diff.evil.command": program,
    "diff.external": program,
    "filter.evil.clean": program,
    "core.fsmonitor": program,
    "core.pager": program,
    "gpg.program": program,
    "log.showSignature": "true",
    "core.sshCommand": program,
  }
  for (const [name, value] of Object.entries(settings)) repo.git("config", name, value)
  expect(await said("encrypt", "-i", "f.yaml")).toContain("its plaintext is in the history")
  expect(existsSync(join(repo.machine.temp, "ran"))).toBe(false)
})
