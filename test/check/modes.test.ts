import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { call, machine } from "../machine.ts"
import { hostileNames, repository } from "../git/repository.ts"
import { checkedRepository, codesOf, config, identity, secretText, stranger, tester } from "./checked.ts"

const rule = "  - path: secrets/**\n    recipients: [tester, stranger]\n"

describe("--staged", () => {
  test("looks at the index, not at the work tree", async () => {
    const repo = checkedRepository()
    repo.write("secrets/a.yaml", secretText)
    repo.git("add", ".sopsrc")
    expect(codesOf((await repo.check("--staged")).findings)).toEqual(["RULE_UNUSED"])
    repo.git("add", "secrets/a.yaml")
    await repo.seal("secrets/a.yaml", secretText)
    expect(codesOf((await repo.check("--staged")).findings)).toEqual(["PLAINTEXT_FILE"])
    repo.git("add", "secrets/a.yaml")
    expect((await repo.check("--staged")).findings).toEqual([])
  })

  test("looks at what differs from HEAD only, before the first commit at everything", async () => {
    const repo = checkedRepository()
    repo.write("secrets/a.yaml", secretText)
    repo.git("add", "--all")
    expect((await repo.check("--staged")).files).toBe(2)
    repo.commitAll()
    expect(await repo.check("--staged")).toMatchObject({ files: 0, findings: [], status: 0 })
  })

  test("judges by the staged config, and looks at configs as such when one is staged", async () => {
    const repo = checkedRepository()
    await repo.seal("secrets/a.yaml", secretText)
    repo.commitAll()
    repo.write(".sopsrc", config(`${rule}  - path: other/**\n    recipients: tester\n`))
    repo.write("other/b.yaml", secretText)
    repo.git("add", "other/b.yaml")
    expect((await repo.check("--staged")).findings).toEqual([])
    repo.git("add", ".sopsrc")
    expect(codesOf((await repo.check("--staged")).findings)).toEqual(["PLAINTEXT_FILE"])
    repo.git("rm", "--cached", "--quiet", "other/b.yaml")
    expect(codesOf((await repo.check("--staged")).findings)).toEqual(["RULE_UNUSED"])
  })

  test("says what lost its seal", async () => {
    const repo = checkedRepository("  - path: never/**\n    recipients: [tester, stranger]\n")
    const own = ["--age", `${tester},${stranger}`]
    await repo.seal("a.yaml", secretText, ...own)
    await repo.seal("b.yaml", secretText, ...own)
    const b = repo.read("b.yaml").toString("utf8")
    repo.commitAll()
    repo.write("a.yaml", secretText)
    repo.write("b.yaml", b.replace(/password: .*/, "password: canary-7f3a"))
    repo.git("add", "--all")
    const { findings } = await repo.check("--staged")
    const found = findings.filter(({ code }) => code === "FILE_UNSEALED" || code === "SEAL_REMOVED")
    expect(found.map(({ code, file, path }) => [code, file, path])).toEqual([
      ["FILE_UNSEALED", "a.yaml", undefined],
      ["SEAL_REMOVED", "b.yaml", ["db", "password"]],
    ])
    repo.git("rm", "--cached", "--quiet", "-f", "a.yaml")
    expect(codesOf((await repo.check("--staged")).findings)).not.toContain("FILE_UNSEALED")
  })

  test("finds the sealed file that staged plain text belongs to", async () => {
    const repo = checkedRepository("  - path: secrets/a.yaml\n    recipients: [tester, stranger]\n")
    await repo.seal("secrets/a.yaml", secretText)
    repo.commitAll()
    repo.write("secrets/a.dec.yaml", secretText)
    repo.git("add", "--all")
    const { findings } = await repo.check("--staged")
    expect(findings.map(({ code, file }) => [code, file])).toEqual([["SIBLING_PLAINTEXT", "secrets/a.dec.yaml"]])
  })

  test.each(["merge", "cherry-pick", "revert", "rebase"])(
    "a conflict of %s that was settled without a word",
    async (how) => {
      const repo = checkedRepository()
      await repo.seal("secrets/a.yaml", secretText)
      await repo.seal("secrets/b.yaml", secretText)
      repo.write(".gitattributes", "secrets/** merge=binary -text\n")
      repo.commitAll("base")
      await repo.withKey("set", "secrets/a.yaml", "db.password", '"canary-7f3a-1"')
      const theirs = repo.commitAll("theirs")
      if (how === "revert") {
        await repo.withKey("set", "secrets/a.yaml", "db.password", '"canary-7f3a-2"')
        repo.commitAll("ours")
      } else {
        repo.git("checkout", "--quiet", "-b", "ours", "HEAD~1")
        await repo.withKey("set", "secrets/a.yaml", "db.password", '"canary-7f3a-2"')
        repo.commitAll("ours")
      }
      expect(repo.tryGit(how, ...(how === "revert" ? ["--no-edit"] : []), theirs).status).toBe(1)
      const ours = repo.git("show", "HEAD:secrets/a.yaml")
      repo.git("checkout", "--ours", "secrets/a.yaml")
      repo.git("add", "secrets/a.yaml")
      const { findings } = await repo.check("--staged")
      expect(findings.map(({ code, file }) => [code, file])).toEqual([["MERGE_UNRESOLVED", "secrets/a.yaml"]])
      // `sotto resolve` writes down what was chosen.
      const blob = repo.git("rev-parse", ":secrets/a.yaml").trim()
      repo.write(".git/sotto/resolved", `secrets/a.yaml ${blob}\n`)
      expect((await repo.check("--staged")).findings).toEqual([])
      repo.write(".git/sotto/resolved", "")
      repo.write("secrets/a.yaml", ours)
      await repo.withKey("set", "secrets/a.yaml", "db.password", '"canary-7f3a-3"')
      repo.git("add", "secrets/a.yaml")
      expect((await repo.check("--staged")).findings).toEqual([])
    },
  )
})

