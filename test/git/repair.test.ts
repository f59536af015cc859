import { beforeEach, describe, expect, test } from "vitest"
import { canary } from "../canary.ts"
import { expectNoCanary, mergeRepository, type MergeRepository } from "./merging.ts"

const file = "secrets/app.yaml"
const secret = (name: string): string => `${canary}-${name}`
const lines = (...all: string[]): string => all.map((line) => `${line}\n`).join("")
const text = (a: string, c: string, e: string): string =>
  lines(`a: ${secret(a)}`, `b: ${secret("b")}`, `c: ${secret(c)}`, `d: ${secret("d")}`, `e: ${secret(e)}`)

let own: MergeRepository

beforeEach(async () => {
  own = await mergeRepository()
  await own.seal(file, text("a-oldest", "c", "e"))
  own.commitAll("oldest")
  await own.change(file, text("a", "c", "e"))
  own.commitAll("base")
  await own.branch("topic", "main", () => own.change(file, text("a", "c", "e-theirs")))
  own.git("checkout", "--quiet", "main")
  await own.change(file, text("a-ours", "c", "e"))
  own.commitAll("ours")
})

/** The file as a server merges it: its lines from both sides, and the metadata of one. */
function byLine(change: (merged: string) => string = (merged) => merged): string {
  const [ours, theirs] = [own.git("show", `main:${file}`), own.git("show", "topic:" + file)]
  const line = (source: string, key: string): string => new RegExp(`^${key}: .*$`, "m").exec(source)![0]
  return change(ours.replace(line(ours, "e"), line(theirs, "e")))
}

/** Commits a merge of main and topic in which the file is this text. */
function commitMerge(content: string): string {
  own.git("checkout", "--quiet", "main")
  own.git("merge", "--quiet", "--no-commit", "--strategy=ours", "topic")
  own.write(file, content)
  own.git("add", "--all")
  own.git("commit", "--quiet", "--message", "merged by a server")
  return own.git("rev-parse", "HEAD").trim()
}

const swap = (merged: string, one: string, other: string): string => {
  const value = (key: string): string => new RegExp(`^${key}: (.*)$`, "m").exec(merged)![1]!
  return merged
    .replace(new RegExp(`^${one}: .*$`, "m"), `${one}: ${value(other)}`)
    .replace(new RegExp(`^${other}: .*$`, "m"), `${other}: ${value(one)}`)
}

describe("a file that a server merged by line", () => {
  test("is repaired: the MAC holds again, and no token changed", async () => {
    const merged = byLine()
    commitMerge(merged)
    expect((await own.sotto("decrypt", file)).status).toBe(51)
    const { status, stdout, stderr } = await own.sotto("repair", "--ci", "--stage", file)
    expect(stderr).toBe("")
    expect(status).toBe(0)
    const [ours, theirs] = [own.git("rev-parse", "--short=7", "HEAD^1"), own.git("rev-parse", "--short=7", "HEAD^2")]
    expect(stdout.toString()).toBe(
      lines(`${file}: repaired`, `  a  ours (${ours.trim()})`, `  e  theirs (${theirs.trim()})`),
    )
    expect(await own.open(file)).toBe(text("a-ours", "c", "e-theirs"))
    const bare = (source: string): string => source.slice(0, source.indexOf("\nsops:"))
    expect(bare(own.read(file).toString())).toBe(bare(merged))
    expect(own.git("diff", "--cached", "--name-only").trim()).toBe(file)
    expectNoCanary(own)
  })

  test("is told about in JSON, and written only without --dry-run", async () => {
    const merged = byLine()
    const commit = commitMerge(merged)
    const { status, stdout } = await own.sotto("repair", "--dry-run", "--json", file)
    expect(status).toBe(0)
    expect(JSON.parse(stdout.toString())).toEqual({
      schema: 1,
      files: [
        {
          file,
          commit,
          base: own.git("merge-base", "HEAD^1", "HEAD^2").trim(),
          result: "repaired",
          sites: [
            { path: ["a"], kind: "changed", from: "ours" },
            { path: ["e"], kind: "changed", from: "theirs" },
          ],
          refused: [],
        },
      ],
    })
    expect(own.read(file).toString()).toBe(merged)
  })

  test("that opens is left alone", async () => {
    const before = own.read(file)
    const { status, stderr } = await own.sotto("repair", file)
    expect(status).toBe(200)
    expect(stderr).toContain("[NOT_CHANGED]")
    expect(own.read(file).equals(before)).toBe(true)
  })

  test("is found although commits came after the merge", async () => {
    commitMerge(byLine())
    own.write("other", "x")
    own.commitAll("later")
    expect((await own.sotto("repair", file)).status).toBe(0)
  })

  test("in the middle of a merge its versions are in the index", async () => {
    own.git("config", "merge.sotto.driver", "false")
    own.tryGit("merge", "topic", "-m", "m")
    own.write(file, byLine())
    expect((await own.sotto("repair", "--ci", file)).status).toBe(0)
    expect(await own.open(file)).toBe(text("a-ours", "c", "e-theirs"))
  })

  test("a squash has lost its parents: they have to be named", async () => {
    own.write(file, byLine())
    own.commitAll("squash")
    const { status, stderr } = await own.sotto("repair", file)
    expect(status).toBe(51)
    expect(stderr).toContain("[REPAIR_REFUSED]")
    expect(stderr).toContain("--ours and --theirs")
    expect((await own.sotto("repair", "--ours", "HEAD~1", "--theirs", "topic", file)).status).toBe(0)
    expect((await own.sotto("repair", "--ours", "HEAD~1", file)).stderr).toContain("[NOT_CHANGED]")
  })

  test("a revision that git does not know, and a file that the commit does not have", async () => {
    commitMerge(byLine())
    expect((await own.sotto("repair", "--commit", "nowhere", file)).stderr).toContain("[REVISION_UNKNOWN]")
    expect((await own.sotto("repair", "--commit", "HEAD^1", file)).status).toBe(51)
    expect((await own.sotto("repair", "nothing.yaml")).stderr).toContain("[FILE_MISSING]")
  })
})

