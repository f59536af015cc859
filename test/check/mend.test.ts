import { chmodSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { run } from "../../src/cli/run.ts"
import { type Io } from "../../src/host/io.ts"
import { call, ioFor } from "../machine.ts"
import { checkedRepository, codesOf, config, identity, secretText, stranger, tester } from "./checked.ts"

const rule = "  - path: secrets/**\n    recipients: [tester, stranger]\n"

describe("--fix", () => {
  test("seals plain files, and what was sealed stays as it is", async () => {
    const repo = checkedRepository(rule)
    await repo.seal("secrets/a.yaml", secretText)
    const before = repo.read("secrets/a.yaml")
    repo.write("secrets/b.yaml", secretText)
    repo.write("secrets/c.bin", "canary-7f3a")
    repo.git("add", "--all")
    const { findings, stderr } = await repo.check("--fix")
    expect(findings).toEqual([])
    expect(stderr).toMatch(/secrets\/b.yaml: sealed[^]*secrets\/c.bin: sealed/)
    expect(repo.read("secrets/a.yaml")).toEqual(before)
    // The index is left alone.
    expect(codesOf((await repo.check("--staged")).findings)).toEqual(["PLAINTEXT_FILE"])
  })

  test("stages again what stood in the index, and names what does not", async () => {
    const repo = checkedRepository(rule)
    repo.write("secrets/a.yaml", secretText)
    repo.write("secrets/b.yaml", secretText)
    repo.git("add", "--all")
    repo.write("secrets/b.yaml", `${secretText}more: canary-7f3a\n`)
    const { findings, stderr } = await repo.check("--staged", "--fix")
    expect(findings.map(({ code, file }) => [code, file])).toEqual([["PLAINTEXT_FILE", "secrets/b.yaml"]])
    expect(stderr).toContain("secrets/b.yaml: not mended, since the work tree holds another version than the index")
    expect(repo.read("secrets/b.yaml").toString()).toContain("more: canary-7f3a")
  })

  test.each([
    ["--skip-worktree", "secrets/b.yaml", secretText],
    ["--assume-unchanged", "secrets/b.yaml", secretText],
    ["--skip-worktree", "secrets/a.yaml", null],
    ["--assume-unchanged", "secrets/a.yaml", null],
  ])(
    "names what git takes from the index by %s, and leaves its copy in the work tree: %s",
    async (option, file, text) => {
      const repo = checkedRepository(rule)
      await repo.seal("secrets/a.yaml", secretText)
      repo.env.set("SOPS_AGE_KEY", identity)
      repo.write("secrets/b.yaml", text ?? "{}\n")
      if (text === null) repo.write("secrets/a.yaml", `added: canary-7f3a\n${repo.read("secrets/a.yaml").toString()}`)
      repo.git("add", "--all")
      repo.git("update-index", option, file)
      const before = repo.read(file)
      const { findings, stderr } = await repo.check("--fix")
      expect(findings.map((each) => each.file)).toEqual([file])
      expect(stderr).toContain(
        `${file}: not mended, since git was told to take it from the index: git update-index ${option.replace("--", "--no-")} ${file}, then`,
      )
      expect(repo.read(file)).toEqual(before)
      repo.git("update-index", option.replace("--", "--no-"), file)
      expect((await repo.check("--fix")).findings).toEqual([])
    },
  )

  test.each([
    ["a value that was added", (text: string) => `added: canary-7f3a-new\n${text}`],
    ["a value in place of a token", (text: string) => text.replace(/password: .*/, "password: canary-7f3a-new")],
    ["a number", (text: string) => `added: 17\n${text}`],
  ])("seals %s under the data key of the file", async (_, change) => {
    const repo = checkedRepository(rule)
    await repo.seal("secrets/a.yaml", secretText)
    repo.commitAll()
    const before = repo.read("secrets/a.yaml").toString("utf8")
    repo.write("secrets/a.yaml", change(before))
    expect(codesOf((await repo.check()).findings)).toEqual(["VALUE_CLEAR"])
    repo.env.set("SOPS_AGE_KEY", identity)
    const { findings } = await repo.check("--fix", "--verify")
    expect(findings).toEqual([])
    const user = /user: .*/.exec(before)![0]
    expect(repo.read("secrets/a.yaml").toString("utf8")).toContain(user)
    const { stdout } = await repo.sotto("decrypt", "secrets/a.yaml")
    expect(stdout.toString()).toMatch(/canary-7f3a-new|added: 17/)
  })

  test("gives no MAC to a file that nobody vouches for", async () => {
    const repo = checkedRepository(rule)
    await repo.seal("secrets/a.yaml", secretText)
    repo.commitAll()
    const text = repo.read("secrets/a.yaml").toString("utf8")
    const [password, user] = [/password: (.*)/.exec(text)![1]!, /user: (.*)/.exec(text)![1]!]
    // Somebody has put a value in the clear, and taken another one out.
    const tampered = `added: canary-7f3a\n${text.replace(/ +user: .*\n/, "")}`
    expect(password).not.toBe(user)
    repo.write("secrets/a.yaml", tampered)
    repo.env.set("SOPS_AGE_KEY", identity)
    const { findings, stderr } = await repo.check("--fix")
    expect(codesOf(findings)).toEqual(["VALUE_CLEAR"])
    expect(stderr).toContain("not mended: ")
    expect(repo.read("secrets/a.yaml").toString("utf8")).toBe(tampered)
  })

  test("says what else was changed, and advises a version that holds", async () => {
    const repo = checkedRepository(rule)
    await repo.seal("secrets/a.yaml", secretText)
    repo.commitAll()
    const text = repo.read("secrets/a.yaml").toString("utf8")
    repo.write("secrets/a.yaml", `added: canary-7f3a\n${text.replace(/ +user: .*\n/, "")}`)
    repo.commitAll("damaged")
    repo.env.set("SOPS_AGE_KEY", identity)
    const { stderr } = await repo.check("--fix")
    expect(stderr).toContain("not mended: ")
    expect(stderr).toContain("user is missing")
    expect(stderr).toContain("added (line 1) was typed in the clear")
    // The newest version has the damage itself.
    expect(stderr).not.toContain("git checkout secrets/a.yaml")
    expect(stderr).toMatch(/git checkout [0-9a-f]{7,} -- secrets\/a\.yaml/)
    expect(stderr).not.toContain("canary")
  })

  test("names files from the working folder, as the next command takes them", async () => {
    const repo = checkedRepository(rule)
    await repo.seal("secrets/a.yaml", secretText)
    repo.commitAll()
    const text = repo.read("secrets/a.yaml").toString("utf8")
    repo.write("secrets/a.yaml", `added: canary-7f3a\n${text.replace(/ +user: .*\n/, "")}`)
    repo.write("secrets/b.yaml", secretText)
    repo.git("add", "--all")
    repo.env.set("SOPS_AGE_KEY", identity)
    const { stderr } = await call({ args: ["check", "--fix"], cwd: join(repo.top, "secrets"), env: repo.env })
    expect(stderr).toMatch(/^notice: a.yaml: not mended: [^]*\nnotice: b.yaml: sealed$/m)
    expect(stderr).not.toContain(repo.top)
    expect(stderr).not.toContain("secrets/")
  })

  test("without an identity a clear value stays, and is named", async () => {
    const repo = checkedRepository(rule)
    await repo.seal("secrets/a.yaml", secretText)
    const changed = `added: canary-7f3a\n${repo.read("secrets/a.yaml").toString("utf8")}`
    repo.write("secrets/a.yaml", changed)
    repo.git("add", "--all")
    const { findings, stderr } = await repo.check("--fix")
    expect(codesOf(findings)).toEqual(["VALUE_CLEAR"])
    expect(stderr).toContain("[DATA_KEY]")
    expect(repo.read("secrets/a.yaml").toString("utf8")).toBe(changed)
  })

  test("takes out who is not named, and adds nobody", async () => {
    const repo = checkedRepository("  - path: secrets/**\n    recipients: tester\n")
    await repo.seal("secrets/a.yaml", secretText, "--age", `${tester},${stranger}`)
    await repo.seal("secrets/b.yaml", secretText, "--age", tester)
    repo.git("add", "--all")
    expect(codesOf((await repo.check("secrets")).findings)).toEqual(["RECIPIENT_EXTRA"])
    repo.env.set("SOPS_AGE_KEY", identity)
    expect((await repo.check("--fix", "secrets")).findings).toEqual([])
    repo.write(".sopsrc", config(rule))
    expect(codesOf((await repo.check("--fix", "secrets")).findings)).toEqual(["RECIPIENT_MISSING"])
    expect(repo.read("secrets/b.yaml").toString("utf8")).not.toContain(stranger)
  })
})

describe("--verify", () => {
  test.each([
    ["MAC_MISMATCH", (text: string) => text.replace(/ +user: .*\n/, "")],
    ["VALUE_NOT_OPENED", (text: string) => text.replace(/(password: )(.*)\n( +user: )(.*)\n/, "$1$4\n$3$2\n")],
    [
      "STRUCTURE_CHANGED",
      (text: string) => text.replace("list:\n    - a: x\n    - b: x\n", "list:\n    - a: x\n      b: x\n"),
    ],
  ])("%s", async (code, change) => {
    const repo = checkedRepository(
      "  - path: secrets/**\n    recipients: [tester, stranger]\n    unencrypted_regex: ^list$\n",
    )
    await repo.seal("secrets/a.yaml", `${secretText}list:\n    - a: x\n    - b: x\n`)
    const text = repo.read("secrets/a.yaml").toString("utf8")
    expect(change(text)).not.toBe(text)
    repo.write("secrets/a.yaml", change(text))
    repo.git("add", "--all")
    expect((await repo.check()).findings).toEqual([])
    expect(codesOf((await repo.check("--verify")).findings)).toEqual(["NOT_VERIFIED"])
    repo.env.set("SOPS_AGE_KEY", identity)
    const { findings, status } = await repo.check("--verify")
    expect([codesOf(findings), status]).toEqual([[code], 1])
  })

  test.each(["--skip-worktree", "--assume-unchanged"])("opens what git takes from the index by %s", async (option) => {
    const repo = checkedRepository(rule)
    await repo.seal("secrets/a.yaml", secretText)
    const sound = repo.read("secrets/a.yaml")
    repo.write("secrets/a.yaml", sound.toString("utf8").replace(/ +user: .*\n/, ""))
    repo.commitAll()
    repo.git("update-index", option, "secrets/a.yaml")
    repo.write("secrets/a.yaml", sound)
    repo.env.set("SOPS_AGE_KEY", identity)
    expect(codesOf((await repo.check("--verify")).findings)).toEqual(["MAC_MISMATCH"])
  })

  test("opens what a bare repository holds", async () => {
    const repo = checkedRepository(rule)
    await repo.seal("secrets/a.yaml", secretText)
    repo.commitAll()
    repo.env.set("SOPS_AGE_KEY", identity)
    const { stdout } = await call({ args: ["check", "--verify", "--json"], cwd: join(repo.top, ".git"), env: repo.env })
    expect(JSON.parse(stdout.toString())).toMatchObject({ sealed: 1, findings: [] })
  })
})

describe("history", () => {
  test("a data key is as old as the newest commit that changed every wrapped one", async () => {
    const repo = checkedRepository("  - path: secrets/**\n    recipients: [tester, stranger]\n    max_age: 90d\n")
    const commitAt = (daysAgo: number): void => {
      const date = new Date(Date.now() - daysAgo * 24 * 60 * 60 * 1000).toISOString()
      repo.env.set("GIT_COMMITTER_DATE", date)
      repo.commitAll(`${daysAgo} days ago`)
      repo.env.delete("GIT_COMMITTER_DATE")
    }
    await repo.seal("secrets/a.yaml", secretText)
    await repo.seal("secrets/b.yaml", secretText)
    commitAt(200)
    await repo.withKey("set", "secrets/a.yaml", "db.user", '"canary-7f3a-2"')
    await repo.withKey("rotate", "-i", "secrets/b.yaml")
    commitAt(10)
    const { findings, status } = await repo.check()
    expect(findings.map(({ code, file }) => [code, file])).toEqual([["DATA_KEY_OLD", "secrets/a.yaml"]])
    expect(findings[0]?.message).toContain("200 days, and its rule allows 90")
    expect(findings[0]?.commit).toBe(repo.git("rev-parse", "HEAD~1").trim())
    expect(status).toBe(0)
  })

  test("a merge by text that kept the MAC of one side", async () => {
    const repo = checkedRepository(rule)
    const lines = Array.from({ length: 20 }, (_, index) => `k${index}: canary-7f3a-${index}`).join("\n")
    await repo.seal("secrets/a.yaml", `${lines}\n`)
    repo.commitAll("base")
    const base = repo.read("secrets/a.yaml").toString("utf8")
    await repo.withKey("set", "secrets/a.yaml", "k1", '"canary-7f3a-x"')
    const theirs = repo.read("secrets/a.yaml").toString("utf8")
    repo.git("checkout", "--quiet", "-b", "theirs")
    repo.commitAll("theirs")
    repo.git("checkout", "--quiet", "main")
    repo.write("secrets/a.yaml", base)
    await repo.withKey("set", "secrets/a.yaml", "k15", '"canary-7f3a-y"')
    const ours = repo.read("secrets/a.yaml").toString("utf8")
    repo.commitAll("ours")
    repo.tryGit("merge", "--no-commit", "theirs")
    const k1 = /^k1: .*$/m.exec(theirs)![0]
    repo.write(
      "secrets/a.yaml",
      ours.replace(/^k1: .*$/m, () => k1),
    )
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "-m", "merged by a server")
    const { findings } = await repo.check()
    expect(findings.map(({ code, file }) => [code, file])).toEqual([["MAC_SUSPECT", "secrets/a.yaml"]])
    expect(findings[0]?.commit).toBe(repo.git("rev-parse", "HEAD").trim())
    expect(codesOf((await repo.check("--range", "HEAD~1..HEAD")).findings)).toContain("MAC_SUSPECT")
    await repo.withKey("set", "secrets/b.yaml", "x", '"canary-7f3a"').catch(() => {})
    repo.write("secrets/a.yaml", ours)
    repo.commitAll("repaired")
    expect((await repo.check()).findings).toEqual([])
  })
})

