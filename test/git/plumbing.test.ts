import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { attributesOf } from "../../src/host/git/attributes.ts"
import { Blobs } from "../../src/host/git/blobs.ts"
import { effective, ofUser, readGitConfig, setConfig, unsetConfig } from "../../src/host/git/config.ts"
import { findGit } from "../../src/host/git/git.ts"
import { diffIndex, diffTrees, diffWorkTree, listIndex, listTree, listUnmerged } from "../../src/host/git/listing.ts"
import {
  findRepository,
  gitPath,
  gitVersion,
  findRevision,
  mergeBases,
  resolveRevision,
} from "../../src/host/git/repository.ts"
import { hostileNames, repository, type Repository, hasOwnSettings } from "./repository.ts"

function gitOf(repo: Repository, cwd = repo.top) {
  return findGit(repo.io(cwd), { fetch: "never" })
}

describe("where a repository is", () => {
  test.each(["", "a", "a/b c\nd"])("from the folder %j", async (folder) => {
    const repo = repository()
    const cwd = join(repo.top, folder)
    mkdirSync(cwd, { recursive: true })
    const found = await findRepository(repo.io(cwd), gitOf(repo, cwd))
    const prefix = folder === "" ? "" : `${folder}/`
    expect(found).toEqual({ top: repo.top, gitDir: `${repo.top}/.git`, commonDir: `${repo.top}/.git`, prefix })
  })

  test("in a further work tree, whose name holds a newline", async () => {
    const repo = repository()
    repo.write("a", "1")
    repo.commitAll()
    const other = join(repo.machine.home, "other\ntree")
    repo.git("worktree", "add", "--quiet", "--detach", other)
    const git = gitOf(repo, other)
    const found = await findRepository(repo.io(other), git)
    expect(found).toMatchObject({ top: other, commonDir: join(repo.top, ".git") })
    expect(found.gitDir.startsWith(join(repo.top, ".git/worktrees/"))).toBe(true)
    expect(await gitPath(git, "hooks")).toBe(join(repo.top, ".git/hooks"))
    expect(await gitPath(git, "MERGE_HEAD")).toBe(join(found.gitDir, "MERGE_HEAD"))
  })

  test("in a bare one, and inside of .git", async () => {
    const bare = repository({ bare: true })
    expect(await findRepository(bare.io(), gitOf(bare))).toMatchObject({ top: null, gitDir: bare.top })
    const repo = repository()
    const inside = join(repo.top, ".git")
    expect(await findRepository(repo.io(inside), gitOf(repo, inside))).toMatchObject({ top: null, gitDir: inside })
  })

  test("from outside, where the environment names it", async () => {
    const repo = repository()
    repo.env.set("GIT_DIR", join(repo.top, ".git")).set("GIT_WORK_TREE", repo.top)
    const cwd = repo.machine.home
    const found = await findRepository(repo.io(cwd), gitOf(repo, cwd))
    expect(found).toMatchObject({ top: repo.top, gitDir: join(repo.top, ".git"), prefix: "" })
  })

  test("outside there is none", async () => {
    const repo = repository()
    const cwd = repo.machine.home
    await expect(findRepository(repo.io(cwd), gitOf(repo, cwd))).rejects.toMatchObject({ code: "NOT_A_REPOSITORY" })
  })

  test("what git proposes can be read", async () => {
    const repo = repository()
    const bin = join(repo.machine.home, "bin")
    mkdirSync(bin)
    const script = "#!/bin/sh\nprintf 'fatal: dubious\\n\\tgit config --add x\\n' >&2\nexit 128\n"
    writeFileSync(join(bin, "git"), script, { mode: 0o755 })
    repo.git("config", "core.worktree", repo.top)
    repo.env.set("PATH", `${bin}:${repo.env.get("PATH")!}`)
    await expect(findRepository(repo.io(), gitOf(repo))).rejects.toMatchObject({
      code: "GIT_FAILED",
      detail: { notes: ["fatal: dubious", "  git config --add x"] },
    })
  })

  test("S6: a git that lies in the repository is not run", async () => {
    const repo = repository()
    repo.write("bin/git", "#!/bin/sh\ntouch ran\n")
    chmodSync(join(repo.top, "bin/git"), 0o755)
    repo.env.set("PATH", `${repo.top}/bin:.:${repo.env.get("PATH")}`)
    expect(await gitVersion(gitOf(repo))).toHaveLength(2)
    expect(() => repo.read("ran")).toThrow()
    repo.env.set("PATH", `${repo.top}/bin`)
    expect(() => gitOf(repo)).toThrow(expect.objectContaining({ code: "PROGRAM_REFUSED" }))
  })
})

