import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeEach, describe, expect, test } from "vitest"
import { run } from "../../src/cli/run.ts"
import { canary } from "../canary.ts"
import { ioFor } from "../machine.ts"
import { config, expectNoCanary, mergeRepository, type MergeRepository, recipients } from "./merging.ts"

const file = "secrets/app.yaml"
const secret = (name: string): string => `${canary}-${name}`
const base = `# file\na: ${secret("a")}\nb: ${secret("b")}\nc: ${secret("c")}\n`
const ours = `# file\na: ${secret("a-ours")}\nb: ${secret("b")}\nc: ${secret("c-ours")}\n`
const theirs = `# file\na: ${secret("a-theirs")}\nb: ${secret("b-theirs")}\nc: ${secret("c-theirs")}\n`

let own: MergeRepository

/** A merge that stopped with `a` and `c` in conflict. */
async function stopped(): Promise<MergeRepository> {
  const repository = await mergeRepository()
  await repository.seal(file, base)
  repository.commitAll("base")
  await repository.branch("topic", "main", () => repository.change(file, theirs))
  repository.git("checkout", "--quiet", "main")
  await repository.change(file, ours)
  repository.commitAll("ours")
  repository.tryGit("merge", "topic", "-m", "m")
  return repository
}

beforeEach(async () => {
  own = await stopped()
})

/** An editor that runs a piece of shell on its file. */
function editor(script: string): void {
  const path = join(own.machine.home, "editor.sh")
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  own.env.set("EDITOR", path)
}

const unmerged = (): string => own.git("ls-files", "-u")
const opened = (): Promise<string> => own.open(file)

