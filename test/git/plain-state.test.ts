import { spawnSync } from "node:child_process"
import { readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { Blobs } from "../../src/host/git/blobs.ts"
import { findGit } from "../../src/host/git/git.ts"
import { headChanges } from "../../src/host/git/head-changes.ts"
import { readIndexFile } from "../../src/host/git/index-file.ts"
import { diffIndex, listIndex } from "../../src/host/git/listing.ts"
import { readLoose } from "../../src/host/git/loose-object.ts"
import { plainIndex } from "../../src/host/git/plain-index.ts"
import { plainRepository } from "../../src/host/git/plain-layout.ts"
import { findRepository } from "../../src/host/git/repository.ts"
import { type Random, randomFrom } from "../core/merge/documents.ts"
import { hostileNames, repository, type Repository, sopsrc } from "./repository.ts"

const rounds = process.env["SLOW"] === "1" ? 600 : 40

/** What is read without git, and what git says of the same. */
async function both(repo: Repository) {
  const io = repo.io()
  const git = findGit(io, { fetch: "never" })
  const plain = plainIndex(io, repo.top)
  const changes = plain && (await changesSinceHead(repo, plain))
  const ofGit = await diffIndex(git, "HEAD").catch(() => null)
  return { index: plain?.index.files ?? null, changes, ofGit: { index: await listIndex(git), changes: ofGit } }
}

/** Read from loose objects, and from git where it has packed them. */
async function changesSinceHead(repo: Repository, { gitDir, index }: NonNullable<ReturnType<typeof plainIndex>>) {
  const io = repo.io()
  const looseOf = (id: string) => readLoose(io, join(gitDir, "objects"), id)
  const blobs = new Blobs(findGit(io, { fetch: "never" }), { bytesMax: 1e8, looseOf })
  try {
    return await headChanges(io, gitDir, index, blobs)
  } finally {
    await blobs.close()
  }
}

const byPath = (changes: Awaited<ReturnType<typeof diffIndex>>) =>
  changes.toSorted((a, b) => ((a.after ?? a.before)!.path < (b.after ?? b.before)!.path ? -1 : 1))

const folders = ["", "a/", "a/b/", "a.b/", "a-b/", "c/d/e/", "grüße/", "z/"]

type Step = (repo: Repository, random: Random) => void

const nameOf = (random: Random): string =>
  `${folders[random(folders.length)]!}${["x", "y.yaml", "a", "-q", "ü"][random(5)]!}`

const steps: readonly Step[] = [
  (repo, random) => put(repo, nameOf(random), `content ${random(1000)}\n`),
  (repo, random) => put(repo, nameOf(random), `content ${random(1000)}\n`),
  (repo, random) => put(repo, nameOf(random), ""),
  (repo) => repo.git("add", "--all"),
  (repo) => repo.git("add", "--all"),
  (repo, random) => void repo.tryGit("rm", "-r", "-f", "--quiet", "--", nameOf(random)),
  (repo, random) => void repo.tryGit("rm", "--cached", "--quiet", "--", nameOf(random)),
  (repo, random) => void repo.tryGit("mv", nameOf(random), nameOf(random)),
  (repo, random) => void repo.tryGit("update-index", "--chmod=+x", "--", nameOf(random)),
  (repo, random) => void repo.tryGit("commit", "--quiet", "--all", "-m", `${random(1000)}`),
  (repo, random) => void repo.tryGit("commit", "--quiet", "-m", `${random(1000)}`),
  (repo, random) => void repo.tryGit("checkout", "--quiet", "-f", "-B", `b${random(3)}`),
  (repo) => void repo.tryGit("checkout", "--quiet", "--detach"),
  (repo) => void repo.tryGit("update-index", "--index-version", "4"),
  (repo) => void repo.tryGit("update-index", "--index-version", "2"),
  (repo, random) => {
    rmSync(join(repo.top, "link"), { force: true })
    symlinkSync(`to ${random(10)}`, join(repo.top, "link"))
    repo.git("add", "link")
  },
  (repo, random) => {
    const commit = repo.tryGit("rev-parse", "--verify", "--quiet", "HEAD").stdout.trim()
    if (commit !== "") repo.git("update-index", "--add", "--cacheinfo", `160000,${commit},module${random(2)}`)
  },
]

const rare: readonly Step[] = [
  (repo) => repo.git("pack-refs", "--all"),
  (repo) => repo.git("gc", "--quiet"),
  (repo, random) => void repo.tryGit("add", "--intent-to-add", nameOf(random)),
  (repo) => repo.git("read-tree", "--empty"),
]

function put(repo: Repository, name: string, content: string): void {
  try {
    repo.write(name, content)
  } catch {
    // A folder has that name, or a file that of its folder.
  }
}

test("what is read without git is what git says, in whatever state a repository is", async () => {
  const known = { index: 0, changes: 0, asked: 0 }
  for (let seed = 1; seed <= rounds / 20; seed++) {
    const random = randomFrom(seed * 7919)
    const repo = repository()
    const names: string[] = []
    for (let round = 0; round < 20; round++) {
      for (let count = 1 + random(8); count > 0; count--) {
        const at = random(steps.length)
        names.push(`${at}`)
        steps[at]!(repo, random)
      }
      if (random(12) === 0) rare[random(rare.length)]!(repo, random)
      const { index, changes, ofGit } = await both(repo)
      known.asked++
      if (index !== null) {
        known.index++
        expect({ seed, names, index }).toEqual({ seed, names, index: ofGit.index })
      }
      if (changes !== null) {
        known.changes++
        expect({ seed, names, changes: byPath(changes) }).toEqual({ seed, names, changes: byPath(ofGit.changes!) })
      }
    }
  }
  // Git is asked only for what is rare.
  expect(known.index).toBeGreaterThan(known.asked / 2)
  expect(known.changes).toBeGreaterThan(known.asked / 3)
}, 600_000)

test("names are as git tells them", async () => {
  const repo = repository()
  for (const name of hostileNames) repo.write(name, "x\n")
  repo.commitAll()
  for (const name of hostileNames) repo.write(name, "y\n")
  repo.git("add", "--all")
  const { index, changes, ofGit } = await both(repo)
  expect(index).toEqual(ofGit.index)
  expect(byPath(changes!)).toEqual(byPath(ofGit.changes!))
  expect(changes).toHaveLength(hostileNames.length)
})

interface Departure {
  readonly name: string
  make(repo: Repository): string | void
}

describe("git is asked", () => {
  const departures: readonly Departure[] = [
    { name: "GIT_DIR", make: ({ env, top }) => void env.set("GIT_DIR", join(top, ".git")) },
    { name: "GIT_WORK_TREE", make: ({ env, top }) => void env.set("GIT_WORK_TREE", join(top, "..")) },
    { name: "GIT_CEILING_DIRECTORIES", make: ({ env, top }) => void env.set("GIT_CEILING_DIRECTORIES", top) },
    { name: "core.worktree", make: ({ git }) => void git("config", "core.worktree", "/") },
    { name: "core.bare", make: ({ git }) => void git("config", "core.bare", "true") },
    { name: "an extension", make: ({ git }) => void git("config", "extensions.worktreeConfig", "true") },
    { name: "a later format", make: ({ git }) => void git("config", "core.repositoryformatversion", "1") },
    { name: "a bare one in the folder", make: ({ git }) => (git("init", "--quiet", "--bare", "bare"), "bare") },
    { name: "the inside of .git", make: () => ".git/refs" },
    {
      name: "a further work tree",
      make: (repo) => {
        repo.commitAll()
        repo.git("worktree", "add", "--quiet", "--detach", "other")
        return "other"
      },
    },
    ...["", "x\n", "ref: other/main\n"].map((head) => ({
      name: `a HEAD of which git says that it is none: ${JSON.stringify(head)}`,
      make: (repo: Repository) => {
        repo.git("init", "--quiet", "inner")
        repo.write("inner/.git/HEAD", head)
        return "inner"
      },
    })),
    {
      name: "a link to a folder",
      make: ({ top }) => {
        symlinkSync("a", join(top, "linked"))
        return "linked"
      },
    },
  ]
  test.each(departures)("with $name", ({ make }) => {
    const repo = repository()
    repo.write("a/x", "1\n")
    expect(plainRepository(repo.io(), join(repo.top, "a"))).toEqual({
      top: repo.top,
      gitDir: join(repo.top, ".git"),
      commonDir: join(repo.top, ".git"),
      prefix: "a/",
    })
    const folder = make(repo) ?? "a"
    expect(plainRepository(repo.io(), join(repo.top, folder))).toBeNull()
  })

  test("about what belongs to somebody else", async () => {
    const repo = repository()
    const io = repo.io()
    const found = await findRepository(io, findGit(io, { fetch: "never" }))
    expect(plainRepository(io, repo.top)).toEqual(found)
    const processes = { ...io.processes, uid: (io.processes.uid ?? 0) + 1 }
    expect(plainRepository({ ...io, processes }, repo.top)).toBeNull()
  })

  test.each([
    ["an index in two files", ["update-index", "--split-index"]],
    ["an entry with further flags", ["update-index", "--skip-worktree", "a"]],
    ["a file that is taken for unchanged", ["update-index", "--assume-unchanged", "a"]],
  ])("about %s", async (_, command) => {
    const repo = repository()
    repo.write("a", "1\n")
    repo.commitAll()
    expect((await both(repo)).index).toHaveLength(1)
    repo.git(...command)
    expect((await both(repo)).index).toBeNull()
  })

  test("about objects that stand for others", async () => {
    const repo = repository()
    repo.write("a", "1\n")
    const first = repo.commitAll()
    repo.write("a", "2\n")
    const second = repo.commitAll()
    expect((await both(repo)).changes).toEqual([])
    repo.git("replace", second, first)
    expect((await both(repo)).changes).toBeNull()
    repo.git("pack-refs", "--all")
    expect((await both(repo)).changes).toBeNull()
  })

  test.each([
    ["packed-refs", "x".repeat(5 * 1024 * 1024)],
    ["HEAD", "ref: refs/heads/../../x\n"],
    ["HEAD", "ref: HEAD\n"],
    ["HEAD", "x\n"],
    ["refs/heads/main", "ref: refs/heads/other\n"],
    ["refs/heads/main", `${"0".repeat(40)}\n`],
  ])("about a %s that is not as usual", async (file, content) => {
    const repo = repository()
    repo.write("a", "1\n")
    repo.commitAll()
    const plain = plainIndex(repo.io(), repo.top)!
    expect(await changesSinceHead(repo, plain)).toEqual([])
    repo.write(`.git/${file}`, content)
    expect(await changesSinceHead(repo, plain)).toBeNull()
  })

  test("about a ref that is a link and leads to the name of another", async () => {
    const repo = repository()
    repo.write("a", "1\n")
    repo.commitAll()
    repo.git("branch", "other")
    repo.write("a", "2\n")
    repo.commitAll()
    repo.git("pack-refs", "--all")
    expect((await both(repo)).changes).toEqual([])
    symlinkSync("refs/heads/other", join(repo.top, ".git/refs/heads/main"))
    const { changes, ofGit } = await both(repo)
    expect(ofGit.changes).toHaveLength(1)
    expect(changes).toBeNull()
  })

  test("about a folder of refs where a file should be", async () => {
    const repo = repository()
    repo.write("a", "1\n")
    repo.commitAll()
    const plain = plainIndex(repo.io(), repo.top)!
    rmSync(join(plain.gitDir, "refs/heads/main"))
    repo.write(".git/refs/heads/main/x", "")
    expect(await changesSinceHead(repo, plain)).toBeNull()
  })

  test("about an index that is cut off or changed anywhere", () => {
    const repo = repository()
    for (const name of ["a/x", "a/y", "b"]) repo.write(name, name)
    repo.commitAll()
    const path = join(repo.top, ".git/index")
    const bytes = readFileSync(path)
    const io = repo.io()
    const whole = readIndexFile(io, path)!
    expect([whole.files.length, [...whole.trees.keys()]]).toEqual([3, ["", "a/"]])
    for (let size = 0; size < bytes.length; size++) {
      writeFileSync(path, bytes.subarray(0, size))
      const files = readIndexFile(io, path)?.files
      // An extension may be gone without a trace.
      if (files !== undefined) expect({ size, files }).toEqual({ size, files: whole.files })
    }
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 0xff
      writeFileSync(path, changed)
      const found = readIndexFile(io, path)
      // Never an error, and never more than there is.
      if (found !== null) expect({ at, count: found.files.length }).toEqual({ at, count: 3 })
    }
  })
})

