import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { canary } from "../canary.ts"
import { hostileNames, recipient, repository, type Repository, stranger } from "./repository.ts"

interface Json {
  readonly opened: boolean
  readonly files: readonly {
    file: string
    old_file?: string
    state: string
    sealed: [boolean, boolean]
    changes: {
      op: string
      path: (string | number)[]
      kind: string
      sealed: boolean
      from?: string
      to?: string
      document?: number
    }[]
    recipients: { added: string[]; removed: string[] }
    metadata: { field: string; from: string; to: string }[]
    data_key: string
  }[]
}

const config = (people: string, more = ""): string =>
  `version: 1\nrecipients:\n  tester: ${recipient}\n  carol: ${stranger}\nrules:\n  - recipients: [${people}]\n${more}`

const first = `# head\ndb:\n  password: ${canary}-1\n  port: 5432\n  # why\n  user: root\nlist: [a, b, c]\nfree_unencrypted: seen\n`

async function start(files: Readonly<Record<string, string>> = { "a.yaml": first }): Promise<Repository> {
  const repo = repository()
  repo.withIdentity()
  repo.write(".sopsrc", config("tester"))
  for (const [name, text] of Object.entries(files)) await seal(repo, name, text)
  repo.commitAll("first")
  return repo
}

async function seal(repo: Repository, name: string, text: string): Promise<void> {
  repo.write(name, text)
  const { status, stderr } = await repo.sotto("encrypt", "-i", "--", name)
  expect(`${status} ${stderr}`).toBe("0 ")
}

/** Changes a sealed file as its editor would: values that stay keep their tokens. */
async function edit(repo: Repository, name: string, change: (text: string) => string): Promise<void> {
  const { stdout } = await repo.sotto("decrypt", name)
  const script = join(repo.machine.home, "editor")
  writeFileSync(`${script}.txt`, change(stdout.toString()))
  writeFileSync(script, `#!/bin/sh\ncat '${script}.txt' > "$1"\n`, { mode: 0o755 })
  repo.env.set("EDITOR", script)
  const { status, stderr } = await repo.sotto("edit", name)
  expect(`${status} ${stderr}`).toBe("0 ")
}

async function diff(repo: Repository, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await repo.sotto("diff", ...args)
  expect(`${status} ${stderr}`).toBe("0 ")
  return stdout.toString()
}

async function json(repo: Repository, ...args: string[]): Promise<Json> {
  return JSON.parse(await diff(repo, "--json", ...args)) as Json
}

function ops(report: Json): string[] {
  return report.files.flatMap(({ changes }) => changes.map(({ op, path }) => `${op} ${path.join(".")}`))
}

const hidden = (text: string): string => text.replace(/\b[\da-f]{6}\b/g, "HASH")