describe("resolve", () => {
  test("--list names kinds and paths, and writes nothing", async () => {
    const before = own.read(file)
    const text = await own.sotto("resolve", "--list")
    expect(text.stdout.toString()).toBe("secrets/app.yaml: value a\nsecrets/app.yaml: value c\n")
    const { stdout, status } = await own.sotto("resolve", "--list", "--json", file)
    expect(status).toBe(0)
    expect(JSON.parse(stdout.toString())).toEqual({
      schema: 1,
      files: [
        {
          file,
          conflicts: [
            { kind: "value", path: ["a"] },
            { kind: "value", path: ["c"] },
          ],
        },
      ],
    })
    expect(own.read(file).equals(before)).toBe(true)
    expect(unmerged()).not.toBe("")
  })

  test.each([
    ["--ours", "2 from ours, 0 from theirs", ours.replace(secret("b"), secret("b-theirs"))],
    ["--theirs", "0 from ours, 2 from theirs", theirs],
  ])("%s decides every value, and stages the file", async (option, said, text) => {
    const { status, stdout, stderr } = await own.sotto("resolve", option, file)
    expect(stderr).toBe("")
    expect(status).toBe(0)
    expect(stdout.toString()).toBe(`resolved secrets/app.yaml: ${said}\n`)
    expect(await opened()).toBe(text)
    expect(unmerged()).toBe("")
    const [line] = readFileSync(join(own.top, ".git/sotto/resolved"), "utf8").split("\n")
    expect(line).toBe(`${file} ${own.git("rev-parse", `:${file}`).trim()}`)
    own.git("commit", "--quiet", "-m", "m")
    expectNoCanary(own)
  })

  test("--take decides one path and wins", async () => {
    const { status } = await own.sotto("resolve", "--take", "theirs:c", "--ours", file)
    expect(status).toBe(0)
    expect(await opened()).toBe(`# file\na: ${secret("a-ours")}\nb: ${secret("b-theirs")}\nc: ${secret("c-theirs")}\n`)
  })

  test("without a decision for everything, a terminal or an editor the conflict remains", async () => {
    own.env.delete("EDITOR")
    const before = own.read(file)
    const { status, stderr } = await own.sotto("resolve", "--take", "theirs:c")
    expect(status).toBe(1)
    expect(stderr).toContain("[CONFLICT_REMAINS]")
    expect(stderr).toContain("value: a")
    expect(own.read(file).equals(before)).toBe(true)
    expect(unmerged()).not.toBe("")
  })

  test("the editor shows markers around what is in conflict, and nowhere else", async () => {
    const seen = join(own.machine.home, "seen")
    editor(`cp "$1" ${seen}; sed -i -e '/^<<<<<<</d' -e '/^=======/,/^>>>>>>>/d' "$1"`)
    const { status, stdout } = await own.sotto("resolve")
    expect(readFileSync(seen, "utf8")).toBe(
      [
        "# file",
        "<<<<<<< HEAD",
        `a: ${secret("a-ours")}`,
        "=======",
        `a: ${secret("a-theirs")}`,
        ">>>>>>> topic",
        `b: ${secret("b-theirs")}`,
        "<<<<<<< HEAD",
        `c: ${secret("c-ours")}`,
        "=======",
        `c: ${secret("c-theirs")}`,
        ">>>>>>> topic",
        "",
      ].join("\n"),
    )
    expect(status).toBe(0)
    expect(stdout.toString()).toBe("resolved secrets/app.yaml: 2 from ours, 0 from theirs\n")
    expect(await opened()).toBe(ours.replace(secret("b"), secret("b-theirs")))
    expectNoCanary(own)
  })

  test("what both sides had before is shown where git shows it", async () => {
    own.git("config", "merge.conflictStyle", "diff3")
    const seen = join(own.machine.home, "seen")
    editor(`cp "$1" ${seen}; sed -i -e '/^<<<<<<</,/^=======/d' -e '/^>>>>>>>/d' "$1"`)
    const { stdout } = await own.sotto("resolve")
    expect(readFileSync(seen, "utf8")).toContain(`||||||| base\na: ${secret("a")}\n=======\n`)
    expect(stdout.toString()).toBe("resolved secrets/app.yaml: 0 from ours, 2 from theirs\n")
    expect(await opened()).toBe(theirs)
  })

  test("markers that are left keep the conflict, and the text as an encrypted draft", async () => {
    editor("true")
    const before = own.read(file)
    const { status, stderr } = await own.sotto("resolve")
    expect(status).toBe(1)
    expect(stderr).toContain("[CONFLICT_REMAINS]")
    expect(stderr).toContain("sotto edit --resume secrets/app.yaml")
    expect(own.read(file).equals(before)).toBe(true)
    expect(stderr).not.toContain(canary)
    expectNoCanary(own)
  })

  test("a value that was no conflict and is gone has to be confirmed", async () => {
    editor(`sed -i -e '/^<<<<<<</,/^=======/d' -e '/^>>>>>>>/d' -e '/^b:/d' "$1"`)
    const { status, stderr } = await own.sotto("resolve")
    expect(status).not.toBe(0)
    expect(stderr).toContain("[NOT_CONFIRMED]")
    expect(stderr).toContain("b is gone")
    expect(unmerged()).not.toBe("")
  })

  test("--no-stage leaves the index", async () => {
    await own.sotto("resolve", "--ours", "--no-stage")
    expect(await opened()).toBe(ours.replace(secret("b"), secret("b-theirs")))
    expect(unmerged()).not.toBe("")
    expect(existsSync(join(own.top, ".git/sotto/resolved"))).toBe(false)
  })

  test("a file that is not in conflict, and a folder that is no repository", async () => {
    await own.sotto("resolve", "--ours")
    const { status, stderr } = await own.sotto("resolve", file)
    expect(status).toBe(200)
    expect(stderr).toContain("[NOT_IN_CONFLICT]")
    expect((await own.sotto("resolve", "--list")).status).toBe(200)
    own.env.set("GIT_DIR", join(own.top, "nowhere"))
    expect((await own.sotto("resolve", file)).stderr).toContain("[NOT_A_REPOSITORY]")
  })

  test.each(["ours", "theirs"] as const)("a file that git add took as %s has it can still be decided", async (side) => {
    own.git("restore", "--source", side === "ours" ? "HEAD" : "MERGE_HEAD", "--staged", "--worktree", file)
    expect(unmerged()).toBe("")
    const check = async (): Promise<string> => (await own.sotto("check", "--staged")).stdout.toString()
    expect(await check()).toContain("MERGE_UNRESOLVED")
    expect((await own.sotto("resolve", "--list", file)).stdout.toString()).toContain(`${file}: value a`)
    expect((await own.sotto("resolve", "--ours", file)).status).toBe(0)
    expect(await opened()).toBe(ours.replace(secret("b"), secret("b-theirs")))
    expect(await check()).not.toContain("MERGE_UNRESOLVED")
    expect((await own.sotto("resolve", "--ours", file)).status).toBe(200)
  })

  test("one that was decided by hand is no conflict any more", async () => {
    await own.change(file, base)
    own.git("add", file)
    expect((await own.sotto("resolve", file)).status).toBe(200)
  })

  test("without an identity nothing is decided, and only --take SIDE:. does without", async () => {
    own.actAs("stranger")
    const { stderr } = await own.sotto("resolve", "--ours", file)
    expect(stderr).toContain("[DATA_KEY]")
    expect(unmerged()).not.toBe("")
  })

  test("two options that decide the same", async () => {
    const { stderr } = await own.sotto("resolve", "--ours", "--theirs")
    expect(stderr).toContain("[OPTIONS_CONFLICT]")
    expect((await own.sotto("resolve", "--take", "a")).stderr).toContain("[OPTION_VALUE]")
  })
})