describe("--target", () => {
  test.each([
    [
      "sops-3.11",
      "post-quantum recipients",
      async (repo: ReturnType<typeof checkedRepository>) => {
        const pq = (await repo.sotto("keygen", "--pq")).stdout.toString("utf8")
        const recipient = /age1pq1\w+/.exec(pq)![0]
        await repo.seal("secrets/a.yaml", secretText, "--age", `${tester},${recipient}`)
      },
    ],
    [
      "flux-2.3",
      "mac_only_encrypted",
      (repo: ReturnType<typeof checkedRepository>) => repo.seal("secrets/a.yaml", secretText, "--mac-only-encrypted"),
    ],
    [
      "sops-3.9",
      "sealed dates",
      (repo: ReturnType<typeof checkedRepository>) => repo.seal("secrets/a.yaml", "day: 2001-12-14\n"),
    ],
    [
      "ksops",
      "a file sealed whole in a container",
      (repo: ReturnType<typeof checkedRepository>) => repo.seal("secrets/a.yaml", "- canary-7f3a\n", "--container"),
    ],
    [
      "mise",
      "sealed comments",
      (repo: ReturnType<typeof checkedRepository>) => repo.seal("secrets/a.yaml", "# canary-7f3a\na: x\n"),
    ],
    [
      "mise",
      "dotenv files",
      (repo: ReturnType<typeof checkedRepository>) => repo.seal("secrets/a.env", "A=canary-7f3a\n"),
    ],
  ])("%s does not know %s", async (target, what, make) => {
    const repo = checkedRepository(rule)
    await make(repo)
    repo.git("add", "--all")
    const found = (findings: readonly { code: string; message: string }[]): string[] =>
      findings.filter(({ code }) => code === "TARGET_UNSUPPORTED").map(({ message }) => message)
    expect(found((await repo.check("--target", target)).findings)).toEqual([
      expect.stringContaining(`${target} does not know ${what}`),
    ])
    expect(found((await repo.check("--target", "sops-3.13")).findings)).toEqual([])
    expect(found((await repo.check()).findings)).toEqual([])
  })
})

