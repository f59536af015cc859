import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { canary } from "../canary.ts"
import { call, machine } from "../machine.ts"

const own = machine()
afterAll(() => own.remove())

const recipient = "age19u7j6dvg6w6me8hydt9merssh7auus5qzlamcmvd3vvp4m0tevjqzwqjuu"
const identity = "AGE-SECRET-KEY-1RV8YSZ026Y38UQTPSYRANGFTDE7FXH5XPKMVGMQE0PAN6T2DTSYSXHQV4P"
const env = new Map([...own.env, ["SOPS_AGE_KEY", identity]])
let nth = 0

/** A folder of its own, in a repository or not, with one sealed file in it. */
async function folderWith(
  name: string,
  plain: string,
  options: readonly string[] = [],
  isInGit = false,
): Promise<string> {
  const cwd = join(own.cwd, `${nth++}`)
  mkdirSync(cwd)
  writeFileSync(join(cwd, name), plain)
  const sealed = await call({ args: ["encrypt", "-i", "--age", recipient, ...options, name], cwd, env })
  expect(sealed).toMatchObject({ status: 0 })
  if (isInGit) {
    git(cwd, "init", "-q")
    git(cwd, "add", ".")
    git(cwd, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "all")
  }
  return cwd
}

function git(cwd: string, ...args: readonly string[]): void {
  expect(spawnSync("git", args, { cwd, env: Object.fromEntries(env) })).toMatchObject({ status: 0 })
}

function change(file: string, edit: (lines: string[]) => string[]): void {
  writeFileSync(file, edit(readFileSync(file, "utf8").split("\n")).join("\n"))
}

/** Replaces the line ends of two lines, from the token on, with each other. */
function swapTokens(lines: string[], one: RegExp, other: RegExp): string[] {
  const [a, b] = [lines.findIndex((line) => one.test(line)), lines.findIndex((line) => other.test(line))]
  const token = (line: string): string => /ENC\[[^\]]*\]/.exec(line)![0]
  const [first, second] = [token(lines[a]!), token(lines[b]!)]
  return lines.map((line, at) =>
    at === a ? line.replace(first, second) : at === b ? line.replace(second, first) : line,
  )
}

function lineOf(lines: readonly string[], wanted: RegExp): number {
  const at = lines.findIndex((line) => wanted.test(line))
  expect(at).not.toBe(-1)
  return at
}

async function told(cwd: string, name: string, args: readonly string[] = ["decrypt"]): Promise<string> {
  const { status, stderr, stdout } = await call({ args: [...args, name], cwd, env })
  expect(status).not.toBe(0)
  expect(stdout.toString("utf8")).toBe("")
  expect(stderr).not.toContain(canary)
  return stderr
}

interface Kind {
  readonly name: string
  readonly plain: string
  readonly first: RegExp
  readonly second: RegExp
  readonly paths: readonly [string, string]
  /** A line that an editor adds. */
  readonly extra: string
}

const kinds: readonly Kind[] = [
  {
    name: "a.yaml",
    plain: `db:\n  user: one ${canary}\n  password: two ${canary}\nmail:\n  host: three ${canary}\n`,
    first: /user:/,
    second: /password:/,
    paths: ["db.user", "db.password"],
    extra: "  added: x",
  },
  {
    name: "a.json",
    plain: `{\n  "user": "one ${canary}",\n  "password": "two ${canary}",\n  "host": "three ${canary}"\n}\n`,
    first: /"user"/,
    second: /"password"/,
    paths: ["user", "password"],
    extra: '  "added": "x",',
  },
  {
    name: "a.env",
    plain: `USER=one ${canary}\nPASSWORD=two ${canary}\nHOST=three ${canary}\n`,
    first: /^USER=/,
    second: /^PASSWORD=/,
    paths: ["USER", "PASSWORD"],
    extra: "ADDED=x",
  },
  {
    name: "a.ini",
    plain: `[db]\nuser = one ${canary}\npassword = two ${canary}\nhost = three ${canary}\n`,
    first: /^user/,
    second: /^password/,
    paths: ["db.user", "db.password"],
    extra: "added = x",
  },
]