test("a middle marker that is left alone is no line of the file, in dotenv neither", async () => {
  const env = "secrets/app.env"
  own = await mergeRepository()
  await own.seal(env, `A=${secret("a")}\n`)
  own.commitAll("base")
  await own.branch("topic", "main", () => own.change(env, `A=${secret("theirs")}\n`))
  own.git("checkout", "--quiet", "main")
  await own.change(env, `A=${secret("ours")}\n`)
  own.commitAll("ours")
  own.git("config", "merge.conflictStyle", "diff3")
  own.tryGit("merge", "topic", "-m", "m")
  for (const kept of ["=======", "|||||||"]) {
    const others = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].filter((each) => each !== kept)
    editor(`sed -i ${others.map((each) => `-e '/^${each}/d'`).join(" ")} -e '/-a$/d' -e '/-theirs$/d' "$1"`)
    const { status, stderr } = await own.sotto("resolve", env)
    expect(status).toBe(1)
    expect(stderr).toContain("[CONFLICT_REMAINS]")
    expect(stderr).toContain("line 2")
  }
  editor(`sed -i -e '/^[<|=>]/d' -e '/-a$/d' -e '/-theirs$/d' "$1"`)
  expect(await own.sotto("resolve", env)).toMatchObject({ status: 0, stderr: "" })
  expect(await own.open(env)).toBe(`A=${secret("ours")}\n`)
})

test("where the index cannot be written, the file stays as it was", async () => {
  const before = own.read(file)
  const lock = join(own.top, ".git/index.lock")
  writeFileSync(lock, "")
  const { status, stderr } = await own.sotto("resolve", "--theirs")
  expect(status).toBe(1)
  expect(stderr).toContain("index.lock")
  expect(own.read(file).equals(before)).toBe(true)
  rmSync(lock)
  expect(await own.sotto("resolve", "--theirs")).toMatchObject({ status: 0 })
  expect(own.read(file).equals(before)).toBe(false)
})

describe("a file that one side removed", () => {
  test.each([
    ["ours:.", true],
    ["theirs:.", false],
  ])("--take %s", async (take, isKept) => {
    own.git("reset", "--quiet", "--hard", "HEAD")
    await own.branch("gone", "main~1", async () => void own.git("rm", "--quiet", file))
    own.git("checkout", "--quiet", "main")
    own.tryGit("merge", "gone", "-m", "m")
    const listed = await own.sotto("resolve", "--list")
    expect(listed.stdout.toString()).toBe("secrets/app.yaml: delete the file\n")
    const { status, stderr } = await own.sotto("resolve", "--take", take)
    expect(stderr).toBe("")
    expect(status).toBe(0)
    expect(existsSync(join(own.top, file))).toBe(isKept)
    expect(unmerged()).toBe("")
  })
})