describe("without a key", () => {
  /** Counts what is started, and fails for whatever reads an identity. */
  function watched(io: Io): { io: Io; programs: string[]; read: string[] } {
    const [programs, read]: [string[], string[]] = [[], []]
    const spawn: Io["processes"]["spawn"] = (program, ...rest) => {
      programs.push(program)
      return io.processes.spawn(program, ...rest)
    }
    const open: Io["fs"]["open"] = (path, ...rest) => {
      read.push(path)
      return io.fs.open(path, ...rest)
    }
    return { io: { ...io, fs: { ...io.fs, open }, processes: { ...io.processes, spawn } }, programs, read }
  }

  test.each([
    ["check"],
    ["check", "--staged"],
    ["check", "--range", "HEAD~1..HEAD"],
    ["status"],
    ["explain", "secrets/a.yaml", "db.password"],
  ])("%s %s reads no identity, connects to nothing and starts git alone, whatever the files name", async (...args) => {
    const repo = checkedRepository(rule)
    repo.write("x", "x")
    repo.commitAll()
    await repo.seal("secrets/a.yaml", secretText)
    const text = repo.read("secrets/a.yaml").toString("utf8")
    // A plugin, a Vault and keys of services: whoever unwraps would run or ask them.
    const hostile = `    hc_vault:\n        - vault_address: http://127.0.0.1:9\n          engine_path: sys\n          key_name: seal\n          created_at: "2020-01-01T00:00:00Z"\n          enc: x\n`
    repo.write(
      "secrets/h.yaml",
      text.replace("    age:\n", `${hostile}    age:\n        - recipient: age1evil1qqqqqqqqqq\n          enc: x\n`),
    )
    repo.commitAll()
    repo.write("secrets/c.yaml", text)
    repo.git("add", "--all")
    // A decoy that would open them, and would be seen.
    const keys = join(repo.machine.home, "keys.txt")
    repo.write("../home/keys.txt", `${identity}\n`)
    repo.write("../home/evil/age-plugin-evil", "#!/bin/sh\ntouch ran\n")
    chmodSync(join(repo.machine.home, "evil/age-plugin-evil"), 0o755)
    repo.env.set("SOPS_AGE_KEY_FILE", keys)
    repo.env.set("PATH", `${join(repo.machine.home, "evil")}:${repo.env.get("PATH")!}`)
    const { io, ended } = ioFor({ args, cwd: repo.top, env: repo.env })
    const seen = watched(io)
    const { stdout } = ended(await run(seen.io))
    expect(stdout.toString("utf8")).not.toContain("canary-7f3a")
    expect(stdout.length).toBeGreaterThan(10)
    expect(seen.read.filter((path) => path.includes("/home/"))).toEqual([])
    expect(seen.programs.filter((program) => !program.endsWith("/git"))).toEqual([])
    expect(repo.tryGit("status", "--porcelain", "--", "ran").stdout).toBe("")
  })

  test("one process looks at many files", async () => {
    const repo = checkedRepository(rule)
    for (let index = 0; index < 60; index++) repo.write(`secrets/f${index}.yaml`, secretText)
    await repo.seal("secrets/a.yaml", secretText)
    repo.git("add", "--all")
    for (const args of [["check"], ["check", "--staged"]]) {
      const { io } = ioFor({ args, cwd: repo.top, env: repo.env })
      const seen = watched(io)
      await run(seen.io)
      expect(seen.programs.length).toBeLessThan(10)
    }
  })
})

