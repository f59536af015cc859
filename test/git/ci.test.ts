import { spawnSync } from "node:child_process"
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { parse } from "yaml"
import { root } from "../sources.ts"
import { repository, type Repository, sopsrc } from "./repository.ts"

interface Step {
  readonly name: string
  readonly run: string
  readonly if?: string
  readonly env: Readonly<Record<string, string>>
}

/** A repository with a branch `topic` that changes a sealed file, and a `sotto` on PATH; `npm` and `gh` only note what they are told. */
async function start(): Promise<Repository & { readonly notes: () => string }> {
  const repo = repository()
  await repo.withProgram()
  repo.withIdentity()
  repo.write(".sopsrc", sopsrc("[ab].yaml"))
  repo.write("a.yaml", "a: one\n")
  expect((await repo.sotto("encrypt", "-i", "a.yaml")).status).toBe(0)
  repo.commitAll("one")
  repo.git("checkout", "--quiet", "-b", "topic")
  expect((await repo.sotto("set", "--string", "a.yaml", "a", "two")).status).toBe(0)
  repo.commitAll("two")
  repo.env.delete("SOPS_AGE_KEY")
  const notes = join(repo.machine.home, "notes")
  const bin = join(repo.machine.home, "bin")
  writeFileSync(join(bin, "npm"), `#!/bin/sh\necho "npm $*" >> '${notes}'\n`)
  writeFileSync(
    join(bin, "gh"),
    `#!/bin/sh\necho "gh $*" >> '${notes}'\ncase "$*" in *--jq*) cat '${notes}.id' 2>/dev/null ;; esac\nexit 0\n`,
  )
  for (const name of ["npm", "gh"]) chmodSync(join(bin, name), 0o755)
  return Object.assign(repo, { notes: () => (existsSync(notes) ? readFileSync(notes, "utf8") : "") })
}

function shell(repo: Repository, script: string, env: Readonly<Record<string, string>>) {
  const { status, stdout, stderr } = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
    cwd: repo.top,
    env: { ...Object.fromEntries(repo.env), ...env },
    encoding: "utf8",
  })
  return { status, stdout, stderr }
}

const before = (repo: Repository): string => repo.git("rev-parse", "main").trim()
const after = (repo: Repository): string => repo.git("rev-parse", "topic").trim()

