import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { canary } from "../canary.ts"
import { expectNoCanary, leftovers, mergeRepository, type MergeRepository } from "./merging.ts"
import { gitIsOlderThan } from "./repository.ts"

const file = "secrets/app.yaml"
const secret = (name: string): string => `${canary}-${name}`
const keys = ["one", "two", "three", "four", "five"] as const
type Values = Readonly<Partial<Record<(typeof keys)[number], string>>>
const text = (changed: Values = {}): string => keys.map((key) => `${key}: ${secret(changed[key] ?? key)}\n`).join("\n")

/** `main` has changed `one`, and `topic` the keys that are given, a commit each. */
async function forked(theirs: Values = { three: "theirs" }, ours: Values = { one: "ours" }): Promise<MergeRepository> {
  const own = await mergeRepository()
  await own.seal(file, text())
  own.commitAll("base")
  own.git("checkout", "--quiet", "-b", "topic")
  const values = new Map<string, string>()
  for (const [key, value] of Object.entries(theirs)) {
    values.set(key, value)
    await own.change(file, text(Object.fromEntries(values)))
    own.commitAll(`change ${key}`)
  }
  own.git("checkout", "--quiet", "main")
  await own.change(file, text(ours))
  own.commitAll("ours")
  return own
}

async function expectMerged(own: MergeRepository, values: Values, path = file): Promise<void> {
  expect(await own.open(path)).toBe(text(values))
  expect(leftovers(own)).toEqual([])
  expectNoCanary(own)
}

interface Said {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

/** A program in another folder of the same machine. */
function runIn(own: MergeRepository, cwd: string, program: string, ...args: string[]): Said {
  const env = Object.fromEntries(own.env)
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: "utf8" })
  return { status, out: stdout, err: stderr }
}
const gitIn = (own: MergeRepository, cwd: string, ...args: string[]): Said => runIn(own, cwd, "git", ...args)

const driver = ["-c", "merge.sotto.driver=sotto merge-driver -- %O %A %B %L %P %S %X %Y"]