test("--fix leaves a file as it was where the index cannot be written", async () => {
  const repo = checkedRepository(rule)
  repo.write("secrets/a.yaml", secretText)
  repo.git("add", "--all")
  repo.write(".git/index.lock", "")
  const { stderr, status } = await repo.sotto("check", "--fix", "--staged")
  expect(stderr).toContain("secrets/a.yaml: not mended: git failed")
  expect([status, repo.read("secrets/a.yaml").toString()]).toEqual([1, secretText])
})

// Where the file system takes any bytes.
test.runIf(process.platform === "linux")(
  "files whose names are no UTF-8 are judged, each as one of its own",
  async () => {
    const repo = checkedRepository(rule)
    await repo.seal("secrets/a.yaml", secretText)
    for (const byte of [0xfe, 0xff]) {
      const name = Buffer.concat([Buffer.from(join(repo.top, "secrets/p")), Buffer.from([byte]), Buffer.from(".yaml")])
      writeFileSync(name, byte === 0xfe ? secretText : repo.read("secrets/a.yaml"))
    }
    repo.git("add", "--all")
    for (const args of [[], ["--staged"]]) {
      const { findings, files, status } = await repo.check(...args)
      expect([files, status]).toEqual([4, 1])
      expect(findings.map(({ code, file }) => [code, file])).toEqual(
        expect.arrayContaining([
          ["PLAINTEXT_FILE", "secrets/p\ufffdfe.yaml"],
          ["SHARED_DATA_KEY", "secrets/p\ufffdff.yaml"],
        ]),
      )
    }
    const { stderr } = await repo.sotto("check", "--fix", "--staged")
    expect(stderr).toContain("secrets/p\ufffdfe.yaml: not mended, since its name is not UTF-8")
  },
)