describe("an index that was made to take all memory", () => {
  const signature = (version: number, count: number): Buffer => {
    const bytes = Buffer.from("DIRC".padEnd(12, "\0"), "latin1")
    bytes.writeUInt32BE(version, 4)
    bytes.writeUInt32BE(count, 8)
    return bytes
  }
  const entry = (nameLength: number, rest: string): Buffer => {
    const bytes = Buffer.alloc(62)
    bytes.writeUInt32BE(0o100644, 24)
    bytes.writeUInt16BE(Math.min(nameLength, 0xfff), 60)
    return Buffer.concat([bytes, Buffer.from(rest, "latin1")])
  }
  const extension = (name: string, content: Buffer): Buffer => {
    const size = Buffer.alloc(4)
    size.writeUInt32BE(content.length)
    return Buffer.concat([Buffer.from(name), size, content])
  }
  const tree = (name: string, inner: number): Buffer => Buffer.from(`${name}\u00001 ${inner}\n${"i".repeat(20)}`)
  const many = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at))

  const indexes: readonly (readonly [string, () => Buffer[]])[] = [
    ["names that each grow by a letter", () => [signature(4, 9000), ...many(9000, (at) => entry(at + 1, "\0a\0"))]],
    [
      "many names with one long beginning",
      () => {
        const names = many(40_000, (at) => entry(4000, `\u0006b${String(at).padStart(5, "0")}\0`))
        return [signature(4, 40_001), entry(4000, `\0${"a".repeat(4000)}\0`), ...names]
      },
    ],
    ["folders in folders", () => [signature(2, 0), extension("TREE", Buffer.concat(many(9000, () => tree("a", 1))))]],
    [
      "many folders in a long one",
      () => {
        const inner = many(40_000, (at) => tree(`${at}`, 0))
        const all = [tree("", 1), tree("a".repeat(4000), inner.length), ...inner]
        return [signature(2, 0), extension("TREE", Buffer.concat(all))]
      },
    ],
    ["extensions without end", () => [signature(2, 0), ...many(2000, () => extension("AAAA", Buffer.alloc(0)))]],
  ]
  test.each(indexes)("%s", (_, make) => {
    const repo = repository()
    writeFileSync(join(repo.top, ".git/index"), Buffer.concat([...make(), Buffer.alloc(20)]))
    expect(readIndexFile(repo.io(), join(repo.top, ".git/index"))).toBeNull()
  })

  test("a commit with many folders of one large tree", async () => {
    const repo = repository()
    repo.write("a", "1\n")
    repo.commitAll()
    const blob = repo.git("rev-parse", "HEAD:a").trim()
    const treeOf = (lines: readonly string[]): string => {
      const env = Object.fromEntries(repo.env)
      return spawnSync("git", ["mktree"], {
        cwd: repo.top,
        env,
        input: lines.join("\n"),
        encoding: "utf8",
      }).stdout.trim()
    }
    const leaf = treeOf(many(20_000, (at) => `100644 blob ${blob}\t${String(at).padStart(5, "0")}`))
    const top = treeOf(many(100, (at) => `040000 tree ${leaf}\td${at}`))
    repo.git("rm", "--quiet", "--cached", "a")
    repo.git("reset", "--quiet", "--soft", repo.git("commit-tree", "-m", "x", top).trim())
    expect(await changesSinceHead(repo, plainIndex(repo.io(), repo.top)!)).toBeNull()
  })
})