describe("names and revisions that look like something else", () => {
  test("every name comes back as it is, with its content", async () => {
    const repo = repository()
    for (const name of hostileNames) repo.write(name, `content of ${name}`)
    const first = repo.commitAll()
    const git = gitOf(repo)
    const sorted = hostileNames.toSorted()
    const index = await listIndex(git)
    expect(index.map(({ path }) => path).toSorted()).toEqual(sorted)
    expect((await listTree(git, first)).map(({ path }) => path).toSorted()).toEqual(sorted)
    for (const name of hostileNames) {
      expect((await listIndex(git, [name])).map(({ path }) => path)).toEqual([name])
      expect((await listTree(git, first, [name])).map(({ path }) => path)).toEqual([name])
    }
    const blobs = new Blobs(git, { bytesMax: 1000 })
    for await (const [file, blob] of blobs.each(index)) {
      expect(Buffer.from(blob!.bytes!).toString()).toBe(`content of ${file.path}`)
    }
    await blobs.close()
    repo.write(".gitattributes", "*.yaml merge=sotto -text\n")
    const attributes = await attributesOf(git, ["merge", "text", "eol"], hostileNames)
    expect([...attributes.keys()]).toEqual(hostileNames)
    for (const own of attributes.values())
      expect([...own]).toEqual([
        ["merge", "sotto"],
        ["text", "unset"],
      ])
    for (const name of hostileNames) repo.write(name, `changed, content of ${name}`)
    expect((await diffWorkTree(git, first)).map(({ after }) => after!.path).toSorted()).toEqual(sorted)
    const second = repo.commitAll()
    const changed = await diffTrees(git, first, second, hostileNames)
    expect(changed.map(({ state, before, after }) => [state, before?.path === after?.path, after?.path])).toEqual(
      expect.arrayContaining(sorted.map((name) => ["changed", true, name])),
    )
  })

  test.each(["--all", "-h", "--help", "HEAD --not", "x\ny", "a\0b", "", "$(id)", "HEAD^{tree}"])(
    "%j is no revision",
    async (text) => {
      const repo = repository()
      repo.write("a", "1")
      repo.commitAll()
      const git = gitOf(repo)
      expect(await findRevision(git, text)).toBeNull()
      const blobs = new Blobs(git, { bytesMax: 1000 })
      repo.git("branch", "after")
      expect([await blobs.commit(text), await blobs.commit("after")]).toEqual([null, await findRevision(git, "after")])
      await blobs.close()
      await expect(resolveRevision(git, text)).rejects.toMatchObject({ code: "REVISION_UNKNOWN" })
    },
  )

  test("a branch that begins with a dash can be named", async () => {
    const repo = repository()
    repo.write("a", "1")
    const id = repo.commitAll()
    repo.git("update-ref", "refs/heads/-x", id)
    expect(await resolveRevision(gitOf(repo), "-x")).toBe(id)
  })
})

describe("what differs", () => {
  test("kinds of changes, renames with both sides", async () => {
    const repo = repository()
    const long = Array.from({ length: 50 }, (_, n) => `line ${n}\n`).join("")
    repo.write("old", long)
    repo.write("gone", "9 was here, and nothing like it comes again")
    repo.write("kept", "1")
    repo.write("touched", "1")
    const first = repo.commitAll()
    repo.git("mv", "old", "new")
    repo.write("kept", "2")
    repo.write("added", "1")
    repo.git("rm", "--quiet", "gone")
    repo.git("add", ".")
    const expected = [
      ["added", undefined, "added"],
      ["removed", "gone", undefined],
      ["changed", "kept", "kept"],
      ["renamed", "old", "new"],
    ]
    const git = gitOf(repo)
    const seen = (list: Awaited<ReturnType<typeof diffIndex>>) =>
      list.map(({ state, before, after }) => [state, before?.path, after?.path])
    const found = seen(await diffIndex(git, first))
    expect(found).toEqual(expect.arrayContaining(expected))
    expect(found).toHaveLength(expected.length)
    const second = repo.commitAll()
    expect(seen(await diffTrees(git, first, second))).toEqual(found)
    repo.write("kept", "3")
    const [change] = await diffWorkTree(git, second)
    expect(change).toMatchObject({ state: "changed", after: { path: "kept", id: null } })
  })

  test("files in conflict have three stages, and branches a base", async () => {
    const repo = repository()
    repo.write("a", "1\n")
    const base = repo.commitAll()
    repo.git("checkout", "--quiet", "-b", "other")
    repo.write("a", "2\n")
    const other = repo.commitAll()
    repo.git("checkout", "--quiet", "main")
    repo.write("a", "3\n")
    const ours = repo.commitAll()
    expect(repo.tryGit("merge", "other").status).toBe(1)
    const git = gitOf(repo)
    expect((await listUnmerged(git)).map(({ stage, path }) => [stage, path])).toEqual([
      [1, "a"],
      [2, "a"],
      [3, "a"],
    ])
    expect(await findRevision(git, "MERGE_HEAD")).toBe(other)
    expect(await mergeBases(git, ours, other)).toEqual([base])
  })
})

