import { spawnSync } from "node:child_process"
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { type Io } from "../../src/host/io.ts"
import { hostileNames, repository, type Repository, sopsrc, hasOwnSettings } from "./repository.ts"

interface Report {
  readonly ok: boolean
  readonly scope: string | null
  readonly items: readonly { item: string; state: string; code?: string; detail?: string; fix?: string }[]
}

async function report(repo: Repository, ...args: string[]): Promise<Report & { status: number }> {
  const { status, stdout, stderr } = await repo.sotto("git", ...args, "--json")
  expect(stderr).toBe("")
  return { status, ...(JSON.parse(stdout.toString("utf8")) as Report) }
}

function codes({ items }: Report): (string | undefined)[] {
  return [...new Set(items.flatMap(({ code }) => code ?? []))]
}

/** Everything in the repository but objects, with modes. */
function snapshot(repo: Repository, folders = [".git/hooks", ".git/info", "."]): Map<string, string> {
  const seen = new Map<string, string>()
  for (const folder of folders) {
    const path = join(repo.top, folder)
    for (const name of existsSync(path) ? readdirSync(path) : []) {
      const file = join(path, name)
      const stat = lstatSync(file)
      if (stat.isFile()) seen.set(`${folder}/${name}`, `${stat.mode.toString(8)} ${readFileSync(file, "latin1")}`)
    }
  }
  return seen.set("config", repo.read(".git/config").toString()).set("list", repo.git("config", "--list"))
}

async function withSealed(names: readonly string[]): Promise<Repository> {
  const repo = repository()
  await repo.withProgram()
  repo.withIdentity()
  repo.write(".sopsrc", sopsrc("*"))
  for (const name of names) {
    repo.write(name, "a: canary-7f3a\n")
    const { status, stderr } = await repo.sotto("encrypt", "-i", "--input-type", "yaml", "--", name)
    expect(`${status} ${stderr}`).toBe("0 ")
  }
  repo.commitAll()
  return repo
}