describe("what differs", () => {
  test("values, comments, entries: one line each, in the order of the new file", async () => {
    const repo = await start()
    await edit(repo, "a.yaml", (text) =>
      text
        .replace("-1", "-2")
        .replace("  port: 5432\n", "")
        .replace("# why", "# because")
        .replace("[a, b, c]", "[x, a, b, c]")
        .replace("seen", "shown")
        .concat("new: 1\n"),
    )
    expect(hidden(await diff(repo))).toBe(
      [
        "a.yaml",
        "  ~ db.password       changed         str   HASH -> HASH",
        "  - db.port           removed         int   HASH",
        "  # db.user           comment changed",
        "  + list[0]           added           str   HASH",
        "  ~ free_unencrypted  changed         str   clear HASH -> HASH",
        "  + new               added           int   HASH",
        "",
      ].join("\n"),
    )
    expect(await diff(repo)).not.toContain(canary)
  })

  test("--reveal shows values, on one line and without controls", async () => {
    const repo = await start()
    await edit(repo, "a.yaml", (text) => text.replace(`${canary}-1`, String.raw`"${canary}\n\e[31m"`))
    expect(await diff(repo, "--reveal")).toContain(`str   ${canary}-1 -> ${canary}\ufffd\ufffd[31m\n`)
  })

  test("fingerprints are other ones in each run, and equal for one value at one place alone", async () => {
    const repo = await start()
    await edit(repo, "a.yaml", (text) => text.replace("password: ", "password: x").replace("root", `x${canary}-1`))
    const [one, other] = [await json(repo), await json(repo)]
    const prints = one.files[0]!.changes.flatMap(({ from, to }) => [from, to])
    expect(new Set(prints).size).toBe(prints.length)
    expect(prints.every((print) => /^[\da-f]{6}$/.test(print!))).toBe(true)
    expect(one.files[0]!.changes[0]!.from).not.toBe(other.files[0]!.changes[0]!.from)
  })

  test("an order that changed is a move; documents have their number", async () => {
    const repo = await start({ "a.yaml": "a: 1\nb: 2\nc: 3\n---\nd: 4\n" })
    await edit(repo, "a.yaml", () => "c: 3\na: 1\nb: 2\n---\nd: 5\n")
    expect(ops(await json(repo))).toEqual(["moved c", "changed d"])
    expect((await json(repo)).files[0]!.changes[1]!.document).toBe(1)
    expect(hidden(await diff(repo))).toContain("  > c               moved\n")
  })

  test.each([
    {
      name: "a.json",
      text: '{"a": "x", "l": [{"n": "p", "v": 1}]}\n',
      to: '{"a": "y", "l": [{"n": "o", "v": 0}, {"n": "p", "v": 1}]}\n',
      found: ["changed a", "added l.0.n", "added l.0.v"],
    },
    { name: "a.env", text: "A=1\nB=2\n", to: "A=1\nB=3\nC=4\n", found: ["changed B", "added C"] },
    { name: "a.ini", text: "[s]\na = 1\n", to: "[s]\na = 2\n[t]\nb = 1\n", found: ["changed s.a", "added t.b"] },
    { name: "a.txt", text: "one\n", to: "two\n", found: ["changed data"] },
    { name: "k.yaml", text: "a: '1'\n", to: "a: 1\n", found: ["changed a"] },
    {
      name: "n.yaml",
      text: "a: null\nb: []\nc: 1\n",
      to: "a: ''\nb: [x]\nc: 1\n",
      found: ["changed a", "changed b.0"],
    },
  ])("$name", async ({ name, text, to, found }) => {
    const repo = await start({ [name]: text })
    await edit(repo, name, () => to)
    expect(ops(await json(repo))).toEqual(found)
    expect((await json(repo)).opened).toBe(true)
  })

  test("recipients by name, selectors, MAC mode, and a new data key", async () => {
    const repo = await start()
    repo.write(".sopsrc", config("tester, carol", '    encrypted_regex: "^(db|list)$"\n    mac_only_encrypted: true\n'))
    const plain = (await repo.sotto("decrypt", "a.yaml")).stdout.toString()
    await seal(repo, "a.yaml", plain)
    const text = await diff(repo, "HEAD", "--", "a.yaml")
    expect(text).toContain(`  recipients: + carol (${stranger})\n`)
    expect(text).toContain('  selectors: unencrypted_suffix "_unencrypted" -> encrypted_regex "^(db|list)$"\n')
    expect(text).toContain("  mac_only_encrypted: false -> true\n")
    expect(text).toContain("  data key: new\n")
    const report = await json(repo, "HEAD", "--", "a.yaml")
    expect(report.files[0]).toMatchObject({ recipients: { added: [stranger], removed: [] }, data_key: "new" })
    expect(report.files[0]!.metadata.map(({ field }) => field)).toContain("encrypted_regex")
  })

  test("recipients alone: one line, no values; layout alone; an edit without a change is nothing", async () => {
    const repo = await start()
    repo.write(".sopsrc", config("tester, carol"))
    expect((await repo.sotto("sync", "--yes")).status).toBe(0)
    expect(await diff(repo, "--", "a.yaml")).toBe(`a.yaml\n  recipients: + carol (${stranger})\n`)
    repo.commitAll("second")
    repo.write("a.yaml", repo.read("a.yaml").toString().replace("db:\n", "db:\n\n"))
    expect(await diff(repo)).toBe("a.yaml\n  layout only\n")
    repo.git("checkout", "--", "a.yaml")
    await repo.sotto("set", "--string", "a.yaml", "db.user", "other")
    await repo.sotto("set", "--string", "a.yaml", "db.user", "root")
    expect(await diff(repo)).not.toContain("db.password")
  })
})

