import { describe, expect, test } from "vitest"
import { canary } from "../canary.ts"
import { config, expectNoCanary, leftovers, mergeRepository, type MergeRepository } from "./merging.ts"
import { gitIsOlderThan } from "./repository.ts"
import { stockSops as sops } from "../stock-sops.ts"

const file = "secrets/app.yaml"
const secret = (name: string): string => `${canary}-${name}`
const text = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([key, value]) => `# about ${key}\n${key}: ${value}\n`)
    .join("\n")

const base = { one: secret("one"), two: secret("two"), three: secret("three") }
const byOurs = { ...base, one: secret("one-ours"), ours: secret("added") }
const byTheirs = { ...base, three: secret("three-theirs") }
const merged = { ...base, one: secret("one-ours"), three: secret("three-theirs"), ours: secret("added") }

/** `main` and `topic` have changed one file each in its way. */
async function forked(ours = byOurs, theirs: Readonly<Record<string, string>> = byTheirs): Promise<MergeRepository> {
  const own = await mergeRepository()
  await own.seal(file, text(base))
  own.commitAll("base")
  await own.branch("topic", "main", () => own.change(file, text(theirs)))
  own.git("checkout", "--quiet", "main")
  await own.change(file, text(ours))
  own.commitAll("ours")
  return own
}

const tokens = (bytes: Buffer | string): string[] => bytes.toString().match(/ENC\[[^\]]*\]/g) ?? []

describe("git calls the driver", () => {
  const ways: readonly (readonly [name: string, work: (own: MergeRepository) => void | Promise<void>])[] = [
    ["merge", (own) => void own.git("merge", "--quiet", "topic", "-m", "m")],
    ["rebase", (own) => void own.git("rebase", "--quiet", "topic")],
    ["cherry-pick", (own) => void own.git("cherry-pick", "topic")],
    [
      "stash pop",
      async (own) => {
        own.git("reset", "--quiet", "--hard", "HEAD~1")
        await own.change(file, text(byTheirs))
        own.git("stash", "push", "--quiet")
        await own.change(file, text(byOurs))
        own.commitAll("ours")
        own.git("stash", "pop", "--quiet")
      },
    ],
    [
      "a merge of a file that one side renamed",
      (own) => {
        own.git("mv", file, "secrets/renamed.yaml")
        own.git("commit", "--quiet", "-m", "renamed")
        own.git("merge", "--quiet", "topic", "-m", "m")
        own.git("mv", "secrets/renamed.yaml", file)
      },
    ],
  ]
  test.each(ways)("%s", async (_, work) => {
    const own = await forked()
    await work(own)
    expect(await own.open(file)).toBe(text(merged))
    expectNoCanary(own)
    expect(leftovers(own)).toEqual([])
  })

  test("revert", async () => {
    const own = await forked()
    own.git("merge", "--quiet", "topic", "-m", "m")
    own.git("revert", "--no-edit", "topic")
    expect(await own.open(file)).toBe(text({ ...merged, three: base.three }))
    expectNoCanary(own)
  })

  test.skipIf(gitIsOlderThan(2, 38))("merge-tree --write-tree", async () => {
    const own = await forked()
    const tree = own.git("merge-tree", "--write-tree", "main", "topic").trim()
    own.write(file, own.git("show", `${tree}:${file}`))
    expect(await own.open(file)).toBe(text(merged))
    expectNoCanary(own)
  })

  test("a criss-cross merge, whose bases are merged first", async () => {
    const own = await forked()
    own.git("branch", "a", "main")
    own.git("branch", "b", "topic")
    own.git("checkout", "--quiet", "a")
    own.git("merge", "--quiet", "topic", "-m", "a")
    own.git("checkout", "--quiet", "b")
    own.git("merge", "--quiet", "main", "-m", "b")
    await own.change(file, text({ ...merged, two: secret("two-b") }))
    own.commitAll("b")
    own.git("checkout", "--quiet", "a")
    await own.change(file, text({ ...merged, one: secret("one-a") }))
    own.commitAll("a")
    const { status, stderr } = own.tryGit("merge", "b", "-m", "m")
    expect(stderr).toBe("")
    expect(status).toBe(0)
    expect(await own.open(file)).toBe(text({ ...merged, one: secret("one-a"), two: secret("two-b") }))
  })

  test("a criss-cross merge whose bases conflict: only what was decided is open again", async () => {
    const own = await forked({ ...byOurs, two: secret("two-ours") }, { ...byTheirs, two: secret("two-theirs") })
    const settle = async (branch: string, other: string, two: string): Promise<void> => {
      own.git("checkout", "--quiet", "-B", branch, branch === "a" ? "main" : "topic")
      own.tryGit("merge", other, "-m", branch)
      await own.change(file, text({ ...merged, two }))
      own.commitAll(branch)
    }
    own.git("branch", "main-before", "main")
    await settle("a", "topic", secret("two-ours"))
    await settle("b", "main-before", secret("two-theirs"))
    const { status, stderr } = own.tryGit("merge", "a", "-m", "m")
    expect(stderr).toContain("conflict in two (1): run sotto resolve secrets/app.yaml")
    expect(stderr.trim().split("\n")).toHaveLength(1)
    expect(status).toBe(1)
  })
})