describe("hostile content", () => {
  test.each([
    ["deep YAML", "a.yaml", (text: string) => `a: ${"[".repeat(5_000)}${"]".repeat(5_000)}\n${text}`],
    [
      "aliases upon aliases",
      "a.yaml",
      (text: string) =>
        `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, n) => `${String.fromCodePoint(98 + n)}: &${String.fromCodePoint(98 + n)} [${Array.from({ length: 9 }, () => `*${String.fromCodePoint(97 + n)}`).join(",")}]`).join("\n")}\n${text}`,
    ],
    [
      "a selector that is too long",
      "a.yaml",
      (text: string) => text.replace("sops:\n", `sops:\n    encrypted_regex: "${"(a|b)*".repeat(400)}"\n`),
    ],
    [
      "ten thousand clear values",
      "a.yaml",
      (text: string) => `${Array.from({ length: 10_000 }, (_, n) => `k${n}: canary-7f3a`).join("\n")}\n${text}`,
    ],
    ["a hundred thousand marks of a conflict", "a.yaml", (text: string) => `${"<<<<<<< a\n".repeat(100_000)}${text}`],
    ["a line of a million letters", "a.yaml", (text: string) => `# ${"x".repeat(1_000_000)}\n${text}`],
    ["a prototype's names", "a.yaml", (text: string) => `__proto__: canary-7f3a\nconstructor: canary-7f3a\n${text}`],
  ])("%s", async (_, name, change) => {
    const repo = checkedRepository(rule)
    await repo.seal(`secrets/${name}`, secretText)
    repo.write(`secrets/${name}`, change(repo.read(`secrets/${name}`).toString("utf8")))
    repo.git("add", "--all")
    const { status, findings, stderr } = await repo.check()
    expect(stderr).toBe("")
    expect([0, 1]).toContain(status)
    expect(findings.length).toBeLessThan(2_100)
  })
})