describe("without a key", () => {
  test("tokens are compared, and that is said", async () => {
    const repo = await start()
    await edit(repo, "a.yaml", (text) => text.replace("-1", "-2").replace("seen", "shown"))
    repo.env.delete("SOPS_AGE_KEY")
    const { stdout, stderr, status } = await repo.sotto("diff")
    expect(stderr).toBe("not opened: compared by tokens\n")
    expect(status).toBe(0)
    expect(hidden(stdout.toString())).toBe(
      "a.yaml\n  ~ db.password       changed         str   HASH -> HASH\n  ~ free_unencrypted  changed         str   clear HASH -> HASH\n",
    )
    const report = JSON.parse((await repo.sotto("diff", "--json")).stdout.toString()) as Json
    expect(report.opened).toBe(false)
    expect(report.files[0]!.data_key).toBe("same")
    const revealed = await repo.sotto("diff", "--reveal")
    expect(revealed.stderr).toContain("[DATA_KEY]")
    expect(revealed.stdout.length).toBe(0)
  })

  test("sealed anew tells itself by the data key", async () => {
    const repo = await start()
    await repo.sotto("rotate", "-i", "a.yaml")
    expect(await diff(repo)).toBe("a.yaml\n  data key: new\n")
    repo.env.delete("SOPS_AGE_KEY")
    expect((await repo.sotto("diff")).stdout.toString()).toContain("  data key: new\n")
  })
})

describe("what does not hold", () => {
  test("a broken MAC is in the heading, and tokens are compared", async () => {
    const repo = await start()
    const text = repo.read("a.yaml").toString()
    repo.write("a.yaml", text.replace("free_unencrypted: seen", "free_unencrypted: forged"))
    const { stdout, stderr } = await repo.sotto("diff")
    expect(stderr).toBe("not opened: compared by tokens\n")
    expect(hidden(stdout.toString())).toBe(
      "a.yaml  MAC mismatch\n  ~ free_unencrypted  changed         str   clear HASH -> HASH\n",
    )
  })

  test("plain text on one side is in the heading, and values are compared", async () => {
    const repo = await start()
    repo.write("a.yaml", first.replace("-1", "-2"))
    expect(hidden(await diff(repo))).toContain("a.yaml  PLAINTEXT\n  ~ db.password")
    expect((await json(repo)).files[0]!.sealed).toEqual([true, false])
    expect(ops(await json(repo))).toEqual(["changed db.password"])
  })

  test("conflict markers, and metadata that is gone", async () => {
    const repo = await start()
    const text = repo.read("a.yaml").toString()
    repo.write("a.yaml", `<<<<<<< HEAD\n${text}=======\n${text}>>>>>>> x\n`)
    expect(await diff(repo)).toContain("a.yaml  not readable\n")
    repo.write("a.yaml", text.slice(0, text.indexOf("sops:")))
    expect(await diff(repo)).toContain("a.yaml  not readable\n")
  })
})