describe("what is in the result", () => {
  test("tokens of ours and theirs stay byte for byte", async () => {
    const own = await forked()
    const [ours, theirs] = [own.read(file), own.git("show", `topic:${file}`)].map(tokens) as [string[], string[]]
    own.git("merge", "--quiet", "topic", "-m", "m")
    const result = tokens(own.read(file))
    const fresh = result.filter((token) => !ours.includes(token) && !theirs.includes(token))
    // The MAC and the digest of the structure.
    expect(fresh.length).toBeLessThanOrEqual(2)
    const taken = result.filter((token) => !ours.includes(token) && theirs.includes(token))
    expect(taken).toHaveLength(1)
  })

  test("a merge that gives ours gives its bytes, MAC and date", async () => {
    const own = await forked({ ...byOurs, three: secret("three-theirs") })
    const before = own.read(file)
    own.git("merge", "--quiet", "topic", "-m", "m")
    expect(own.read(file).equals(before)).toBe(true)
  })

  test("what was merged is said when it is asked for, and else nothing", async () => {
    const own = await forked()
    own.env.set("SOTTO_MERGE_VERBOSE", "1")
    expect(own.tryGit("merge", "--quiet", "topic", "-m", "m").stderr).toBe(
      "sotto: secrets/app.yaml: merged, 1 value from theirs\n",
    )
    own.env.delete("SOTTO_MERGE_VERBOSE")
    own.git("reset", "--quiet", "--hard", "HEAD~1")
    expect(own.tryGit("merge", "--quiet", "topic", "-m", "m").stderr).toBe("")
  })

  test("a comment that can be read stays readable, and one that is sealed stays sealed", async () => {
    const own = await mergeRepository()
    own.write(".sopsrc", `${config("a")}    comments: marked\n`)
    own.commitAll("config")
    const commented = (one: string, two: string, more = ""): string =>
      `## read me\n# not me\none: ${one}\n# nor me\ntwo: ${two}\n${more}`
    await own.seal(file, commented("1", "2"))
    own.commitAll("base")
    await own.branch("topic", "main", () => own.change(file, commented("1", secret("x"), "## me too\nthree: 3\n")))
    own.git("checkout", "--quiet", "main")
    await own.change(file, commented(secret("y"), "2"))
    own.commitAll("ours")
    own.git("merge", "--quiet", "topic", "-m", "m")
    const result = own.read(file).toString()
    expect(result.match(/^## .*$/gm)).toEqual(["## read me", "## me too"])
    expect(result.match(/^#ENC\[/gm)).toHaveLength(2)
    expect(await own.open(file)).toBe(commented(secret("y"), secret("x"), "## me too\nthree: 3\n"))
  })

  test("stock sops opens it", async () => {
    if (sops === undefined) return
    const own = await forked()
    own.git("merge", "--quiet", "topic", "-m", "m")
    const { spawnSync } = await import("node:child_process")
    const { status, stdout } = spawnSync(sops, ["decrypt", file], {
      cwd: own.top,
      env: Object.fromEntries(own.env),
      encoding: "utf8",
    })
    expect(status).toBe(0)
    expect(stdout).toContain(`three: ${secret("three-theirs")}`)
  })
})

describe("a conflict", () => {
  test("leaves ours in the work tree and all three versions in the index", async () => {
    const own = await forked({ ...byOurs, three: secret("three-ours") })
    const before = own.read(file)
    const { status, stderr } = own.tryGit("merge", "topic", "-m", "m")
    expect(status).toBe(1)
    expect(stderr).toBe("sotto: secrets/app.yaml: conflict in three (1): run sotto resolve secrets/app.yaml\n")
    expect(own.read(file).equals(before)).toBe(true)
    const stages = own.git("ls-files", "-u").trim().split("\n")
    expect(stages.map((line) => line.split(/\s/)[2])).toEqual(["1", "2", "3"])
    expectNoCanary(own)
    expect(leftovers(own)).toEqual([])
  })

  test("leaves nothing for rerere", async () => {
    const own = await forked({ ...byOurs, three: secret("three-ours") })
    own.git("config", "rerere.enabled", "true")
    own.tryGit("merge", "topic", "-m", "m")
    await own.change(file, text(merged))
    own.git("add", file)
    own.git("commit", "--quiet", "-m", "m", "--verbose")
    expectNoCanary(own)
  })

  test("names five paths and says how many more there are", async () => {
    const many = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`k${at}`, secret(`o${at}`)]))
    const other = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`k${at}`, secret(`t${at}`)]))
    const own = await forked({ ...byOurs, ...many }, { ...byTheirs, ...other })
    const { stderr } = own.tryGit("merge", "topic", "-m", "m")
    expect(stderr).toContain("conflict in k0, k1, k2, k3, k4, and 3 more (8):")
  })

  test.each([
    ["secrets/it's -x $(id).yaml", `secrets/it's -x $(id).yaml`, ` 'secrets/it'\\''s -x $(id).yaml'`],
    // Nobody can type it: without a name it is for all files in conflict.
    ["secrets/new\nline \x1b.yaml", "secrets/new\ufffdline \ufffd.yaml", ""],
  ])("names the file %j as the shell needs it", async (name, isShown, word) => {
    const own = await mergeRepository()
    await own.seal(name, "a: 1\n")
    own.commitAll("base")
    await own.branch("topic", "main", () => own.change(name, "a: 2\n"))
    own.git("checkout", "--quiet", "main")
    await own.change(name, "a: 3\n")
    own.commitAll("ours")
    const { stderr } = own.tryGit("merge", "topic", "-m", "m")
    expect(stderr).toBe(`sotto: ${isShown}: conflict in a (1): run sotto resolve${word}\n`)
  })
})