describe("install and uninstall", () => {
  test.each([[], ["--private"], ["--redacted"], ["--no-hooks"], ["--no-attributes"], ["--chain"]])(
    "with %j git is as before, byte for byte",
    async (...options: string[]) => {
      const repo = await withSealed(["secrets.yaml"])
      writeFileSync(join(repo.top, ".git/hooks/pre-commit"), "#!/bin/bash -e\necho own\n", { mode: 0o700 })
      const before = snapshot(repo)
      const first = await report(repo, "install", ...options)
      const isBlocked = !options.includes("--no-hooks") && !options.includes("--chain")
      expect(codes(first)).toEqual(isBlocked ? ["GIT_HOOK_FOREIGN"] : [])
      expect(first.status).toBe(isBlocked ? 1 : 0)
      const between = snapshot(repo)
      expect(between).not.toEqual(before)
      const second = await report(repo, "install", ...options)
      expect(new Set(second.items.map(({ state }) => state))).toEqual(
        new Set(isBlocked ? ["kept", "finding"] : ["kept"]),
      )
      expect(snapshot(repo)).toEqual(between)
      expect((await report(repo, "uninstall")).status).toBe(0)
      expect(snapshot(repo)).toEqual(before)
      expect(await report(repo, "uninstall")).toMatchObject({ status: 0, items: [] })
      expect(snapshot(repo)).toEqual(before)
    },
  )

  test.each([
    { name: "no file", text: null },
    { name: "an empty file goes too", text: null },
    { name: "lines of others", text: "*.png binary\n*.txt text\n" },
    { name: "CRLF", text: "*.png binary\r\n*.txt text\r\n" },
    { name: "no newline at the end", text: "*.png binary" },
    { name: "no newline at the end, CRLF", text: "*.txt text\r\n*.png binary" },
    { name: "a BOM", text: "\ufeff*.png binary\n" },
    { name: "blank lines at the end", text: "*.png binary\n\n\n" },
  ])("attributes come back: $name", async ({ text }) => {
    const repo = repository()
    await repo.withProgram()
    repo.write(".sopsrc", sopsrc("secrets/**", "*.{enc,sealed}.yaml"))
    if (text !== null) repo.write(".gitattributes", text)
    const before = snapshot(repo)
    expect((await repo.sotto("git", "install")).status).toBe(0)
    const installed = repo.read(".gitattributes").toString()
    const eol = text?.includes("\r\n") === true ? "\r\n" : "\n"
    const block = [
      "# sotto: begin",
      "/secrets/** diff=sotto merge=sotto -text",
      "*.enc.yaml diff=sotto merge=sotto -text",
      "*.sealed.yaml diff=sotto merge=sotto -text",
      "# sotto: end",
    ].join(eol)
    expect(installed.startsWith(text ?? "")).toBe(true)
    expect(installed.slice((text ?? "").length).trim()).toBe(block)
    // What others write behind it is theirs.
    expect((await repo.sotto("git", "uninstall")).status).toBe(0)
    expect(snapshot(repo)).toEqual(before)
  })

  test("the block follows the rules, where it stands", async () => {
    const repo = repository()
    await repo.withProgram()
    repo.write(".sopsrc", sopsrc("a/**"))
    await repo.sotto("git", "install")
    const old = repo.read(".gitattributes").toString()
    repo.write(".gitattributes", `first\n${old}last`)
    repo.write(".sopsrc", sopsrc("b/**"))
    expect(codes(await report(repo, "status"))).toContain("GIT_ATTRIBUTES_STALE")
    expect((await report(repo, "install")).status).toBe(0)
    expect(repo.read(".gitattributes").toString()).toBe(`first\n${old.replace("/a/", "/b/")}last`)
    await repo.sotto("git", "uninstall")
    expect(repo.read(".gitattributes").toString()).toBe("first\nlast")
  })

  test.each(["# sotto: begin\n", "# sotto: end\n# sotto: begin\n", "# sotto: begin\n# sotto: begin\n# sotto: end\n"])(
    "marks that are no pair are left alone: %j",
    async (text) => {
      const repo = repository()
      await repo.withProgram()
      repo.write(".sopsrc", sopsrc("a/**"))
      repo.write(".gitattributes", text)
      for (const command of ["install", "uninstall"]) {
        const { status, items } = await report(repo, command)
        expect(status).toBe(1)
        expect(items.filter(({ state }) => state === "finding").map(({ code }) => code)).toEqual([
          "GIT_ATTRIBUTES_STALE",
        ])
        expect(repo.read(".gitattributes").toString()).toBe(text)
      }
    },
  )

  test("values of others stay, and are named", async () => {
    const repo = repository()
    await repo.withProgram()
    repo.git("config", "merge.sotto.driver", "other %A")
    repo.git("config", "diff.sotto.xfuncname", "^x")
    const before = repo.read(".git/config").toString()
    const installed = await report(repo, "install", "--no-hooks")
    expect(installed.status).toBe(1)
    expect(codes(installed)).toEqual(["GIT_DRIVER_OTHER"])
    expect(repo.git("config", "merge.sotto.driver")).toBe("other %A\n")
    expect(codes(await report(repo, "status"))).toContain("GIT_DRIVER_OTHER")
    const removed = await report(repo, "uninstall")
    expect(removed.items.filter(({ state }) => state === "kept").map(({ item }) => item)).toEqual([
      "merge.sotto.driver",
      "diff.sotto.xfuncname",
    ])
    expect(repo.read(".git/config").toString()).toBe(before)
  })

  test.each([
    ["a comment at its end", (text: string) => `${text}# about nothing\n; and this\n`],
    ["blank lines at its end", (text: string) => `${text}\n\n\n`],
    ["line ends of Windows", (text: string) => `${text}[alias]\n\tst = status\n`.replaceAll("\n", "\r\n")],
    ["BOM", (text: string) => `\uFEFF${text}; end\n`],
    [
      "sections and comments around ours",
      (text: string) => `# top\n[diff "other"]\n\ttextconv = cat\n${text}# x\n\n[a]b=1\n`,
    ],
    [
      "other keys in sections of ours",
      (text: string) => `[merge "sotto"]\n\t# mine\n\tother = 1\n\n${text}[diff "sotto"]\n\tbinary = true ; x\n`,
    ],
    [
      "names that differ in case alone",
      (text: string) => `${text}[Diff "Sotto"]\n\ttextconv = cat\n[merge "SOTTO"]\n\tdriver = x\n`,
    ],
    [
      "values over several lines",
      (text: string) => `${text}[merge "o"]\n\tname = a \\\n [merge "sotto"] \\\n name = b\n# end\n`,
    ],
    ["a file that it includes", (text: string) => `${text}[include]\n\tpath = ../more\n# end\n`],
  ])("a config with %s is as before, byte for byte", async (_, change) => {
    const repo = await withSealed(["secrets.yaml"])
    repo.write("more", '[alias]\n\tst = status\n[diff "sotto"]\n\tcommand = x\n')
    repo.write(".git/config", change(repo.read(".git/config").toString()))
    const before = snapshot(repo)
    expect((await report(repo, "install")).status).toBe(0)
    expect(repo.git("config", "merge.sotto.driver")).toContain("merge-driver")
    expect(snapshot(repo)).not.toEqual(before)
    expect((await report(repo, "uninstall")).status).toBe(0)
    expect(snapshot(repo)).toEqual(before)
    expect((await report(repo, "uninstall")).items).toEqual([])
    expect(snapshot(repo)).toEqual(before)
  })

  test("what somebody put between our lines stays", async () => {
    const repo = await withSealed(["secrets.yaml"])
    await repo.sotto("git", "install")
    const lines = repo.read(".git/config").toString()
    repo.write(".git/config", lines.replace("\tdriver =", "\t# about the driver\n\tdriver ="))
    expect((await report(repo, "uninstall")).status).toBe(0)
    expect(repo.read(".git/config").toString()).toContain('[merge "sotto"]\n\t# about the driver\n')
    expect(repo.git("config", "--list")).not.toContain("sotto")
  })

  test("an empty .gitattributes that is there stays, and so does a link to one; made folders go", async () => {
    const repo = await withSealed(["secrets.yaml"])
    repo.write(".gitattributes", "")
    repo.commitAll()
    for (const folder of ["hooks", "info"]) rmSync(join(repo.top, ".git", folder), { recursive: true })
    expect((await report(repo, "install")).status).toBe(0)
    expect((await report(repo, "install")).items.every(({ state }) => state === "kept")).toBe(true)
    expect(repo.git("check-attr", "merge", "secrets.yaml")).toContain("merge: sotto")
    expect((await report(repo, "install", "--private")).status).toBe(0)
    expect((await report(repo, "uninstall")).status).toBe(0)
    expect(repo.git("status", "--short")).toBe("")
    expect(["hooks", "info"].filter((name) => existsSync(join(repo.top, ".git", name)))).toEqual([])
    rmSync(join(repo.top, ".gitattributes"))
    repo.write("kept-here", "")
    symlinkSync("kept-here", join(repo.top, ".gitattributes"))
    await report(repo, "install")
    expect(repo.read("kept-here").toString()).toContain("# sotto: begin")
    await report(repo, "uninstall")
    expect(repo.read("kept-here").toString()).toBe("")
    expect(lstatSync(join(repo.top, ".gitattributes")).isSymbolicLink()).toBe(true)
  })

  test("what is set where an installation does not write is named", async () => {
    const repo = await withSealed(["secrets.yaml"])
    repo.write("more", '[merge "sotto"]\n\trecursive = binary\n')
    repo.git("config", "include.path", "../more")
    const included = await report(repo, "install")
    expect(included.status).toBe(1)
    expect(codes(included)).toEqual(["GIT_RECURSIVE_SET"])
    expect(included.items).not.toContainEqual(expect.objectContaining({ state: "removed" }))
    repo.git("config", "--unset", "include.path")
    repo.git("config", "extensions.worktreeConfig", "true")
    repo.git("config", "--worktree", "merge.sotto.driver", "other %A")
    repo.git("config", "--worktree", "diff.sotto.cachetextconv", "true")
    expect(codes(await report(repo, "install"))).toEqual(["GIT_DRIVER_OTHER", "GIT_CACHETEXTCONV"])
    const shown = codes(await report(repo, "status"))
    expect(shown).toEqual(expect.arrayContaining(["GIT_DRIVER_OTHER", "GIT_CACHETEXTCONV"]))
    repo.git("config", "--worktree", "--unset-all", "merge.sotto.driver")
    repo.git("config", "--worktree", "--unset-all", "diff.sotto.cachetextconv")
    expect((await report(repo, "install")).status).toBe(0)
  })

  test.runIf(hasOwnSettings)("what makes merges worse or keeps plaintext is turned off", async () => {
    const repo = repository()
    await repo.withProgram()
    const global = join(repo.machine.home, "gitconfig")
    writeFileSync(global, '[diff "sotto"]\n\tcachetextconv = true\n')
    repo.env.set("GIT_CONFIG_GLOBAL", global)
    repo.git("config", "merge.sotto.recursive", "binary")
    expect(codes(await report(repo, "status"))).toEqual(
      expect.arrayContaining(["GIT_CACHETEXTCONV", "GIT_RECURSIVE_SET"]),
    )
    const { items } = await report(repo, "install")
    expect(items).toContainEqual(expect.objectContaining({ item: "merge.sotto.recursive", state: "removed" }))
    expect(items).toContainEqual(
      expect.objectContaining({
        item: "diff.sotto.cachetextconv",
        detail: expect.stringContaining("global") as string,
      }),
    )
    expect(repo.git("config", "diff.sotto.cachetextconv")).toBe("false\n")
    expect(codes(await report(repo, "status"))).not.toContain("GIT_RECURSIVE_SET")
  })

  test("notes with plaintext are found", async () => {
    const repo = repository()
    repo.write("a", "1")
    repo.commitAll()
    repo.git("notes", "--ref", "textconv/sotto", "add", "-m", "x")
    expect(codes(await report(repo, "status"))).toContain("GIT_TEXTCONV_NOTES")
  })

  test.runIf(hasOwnSettings)("--global is for the user, outside of repositories too", async () => {
    const repo = repository()
    await repo.withProgram()
    const global = join(repo.machine.home, "gitconfig")
    writeFileSync(global, "[user]\n\tname = x\n")
    repo.env.set("GIT_CONFIG_GLOBAL", global)
    repo.cwd = repo.machine.home
    const config = repo.read(".git/config").toString()
    expect((await report(repo, "install", "--global")).status).toBe(0)
    const attributes = join(repo.machine.home, ".config/git/attributes")
    expect(readFileSync(attributes, "utf8")).toContain("\n?*.enc.yaml diff=sotto merge=sotto -text\n")
    expect(readFileSync(global, "utf8")).toContain("driver = sotto merge-driver -- %O %A %B %L %P %S %X %Y")
    expect(repo.read(".git/config").toString()).toBe(config)
    repo.cwd = repo.top
    expect((await report(repo, "status")).scope).toBe("global")
    repo.cwd = repo.machine.home
    expect((await report(repo, "uninstall", "--global")).status).toBe(0)
    expect(readFileSync(global, "utf8")).toBe("[user]\n\tname = x\n")
    expect(existsSync(attributes)).toBe(false)
    // Without one git makes the file.
    rmSync(global)
    expect((await report(repo, "install", "--global")).status).toBe(0)
    expect((await report(repo, "uninstall", "--global")).status).toBe(0)
    expect(existsSync(global)).toBe(false)
    const outside = await repo.sotto("git", "install")
    expect(outside.stderr).toContain("[NOT_A_REPOSITORY]")
    expect(outside.status).toBe(1)
  })

  test("a bare repository gets settings only", async () => {
    const repo = repository({ bare: true })
    await repo.withProgram()
    const before = repo.git("config", "--list")
    const { status, items } = await report(repo, "install")
    expect(status).toBe(0)
    expect(items.every(({ item }) => /^(?:merge|diff|mergetool)\.sotto\./.test(item))).toBe(true)
    expect((await report(repo, "uninstall")).status).toBe(0)
    expect(repo.git("config", "--list")).toBe(before)
  })

  test("work trees share settings and hooks", async () => {
    const repo = repository()
    await repo.withProgram()
    repo.write(".sopsrc", sopsrc("a/**"))
    repo.commitAll()
    const other = join(repo.machine.home, "other tree")
    repo.git("worktree", "add", "--quiet", "--detach", other)
    repo.cwd = other
    expect((await report(repo, "install")).status).toBe(0)
    expect(existsSync(join(repo.top, ".git/hooks/pre-commit"))).toBe(true)
    expect(readFileSync(join(other, ".gitattributes"), "utf8")).toContain("/a/** diff=sotto")
    repo.cwd = repo.top
    expect(codes(await report(repo, "status"))).toEqual([])
  })

  test("--dry-run writes nothing", async () => {
    const repo = await withSealed(["a.yaml"])
    const before = snapshot(repo)
    const { status, stdout } = await repo.sotto("git", "install", "--dry-run")
    expect(status).toBe(0)
    expect(stdout.toString()).toContain("would be written merge.sotto.driver\n")
    expect(snapshot(repo)).toEqual(before)
  })

  test("a failure half-way takes back what was done", async () => {
    const repo = await withSealed(["a.yaml"])
    const before = snapshot(repo)
    const fault: Partial<Io["fs"]> = {
      rename(from, to) {
        if (to.endsWith("/post-merge")) throw Object.assign(new Error("disk"), { code: "EIO" })
        renameSync(from, to)
      },
    }
    const { status, stderr } = await repo.sottoWith({ fs: fault }, "git", "install")
    expect(stderr).toContain("[FILE_UNWRITABLE]")
    expect(status).toBe(3)
    expect(snapshot(repo)).toEqual(before)
  })

  test("a config that cannot be read is met before anything is written", async () => {
    const repo = await withSealed(["a.yaml"])
    const before = snapshot(repo)
    repo.write(".sopsrc", "rules: [")
    const { status, stderr } = await repo.sotto("git", "install")
    expect(status).toBe(1)
    expect(stderr).toContain("[CONFIG_INVALID]")
    repo.git("checkout", "--quiet", "--", ".sopsrc")
    expect(snapshot(repo)).toEqual(before)
  })
})