describe.each(kinds)("$name", ({ name, plain, first, second, paths, extra }) => {
  const [one, other] = paths
  const file = (cwd: string): string => join(cwd, name)

  test.each([false, true])("two values that changed places are named (in git: %s)", async (isInGit) => {
    const cwd = await folderWith(name, plain, [], isInGit)
    change(file(cwd), (lines) => swapTokens(lines, first, second))
    for (const args of [["decrypt"], ["rotate", "-i"], ["decrypt", "--ignore-mac"]]) {
      const words = await told(cwd, name, args)
      expect(words).toMatch(new RegExp(`^ *${one} \\(line \\d+\\) holds the value that was sealed as ${other}$`, "m"))
      expect(words).toMatch(new RegExp(`^ *${other} \\(line \\d+\\) holds the value that was sealed as ${one}$`, "m"))
      expect(words).toContain(
        isInGit ? `git diff ${name}, and undo it: git checkout ${name}` : "restore it from a copy",
      )
    }
  })

  test("a key that was renamed is known from git, and otherwise said to be possible", async () => {
    const rename = (lines: string[]): string[] => lines.map((line) => line.replace(/^(\s*"?)(user|USER)/, "$1login"))
    const plainFolder = await folderWith(name, plain)
    change(file(plainFolder), rename)
    expect(await told(plainFolder, name)).toMatch(
      /login \(line \d+\) opens under no path of this file: its key was renamed/,
    )
    const cwd = await folderWith(name, plain, [], true)
    change(file(cwd), rename)
    const words = await told(cwd, name)
    expect(words).toMatch(new RegExp(`login \\(line \\d+\\) holds the value that was sealed as ${one}$`, "m"))
    expect(words).not.toContain("missing")
  })

  test("a line that is gone is known from git", async () => {
    const cwd = await folderWith(name, plain, [], true)
    change(file(cwd), (lines) => lines.toSpliced(lineOf(lines, second), 1))
    const words = await told(cwd, name)
    expect(words).toMatch(/^ {2}compared with commit [\da-f]{7}:$/m)
    expect(words).toMatch(new RegExp(`^ {2}${other} is missing$`, "m"))
    expect(words).toContain("[MAC_MISMATCH]")
  })

  test("without git a line that is gone is said to be possible", async () => {
    const cwd = await folderWith(name, plain)
    change(file(cwd), (lines) => lines.toSpliced(lineOf(lines, second), 1))
    expect(await told(cwd, name)).toContain("every sealed value opens, but the entries are not those that were sealed")
  })

  test("a line in the clear is named", async () => {
    const cwd = await folderWith(name, plain)
    change(file(cwd), (lines) => lines.toSpliced(lineOf(lines, first), 0, extra))
    expect(await told(cwd, name)).toMatch(/added \(line \d+\) was typed in the clear where values are sealed/i)
  })

  test.each([false, true])("two lines that changed places are named (in git: %s)", async (isInGit) => {
    const cwd = await folderWith(name, plain, [], isInGit)
    change(file(cwd), (lines) => {
      const [a, b] = [lineOf(lines, first), lineOf(lines, second)]
      return lines.map((line, at) => (at === a ? lines[b]! : at === b ? lines[a]! : line))
    })
    const words = await told(cwd, name)
    expect(words).toMatch(
      isInGit ? /what is in \S+.* is in another order/ : new RegExp(`${other} .*and ${one} .*have changed places`),
    )
  })

  test("a token that was cut is named", async () => {
    const cwd = await folderWith(name, plain)
    change(file(cwd), (lines) => lines.map((line) => (second.test(line) ? line.replace(/,tag:[^\]]*\]/, "") : line)))
    expect(await told(cwd, name)).toMatch(new RegExp(`${other} \\(line \\d+\\) is no longer a whole token`))
  })

  test("a value from another file is named", async () => {
    const cwd = await folderWith(name, plain)
    const elsewhere = await folderWith(name, plain)
    const foreign = readFileSync(file(elsewhere), "utf8").split("\n")
    change(file(cwd), (lines) => lines.toSpliced(lineOf(lines, second), 1, foreign[lineOf(foreign, second)]!))
    expect(await told(cwd, name)).toMatch(
      new RegExp(`${other} \\(line \\d+\\) opens under no path of this file.*from another file`),
    )
  })

  test("an older value that was put back is known from git", async () => {
    const cwd = await folderWith(name, plain, [], true)
    const before = readFileSync(file(cwd), "utf8").split("\n")
    await call({ args: ["set", "--string", name, other, `new ${canary}`], cwd, env })
    git(cwd, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qam", "new")
    change(file(cwd), (lines) => lines.toSpliced(lineOf(lines, second), 1, before[lineOf(before, second)]!))
    expect(await told(cwd, name)).toMatch(new RegExp(`${other} \\(line \\d+\\) has another sealed value$`, "m"))
  })

  test("a clear value that changed is named", async () => {
    const rule = ["--unencrypted-regex", "^(user|USER)$"]
    for (const isInGit of [false, true]) {
      const cwd = await folderWith(name, plain, rule, isInGit)
      change(file(cwd), (lines) => lines.map((line) => (first.test(line) ? line.replace("one", "uno") : line)))
      expect(await told(cwd, name)).toMatch(
        isInGit
          ? /has another value, which is in the clear$/m
          : new RegExp(`a value in the clear was changed \\(${one}\\), or`),
      )
    }
  })

  test("a clear line that was added beside clear ones is named", async () => {
    const rule = ["--unencrypted-regex", "^(user|USER|added|ADDED)$"]
    for (const isInGit of [false, true]) {
      const cwd = await folderWith(name, plain, rule, isInGit)
      change(file(cwd), (lines) => lines.toSpliced(lineOf(lines, first), 0, extra))
      expect(await told(cwd, name)).toMatch(/^ {2}(db\.)?added(?: \(line \d+\))? was added$/im)
    }
  })

  test("a date that was changed is named", async () => {
    const cwd = await folderWith(name, plain, [], true)
    change(file(cwd), (lines) => lines.map((line) => line.replace(/20\d\d-\d\d-\d\dT/, "2001-01-01T")))
    expect(await told(cwd, name)).toContain("mac or lastmodified was changed in the metadata")
  })

  test("where the last commit is damaged too, the version that holds is named", async () => {
    const cwd = await folderWith(name, plain, [], true)
    change(file(cwd), (lines) => lines.toSpliced(lineOf(lines, second), 1))
    git(cwd, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qam", "damaged")
    const words = await told(cwd, name)
    const revision = /compared with commit ([\da-f]{7})/.exec(words)![1]!
    expect(words).toContain(`git diff ${revision} -- ${name}, and undo it: git checkout ${revision} -- ${name}`)
    git(cwd, "checkout", revision, "--", name)
    expect(await call({ args: ["decrypt", name], cwd, env })).toMatchObject({ status: 0 })
  })
})

describe("YAML", () => {
  test.each([false, true])("a value that was moved into another mapping is named (in git: %s)", async (isInGit) => {
    const cwd = await folderWith("a.yaml", kinds[0]!.plain, [], isInGit)
    change(join(cwd, "a.yaml"), (lines) => {
      const at = lineOf(lines, /password:/)
      return lines.toSpliced(at, 1).toSpliced(lineOf(lines, /host:/), 0, lines[at]!)
    })
    const words = await told(cwd, "a.yaml")
    expect(words).toMatch(/^ *mail\.password \(line \d+\) holds the value that was sealed as db\.password$/m)
    expect(words).not.toContain("missing")
  })

  test("a list that was reordered, cut or doubled is named", async () => {
    const plain = `hosts:\n  - a ${canary}\n  - b ${canary}\n  - c ${canary}\n`
    const cases: readonly [(lines: string[]) => string[], RegExp, RegExp][] = [
      [
        ([head, a, b, c, ...rest]) => [head!, b!, c!, a!, ...rest],
        /what is in hosts is in another order/,
        /every sealed value opens/,
      ],
      [
        ([head, a, b, c, ...rest]) => [head!, c!, b!, a!, ...rest],
        /what is in hosts is in another order/,
        /hosts\[0\] \(line 2\) and hosts\[2\] \(line 4\) have changed places/,
      ],
      [
        ([head, a, , c, ...rest]) => [head!, a!, c!, ...rest],
        /an element is missing in hosts/,
        /were taken out, added or moved/,
      ],
      [
        ([head, a, ...rest]) => [head!, a!, a!, ...rest],
        /hosts\[1\] \(line 3\) was added/,
        /hosts\[[01]\] \(line [23]\) was added/,
      ],
    ]
    for (const [edit, withGit, alone] of cases) {
      for (const isInGit of [true, false]) {
        const cwd = await folderWith("a.yaml", plain, [], isInGit)
        change(join(cwd, "a.yaml"), edit)
        expect(await told(cwd, "a.yaml")).toMatch(isInGit ? withGit : alone)
      }
    }
  })

  test("a comment that was taken out or added is named", async () => {
    const plain = `# first ${canary}\na: one ${canary}\ndb:\n  # inner ${canary}\n  b: two ${canary}\n`
    for (const isInGit of [true, false]) {
      const gone = await folderWith("a.yaml", plain, [], isInGit)
      change(join(gone, "a.yaml"), (lines) => lines.toSpliced(3, 1))
      const words = await told(gone, "a.yaml")
      expect(words).toContain("[STRUCTURE_CHANGED]")
      expect(words).toContain("a comment is missing in db")
      const added = await folderWith("a.yaml", plain, [], isInGit)
      change(join(added, "a.yaml"), (lines) => lines.toSpliced(2, 0, "# hello"))
      expect(await told(added, "a.yaml")).toMatch(/a comment in the file \(line 3\) was added/)
    }
  })

  test("settings that were changed in the metadata are named", async () => {
    const cwd = await folderWith("a.yaml", "a_clear: 1\nb: two\n", ["--unencrypted-suffix", "_clear"], true)
    change(join(cwd, "a.yaml"), (lines) =>
      lines.map((line) => line.replace("unencrypted_suffix: _clear", "unencrypted_regex: clear$")),
    )
    expect(await told(cwd, "a.yaml")).toContain("the settings that say which values are sealed were changed")
  })
})

test("without a digest it says what it can, and does not advise removing a repeated line blindly", async () => {
  const cwd = await folderWith("a.yaml", `a: one ${canary}\nb: two ${canary}\nc: three ${canary}\n`)
  const file = join(cwd, "a.yaml")
  const sealed = readFileSync(file, "utf8")
  const bare = sealed.replace(/^ +sotto_(structure|layout): .*\n/gm, "")
  writeFileSync(file, bare.replace(/^b: .*\n/m, ""))
  expect(await told(cwd, "a.yaml")).toContain(
    "every sealed value opens: an entry was taken out, added or moved, or an older sealed value was put back",
  )
  writeFileSync(file, sealed.replace(/^b: .*\n/m, "$&$&"))
  const words = await told(cwd, "a.yaml")
  expect(words).toContain("[DUPLICATE_KEY]")
  expect(words).toContain(
    "hint: git does not have this file: see in a copy of it which one was added, and take that out",
  )
})

/** Another value in place of the one that was sealed. */
function spoil(file: string, wanted: RegExp): void {
  change(file, (lines) => lines.map((line) => (wanted.test(line) ? line.replace(/data:..../, "data:AAAA") : line)))
}

function commit(cwd: string): void {
  git(cwd, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qam", "more")
}

describe("where no version in git holds, the hint says which there are", () => {
  test.each(kinds)("$name", async ({ name, plain, first, second }) => {
    const rotated = await folderWith(name, plain, [], true)
    expect(await call({ args: ["rotate", "-i", name], cwd: rotated, env })).toMatchObject({ status: 0 })
    spoil(join(rotated, name), second)
    expect(await told(rotated, name)).toContain(
      `hint: git has this file under another data key only, as after an uncommitted rotation: restore it from a copy, or go back to what git has: git checkout ${name}\n`,
    )

    const clear = await folderWith(name, plain)
    const sealed = readFileSync(join(clear, name), "utf8")
    writeFileSync(join(clear, name), plain)
    git(clear, "init", "-q")
    git(clear, "add", ".")
    commit(clear)
    writeFileSync(join(clear, name), sealed)
    spoil(join(clear, name), second)
    expect(await told(clear, name)).toContain(
      "hint: git has this file in the clear only: restore the sealed one from a copy\n",
    )

    const damaged = await folderWith(name, plain)
    spoil(join(damaged, name), first)
    git(damaged, "init", "-q")
    git(damaged, "add", ".")
    commit(damaged)
    spoil(join(damaged, name), second)
    expect(await told(damaged, name)).toContain("hint: the versions in git are damaged too: restore one from a copy\n")
  })
})

test("of a MAC that is gone it is not said that it was changed", async () => {
  const cwd = await folderWith("a.env", `A=${canary}\n`)
  change(join(cwd, "a.env"), (lines) => lines.filter((line) => !line.startsWith("sops_mac=")))
  const words = await told(cwd, "a.env")
  expect(words).toContain("[MAC_MISSING]")
  expect(words).not.toContain("was changed in the metadata")
})

test("of a file that is one value nobody is told that its key was renamed", async () => {
  for (const isInGit of [true, false]) {
    const cwd = await folderWith("a.bin", `${canary}\0`, [], isInGit)
    const sealed = readFileSync(join(cwd, "a.bin"), "utf8")
    spoil(join(cwd, "a.bin"), /"data"/)
    const words = await told(cwd, "a.bin")
    expect(words).toContain("  the content does not open: it was changed, or it is from another file\n")
    expect(words).not.toContain("renamed")
    writeFileSync(join(cwd, "a.bin"), sealed.replace(/,tag:[^\]]*\]/, ""))
    expect(await told(cwd, "a.bin")).toContain("  the content is no longer a whole token: it was cut or changed\n")
  }
})

test("every command that opens says so, and check --verify too", async () => {
  const { name, plain, first, second } = kinds[0]!
  const cwd = await folderWith(name, plain, [], true)
  change(join(cwd, name), (lines) => swapTokens(lines, first, second))
  const said = /holds the value that was sealed as db\.password/
  const calls = [
    ["get", name, "db.user"],
    ["set", "--string", name, "db.user", "x"],
    ["unset", name, "db.user"],
    ["edit", name],
    ["rotate", "-i", name],
    ["run", "-f", name, "--", "true"],
    ["exec-env", name, "true"],
    ["exec-file", name, "true"],
  ]
  for (const args of calls) {
    const { status, stderr } = await call({ args, cwd, env: new Map([...env, ["EDITOR", "true"]]) })
    expect([args[0], status === 0, said.test(stderr)]).toEqual([args[0], false, true])
  }
  const checked = await call({ args: ["check", "--verify"], cwd, env })
  expect(checked.stdout.toString("utf8")).toMatch(said)
})

test("as sops it says none of that", async () => {
  const { name, plain, first, second } = kinds[0]!
  const cwd = await folderWith(name, plain, [], true)
  change(join(cwd, name), (lines) => swapTokens(lines, first, second))
  const { stderr } = await call({ args: ["decrypt", name], cwd, env: new Map([...env, ["SOTTO_COMPAT", "sops"]]) })
  expect(stderr).not.toContain("sealed as")
})

test("a hostile file is explained in bounded time", async () => {
  const count = 3000
  const plain = Array.from({ length: count }, (_, at) => `k${at}:\n  v: value ${at}\n`).join("")
  const cwd = await folderWith("a.yaml", plain)
  // Every token stands under another path than it was sealed for.
  change(join(cwd, "a.yaml"), (lines) => lines.map((line) => line.replace(/^k(\d+):$/, "x$1:")))
  const words = await told(cwd, "a.yaml")
  expect(words).toContain(`and ${count - 10} more`)
  expect(words.split("\n").length).toBeLessThan(20)
})