describe("plain files", () => {
  test("three plain versions merge as git merges them", async () => {
    const own = await mergeRepository()
    own.write("secrets/x.yaml", "a: 1\nb: 2\nc: 3\n")
    own.commitAll("base")
    await own.branch("topic", "main", async () => own.write("secrets/x.yaml", "a: 1\nb: 2\nc: 9\n"))
    own.git("checkout", "--quiet", "main")
    own.write("secrets/x.yaml", "a: 8\nb: 2\nc: 3\n")
    own.commitAll("ours")
    own.git("merge", "--quiet", "topic", "-m", "m")
    expect(own.read("secrets/x.yaml").toString()).toBe("a: 8\nb: 2\nc: 9\n")
  })

  test("and conflict with its markers", async () => {
    const own = await mergeRepository()
    own.write("secrets/x.yaml", "a: 1\n")
    own.commitAll("base")
    await own.branch("topic", "main", async () => own.write("secrets/x.yaml", "a: 9\n"))
    own.git("checkout", "--quiet", "main")
    own.write("secrets/x.yaml", "a: 8\n")
    own.commitAll("ours")
    expect(own.tryGit("merge", "topic", "-m", "m").status).toBe(1)
    expect(own.read("secrets/x.yaml").toString()).toMatch(/^<<<<<<< .*\na: 8\n=======\na: 9\n>>>>>>> .*\n$/)
  })
})