describe("the program that git is told", () => {
  test("its whole path where PATH leads elsewhere, quoted", async () => {
    const repo = repository()
    await repo.withProgram()
    const folder = join(repo.machine.home, "my %A 'tools'")
    mkdirSync(folder)
    const program = join(folder, "sotto $(id)")
    symlinkSync(join(repo.machine.home, "bin/sotto"), program)
    expect((await report(repo, "install", "--program", program)).status).toBe(0)
    expect(repo.read(".git/hooks/pre-commit").toString()).toContain(
      `exec '${program.replaceAll("'", String.raw`'\''`)}' git hook`,
    )
    const driver = repo.git("config", "merge.sotto.driver").trim()
    expect(driver).toBe(
      `'${program.replaceAll("'", String.raw`'\''`).replaceAll("%", "%%")}' merge-driver -- %O %A %B %L %P %S %X %Y`,
    )
    repo.write("x.yaml", "a: 1\n")
    repo.write(".gitattributes", "*.yaml diff=sotto\n")
    repo.commitAll()
    repo.write("x.yaml", "a: 2\n")
    expect(repo.git("diff")).toContain("+a: 2\n")
    expect(codes(await report(repo, "status"))).not.toContain("GIT_PROGRAM_MISSING")
    expect((await report(repo, "uninstall")).items.every(({ state }) => state === "removed")).toBe(true)
  })

  test.each([
    { program: "./sotto", code: "PROGRAM_REFUSED" },
    { program: "bin/sotto", code: "PROGRAM_REFUSED" },
    { program: "TOP/tools/sotto", code: "PROGRAM_REFUSED" },
    { program: "HOME/link", code: "PROGRAM_REFUSED" },
    { program: "in-tree", code: "PROGRAM_REFUSED" },
    { program: "/nowhere/sotto", code: "PROGRAM_MISSING" },
    { program: "no-such-program", code: "PROGRAM_MISSING" },
  ])("$program is not taken", async ({ program, code }) => {
    const repo = repository()
    await repo.withProgram()
    for (const name of ["sotto", "in-tree"]) {
      repo.write(`tools/${name}`, "#!/bin/sh\n")
      chmodSync(join(repo.top, "tools", name), 0o755)
    }
    symlinkSync(join(repo.top, "tools/sotto"), join(repo.machine.home, "link"))
    repo.env.set("PATH", `${repo.env.get("PATH")}:${repo.top}/tools`)
    const before = snapshot(repo)
    const named = program.replace("TOP", repo.top).replace("HOME", repo.machine.home)
    const { status, stderr } = await repo.sotto("git", "install", "--program", named)
    expect(stderr).toContain(`[${code}]`)
    expect(status).toBe(1)
    expect(snapshot(repo)).toEqual(before)
  })

  test("one that is gone is a finding, and diffs go on", async () => {
    const repo = repository()
    await repo.withProgram()
    await repo.sotto("git", "install", "--no-hooks")
    repo.env.set("PATH", process.env["PATH"] ?? "")
    expect(codes(await report(repo, "status"))).toContain("GIT_PROGRAM_MISSING")
    repo.write("x.yaml", "a: 1\n")
    repo.write(".gitattributes", "*.yaml diff=sotto\n")
    repo.commitAll()
    expect(repo.git("log", "-p")).toContain("+a: 1\n")
  })
})