describe("git calls the driver", () => {
  test("checkout -m carries a change of the work tree to another branch", async () => {
    const own = await forked()
    await own.change(file, text({ one: "ours", five: "mine" }))
    const { status, stderr } = own.tryGit("checkout", "--quiet", "-m", "topic")
    // The newest releases stash the change and apply it again.
    expect({ status, stderr: stderr.replace("Applied autostash.\n", "") }).toEqual({ status: 0, stderr: "" })
    // The change alone moves: what `main` had committed stays there.
    await expectMerged(own, { three: "theirs", five: "mine" })
    expect(own.git("ls-files", "-u")).toBe("")
  })

  test("checkout -m with a conflict leaves the other branch's version, and three stages to resolve", async () => {
    const own = await forked()
    await own.change(file, text({ one: "ours", three: "mine" }))
    const { stderr } = own.tryGit("checkout", "--quiet", "-m", "topic")
    // The newest releases stash the change and apply it again, and show nothing of what is said meanwhile.
    if (!stderr.includes("stash")) expect(stderr).toContain("conflict in three (1): run sotto resolve secrets/app.yaml")
    expect(own.git("ls-files", "-u").trim().split("\n")).toHaveLength(3)
    const { status } = await own.sotto("resolve", "--theirs", file)
    expect(status).toBe(0)
    expectNoCanary(own)
  })

  test("stash pop with a conflict keeps the stash, and resolve takes either side", async () => {
    const own = await forked()
    await own.change(file, text({ one: "mine" }))
    own.git("stash", "push", "--quiet")
    await own.change(file, text({ one: "later" }))
    own.commitAll("later")
    const { status, stderr } = own.tryGit("stash", "pop", "--quiet")
    expect(status).toBe(1)
    expect(stderr).toContain("conflict in one (1)")
    expect(own.git("stash", "list")).not.toBe("")
    expect((await own.sotto("resolve", "--theirs", file)).stderr).toBe("")
    await expectMerged(own, { one: "mine" })
  })

  test("rebase --autosquash melts a fixup, and moves the rest over another branch", async () => {
    const own = await forked({ three: "theirs", four: "4" })
    own.git("checkout", "--quiet", "topic")
    await own.change(file, text({ three: "fixed", four: "4" }))
    own.git("commit", "--quiet", "--all", "--fixup", "HEAD~1")
    own.env.set("GIT_SEQUENCE_EDITOR", "true")
    const { status, stderr } = own.tryGit("rebase", "--quiet", "--interactive", "--autosquash", "main")
    expect({ status, stderr }).toMatchObject({ status: 0 })
    expect(own.git("log", "--format=%s", "main..").trim().split("\n")).toEqual(["change four", "change three"])
    await expectMerged(own, { one: "ours", three: "fixed", four: "4" })
    const between = own.git("show", `HEAD~1:${file}`)
    own.write("secrets/between.yaml", between)
    expect(await own.open("secrets/between.yaml")).toBe(text({ one: "ours", three: "fixed" }))
  })

  test("rebase --interactive in another order", async () => {
    const own = await forked({ three: "theirs", five: "5" })
    own.git("checkout", "--quiet", "topic")
    own.env.set("GIT_SEQUENCE_EDITOR", 'f() { tac "$1" | grep \'^pick\' > "$1.new"; mv "$1.new" "$1"; }; f')
    expect(own.tryGit("rebase", "--quiet", "--interactive", "main")).toMatchObject({ status: 0 })
    expect(own.git("log", "--format=%s", "main..").trim().split("\n")).toEqual(["change three", "change five"])
    await expectMerged(own, { one: "ours", three: "theirs", five: "5" })
  })

  test("cherry-pick of several commits, and their revert", async () => {
    const own = await forked({ two: "a", three: "b", five: "c" })
    own.git("cherry-pick", "main~1..topic")
    await expectMerged(own, { one: "ours", two: "a", three: "b", five: "c" })
    await own.change(file, text({ one: "again", two: "a", three: "b", five: "c" }))
    own.commitAll("again")
    own.git("revert", "--no-edit", "HEAD~3..HEAD~1")
    await expectMerged(own, { one: "again", two: "a" })
  })

  test("a conflict in the middle of a cherry-pick, resolved and continued", async () => {
    const own = await forked({ two: "a", one: "theirs", five: "c" })
    expect(own.tryGit("cherry-pick", "main~1..topic").status).toBe(1)
    expect((await own.sotto("resolve", "--theirs")).status).toBe(0)
    own.git("-c", "core.editor=true", "cherry-pick", "--continue")
    await expectMerged(own, { one: "theirs", two: "a", five: "c" })
  })

  test.each(["ours", "theirs"])("a merge in which %s renamed the file and changed it, too", async (side) => {
    const own = await forked()
    const branch = side === "ours" ? "main" : "topic"
    own.git("checkout", "--quiet", branch)
    own.git("mv", file, "secrets/renamed.yaml")
    await own.change(
      "secrets/renamed.yaml",
      text(side === "ours" ? { one: "ours", five: "x" } : { three: "theirs", five: "x" }),
    )
    own.commitAll("renamed")
    own.git("checkout", "--quiet", "main")
    own.git("merge", "--quiet", "-Xfind-renames=20%", "topic", "-m", "m")
    await expectMerged(own, { one: "ours", three: "theirs", five: "x" }, "secrets/renamed.yaml")
  })

  test("a folder that one side renamed", async () => {
    const own = await forked()
    own.git("checkout", "--quiet", "topic")
    own.write(".gitattributes", "** merge=sotto -text\n")
    own.git("mv", "secrets", "private")
    own.commitAll("moved")
    own.git("checkout", "--quiet", "main")
    own.write(".gitattributes", "** merge=sotto -text\n")
    own.commitAll("attributes")
    own.git("merge", "--quiet", "-Xfind-renames=20%", "topic", "-m", "m")
    await expectMerged(own, { one: "ours", three: "theirs" }, "private/app.yaml")
  })

  test("in a second work tree", async () => {
    const own = await forked()
    const other = join(own.machine.home, "other")
    own.git("worktree", "add", "--quiet", "-b", "third", other, "topic")
    expect(gitIn(own, other, "merge", "--quiet", "main", "-m", "m")).toMatchObject({ status: 0, err: "" })
    own.write(file, readFileSync(join(other, file)))
    await expectMerged(own, { one: "ours", three: "theirs" })
    // A conflict there, resolved there.
    own.git("checkout", "--quiet", "--force", "main")
    await own.change(file, text({ one: "more" }))
    own.commitAll("more")
    own.git("-C", other, "reset", "--quiet", "--hard", "topic")
    own.env.set("EDITOR", `cp ${join(own.machine.temp, "new-text")}`)
    writeFileSync(join(own.machine.temp, "new-text"), text({ three: "theirs", one: "else" }))
    expect(runIn(own, other, "sotto", "edit", file).err).toBe("")
    gitIn(own, other, "commit", "--quiet", "--all", "-m", "else")
    expect(gitIn(own, other, "merge", "main", "-m", "m").err).toContain("conflict in one (1)")
    gitIn(own, other, "add", file)
    expect(runIn(own, other, "sotto", "check", "--staged").out).toContain("MERGE_UNRESOLVED")
    gitIn(own, other, "checkout", "--quiet", "--merge", "--", file)
    expect(runIn(own, other, "sotto", "resolve", "--ours", file).out).toContain("resolved secrets/app.yaml")
    expect(runIn(own, other, "sotto", "check", "--staged")).toMatchObject({ status: 0 })
    expect(gitIn(own, other, "commit", "--quiet", "-m", "m").status).toBe(0)
    expect(runIn(own, other, "sotto", "decrypt", file).out).toBe(text({ three: "theirs", one: "else" }))
  })

  test("in a submodule", async () => {
    const own = await forked()
    const outer = join(own.machine.home, "outer")
    mkdirSync(outer)
    gitIn(own, outer, "init", "--quiet", ".")
    const added = gitIn(own, outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", own.top, "sub")
    expect(added.err).toBe("")
    const sub = join(outer, "sub")
    gitIn(own, sub, "checkout", "--quiet", "main")
    const merged = gitIn(own, sub, ...driver, "merge", "--quiet", "origin/topic", "-m", "m")
    expect(merged).toMatchObject({ status: 0, err: "" })
    own.write(file, readFileSync(join(sub, file)))
    await expectMerged(own, { one: "ours", three: "theirs" })
    expect(readdirSync(sub).filter((name) => name.startsWith(".merge_file"))).toEqual([])
  })

  test.skipIf(gitIsOlderThan(2, 38))("in a bare clone, by merge-tree --write-tree", async () => {
    const own = await forked()
    const bare = join(own.machine.home, "bare.git")
    own.git("clone", "--quiet", "--bare", own.top, bare)
    mkdirSync(join(bare, "info"), { recursive: true })
    writeFileSync(join(bare, "info/attributes"), "secrets/** merge=sotto -text\n")
    const { status, out, err } = gitIn(own, bare, ...driver, "merge-tree", "--write-tree", "main", "topic")
    expect({ status, err }).toEqual({ status: 0, err: "" })
    own.write(file, gitIn(own, bare, "show", `${out.trim()}:${file}`).out)
    await expectMerged(own, { one: "ours", three: "theirs" })
  })

  test("for a file that a sparse checkout leaves out", async () => {
    const own = await forked()
    own.write("docs/readme.md", "x\n")
    own.commitAll("docs")
    own.git("sparse-checkout", "set", "docs")
    expect(readdirSync(own.top)).not.toContain("secrets")
    expect(own.tryGit("merge", "--quiet", "topic", "-m", "m")).toMatchObject({ status: 0, stderr: "" })
    own.git("sparse-checkout", "disable")
    await expectMerged(own, { one: "ours", three: "theirs" })
  })

  test("and where that has left out the config, too: the rule at HEAD counts", async () => {
    const own = await forked()
    own.git("sparse-checkout", "set", "--no-cone", "/secrets/", "/.gitattributes")
    expect(readdirSync(own.top)).not.toContain(".sopsrc")
    expect(own.tryGit("merge", "--quiet", "topic", "-m", "m")).toMatchObject({ status: 0, stderr: "" })
    own.git("sparse-checkout", "disable")
    await expectMerged(own, { one: "ours", three: "theirs" })
  })
})

describe("a partial clone", () => {
  async function partial(): Promise<{ own: MergeRepository; clone: string; remote: string }> {
    const own = await forked()
    const remote = join(own.machine.home, "remote.git")
    own.git("clone", "--quiet", "--bare", own.top, remote)
    gitIn(own, remote, "config", "uploadpack.allowFilter", "true")
    gitIn(own, remote, "config", "uploadpack.allowAnySHA1InWant", "true")
    const clone = join(own.machine.home, "clone")
    own.git("clone", "--quiet", "--filter=blob:none", `file://${remote}`, clone)
    gitIn(own, clone, "config", "merge.sotto.driver", "sotto merge-driver -- %O %A %B %L %P %S %X %Y")
    return { own, clone, remote }
  }

  test("merges: git gets what it needs", async () => {
    const { own, clone } = await partial()
    expect(gitIn(own, clone, "merge", "--quiet", "origin/topic", "-m", "m")).toMatchObject({ status: 0, err: "" })
    own.write(file, readFileSync(join(clone, file)))
    await expectMerged(own, { one: "ours", three: "theirs" })
  })

  test("the driver itself gets nothing: a rule that is not there is none", async () => {
    const { own, clone, remote } = await partial()
    // Theirs has a new data key, so the rule at HEAD is asked for.
    const [base, ours] = [own.git("show", `main~1:${file}`), own.git("show", `main:${file}`)]
    own.git("checkout", "--quiet", "topic")
    await own.sotto("rotate", "-i", file)
    for (const [name, content] of [
      ["base", base],
      ["ours", ours],
      ["theirs", own.read(file)],
    ] as const)
      writeFileSync(join(clone, name), content)
    // The blob of the config is gone, here and there: asking for it would fail loudly, or hang on a network.
    const blob = gitIn(own, clone, "rev-parse", "HEAD:.sopsrc").out.trim()
    const packs = join(clone, ".git/objects")
    rmSync(join(packs, blob.slice(0, 2), blob.slice(2)), { force: true })
    for (const name of readdirSync(join(packs, "pack"))) {
      const isBlobs = gitIn(own, clone, "verify-pack", "-v", join(packs, "pack", name)).out.includes(blob)
      if (isBlobs) rmSync(join(packs, "pack", name), { force: true })
    }
    const used = join(own.machine.home, "used")
    gitIn(own, clone, "config", "remote.origin.uploadpack", `f() { touch ${used}; exec git-upload-pack "$@"; }; f`)
    const { status, err } = runIn(own, clone, "sotto", "merge-driver", "--", "base", "ours", "theirs", "7", file)
    expect(status).toBe(1)
    expect(err).toContain("conflict in the data key")
    expect(readdirSync(own.machine.home)).not.toContain("used")
    expect(readdirSync(remote)).toContain("HEAD")
  })
})

describe("what git does not tell a driver", () => {
  test.skipIf(gitIsOlderThan(2, 33)).each(["ours", "theirs"])("-X %s does not decide a conflict", async (side) => {
    const own = await forked({ one: "theirs", three: "x" })
    const before = own.read(file)
    const { status, stderr } = own.tryGit("merge", "-s", "ort", "-X", side, "topic", "-m", "m")
    expect(status).toBe(1)
    expect(stderr).toContain("conflict in one (1)")
    expect(own.read(file).equals(before)).toBe(true)
    expect((await own.sotto("resolve", `--${side}`)).status).toBe(0)
    await expectMerged(own, { one: side, three: "x" })
  })

  test("an octopus merges by text, so it gives up, and nothing has changed", async () => {
    const own = await forked()
    await own.branch("other", "main~1", () => own.change(file, text({ five: "other" })))
    own.git("checkout", "--quiet", "main")
    const before = own.read(file)
    const { status } = own.tryGit("merge", "--quiet", "topic", "other", "-m", "m")
    expect(status).not.toBe(0)
    own.git("reset", "--quiet", "--hard", "HEAD")
    expect(own.read(file).equals(before)).toBe(true)
    own.git("merge", "--quiet", "topic", "-m", "m")
    own.git("merge", "--quiet", "other", "-m", "m")
    await expectMerged(own, { one: "ours", three: "theirs", five: "other" })
  })

  test("an octopus of branches that change a file each is one", async () => {
    const own = await forked()
    await own.branch("other", "main~1", () => own.seal("secrets/other.yaml", "a: 1\n"))
    own.git("checkout", "--quiet", "main~1", "-B", "clean")
    own.git("merge", "--quiet", "main", "other", "-m", "m")
    await expectMerged(own, { one: "ours" })
  })
})
