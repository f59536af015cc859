import {
  appendFileSync,
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { identity, repository, type Repository, sopsrc } from "./repository.ts"

const key = "AKIAIOSFODNN7CANARY1"
const aws = `aws_access_key_id = ${key}\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYcanary-7f3\n`

interface Hooked extends Repository {
  /** How often the hook has started us since it was asked last. */
  starts(): number
  /** The files that the hook goes by. */
  known(): string[]
}

/** A clone with hooks, in which one commit went by, so that the hook knows what it needs. */
async function start(): Promise<Hooked> {
  const repo = repository()
  await repo.withProgram()
  repo.withIdentity()
  const log = join(repo.machine.home, "starts")
  const program = join(repo.machine.home, "bin", "sotto")
  writeFileSync(program, readFileSync(program, "utf8").replace("exec ", `echo "$*" >> '${log}'\nexec `))
  repo.write(".sopsrc", sopsrc("secrets/**", "k8s/*.yaml"))
  repo.write("secrets/a.yaml", "a: 1\nb: 2\n")
  expect((await repo.sotto("encrypt", "-i", "secrets/a.yaml")).status).toBe(0)
  repo.write("README.md", "# about\n")
  repo.write("src/main.ts", "export const one = 1\n")
  repo.write("app.yaml", "port: 1\n")
  repo.write("grüße.md", "hello\n")
  repo.write("logo.png", Buffer.from([0x89, 0x50, 0, 1, 2, 0]))
  repo.git("add", ".")
  expect((await repo.sotto("git", "install")).status).toBe(0)
  repo.commitAll("first")
  repo.write("README.md", "# about this\n")
  repo.commitAll("second")
  const hooked: Hooked = {
    ...repo,
    starts() {
      const lines = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []
      rmSync(log, { force: true })
      return lines.filter((line) => line.startsWith("git hook pre-commit")).length
    },
    known: () => readdirSync(join(repo.top, ".git/sotto")).filter((name) => name.startsWith("idle-")),
  }
  expect(hooked.starts()).toBe(2)
  expect(hooked.known()).toHaveLength(2)
  return hooked
}

/** Commits, and compares what the hook said with what `check --staged` says of the same. */
async function commit(repo: Hooked, ...args: string[]): Promise<typeof passes> {
  const check = await repo.sotto("check", "--staged", "--json")
  const { findings } = JSON.parse(check.stdout.toString()) as { findings: readonly { severity: string }[] }
  repo.starts()
  const { status, stderr } = repo.tryGit("commit", "--quiet", "--message", "next", ...args)
  const started = repo.starts()
  if (started === 0) expect({ findings, stderr }).toEqual({ findings: [], stderr: "" })
  return { started, status: status ?? -1 }
}

/** A change of what was there, and the commit of it; then all is as before. */
async function tried(repo: Hooked, change: (repo: Repository) => void): Promise<typeof passes> {
  const before = repo.git("rev-parse", "HEAD").trim()
  change(repo)
  repo.git("add", "--all")
  const result = await commit(repo)
  repo.git("reset", "-q", "--hard", before)
  return result
}

const passes = { started: 0, status: 0 }
const stops = { started: 1, status: 1 }
const looks = { started: 1, status: 0 }

describe("the hook before a commit does without a start of ours", () => {
  test("where files are staged that it knows", async () => {
    const cases: readonly [string, (repo: Repository) => void][] = [
      ["a file that it knows is edited", (repo) => repo.write("README.md", "# other\n")],
      [
        "several are, of any kind",
        (repo) => ["src/main.ts", "app.yaml", "logo.png"].forEach((n) => repo.write(n, "x: 2\n")),
      ],
      ["one of them is removed", (repo) => rmSync(join(repo.top, "src/main.ts"))],
      ["only its mode changes", (repo) => chmodSync(join(repo.top, "README.md"), 0o755)],
      [
        "its name is in the attributes",
        (repo) => repo.write(".gitattributes", `${repo.read(".gitattributes").toString()}*.ts text\n`),
      ],
    ]
    const repo = await start()
    for (const [what, change] of cases) expect({ what, ...(await tried(repo, change)) }).toEqual({ what, ...passes })
  })

  test("where a file is staged that came in a commit before, and not where a rule wants it sealed", async () => {
    const repo = await start()
    repo.write("new.md", "one\n")
    repo.write("k8s/a.txt", "one\n")
    repo.git("add", ".")
    expect(await commit(repo)).toEqual(looks)
    repo.write("new.md", "two\n")
    repo.write("k8s/a.txt", "two\n")
    repo.git("add", ".")
    expect(await commit(repo)).toEqual(passes)
    repo.write("new.md", `${aws}\n`)
    repo.git("add", ".")
    expect(await commit(repo)).toEqual(stops)
    repo.git("checkout", "-q", "HEAD", "--", "new.md")
    await repo.sotto("set", "--string", "secrets/a.yaml", "a", "3")
    repo.git("add", ".")
    expect(await commit(repo)).toEqual(looks)
    repo.write("secrets/open.yaml", "a: open\n")
    repo.git("add", ".")
    expect(await commit(repo)).toEqual(stops)
    expect(repo.known()).toHaveLength(2)
  })

  test("where nothing is staged, also before an amended message", async () => {
    const repo = await start()
    expect(await commit(repo, "--amend")).toEqual(passes)
    expect(await commit(repo, "--allow-empty")).toEqual(passes)
  })

  test("in a commit of some files, of all, in a folder, in another work tree, and by an index of its own", async () => {
    const repo = await start()
    repo.write("README.md", "# one\n")
    repo.write("secrets/plain.yaml", "a: open\n")
    repo.git("add", "secrets")
    expect(repo.tryGit("commit", "-q", "-m", "x", "README.md").status).toBe(0)
    expect(repo.starts()).toBe(0)
    expect(repo.tryGit("commit", "-q", "-m", "x").status).toBe(1)
    repo.git("rm", "-q", "--cached", "secrets/plain.yaml")
    repo.starts()
    repo.write("README.md", "# two\n")
    expect(repo.tryGit("-C", "src", "commit", "-q", "-a", "-m", "x").status).toBe(0)
    expect(repo.starts()).toBe(0)
    const tree = join(repo.machine.home, "tree")
    repo.git("worktree", "add", "-q", "-b", "other", tree)
    for (const expected of [1, 0]) {
      appendFileSync(join(tree, "README.md"), "more\n")
      expect(repo.tryGit("-C", tree, "commit", "-q", "-a", "-m", "x").status).toBe(0)
      expect(repo.starts()).toBe(expected)
    }
  })
})

describe("the hook before a commit starts us", () => {
  test("for everything that it does not know to be nothing", async () => {
    const cases: readonly [string, (repo: Repository) => void, typeof stops][] = [
      ["for a file that is new, once", (repo) => repo.write("new.md", "new\n"), looks],
      ["for plain text where a rule wants none", (repo) => repo.write("secrets/b.yaml", "b: open\n"), stops],
      ["for a sealed file that is plain now", (repo) => repo.write("secrets/a.yaml", "a: open\n"), stops],
      ["for a key in a file that it knows", (repo) => repo.write("README.md", `# about\n\n${aws}`), stops],
      ["for an identity", (repo) => repo.write("src/main.ts", `// ${identity}\n`), stops],
      [
        "for a key between bytes that are no text",
        (repo) => repo.write("logo.png", Buffer.concat([Buffer.from([0, 0xff, 0]), Buffer.from(aws)])),
        stops,
      ],
      [
        "for a key in UTF-16",
        (repo) => repo.write("README.md", Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(aws, "utf16le")])),
        stops,
      ],
      ["for a token in a file that it knows", (repo) => repo.write("README.md", "ENC[AES256_GCM,data:\n"), looks],
      ["for a config", (repo) => repo.write(".sopsrc", sopsrc("secrets/**")), looks],
      ["for a config that cannot be read", (repo) => repo.write("src/.sopsrc", "rules: ["), stops],
      ["for a name in other letters", (repo) => repo.write("grüße.md", "hello, world\n"), looks],
      ["for a name that says it is plain text", (repo) => repo.write("src/x.dec.yaml", "a: 1\n"), looks],
      [
        "for a file that moved to where a rule wants it sealed",
        (repo) => renameSync(join(repo.top, "app.yaml"), join(repo.top, "secrets/app.yaml")),
        stops,
      ],
    ]
    const repo = await start()
    for (const [what, change, expected] of cases)
      expect({ what, ...(await tried(repo, change)) }).toEqual({ what, ...expected })
  })

  test("for a file whose sealed twin came by another way, and for one that a rule of another branch wants sealed", async () => {
    const repo = await start()
    repo.git("checkout", "-q", "-b", "twin")
    repo.write("app.enc.yaml", "port: 1\n")
    expect(
      (
        await repo.sotto(
          "encrypt",
          "-i",
          "--age",
          "age19u7j6dvg6w6me8hydt9merssh7auus5qzlamcmvd3vvp4m0tevjqzwqjuu",
          "app.enc.yaml",
        )
      ).status,
    ).toBe(0)
    repo.git("add", ".")
    repo.git("commit", "-q", "--no-verify", "-m", "twin")
    repo.write("app.yaml", "port: 2\n")
    repo.git("add", ".")
    expect(await commit(repo)).toEqual(stops)
    repo.git("reset", "-q", "--hard")
    repo.git("checkout", "-q", "-b", "rule", "main")
    repo.write(".sopsrc", sopsrc("app.yaml", "secrets/**"))
    repo.git("commit", "-q", "--no-verify", "-a", "-m", "rule")
    repo.write("app.yaml", "port: 3\n")
    repo.git("add", ".")
    expect(await commit(repo)).toEqual(stops)
    // Back on the first branch it still knows.
    repo.git("reset", "-q", "--hard")
    repo.git("checkout", "-q", "main")
    repo.write("app.yaml", "port: 4\n")
    repo.git("add", ".")
    expect(await commit(repo)).toEqual(passes)
  })

  test("what git replace hides", async () => {
    const repo = await start()
    repo.write("README.md", aws)
    repo.git("add", ".")
    const harmless = repo.git("hash-object", "-w", "app.yaml").trim()
    repo.git("replace", repo.git("rev-parse", ":README.md").trim(), harmless)
    expect(await commit(repo)).toEqual(stops)
  })

  test("in the middle of a merge", async () => {
    const repo = await start()
    repo.git("checkout", "-q", "-b", "topic")
    repo.write("README.md", "# theirs\n")
    repo.git("commit", "-q", "-a", "-m", "theirs")
    repo.git("checkout", "-q", "main")
    repo.write("README.md", "# ours\n")
    repo.git("commit", "-q", "-a", "-m", "ours")
    expect(repo.tryGit("merge", "topic").status).toBe(1)
    repo.write("README.md", "# both\n")
    repo.git("add", ".")
    expect(await commit(repo)).toEqual(looks)
  })

  test("when something is not as it should be", async () => {
    const cases: readonly [string, (repo: Hooked, blob: string) => void][] = [
      ["an object is gone", (repo, blob) => rmSync(join(repo.top, ".git/objects", blob.slice(0, 2), blob.slice(2)))],
      [
        "what it goes by is empty",
        (repo) => repo.known().forEach((name) => writeFileSync(join(repo.top, ".git/sotto", name), "")),
      ],
      [
        "a part of it is gone",
        (repo) =>
          rmSync(
            join(
              repo.top,
              ".git/sotto",
              repo.known().find((name) => name.endsWith(".marks"))!,
            ),
          ),
      ],
      ["the program is another one", (repo) => appendFileSync(join(repo.machine.home, "bin/sotto"), "# newer\n")],
    ]
    const repo = await start()
    for (const [index, [what, change]] of cases.entries()) {
      repo.write("README.md", `# next ${index}\n`)
      const blob = repo.git("rev-parse", "HEAD:README.md").trim()
      repo.git("add", ".")
      change(repo, blob)
      const { status } = repo.tryGit("commit", "-q", "-m", "next")
      expect({ what, starts: repo.starts(), status }).toEqual({ what, starts: 1, status: 0 })
    }
  })

  test("and nothing of this is left where it is uninstalled", async () => {
    const repo = await start()
    expect((await repo.sotto("git", "uninstall")).status).toBe(0)
    expect(repo.known()).toEqual([])
  })

  test("whatever pathspecs mean where git was called", async () => {
    const repo = await start()
    repo.git("checkout", "-q", "-b", "rule")
    repo.write(".sopsrc", sopsrc("app.yaml", "secrets/**"))
    repo.git("commit", "-q", "--no-verify", "-a", "-m", "rule")
    repo.write("app.yaml", "port: 3\n")
    repo.git("add", ".")
    expect(repo.tryGit("--literal-pathspecs", "commit", "-q", "-m", "next").status).toBe(1)
    expect(repo.starts()).toBe(1)
  })

  test("before the first commit", async () => {
    const repo = repository()
    await repo.withProgram()
    repo.write(".sopsrc", sopsrc("secrets/**"))
    repo.write("secrets/a.yaml", "a: open\n")
    expect((await repo.sotto("git", "install")).status).toBe(0)
    repo.git("add", ".")
    const { status, stderr } = repo.tryGit("commit", "-q", "-m", "first")
    expect(status).toBe(1)
    expect(stderr).toContain("secrets/a.yaml:1: PLAINTEXT_FILE")
    expect(stderr).not.toContain("fatal")
  })
})