describe("attributes for files", () => {
  test("each hostile name gets a line that git reads, and no other file is meant", async () => {
    const repo = await withSealed(hostileNames)
    expect((await report(repo, "install", "--no-hooks")).status).toBe(0)
    const status = await report(repo, "status")
    const files = status.items.filter(({ item }) => hostileNames.some((name) => item === `attributes ${name}`))
    expect(files).toHaveLength(hostileNames.length)
    expect(files.map(({ state }) => state)).toEqual(files.map(() => "ok"))
    const names = ["other.yaml", "starx.yaml", "a.yaml", "sub/with blank.yaml", "README.md"]
    expect(repo.git("check-attr", "merge", "--", ...names)).not.toContain("sotto")
  })

  test("patterns mean the same as in the rules", async () => {
    const repo = repository()
    await repo.withProgram()
    const paths = [
      "*.enc.yaml",
      "secrets/",
      "/top.json",
      "a/*/c.env",
      "x/**/y.ini",
      "with blank/*.yaml",
      "[ab].yaml",
      "#x.yaml",
    ]
    repo.write(".sopsrc", sopsrc(...paths))
    repo.write("sub/.sopsrc", sopsrc("*.json", "in/", "here.yaml"))
    repo.git("add", ".")
    expect((await report(repo, "install", "--no-hooks")).status).toBe(0)
    const yes = [
      "q.enc.yaml",
      "d/q.enc.yaml",
      "secrets/a",
      "secrets/b/c.txt",
      "top.json",
      "a/b/c.env",
      "x/y.ini",
      "x/1/2/y.ini",
      "with blank/1.yaml",
      "a.yaml",
      "d/b.yaml",
      "#x.yaml",
      "sub/1.json",
      "sub/d/1.json",
      "sub/in/x/y",
      "sub/here.yaml",
      "sub/d/here.yaml",
    ]
    const no = ["q.yaml", "d/top.json", "a/b/b/c.env", "a/c.env", "x/y.yaml", "c.yaml", "1.json", "in/x", "here.yaml"]
    const merge = (names: string[]) =>
      names.filter((name) => repo.git("check-attr", "-z", "merge", "--", name).split("\0")[2] === "sotto")
    expect(merge(yes)).toEqual(yes)
    expect(merge(no)).toEqual([])
  })

  test("line ends that git would change are a finding, and end with it", async () => {
    const repo = await withSealed(["a.yaml"])
    repo.write(".gitattributes", "*.yaml text eol=crlf\n")
    expect(codes(await report(repo, "status"))).toEqual(
      expect.arrayContaining(["GIT_ATTRIBUTES_MISSING", "GIT_TEXT_CONVERSION"]),
    )
    await repo.sotto("git", "install")
    expect(codes(await report(repo, "status"))).toEqual([])
  })

  test("prose with a token, and a file that a rule names and that is not sealed, get no line of their own", async () => {
    const repo = await withSealed(["a.yaml"])
    repo.write("README.md", `Look:\n\n\`\`\`yaml\n${repo.read("a.yaml").toString()}\`\`\`\n`)
    repo.write("plain.yaml", "a: 1\nb: sops\n")
    repo.commitAll()
    await repo.sotto("git", "install")
    expect(repo.read(".gitattributes").toString()).toBe(
      "# sotto: begin\n/a.yaml diff=sotto merge=sotto -text\n# sotto: end\n",
    )
  })
})