describe("objects", () => {
  test("large ones are passed over, missing ones and what is no blob are not there", async () => {
    const repo = repository()
    repo.write("small", "small")
    repo.write("large", Buffer.alloc(300_000, 7))
    repo.write("empty", "")
    const commit = repo.commitAll()
    const git = gitOf(repo)
    const id = (name: string) => repo.git("rev-parse", `HEAD:${name}`).trim()
    const blobs = new Blobs(git, { bytesMax: 1000 })
    const ids = ["small", "large", "empty", "small"].map(id)
    const asked = [...ids, "0".repeat(40), commit, "--batch-all-objects", id("small")]
    const sizes: (readonly [number, number | undefined] | null)[] = []
    for await (const [, blob] of blobs.each(asked.map((each) => ({ id: each })))) {
      sizes.push(blob && [blob.size, blob.bytes?.length])
    }
    expect(sizes).toEqual([[5, 5], [300_000, undefined], [0, 0], [5, 5], null, null, null, [5, 5]])
    await blobs.close()
  })

  test("a partial clone fetches nothing when it may not, and the other objects are read", async () => {
    const repo = repository()
    repo.write("first", "first")
    repo.write("second", "second")
    repo.commitAll()
    repo.git("config", "uploadpack.allowFilter", "true")
    const clone = join(repo.machine.home, "clone")
    repo.git("clone", "--quiet", "--no-checkout", "--filter=blob:none", `file://${repo.top}`, clone)
    const inClone = (...args: string[]) => repo.git("-C", clone, ...args).trim()
    inClone("checkout", "HEAD", "--", "second")
    const ids = ["first", "second"].map((name) => repo.git("rev-parse", `HEAD:${name}`).trim())
    const read = async (fetch: "never" | "allowed") => {
      const blobs = new Blobs(findGit(repo.io(clone), { fetch }), { bytesMax: 1000 })
      const all = await Promise.all(ids.map((id) => blobs.read(id)))
      await blobs.close()
      return all.map((blob) => blob && Buffer.from(blob.bytes!).toString())
    }
    expect(await read("never")).toEqual([null, "second"])
    expect(await read("allowed")).toEqual(["first", "second"])
  })
})

describe("settings", () => {
  test.runIf(hasOwnSettings)("each has its scope, and what a repository says is not the user's word", async () => {
    const repo = repository()
    const global = join(repo.machine.home, "gitconfig")
    writeFileSync(global, "[sotto]\n\tonline = true\n[a]\n\tflag\n")
    repo.env.set("GIT_CONFIG_GLOBAL", global)
    repo.git("config", "Sotto.Other", "x\ny")
    repo.git("config", "sotto.online", "false")
    const entries = await readGitConfig(gitOf(repo))
    expect(effective(entries, "sotto.online")).toBe("false")
    expect(ofUser(entries, "sotto.online")).toBe("true")
    expect(effective(entries, "sotto.other")).toBe("x\ny")
    expect(effective(entries, "a.flag")).toBeNull()
    expect(effective(entries, "a.none")).toBeUndefined()
    expect(ofUser(entries, "sotto.other")).toBeUndefined()
  })

  test("values are written as they are, and go again", async () => {
    const repo = repository()
    const git = gitOf(repo)
    const before = repo.read(".git/config")
    const value = `f() { "$1"; }; f # \\ %A 'x' -- \n`
    await setConfig(git, "local", "diff.sotto.textconv", value)
    await setConfig(git, "local", "diff.sotto.textconv", value)
    expect(repo.git("config", "-z", "--get-all", "diff.sotto.textconv")).toBe(`${value}\0`)
    await unsetConfig(git, "local", "diff.sotto.textconv")
    await unsetConfig(git, "local", "diff.sotto.textconv")
    expect(repo.read(".git/config")).toEqual(before)
  })

  test("a failure says what git said", async () => {
    const repo = repository()
    symlinkSync("/dev/null/x", join(repo.top, ".git/config.lock"))
    await expect(setConfig(gitOf(repo), "local", "a.b", "c")).rejects.toMatchObject({
      code: "GIT_FAILED",
      detail: { notes: [expect.stringContaining("could not lock config file")] },
    })
  })
})