describe("check --staged without git", () => {
  const secret = "a: canary-7f3a\n"

  async function start(): Promise<Repository> {
    const repo = repository()
    repo.withIdentity()
    repo.write(".sopsrc", sopsrc("secrets/**"))
    repo.write("secrets/a.yaml", secret)
    expect((await repo.sotto("encrypt", "-i", "secrets/a.yaml")).status).toBe(0)
    repo.commitAll()
    return repo
  }

  async function found(repo: Repository): Promise<{ codes: string[]; spawned: number }> {
    let spawned = 0
    const ended = await repo.sottoWith({ spawned: () => void spawned++ }, "check", "--staged", "--format", "json")
    const { findings } = JSON.parse(ended.stdout.toString()) as { findings: { code: string; file: string }[] }
    return { codes: findings.map(({ code, file }) => `${code} ${file}`), spawned }
  }

  test("starts nothing where the work tree holds what was staged", async () => {
    const repo = await start()
    repo.write("secrets/b.yaml", secret)
    repo.git("add", "--all")
    expect(await found(repo)).toEqual({ codes: ["PLAINTEXT_FILE secrets/b.yaml"], spawned: 0 })
    await repo.sotto("encrypt", "-i", "secrets/b.yaml")
    repo.git("add", "--all")
    expect(await found(repo)).toEqual({ codes: [], spawned: 0 })
  })

  test("does without git, and says so where it needs one that is not there", async () => {
    const repo = await start()
    repo.write("secrets/b.yaml", secret)
    repo.git("add", "--all")
    const path = repo.env.get("PATH")!
    repo.env.set("PATH", join(repo.machine.home, "nothing"))
    expect(await found(repo)).toEqual({ codes: ["PLAINTEXT_FILE secrets/b.yaml"], spawned: 0 })
    repo.write("secrets/b.yaml", "other: 1\n")
    expect(await found(repo)).toEqual({ codes: ["PLAINTEXT_FILE secrets/b.yaml"], spawned: 0 })
    repo.env.set("PATH", path)
    repo.git("gc", "--quiet")
    repo.env.set("PATH", join(repo.machine.home, "nothing"))
    const ended = await repo.sotto("check", "--staged")
    expect([ended.status === 0, ended.stderr]).toEqual([false, expect.stringContaining("PROGRAM_MISSING")])
  })

  test("judges what was staged, and not the file that was changed since", async () => {
    const repo = await start()
    repo.write("secrets/b.yaml", secret)
    repo.git("add", "--all")
    await repo.sotto("encrypt", "-i", "secrets/b.yaml")
    expect(await found(repo)).toEqual({ codes: ["PLAINTEXT_FILE secrets/b.yaml"], spawned: 0 })
    repo.git("gc", "--quiet")
    expect(await found(repo)).toEqual({ codes: ["PLAINTEXT_FILE secrets/b.yaml"], spawned: 1 })
    repo.git("add", "--all")
    repo.write("secrets/b.yaml", secret)
    expect((await found(repo)).codes).toEqual([])
    rmSync(join(repo.top, "secrets/b.yaml"))
    expect((await found(repo)).codes).toEqual([])
  })

  test("judges what a conversion made of a file", async () => {
    const repo = await start()
    repo.write(".gitattributes", "*.txt text eol=crlf\n")
    repo.write("key.txt", "-----BEGIN RSA PRIVATE KEY-----\r\n".concat("A".repeat(60), "\r\n"))
    repo.git("add", "--all")
    expect((await found(repo)).codes).toEqual(["PRIVATE_KEY key.txt"])
  })

  test("starts git once where it has packed what was there before", async () => {
    const repo = await start()
    repo.git("gc", "--quiet")
    await repo.sotto("set", "secrets/a.yaml", '["a"]', '"other"')
    repo.git("add", "--all")
    expect(await found(repo)).toEqual({ codes: [], spawned: 1 })
  })

  test("goes by the index that git names", async () => {
    const repo = await start()
    repo.env.set("GIT_INDEX_FILE", join(repo.top, ".git/next"))
    repo.git("read-tree", "HEAD")
    repo.write("secrets/b.yaml", secret)
    repo.git("add", "secrets/b.yaml")
    expect(await found(repo)).toEqual({ codes: ["PLAINTEXT_FILE secrets/b.yaml"], spawned: 0 })
    repo.env.set("GIT_INDEX_FILE", ".git/next")
    expect(await found(repo)).toEqual({ codes: ["PLAINTEXT_FILE secrets/b.yaml"], spawned: 0 })
    repo.env.delete("GIT_INDEX_FILE")
    expect((await found(repo)).codes).toEqual([])
  })
})