describe("hooks", () => {
  const ours = (name: string) =>
    new RegExp(`^#!/bin/sh\n# sotto hook, .*\ncommand -v sotto [^]*exec sotto git hook ${name} "\\$@"\n$`)

  test("three, which do no harm without the program", async () => {
    const repo = repository()
    await repo.withProgram()
    expect((await report(repo, "install")).status).toBe(0)
    for (const name of ["pre-commit", "pre-merge-commit", "post-merge"]) {
      const text = repo.read(`.git/hooks/${name}`).toString()
      expect(text).toMatch(ours(name))
      if (name !== "pre-commit") expect(text.split("\n")).toHaveLength(4)
      expect(statSync(join(repo.top, ".git/hooks", name)).mode & 0o111).toBe(0o111)
    }
    repo.env.set("PATH", process.env["PATH"] ?? "")
    repo.write("a", "1")
    repo.git("add", "a")
    const { status, stderr } = repo.tryGit("commit", "-m", "x")
    expect(status).toBe(0)
    expect(stderr).toContain("sotto is not installed")
  })

  test("that an earlier release wrote are replaced", async () => {
    const repo = repository()
    await repo.withProgram()
    await repo.sotto("git", "install", "--program", join(repo.machine.home, "bin/sotto"))
    expect(repo.read(".git/hooks/pre-commit").toString()).toContain("/bin/sotto git hook")
    expect((await report(repo, "install")).items).toContainEqual({ item: "hook pre-commit", state: "written" })
    const now = repo.read(".git/hooks/pre-commit").toString()
    expect(now).toMatch(ours("pre-commit"))
    // These followed `git replace`.
    const line = "  GIT_NO_REPLACE_OBJECTS=1; export GIT_NO_REPLACE_OBJECTS\n"
    expect(now.split(line)).toHaveLength(2)
    repo.write(".git/hooks/pre-commit", now.replace(line, ""))
    expect((await report(repo, "status")).items).toContainEqual({ item: "hook pre-commit", state: "ok" })
    expect((await report(repo, "install")).items).toContainEqual({ item: "hook pre-commit", state: "written" })
    expect(repo.read(".git/hooks/pre-commit").toString()).toBe(now)
    repo.write(".git/hooks/pre-commit", now.replace(line, ""))
    expect((await report(repo, "uninstall")).items).toContainEqual({ item: "hook pre-commit", state: "removed" })
    await repo.sotto("git", "install", "--program", join(repo.machine.home, "bin/sotto"))
    // The first ones asked the program each time, in every hook.
    repo.write(
      ".git/hooks/pre-commit",
      repo.read(".git/hooks/post-merge").toString().replaceAll("post-merge", "pre-commit"),
    )
    expect((await report(repo, "install")).items).toContainEqual({ item: "hook pre-commit", state: "written" })
    expect(repo.read(".git/hooks/pre-commit").toString()).toBe(now)
  })

  const foreign = [
    { what: "a script", text: "#!/bin/sh\nexit 0\n", canChain: true },
    { what: "bash by env", text: "#!/usr/bin/env bash\nset -e\n", canChain: true },
    { what: "bash with options", text: "#!/bin/bash -eu\ntrue", canChain: true },
    { what: "a python program", text: "#!/usr/bin/env python3\nprint()\n", canChain: false },
    { what: "fish", text: "#!/usr/bin/fish\ntrue\n", canChain: false },
    { what: "no shebang", text: "echo x\n", canChain: false },
    { what: "an empty file", text: "", canChain: false },
    {
      what: "ours with a line more",
      text: "#!/bin/sh\n# sotto hook, written by sotto git install\nmine\n",
      canChain: true,
    },
    { what: "CRLF", text: "#!/bin/sh\r\nexit 0\r\n", canChain: false },
    { what: "bytes that are no text", text: Buffer.from([0x23, 0x21, 0xff, 0xfe, 0x0a]), canChain: false },
  ]
  test.each(foreign)(
    "a foreign one is not changed, and chained only where that can be done: $what",
    async ({ text, canChain }) => {
      const repo = repository()
      await repo.withProgram()
      const file = join(repo.top, ".git/hooks/pre-commit")
      writeFileSync(file, text, { mode: 0o750 })
      const before = snapshot(repo)
      const first = await report(repo, "install")
      expect(first.status).toBe(1)
      expect(first.items).toContainEqual(
        expect.objectContaining({
          item: "hook pre-commit",
          code: "GIT_HOOK_FOREIGN",
          fix: 'sotto git hook pre-commit "$@" || exit $?',
        }),
      )
      expect(readFileSync(file)).toEqual(Buffer.from(text))
      expect(codes(await report(repo, "status"))).toContain("GIT_HOOK_FOREIGN")
      const second = await report(repo, "install", "--chain")
      expect(second.status).toBe(canChain ? 0 : 1)
      const [shebang, ...rest] = text.toString().split("\n")
      const line = 'sotto git hook pre-commit "$@" || exit $?  # sotto'
      if (canChain) expect(readFileSync(file, "utf8")).toBe([shebang, line, ...rest].join("\n"))
      else expect(readFileSync(file)).toEqual(Buffer.from(text))
      expect(codes(await report(repo, "status")).includes("GIT_HOOK_FOREIGN")).toBe(!canChain)
      await report(repo, "uninstall")
      expect(snapshot(repo)).toEqual(before)
    },
  )

  test.each([
    { what: "husky 9", hooksPath: ".husky/_", file: ".husky/pre-commit" },
    { what: "husky 4 to 8", hooksPath: ".husky", file: ".husky/pre-commit" },
    { what: "a team's own", hooksPath: "tools/git hooks", file: "tools/git hooks/pre-commit" },
  ])("a folder in the work tree is not written to: $what", async ({ hooksPath, file }) => {
    const repo = repository()
    await repo.withProgram()
    mkdirSync(join(repo.top, hooksPath), { recursive: true })
    repo.git("config", "core.hooksPath", hooksPath)
    const { status, items } = await report(repo, "install")
    expect(status).toBe(0)
    const item = items.find((one) => one.item === "hook pre-commit")
    expect(item).toMatchObject({ code: "GIT_HOOK_MANUAL", fix: 'sotto git hook pre-commit "$@" || exit $?' })
    expect(item?.detail).toContain(join(repo.top, file))
    expect(readdirSync(join(repo.top, hooksPath))).toEqual([])
    repo.write(file, `#!/bin/sh\n${item?.fix}\n`)
    expect((await report(repo, "status")).items).toContainEqual({ item: "hook pre-commit", state: "ok" })
  })

  test("pre-commit's own hook: the answer names its way", async () => {
    const repo = repository()
    await repo.withProgram()
    writeFileSync(
      join(repo.top, ".git/hooks/pre-commit"),
      "#!/usr/bin/env bash\n# File generated by pre-commit: https://pre-commit.com\n",
    )
    const { items } = await report(repo, "install")
    expect(items.find(({ item }) => item === "hook pre-commit")?.detail).toContain(".pre-commit-hooks.yaml")
  })

  test("a folder outside of the work tree that is the user's own is written to", async () => {
    const repo = repository()
    await repo.withProgram()
    const folder = join(repo.machine.home, "my hooks")
    mkdirSync(folder)
    repo.git("config", "core.hooksPath", folder)
    expect((await report(repo, "install")).status).toBe(0)
    expect(readdirSync(folder)).toHaveLength(3)
    await report(repo, "uninstall")
    expect(readdirSync(folder)).toEqual([])
  })

  const refused = [
    { what: "leads nowhere", make: (folder: string) => symlinkSync("/nowhere/at/all", folder) },
    { what: "is not there", make: () => {} },
    { what: "is a file", make: (folder: string) => writeFileSync(folder, "") },
    {
      what: "others may write to",
      make: (folder: string) => {
        mkdirSync(folder)
        chmodSync(folder, 0o777)
      },
    },
  ]
  test.each(refused)("a folder that $what is refused", async ({ make }) => {
    const repo = repository()
    await repo.withProgram()
    const folder = join(repo.machine.home, "hooks")
    make(folder)
    repo.git("config", "core.hooksPath", folder)
    const { status, items } = await report(repo, "install")
    expect(status).toBe(1)
    expect(items.filter(({ item }) => item.startsWith("hook ")).map(({ code }) => code)).toEqual(
      Array.from({ length: 3 }, () => "GIT_HOOK_FOREIGN"),
    )
  })

  test("a link from .git/hooks into the work tree is a folder of the work tree", async () => {
    const repo = repository()
    await repo.withProgram()
    mkdirSync(join(repo.top, "hooks"))
    spawnSync("rm", ["-rf", join(repo.top, ".git/hooks")])
    symlinkSync("../hooks", join(repo.top, ".git/hooks"))
    expect(codes(await report(repo, "install"))).toEqual(["GIT_HOOK_MANUAL"])
    expect(readdirSync(join(repo.top, "hooks"))).toEqual([])
  })

  test("a hook that is a link is somebody else's", async () => {
    const repo = repository()
    await repo.withProgram()
    const file = join(repo.machine.home, "hook")
    writeFileSync(file, "#!/bin/sh\n")
    symlinkSync(file, join(repo.top, ".git/hooks/pre-commit"))
    expect((await report(repo, "install", "--chain")).status).toBe(1)
    expect(readFileSync(file, "utf8")).toBe("#!/bin/sh\n")
  })
})