describe("what is compared", () => {
  async function branches(): Promise<Repository> {
    const repo = await start({ "a.yaml": first, "b.yaml": "b: 1\n", "gone.yaml": "g: 1\n" })
    repo.git("tag", "base")
    repo.git("checkout", "--quiet", "-b", "topic")
    await edit(repo, "a.yaml", (text) => text.replace("-1", "-2"))
    repo.git("mv", "b.yaml", "c.yaml")
    repo.git("rm", "--quiet", "gone.yaml")
    await seal(repo, "new.yaml", "n: 1\n")
    repo.commitAll("topic")
    repo.git("checkout", "--quiet", "main")
    await edit(repo, "a.yaml", (text) => text.replace("root", "main"))
    repo.commitAll("main")
    return repo
  }

  test("revisions, ranges and three dots", async () => {
    const repo = await branches()
    expect(ops(await json(repo, "base"))).toEqual(["changed db.user"])
    expect(ops(await json(repo, "base..topic", "--", "a.yaml"))).toEqual(["changed db.password"])
    expect(ops(await json(repo, "main...topic", "--", "a.yaml"))).toEqual(["changed db.password"])
    expect(ops(await json(repo, "main..topic", "--", "a.yaml"))).toEqual(["changed db.password", "changed db.user"])
    expect(ops(await json(repo, "..base"))).toEqual(["changed db.user"])
  })

  test("files that come, go and are renamed", async () => {
    const repo = await branches()
    const { files } = await json(repo, "base..topic")
    expect(files.map(({ file, old_file, state }) => [file, old_file, state])).toEqual([
      ["a.yaml", undefined, "changed"],
      ["c.yaml", "b.yaml", "renamed"],
      ["gone.yaml", undefined, "removed"],
      ["new.yaml", undefined, "added"],
    ])
    expect(await diff(repo, "base..topic", "--name-only")).toBe("a.yaml\nc.yaml\ngone.yaml\nnew.yaml\n")
    expect(await diff(repo, "base..topic")).toContain("\nb.yaml -> c.yaml\n")
  })

  test("the index, the work tree, paths and folders", async () => {
    const repo = await start({ "a.yaml": "a: 1\n", "d/b.yaml": "b: 1\n" })
    await edit(repo, "a.yaml", () => "a: 2\n")
    repo.git("add", "a.yaml")
    await edit(repo, "d/b.yaml", () => "b: 2\n")
    expect(await diff(repo, "--name-only")).toBe("a.yaml\nd/b.yaml\n")
    expect(await diff(repo, "--staged", "--name-only")).toBe("a.yaml\n")
    expect(await diff(repo, "--name-only", "d")).toBe("d/b.yaml\n")
    repo.cwd = join(repo.top, "d")
    expect(await diff(repo, "--name-only", "b.yaml")).toBe("d/b.yaml\n")
    expect(await diff(repo, "--name-only", "--", "../a.yaml")).toBe("a.yaml\n")
  })

  test("before the first commit, and in a bare repository", async () => {
    const repo = repository()
    repo.withIdentity()
    repo.write(".sopsrc", config("tester"))
    await seal(repo, "a.yaml", "a: 1\n")
    repo.git("add", ".")
    expect(ops(await json(repo, "--staged"))).toEqual(["added a"])
  })

  test("two files outside of git", async () => {
    const repo = await start({ "a.yaml": "a: 1\n", "b.yaml": "a: 2\n" })
    expect(ops(await json(repo, "--no-index", "a.yaml", "b.yaml"))).toEqual(["changed a"])
    expect(await diff(repo, "--no-index", "a.yaml", "a.yaml")).toBe("")
    expect((await repo.sotto("diff", "--no-index", "a.yaml")).status).toBe(100)
    expect((await repo.sotto("diff", "--no-index", "a.yaml", "none.yaml")).stderr).toContain("[FILE_MISSING]")
  })

  test("two revisions are a range, as for git", async () => {
    const repo = await start()
    repo.git("checkout", "--quiet", "-b", "feature")
    await edit(repo, "a.yaml", (text) => text.replace("-1", "-2"))
    repo.commitAll("second")
    for (const more of [[], ["a.yaml"], ["--"], ["--", "a.yaml"]])
      expect(ops(await json(repo, "main", "feature", ...more))).toEqual(["changed db.password"])
    expect(await diff(repo, "feature", "HEAD")).toBe("")
  })

  test("--exit-code", async () => {
    const repo = await start()
    expect((await repo.sotto("diff", "--exit-code")).status).toBe(0)
    await edit(repo, "a.yaml", (text) => text.replace("-1", "-2"))
    expect((await repo.sotto("diff", "--exit-code")).status).toBe(1)
  })

  test.each([
    { args: ["nowhere"], code: "REVISION_UNKNOWN", status: 1 },
    { args: ["main", "nowhere"], code: "REVISION_UNKNOWN", status: 1 },
    { args: ["main", "a.yaml", "nowhere"], code: "REVISION_UNKNOWN", status: 1 },
    { args: ["a.yaml", "main"], code: "ARGUMENT_UNEXPECTED", status: 64 },
    { args: ["main..main", "main"], code: "ARGUMENT_UNEXPECTED", status: 64 },
    { args: ["main", "main", "main"], code: "ARGUMENT_UNEXPECTED", status: 64 },
    { args: ["main..nowhere"], code: "REVISION_UNKNOWN", status: 1 },
    { args: ["--", "../outside.yaml"], code: "FILE_MISSING", status: 100 },
    { args: ["/etc/passwd"], code: "FILE_MISSING", status: 100 },
    { args: ["both"], code: "OPTION_VALUE", status: 64 },
    { args: ["--staged", "main..main"], code: "OPTIONS_CONFLICT", status: 8 },
  ])("$args is refused", async ({ args, code, status }) => {
    const repo = await start({ "a.yaml": "a: 1\n", both: "x\n" })
    repo.git("branch", "both")
    const end = await repo.sotto("diff", ...args)
    expect(end.stderr).toContain(`[${code}]`)
    expect(end.status).toBe(status)
    expect(await diff(repo, "both", "--")).toBe("")
    expect(await diff(repo, "--", "both")).toBe("")
  })

  test("names that look like something else", async () => {
    const files = Object.fromEntries(hostileNames.map((name) => [name, "a: 1\n"]))
    const repo = await start(files)
    for (const name of hostileNames) {
      const { status } = await repo.sotto("set", "--", name, "a", "2")
      expect(status).toBe(0)
    }
    const { files: found } = await json(repo)
    expect(found.map(({ file }) => file).sort()).toEqual(hostileNames.toSorted())
    expect(await diff(repo)).not.toMatch(/\n line\.yaml|\t/)
    for (const name of hostileNames)
      expect((await json(repo, "--", name)).files.map(({ file }) => file)).toEqual([name])
  })
})