describe("who may read the file", () => {
  /** Theirs has added a recipient, and changed a value. */
  async function withStranger(): Promise<void> {
    own.git("reset", "--quiet", "--hard", "HEAD")
    await own.branch("invite", "main~1", async () => {
      own.write(".sopsrc", config("a", "b"))
      await own.sotto("sync", "--yes")
      await own.change(file, base.replace(secret("b"), secret("b-theirs")))
    })
    own.git("checkout", "--quiet", "main")
  }
  const reads = async (name: "a" | "b"): Promise<boolean> => {
    own.actAs(name)
    const { status } = await own.sotto("decrypt", file)
    own.actAs("a")
    return status === 0
  }

  test("is a conflict that the driver never takes", async () => {
    await withStranger()
    const { status, stderr } = own.tryGit("merge", "invite", "-m", "m")
    expect(status).toBe(1)
    expect(stderr).toContain("conflict in recipients (1)")
    expect(await reads("b")).toBe(false)
  })

  test("remains one where nobody can be asked, also with --ours and --theirs", async () => {
    await withStranger()
    own.tryGit("merge", "invite", "-m", "m")
    const { stderr } = await own.sotto("resolve", "--theirs")
    expect(stderr).toContain("[CONFLICT_REMAINS]")
    expect(stderr).toContain("recipients")
    expect(await reads("b")).toBe(false)
  })

  test("--metadata ours keeps it, and takes the values", async () => {
    await withStranger()
    own.tryGit("merge", "invite", "-m", "m")
    const { status } = await own.sotto("resolve", "--metadata", "ours")
    expect(status).toBe(0)
    expect(await reads("b")).toBe(false)
    expect(await opened()).toContain(secret("b-theirs"))
  })

  test("--metadata theirs takes a recipient that no rule names only with --keep-recipient", async () => {
    await withStranger()
    own.tryGit("merge", "invite", "-m", "m")
    const refused = await own.sotto("resolve", "--metadata", "theirs")
    expect(refused.stderr).toContain("[UNKNOWN_RECIPIENT]")
    const { status, stderr } = await own.sotto("resolve", "--metadata", "theirs", "--keep-recipient", recipients.b)
    expect(stderr).toBe("")
    expect(status).toBe(0)
    expect(await reads("b")).toBe(true)
    expect(await opened()).toContain(secret("b-theirs"))
  })

  test("--metadata rule follows the config of the work tree", async () => {
    await withStranger()
    own.tryGit("merge", "invite", "-m", "m")
    const { status } = await own.sotto("resolve", "--metadata", "rule")
    expect(status).toBe(0)
    expect(await reads("b")).toBe(true)
  })

  test("a config that is in conflict itself is in nobody's way, except where its rule is asked for", async () => {
    await withStranger()
    own.write(".sopsrc", config("a", "c"))
    own.commitAll("another config")
    own.tryGit("merge", "invite", "-m", "m")
    expect(own.read(".sopsrc").toString()).toContain("<<<<<<<")
    const refused = await own.sotto("resolve", "--metadata", "rule")
    expect(refused.status).not.toBe(0)
    expect(refused.stderr).toContain(".sopsrc")
    expect((await own.sotto("resolve", "--metadata", "ours")).status).toBe(0)
    own.write(".sopsrc", config("a"))
    expect(await opened()).toContain(secret("b-theirs"))
  })

  test("one question for all files, and yes takes it from theirs", async () => {
    await withStranger()
    own.write(".sopsrc", config("a", "b"))
    own.commitAll("agreed")
    own.tryGit("merge", "invite", "-m", "m")
    const { io, ended } = ioFor({ args: ["resolve"], cwd: own.top, env: own.env, answers: ["y"] })
    const { status, stderr } = ended(await run(io))
    expect(stderr).toContain("theirs adds b in 1 file")
    expect(status).toBe(0)
    expect(await reads("b")).toBe(true)
  })
})

describe("names of files", () => {
  test("that a shell, an option or a pattern would take for something else", async () => {
    const names = [
      "secrets/-x.yaml",
      "secrets/with blank.yaml",
      "secrets/star*.yaml",
      "secrets/new\nline.yaml",
      "secrets/$(id) 'q'.yaml",
    ]
    own.git("reset", "--quiet", "--hard", "main")
    for (const name of names) await own.seal(name, `a: ${secret("a")}\n`)
    own.commitAll("base")
    await own.branch("other", "main", async () => {
      for (const name of names) await own.change(name, `a: ${secret("theirs")}\n`)
    })
    own.git("checkout", "--quiet", "main")
    for (const name of names) await own.change(name, `a: ${secret("ours")}\n`)
    own.commitAll("ours")
    own.tryGit("merge", "other", "-m", "m")
    const { status } = await own.sotto("resolve", "--theirs", "--", names[2]!)
    expect(status).toBe(0)
    expect(
      unmerged()
        .split("\n")
        .filter((line) => line !== ""),
    ).toHaveLength(3 * (names.length - 1))
    expect((await own.sotto("resolve", "--theirs")).status).toBe(0)
    expect(unmerged()).toBe("")
    for (const name of names) expect(await own.open(name)).toBe(`a: ${secret("theirs")}\n`)
  })
})