describe("the GitHub Action", () => {
  const { runs } = parse(readFileSync(join(root, "action.yml"), "utf8")) as { runs: { steps: readonly Step[] } }
  const step = (name: string): string => runs.steps.find((one) => one.name === name)!.run

  function env(repo: Repository): Record<string, string> {
    return {
      SOTTO_VERSION: "1.2.3",
      RANGE: `${before(repo)}...${after(repo)}`,
      RUNNER_TEMP: repo.machine.temp,
      GITHUB_STEP_SUMMARY: join(repo.machine.temp, "summary"),
      GITHUB_REPOSITORY: "o/r",
      NUMBER: "7",
    }
  }

  test("no text of a pull request stands in a script: it comes by the environment", () => {
    for (const { run } of runs.steps) expect(run).not.toContain("${{")
  })

  test("its steps install, check, show and comment", async () => {
    const repo = await start()
    expect(shell(repo, step("Install"), env(repo)).status).toBe(0)
    expect(repo.notes()).toBe("npm install --global sotto@1.2.3\n")
    expect(shell(repo, step("Check"), env(repo))).toMatchObject({ status: 0, stderr: "" })
    expect(shell(repo, step("Changes"), env(repo)).status).toBe(0)
    const summary = readFileSync(join(repo.machine.temp, "summary"), "utf8")
    expect(summary).toMatch(/^<!-- sotto diff -->\n\n### a.yaml\n[^]*\| \\~ \| a \| changed \| str \| /)
    expect(shell(repo, step("Comment"), env(repo)).status).toBe(0)
    expect(repo.notes()).toContain(
      `gh api --silent --method POST repos/o/r/issues/7/comments -F body=@${repo.machine.temp}/sotto-comment.md\n`,
    )
    writeFileSync(join(repo.machine.home, "notes.id"), "99\n")
    expect(shell(repo, step("Comment"), env(repo)).status).toBe(0)
    expect(repo.notes()).toContain("gh api --silent --method PATCH repos/o/r/issues/comments/99 -F body=@")
  })

  test("outside of a pull request every file is checked, in the first push too", async () => {
    const repo = await start()
    repo.git("checkout", "--quiet", "--orphan", "first")
    repo.write("b.yaml", "b: open\n")
    repo.commitAll("all at once")
    const { status, stdout } = shell(repo, step("Check"), { ...env(repo), RANGE: "" })
    expect(`${status} ${stdout}`).toMatch(/^1 [^]*file=b.yaml,line=1/)
    repo.git("rm", "--quiet", "-f", "b.yaml")
    expect(shell(repo, step("Check"), { ...env(repo), RANGE: "" }).status).toBe(0)
  })

  test("a token that cannot comment fails nothing, and says so", async () => {
    const repo = await start()
    expect(shell(repo, step("Changes"), env(repo)).status).toBe(0)
    for (const only of ["*--jq*", "*POST*", "*PATCH*"]) {
      writeFileSync(
        join(repo.machine.home, "bin", "gh"),
        `#!/bin/sh\ncase "$*" in ${only}) exit 1 ;; *--jq*) ${only === "*PATCH*" ? "echo 99; echo 100" : ":"} ;; esac\n`,
      )
      const { status, stdout } = shell(repo, step("Comment"), env(repo))
      expect(`${status} ${stdout}`).toMatch(/^0 ::warning title=sotto::/)
    }
  })

  test("a comment holds no more than it can, and ends between two lines", async () => {
    const repo = await start()
    const long = `<!-- sotto diff -->\n\n${"| \\~ | ä | changed |\n".repeat(10_000)}`
    writeFileSync(join(repo.machine.temp, "sotto-diff.md"), long)
    expect(shell(repo, step("Comment"), env(repo)).status).toBe(0)
    const body = readFileSync(join(repo.machine.temp, "sotto-comment.md"), "utf8")
    expect(body.length).toBeLessThan(65_000)
    expect(body).toMatch(/^<!-- sotto diff -->\n\n(?:\| \\~ \| ä \| changed \|\n)+\nMore files change: .*\n$/)
  })

  test.runIf(spawnSync("jq", ["--version"]).status === 0)("only a comment of its own is changed", () => {
    const own = /own='(.*)'/.exec(step("Comment"))![1]!
    const comments = [
      { id: 1, user: { login: "mallory" }, body: "<!-- sotto diff -->\nnothing" },
      { id: 2, user: { login: "github-actions[bot]" }, body: "hello" },
      { id: 3, user: { login: "github-actions[bot]" }, body: "<!-- sotto diff -->\n" },
    ]
    const { status, stdout } = spawnSync("jq", [own], {
      input: JSON.stringify(comments),
      env: { ...process.env, AUTHOR: "github-actions[bot]" },
      encoding: "utf8",
    })
    expect({ status, stdout }).toEqual({ status: 0, stdout: "3\n" })
  })

  test("without the program nothing is shown and no comment is written", () => {
    const all = runs.steps.map(({ name, if: condition }) => [name, condition ?? ""] as const)
    const conditions = new Map(all)
    expect(conditions.get("Changes")).toContain("steps.install.outcome == 'success'")
    expect(conditions.get("Comment")).toContain("steps.changes.outcome == 'success'")
  })

  test("plain text fails the check, where it stands", async () => {
    const repo = await start()
    repo.write("b.yaml", "b: open\n")
    repo.commitAll("plain")
    const { status, stdout } = shell(repo, step("Check"), env(repo))
    expect(status).toBe(1)
    expect(stdout).toMatch(/^::error file=b.yaml,line=1,title=PLAINTEXT_FILE::/m)
  })
})

describe("a range that CI could not name", () => {
  test.each(["...", "..", "..HEAD", "...topic"])(
    "%s is refused: HEAD against HEAD would pass with anything",
    async (asked) => {
      const repo = await start()
      const { status, stderr } = await repo.sotto("check", "--range", asked)
      expect(`${status} ${stderr}`).toMatch(/^64 .*names no commit to begin/)
    },
  )

  test.each(["check --range", "diff"])("in a shallow clone `%s` says how to get the history", async (command) => {
    const repo = await start()
    const clone = join(repo.machine.home, "shal low")
    repo.git("clone", "--quiet", "--depth", "1", "--branch", "topic", `file://${repo.top}`, clone)
    const words = (asked: string): string => shell(repo, `cd '${clone}' && sotto ${command} ${asked} 2>&1`, {}).stdout
    expect(words(`${before(repo)}...HEAD`)).toContain("git fetch --unshallow")
    repo.git("-C", clone, "fetch", "--quiet", "--depth", "1", "origin", "main:refs/remotes/origin/main")
    expect(words("origin/main...HEAD")).toContain("git fetch --unshallow")
  })

  test.each(["check --range", "diff"])(
    "`%s` of two without a common ancestor says what compares them",
    async (command) => {
      const repo = await start()
      repo.git("checkout", "--quiet", "--orphan", "apart")
      repo.commitAll("apart")
      expect(shell(repo, `sotto ${command} main...apart 2>&1`, {}).stdout).toContain("`A..B` compares them")
    },
  )
})

describe("the job for GitLab", () => {
  const { sotto } = parse(readFileSync(join(root, "docs/ci/gitlab.yml"), "utf8")) as { sotto: { script: string[] } }

  test("its lines show and check the range", async () => {
    const repo = await start()
    const env = { CI: "true", CI_MERGE_REQUEST_DIFF_BASE_SHA: before(repo), CI_COMMIT_SHA: after(repo) }
    for (const line of sotto.script) expect(shell(repo, line, env)).toMatchObject({ status: 0 })
    expect(repo.read("sotto-diff.md").toString()).toContain("| a | changed |")
    repo.git("rm", "--quiet", "--cached", ".sopsrc")
    repo.write("b.yaml", "b: open\n")
    repo.commitAll("plain")
    expect(shell(repo, sotto.script.at(-1)!, { ...env, CI_COMMIT_SHA: after(repo) }).status).toBe(1)
  })
})

const preCommit = process.env["PRE_COMMIT_BIN"] ?? "pre-commit"
const hasPreCommit = spawnSync(preCommit, ["--version"]).status === 0

describe("pre-commit", () => {
  test("the hook needs no files and runs before both kinds of commits", () => {
    const [hook, all] = parse(readFileSync(join(root, ".pre-commit-hooks.yaml"), "utf8")) as object[]
    expect(all).toMatchObject({ id: "sotto-check-all", entry: "sotto check", stages: ["manual"] })
    expect(hook).toMatchObject({
      id: "sotto-check",
      entry: "sotto check --staged",
      pass_filenames: false,
      always_run: true,
      stages: ["pre-commit", "pre-merge-commit"],
    })
  })

  test.runIf(hasPreCommit)("runs it for a commit, and stops plain text", async () => {
    const repo = await start()
    const hooks = join(repo.machine.home, "hooks repository")
    mkdirSync(hooks)
    copyFileSync(join(root, ".pre-commit-hooks.yaml"), join(hooks, ".pre-commit-hooks.yaml"))
    for (const args of [
      ["init", "--quiet"],
      ["add", "."],
      ["commit", "--quiet", "-m", "x"],
    ]) {
      expect(repo.tryGit("-C", hooks, ...args).status).toBe(0)
    }
    const rev = repo.git("-C", hooks, "rev-parse", "HEAD").trim()
    repo.write(
      ".pre-commit-config.yaml",
      `repos:\n  - repo: ${JSON.stringify(hooks)}\n    rev: ${rev}\n    hooks:\n      - id: sotto-check\n`,
    )
    repo.env.set("PRE_COMMIT_HOME", join(repo.machine.home, "cache"))
    expect(shell(repo, `'${preCommit}' install --hook-type pre-commit --hook-type pre-merge-commit`, {})).toMatchObject(
      { status: 0 },
    )
    repo.git("add", ".")
    const good = repo.tryGit("commit", "-m", "good")
    expect(`${good.status} ${good.stdout}${good.stderr}`).toMatch(/^0 /)
    repo.write("b.yaml", "b: open\n")
    repo.git("add", ".")
    const { status, stderr, stdout } = repo.tryGit("commit", "-m", "bad")
    expect(status).toBe(1)
    expect(stderr + stdout).toContain("b.yaml:1: PLAINTEXT_FILE")
  })
})