describe("where others read", () => {
  test.each([{ CI: "1" }, { CLAUDECODE: "1" }])(
    "--reveal is refused without =force: %j",
    async (env: Record<string, string>) => {
      const repo = await start()
      await edit(repo, "a.yaml", (text) => text.replace("-1", "-2"))
      for (const [name, value] of Object.entries(env)) repo.env.set(name, value)
      const { stderr, stdout, status } = await repo.sotto("diff", "--reveal")
      expect(stderr).toContain("[OPTIONS_CONFLICT]")
      expect(stdout.length + (status === 8 ? 0 : 1)).toBe(0)
      expect(await diff(repo, "--reveal=force")).toContain(`${canary}-2`)
    },
  )

  test("markdown is a table that no name breaks out of", async () => {
    const repo = await start({ "<b>|a.yaml": `"k|<img src=x>[x](http://e) @all": 1\n` })
    await edit(repo, "<b>|a.yaml", (text) => text.replace("1\n", "2\n"))
    const text = await diff(repo, "--markdown")
    expect(text.startsWith("<!-- sotto diff -->\n")).toBe(true)
    expect(text.slice(20)).not.toMatch(/<|[^\\]\[|@all|http:\/\//)
    const row = text.split("\n").find((line) => line.includes("changed"))
    expect(row!.match(/(?<!\\)\|/g)).toHaveLength(6)
    repo.commitAll()
    expect(await diff(repo, "--markdown")).toBe("<!-- sotto diff -->\n\nNo sealed file changes.\n")
  })
})