describe("what no parent vouches for is refused", () => {
  const line = (source: string, key: string): string => new RegExp(`^${key}: .*\n`, "m").exec(source)![0]
  const rows: readonly (readonly [name: string, change: (merged: string) => string, reasons: RegExp])[] = [
    ["a token that was swapped with another", (merged) => swap(merged, "b", "d"), /token: [bd]/],
    [
      "a value of the common ancestor",
      (merged) => merged.replace(line(merged, "a"), line(own.git("show", `main~1:${file}`), "a")),
      /replayed: a/,
    ],
    [
      "an older value",
      (merged) => merged.replace(line(merged, "a"), line(own.git("show", `main~2:${file}`), "a")),
      /(unknown-value|replayed): a/,
    ],
    ["a value that is gone", (merged) => merged.replace(line(merged, "c"), ""), /missing: c/],
    ["a value that was put in", (merged) => `x_unencrypted: 1\n${merged}`, /added: x_unencrypted/],
    ["a comment that was put in", (merged) => `# hello\n${merged}`, /unknown-value/],
    ["a null in place of a value", (merged) => merged.replace(line(merged, "c"), "c:\n"), /unknown-value: c/],
    ["another version", (merged) => merged.replace(/version: .*/, "version: 3.9.9"), /metadata: the file/],
    [
      "another selector",
      (merged) => merged.replace(/unencrypted_suffix: .*/, "unencrypted_suffix: _clear"),
      /metadata: the file/,
    ],
    [
      "a date of nobody",
      (merged) => merged.replace(/lastmodified: .*/, 'lastmodified: "2020-01-01T00:00:00Z"'),
      /metadata: the file/,
    ],
    [
      "an entry of the wrapped keys",
      (merged) =>
        merged
          .replace(/(enc: \|\n)/, "$1")
          .replace(/recipient: age1\S+/, "recipient: age1z4dsgtjqeced93dafg5c7a6f9dvw9rrnynagg445u2xw2vyejgvq099sx2"),
      /metadata: the file/,
    ],
  ]
  test.each(rows)("%s", async (_, change, reasons) => {
    const tampered = byLine(change)
    expect(tampered).not.toBe(byLine())
    commitMerge(tampered)
    const { status, stderr, stdout } = await own.sotto("repair", file)
    expect(stderr).toContain("[REPAIR_REFUSED]")
    expect(stderr).toMatch(reasons)
    expect(status).toBe(51)
    expect(stdout.toString()).toBe("")
    expect(stderr).not.toContain(canary)
    expect(own.read(file).toString()).toBe(tampered)
  })

  test("a token of another file", async () => {
    await own.seal("secrets/other.yaml", lines(`b: ${secret("foreign")}`))
    const foreign = /^b: .*$/m.exec(own.read("secrets/other.yaml").toString())![0]
    commitMerge(byLine((merged) => merged.replace(/^b: .*$/m, foreign)))
    const { status, stderr } = await own.sotto("repair", file)
    expect(status).toBe(51)
    expect(stderr).toContain("token: b")
  })

  test("every path is named, not the first alone", async () => {
    commitMerge(byLine((merged) => merged.replace(line(merged, "b"), "").replace(line(merged, "c"), "")))
    const { stderr } = await own.sotto("repair", file)
    expect(stderr).toContain("missing: b")
    expect(stderr).toContain("missing: c")
  })
})