describe("--range", () => {
  test("judges by the config from before, so a branch does not judge itself", async () => {
    const repo = checkedRepository(rule)
    await repo.seal("secrets/a.yaml", secretText)
    const base = repo.commitAll()
    repo.write(".sopsrc", config("  - path: secrets/**\n    recipients: stranger\n"))
    await repo.seal("secrets/b.yaml", secretText)
    repo.commitAll()
    const { findings, status } = await repo.check("--range", `${base}..HEAD`)
    expect(codesOf(findings)).toEqual(["CONFIG_CHANGED", "NEW_DATA_KEY", "RECIPIENT_MISSING", "RECIPIENT_UNUSED"])
    expect(findings.find(({ code }) => code === "RECIPIENT_MISSING")?.recipient).toBe(tester)
    const changed = findings.filter(({ code }) => code === "CONFIG_CHANGED").map(({ message }) => message)
    expect(changed).toEqual([expect.stringContaining(`rule 1 (secrets/**) is another: - tester (${tester})`)])
    expect(status).toBe(1)
  })

  test("names each rule and recipient that changes", async () => {
    const repo = checkedRepository(rule)
    const base = repo.commitAll()
    const other = "age1hsp2f0fcctc5mjl4mee92r59q3uymdes2smqptdv2xfemsxwy4usujce5y"
    const text = config(`${rule}  - path: new/**\n    recipients: tester\n    threshold: 1\n`)
    repo.write(".sopsrc", text.replace(stranger, other).replace("rules:", `  eve: ${stranger}\nrules:`))
    repo.commitAll()
    const { findings, status } = await repo.check("--range", `${base}..HEAD`)
    const changed = findings.filter(({ code }) => code === "CONFIG_CHANGED").map(({ message }) => message)
    expect(changed.join("\n")).toMatch(
      /recipient stranger has another key[^]*recipient eve is new[^]*rule 1 .* is another[^]*rule 2 \(new\/\*\*\) is new/,
    )
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([])
    expect(status).toBe(0)
    expect((await repo.check("--range", `${base}..HEAD`, "--strict")).status).toBe(1)
    const back = await repo.check("--range", "HEAD..HEAD~1")
    expect(back.findings.map(({ message }) => message).join("\n")).toMatch(
      /rule 2 \(new\/\*\*\) is gone[^]*recipient eve is gone|recipient eve is gone[^]*rule 2/,
    )
  })

  test("a comment in the config changes nothing", async () => {
    const repo = checkedRepository(rule)
    await repo.seal("secrets/a.yaml", secretText)
    const base = repo.commitAll()
    repo.write(".sopsrc", `${config(rule)}# a word\n`)
    repo.commitAll()
    expect((await repo.check("--range", `${base}..HEAD`)).findings).toEqual([])
  })

  test("the first config is judged by itself, and said", async () => {
    const repo = repository()
    repo.write("README.md", "x\n")
    const base = repo.commitAll()
    repo.write(".sopsrc", config(rule))
    repo.write("secrets/a.yaml", secretText)
    repo.commitAll()
    const { stdout } = await repo.sotto("check", "--range", `${base}..HEAD`, "--json")
    const { findings } = JSON.parse(stdout.toString("utf8")) as { findings: { code: string }[] }
    expect(new Set(findings.map(({ code }) => code))).toEqual(new Set(["CONFIG_CHANGED", "PLAINTEXT_FILE"]))
  })

  test("says what changes about metadata, and that an old version came back", async () => {
    const repo = checkedRepository(rule)
    await repo.seal("secrets/a.yaml", secretText)
    const old = repo.read("secrets/a.yaml").toString("utf8")
    const base = repo.commitAll()
    await repo.withKey("rotate", "-i", "secrets/a.yaml", "--rm-age", stranger)
    repo.commitAll()
    const { findings } = await repo.check("--range", `${base}..HEAD`)
    expect(codesOf(findings)).toEqual(["NEW_DATA_KEY", "RECIPIENTS_CHANGED", "RECIPIENT_MISSING"])
    expect(findings.find(({ code }) => code === "RECIPIENTS_CHANGED")?.message).toContain(`- stranger (${stranger})`)
    repo.write(
      "secrets/a.yaml",
      old.replace(/lastmodified: "(....)/, (_, year: string) => `lastmodified: "${Number(year) - 1}`),
    )
    repo.commitAll()
    expect(codesOf((await repo.check("--range", "HEAD~1..HEAD")).findings)).toContain("LASTMODIFIED_BACK")
  })

  test("says that a file selects otherwise", async () => {
    const repo = checkedRepository(
      "  - path: secrets/**\n    recipients: [tester, stranger]\n    encrypted_regex: ^password$\n",
    )
    await repo.seal("secrets/a.yaml", secretText)
    const base = repo.commitAll()
    const text = repo.read("secrets/a.yaml").toString("utf8")
    repo.write("secrets/a.yaml", text.replace("^password$", "^pass$"))
    repo.commitAll()
    const { findings } = await repo.check("--range", `${base}..HEAD`)
    expect(codesOf(findings)).toEqual(expect.arrayContaining(["SELECTORS_CHANGED", "SELECTOR_DRIFT"]))
    const { findings: other } = await repo.check("--range", `${base}..${base}`)
    expect(other).toEqual([])
  })

  test("follows a rename, and takes three dots for what a branch has changed", async () => {
    const repo = checkedRepository(rule)
    await repo.seal("secrets/a.yaml", secretText)
    const base = repo.commitAll()
    repo.git("mv", "secrets/a.yaml", "secrets/b.yaml")
    repo.commitAll()
    expect((await repo.check("--range", `${base}..HEAD`)).findings).toEqual([])
    repo.git("checkout", "--quiet", "-b", "side", base)
    repo.write("other.txt", "x")
    repo.commitAll()
    expect(await repo.check("--range", "main...side")).toMatchObject({ files: 1, findings: [] })
  })

  test.each([
    [["--range", "main"], 64, "OPTION_VALUE"],
    [["--range", "nothing..main"], 1, "REVISION_UNKNOWN"],
    [["--range", "--all..main"], 1, "REVISION_UNKNOWN"],
    [["--range", "main..main", "--fix"], 8, "OPTIONS_CONFLICT"],
    [["--range", "main..main", "--staged"], 8, "OPTIONS_CONFLICT"],
    [["nowhere.yaml"], 100, "FILE_MISSING"],
    [["/etc/hostname"], 100, "FILE_MISSING"],
    [["--target", "sops-9"], 64, "OPTION_VALUE"],
  ])("%j: %i %s", async (args, status, code) => {
    const repo = checkedRepository(rule)
    repo.commitAll()
    const ended = await repo.sotto("check", ...args)
    expect([ended.status, ended.stdout.toString()]).toEqual([status, ""])
    expect(ended.stderr).toContain(`[${code}]`)
  })
})

describe("places", () => {
  test("outside of git the folder is looked at, and git is not needed", async () => {
    const own = machine()
    try {
      const { writeFileSync, mkdirSync } = await import("node:fs")
      mkdirSync(join(own.cwd, "secrets"))
      writeFileSync(join(own.cwd, ".sopsrc"), config(rule), { mode: 0o600 })
      writeFileSync(join(own.cwd, "secrets/a.yaml"), secretText)
      const env = new Map(own.env).set("PATH", "/nowhere")
      const ended = await call({ args: ["check"], cwd: own.cwd, env })
      expect(ended.stdout.toString()).toMatch(
        /^secrets\/a.yaml:1: PLAINTEXT_FILE: [^]*\n2 files, 0 sealed: 1 error, 0 warnings\n$/,
      )
      expect([ended.status, ended.stderr]).toEqual([1, ""])
      const staged = await call({ args: ["check", "--staged"], cwd: own.cwd, env: own.env })
      expect(staged.stderr).toContain("[NOT_A_REPOSITORY]")
    } finally {
      own.remove()
    }
  })

  test("hostile names stand in the report as they are, and break nothing", async () => {
    const repo = checkedRepository(rule)
    for (const name of hostileNames) repo.write(`secrets/${name}`, secretText)
    repo.git("add", "--all")
    for (const args of [[], ["--staged"]]) {
      const { findings } = await repo.check(...args)
      const files = findings.filter(({ code }) => code === "PLAINTEXT_FILE").map(({ file }) => file)
      expect(files.toSorted()).toEqual(hostileNames.map((name) => `secrets/${name}`).toSorted())
    }
    const { stdout } = await repo.sotto("check")
    expect(
      stdout
        .toString("utf8")
        .split("\n")
        .filter((line) => line.startsWith("secrets/")),
    ).toHaveLength(hostileNames.length)
  })

  test("paths limit what is looked at; names are from the working folder", async () => {
    const repo = checkedRepository(rule)
    repo.write("secrets/a.yaml", secretText)
    repo.write("secrets/deep/b.yaml", secretText)
    repo.git("add", "--all")
    const inside = await call({ args: ["check", "--json", "deep"], cwd: join(repo.top, "secrets"), env: repo.env })
    const { findings, files } = JSON.parse(inside.stdout.toString()) as { findings: { file: string }[]; files: number }
    expect([files, findings.map(({ file }) => file)]).toEqual([1, ["deep/b.yaml"]])
  })

  test("what a sparse checkout leaves out is looked at", async () => {
    const repo = checkedRepository(rule)
    repo.write("secrets/a.yaml", secretText)
    repo.write("open/x.txt", `${identity}\n`)
    const { symlinkSync } = await import("node:fs")
    symlinkSync("a.yaml", join(repo.top, "secrets/b.yaml"))
    repo.commitAll()
    repo.git("sparse-checkout", "set", "--no-cone", "/.sopsrc")
    expect(codesOf((await repo.check()).findings)).toEqual(["PLAINTEXT_FILE", "PRIVATE_KEY"])
  })

  test.each(["--skip-worktree", "--assume-unchanged"])(
    "what git takes from the index by %s is read there",
    async (option) => {
      const repo = checkedRepository(rule)
      repo.write("secrets/a.yaml", secretText)
      repo.write("open/x.txt", `${identity}\n`)
      repo.write("open/y.txt", "nothing\n")
      repo.commitAll()
      repo.git("update-index", option, "secrets/a.yaml", "open/x.txt", "open/y.txt")
      const expected = ["PRIVATE_KEY open/x.txt", "PLAINTEXT_FILE secrets/a.yaml"]
      const found = async (): Promise<string[]> =>
        (await repo.check()).findings.map(({ code, file }) => `${code} ${file}`)
      expect(await found()).toEqual(expected)
      repo.write("open/x.txt", "nothing\n")
      repo.write("open/y.txt", `${identity}\n`)
      expect(await found()).toEqual(expected)
    },
  )

  test("a bare repository, a submodule and a link are no trouble", async () => {
    const repo = checkedRepository(rule)
    repo.write("secrets/a.yaml", secretText)
    repo.git("add", "--all")
    const { symlinkSync } = await import("node:fs")
    symlinkSync("/etc/hostname", join(repo.top, "secrets/link"))
    repo.git("update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},sub`)
    repo.git("add", "secrets/link")
    repo.git("commit", "--quiet", "-m", "x")
    const { findings } = await repo.check()
    expect(findings.map(({ code, file }) => `${code} ${file}`)).toEqual([
      "PLAINTEXT_FILE secrets/a.yaml",
      "LINK_NOT_CHECKED secrets/link",
    ])
    const bare = await call({ args: ["check", "--json"], cwd: join(repo.top, ".git"), env: repo.env })
    expect(bare.stdout.toString()).toContain('"PLAINTEXT_FILE"')
  })

  test("a file that a setting or an attribute hides from git grep is found", async () => {
    const repo = checkedRepository(rule)
    repo.write(".gitattributes", "* binary\n")
    repo.write("secrets/x.txt.example", `${identity}\n`)
    repo.git("config", "grep.fallbackToNoIndex", "true")
    repo.git("config", "grep.patternType", "perl")
    repo.git("add", "--all")
    expect(codesOf((await repo.check()).findings)).toEqual(["PRIVATE_KEY"])
  })
})

describe("formats", () => {
  test("GitHub's annotations are escaped", async () => {
    const repo = checkedRepository(rule)
    repo.write("secrets/a,b:c%\n::error::x.yaml", secretText)
    repo.git("add", "--all")
    const { stdout } = await repo.sotto("check", "--format", "github")
    expect(stdout.toString()).toBe(
      "::error file=secrets/a%2Cb%3Ac%25%0A%3A%3Aerror%3A%3Ax.yaml,line=1,title=PLAINTEXT_FILE::a rule names the file, and it is not sealed: rule 1. seal it with `sotto encrypt -i`\n",
    )
  })

  test("SARIF fits the published schema, with one rule for each code", async () => {
    const { default: Ajv } = await import("ajv")
    const { default: addFormats } = await import("ajv-formats")
    const published = "../../node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
    const {
      $schema: _,
      id: _id,
      ...schema
    } = JSON.parse(readFileSync(new URL(published, import.meta.url), "utf8")) as Record<string, unknown>
    const ajv = new Ajv.default({ strict: false, allErrors: true, unicodeRegExp: false })
    addFormats.default(ajv)
    const validate = ajv.compile(schema)
    const repo = checkedRepository(rule)
    for (const name of hostileNames) repo.write(`secrets/${name}`, secretText)
    repo.git("add", "--all")
    const { stdout, status } = await repo.sotto("check", "--format", "sarif")
    const log = JSON.parse(stdout.toString()) as {
      runs: { results: { ruleId: string; ruleIndex: number }[]; tool: { driver: { rules: { id: string }[] } } }[]
    }
    validate(log)
    expect(validate.errors).toBeNull()
    const [run] = log.runs
    expect(run!.results.length).toBeGreaterThan(hostileNames.length - 1)
    for (const { ruleId, ruleIndex } of run!.results) expect(run!.tool.driver.rules[ruleIndex]?.id).toBe(ruleId)
    expect(validate({ ...log, version: "2.0" })).toBe(false)
    expect(status).toBe(1)
  })
})