/** The same numbers in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % below
  }
}

test("whatever is staged: where it does not start us, there is nothing to say", async () => {
  const repo = await start()
  const sealed = repo.read("secrets/a.yaml")
  const next = numbers(7)
  const names = [
    "README.md",
    "app.yaml",
    "src/main.ts",
    "src/app.yaml",
    "k8s/a.yaml",
    "k8s/a.txt",
    ".env",
    "a.env.enc",
  ].concat([
    "app.dec.yaml",
    "app.enc.yaml",
    "secrets/x",
    "src/.sops.yaml",
    ".sopsrc",
    "with blank",
    `quote".md`,
    "-x.md",
  ])
  const contents = [
    "# text\n",
    "port: 1\n",
    aws,
    sealed,
    `x: ${identity}\n`,
    "",
    Buffer.from([0, 1, 2]),
    sopsrc("src/*"),
  ]
  let quiet = 0
  for (let round = 0; round < 25; round++) {
    for (let count = next(3); count >= 0; count--)
      repo.write(names[next(names.length)]!, contents[next(contents.length)]!)
    repo.git("add", "--all")
    const { started, status } = await commit(repo)
    if (started === 0) quiet++
    // What was stopped goes in all the same, so that the next round begins with it, or is taken back.
    if (status !== 0 && next(2) === 0) repo.git("commit", "-q", "--no-verify", "-m", "forced")
    else if (status !== 0) repo.git("reset", "-q", "--hard")
  }
  expect(quiet).toBeGreaterThan(0)
})