describe("what a person answers for", () => {
  /** Both sides have changed `c`. */
  async function conflicting(): Promise<void> {
    await own.branch("topic", "topic", () => own.change(file, text("a", "c-theirs", "e-theirs")))
    own.git("checkout", "--quiet", "main")
    await own.change(file, text("a-ours", "c-ours", "e"))
    own.commitAll("ours too")
  }

  test("a choice made by hand is taken and named, and refused with --ci", async () => {
    await conflicting()
    commitMerge(byLine())
    const strict = await own.sotto("repair", "--ci", file)
    expect(strict.status).toBe(51)
    expect(strict.stderr).toContain("conflict: c")
    const { status, stdout } = await own.sotto("repair", file)
    expect(status).toBe(0)
    expect(stdout.toString()).toContain("  c  chosen\n")
    expect(await own.open(file)).toBe(text("a-ours", "c-ours", "e-theirs"))
  })

  test("a choice that neither side has is refused", async () => {
    await conflicting()
    const old = /^c: .*$/m.exec(own.git("show", `main~2:${file}`))![0]
    commitMerge(byLine((merged) => merged.replace(/^c: .*$/m, old)))
    const { status, stderr } = await own.sotto("repair", file)
    expect(status).toBe(51)
    expect(stderr).toContain("conflict: c")
  })

  test("a file that was changed after the merge leads back to what is committed", async () => {
    commitMerge(byLine())
    own.write(file, swap(own.read(file).toString(), "b", "d"))
    const { status, stderr } = await own.sotto("repair", file)
    expect(status).toBe(51)
    expect(stderr).toContain(`hint: undo the changes since the merge: git checkout ${file}; or name the merge`)
  })

  test("a side that went back to an older value is named, and refused with --ci", async () => {
    await own.branch("back", "main", () => own.change(file, text("a-oldest", "c", "e")))
    own.git("branch", "--force", "main", "back")
    commitMerge(byLine())
    const strict = await own.sotto("repair", "--ci", file)
    expect(strict.status).toBe(51)
    expect(strict.stderr).toContain("replayed: a")
    const { status, stdout } = await own.sotto("repair", file)
    expect(status).toBe(0)
    expect(stdout.toString()).toContain("  a  goes back\n")
  })

  test("an order of the other parent is named, and refused with --ci", async () => {
    await own.branch("topic", "topic", () => own.change(file, `${text("a", "c", "e-theirs")}t: ${secret("t")}\n`))
    own.git("checkout", "--quiet", "main")
    await own.change(file, `${text("a-ours", "c", "e")}o: ${secret("o")}\n`)
    own.commitAll("ours too")
    const added = /^t: .*\n/m.exec(own.git("show", `topic:${file}`))![0]
    commitMerge(byLine((merged) => merged.replace(/^(o: .*\n)/m, `$1${added}`)))
    const strict = await own.sotto("repair", "--ci", file)
    expect(strict.stderr).toContain("order: the file")
    const { status, stdout } = await own.sotto("repair", file)
    expect(status).toBe(0)
    expect(stdout.toString()).toContain("  the file  order\n")
    expect(await own.open(file)).toBe(`${text("a-ours", "c", "e-theirs")}o: ${secret("o")}\nt: ${secret("t")}\n`)
  })

  test("parents under two data keys vouch for nothing", async () => {
    await own.branch("topic", "topic", async () => void (await own.sotto("rotate", "-i", file)))
    commitMerge(byLine())
    const { status, stderr } = await own.sotto("repair", file)
    expect(status).toBe(51)
    expect(stderr).toContain("metadata: the file")
  })
})
