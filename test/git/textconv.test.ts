import { execFileSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { canary } from "../canary.ts"
import { sources } from "../sources.ts"
import { lures } from "./lures.ts"
import { identity, recipient, repository, type Repository, sopsrc, stranger } from "./repository.ts"

const plain: Readonly<Record<string, string>> = {
  "a.yaml": `# head ${canary}\ndb:\n  password: "${canary}"   # why\n  port: 5432\nlist: [${canary}, b]\n`,
  "multi.yaml": `a: ${canary}\n---\nb: ${canary}\n`,
  "a.json": `{\n  "a": "${canary}",\n  "n": [1, 2]\n}\n`,
  "a.env": `# ${canary}\nA=${canary}\nB=1\n`,
  "a.ini": `[s]\nk = ${canary}\n`,
  "a.txt": `free text ${canary}\n`,
}

async function sealed(files: Readonly<Record<string, string | Uint8Array>> = plain): Promise<Repository> {
  const repo = repository()
  repo.withIdentity()
  repo.write(".sopsrc", sopsrc("*"))
  for (const [name, content] of Object.entries(files)) {
    repo.write(name, content)
    const { status, stderr } = await repo.sotto("encrypt", "-i", "--", name)
    expect(`${status} ${stderr}`).toBe("0 ")
  }
  return repo
}

async function shown(repo: Repository, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await repo.sotto("textconv", ...args)
  expect(`${status} ${stderr}`).toBe("0 ")
  return stdout.toString("utf8")
}

const tail = `# sotto: for ${recipient}\n# sotto: unencrypted_suffix _unencrypted\n`

describe("with a key", () => {
  test.each(Object.keys(plain))("%s is its plaintext and who it is for", async (name) => {
    const repo = await sealed()
    expect(await shown(repo, name)).toBe(plain[name] + tail.replace(name === "a.txt" ? /# sotto: unenc.*\n/ : "\0", ""))
  })

  test("whatever git calls the file", async () => {
    const repo = await sealed()
    for (const name of Object.keys(plain)) {
      repo.write("git-blob-X/blob", repo.read(name))
      expect((await shown(repo, "--", "git-blob-X/blob")).startsWith(plain[name]!)).toBe(true)
      repo.write("-x.md", repo.read(name))
      expect((await shown(repo, "--", "-x.md")).startsWith(plain[name]!)).toBe(true)
    }
  })

  test("a text without a newline at its end gets one", async () => {
    const repo = await sealed({ "a.yaml": `a: ${canary}` })
    expect(await shown(repo, "a.yaml")).toBe(`a: ${canary}\n${tail}`)
  })

  test("bytes that are no text: their size, and a fingerprint of the token", async () => {
    const repo = await sealed({ "a.bin": Buffer.from([0xff, 0xfe, 0, 1, 2]) })
    const token = /ENC\[[^\]]*\]/.exec(repo.read("a.bin").toString())![0]
    const hash = execFileSync("sha256sum", { input: token, encoding: "utf8" }).slice(0, 8)
    expect(await shown(repo, "a.bin")).toBe(
      `# sotto: binary, 5 bytes\n[sealed str ${hash}]\n# sotto: for ${recipient}\n`,
    )
    expect(await shown(repo, "--redacted", "a.bin")).toContain(`"data": "[sealed str ${hash}]"`)
  })

  test("a change of recipients, threshold or MAC mode is a change of what is shown", async () => {
    const repo = await sealed({ "a.yaml": "a: 1\n" })
    const before = await shown(repo, "a.yaml")
    repo.write(
      ".sopsrc",
      `version: 1\nrules:\n  - recipients: [${recipient}, ${stranger}]\n    mac_only_encrypted: true\n    encrypted_regex: ^a$\n`,
    )
    repo.write("b.yaml", "a: 1\n")
    await repo.sotto("encrypt", "-i", "b.yaml")
    expect(await shown(repo, "b.yaml")).toBe(
      `a: 1\n# sotto: for ${recipient}, ${stranger}\n# sotto: encrypted_regex ^a$\n# sotto: MAC only encrypted\n`,
    )
    expect(before).toBe(`a: 1\n${tail}`)
    const redacted = await shown(repo, "--redacted", "b.yaml")
    expect(redacted.slice(redacted.indexOf("# sotto: for"))).toBe(
      `# sotto: for ${recipient}, ${stranger}\n# sotto: encrypted_regex ^a$\n# sotto: MAC only encrypted\n`,
    )
  })
})

describe("the redacted view", () => {
  const causes: readonly {
    name: string
    args?: string[]
    env?: Record<string, string>
    key?: boolean
    first: string
  }[] = [
    { name: "no identity", key: false, first: "not opened: no identity here" },
    { name: "--redacted", args: ["--redacted"], first: "redacted" },
    { name: "CI", env: { CI: "true" }, first: "redacted" },
    { name: "git commit", env: { GIT_AUTHOR_DATE: "@1 +0000" }, first: "redacted" },
    ...["CLAUDECODE", "CURSOR_AGENT", "CODEX_SANDBOX", "GEMINI_CLI", "AIDER_MODEL", "OPENCODE", "SOTTO_AGENT"].map(
      (name) => ({
        name,
        env: { [name]: "1" },
        first: "redacted",
      }),
    ),
  ]
  test.each(causes)(
    "$name: structure, fingerprints and who it is for",
    async ({ args = [], env = {}, key = true, first }) => {
      const repo = await sealed()
      if (!key) repo.env.delete("SOPS_AGE_KEY")
      for (const [name, value] of Object.entries(env)) repo.env.set(name, value)
      for (const name of Object.keys(plain)) {
        const text = await shown(repo, ...args, "--", name)
        expect(text.startsWith(`# sotto: ${first}\n`)).toBe(true)
        expect(text).not.toContain(canary)
        expect(text).not.toMatch(/ENC\[|lastmodified|BEGIN AGE/)
        expect(text).toContain(`# sotto: for ${recipient}\n`)
        const tokens = repo
          .read(name)
          .toString()
          .match(/ENC\[[^\]]*type:(?:str|int|comment)\]/g)!
        expect(text.match(/\[sealed (?:str|int|comment) [\da-f]{8}\]/g)!.length).toBeLessThan(tokens.length)
      }
      const yaml = await shown(repo, ...args, "a.yaml")
      expect(yaml.replace(/ [\da-f]{8}\]/g, " HASH]")).toBe(
        [
          `# sotto: ${first}`,
          "#[sealed comment HASH]",
          "db:",
          `  password: "[sealed str HASH]"   #[sealed comment HASH]`,
          "  port: [sealed int HASH]",
          `list: ["[sealed str HASH]", "[sealed str HASH]"]`,
          tail,
        ].join("\n"),
      )
    },
  )

  const settings: readonly (readonly [string, string])[] = [
    ["nothing", ""],
    ["a selector", "    encrypted_regex: '^(A|a|k|n|db|list|b)[-, ]*\\.?[x]*$'\n"],
    ["a MAC of sealed values", "    mac_only_encrypted: true\n"],
  ]
  test.each(Object.keys(plain).flatMap((name) => settings.map(([what, lines]) => [name, what, lines] as const)))(
    "%s says of its metadata what the opened view says: %s",
    async (name, _what, lines) => {
      const repo = await sealed({})
      repo.write(".sopsrc", `${sopsrc("*").trimEnd()}\n${lines}`)
      repo.write(name, plain[name]!)
      expect((await repo.sotto("encrypt", "-i", name)).stderr).toBe("")
      const summary = (text: string): string[] => text.split("\n").filter((line) => line.startsWith("# sotto: "))
      const [first, ...rest] = summary(await shown(repo, "--redacted", name))
      expect(first).toBe("# sotto: redacted")
      expect(rest.toSorted()).toEqual(summary(await shown(repo, name)).toSorted())
    },
  )

  test("an empty variable is not set", async () => {
    const repo = await sealed()
    for (const name of ["CI", "CLAUDECODE", "GIT_AUTHOR_DATE", "AIDER_X"]) repo.env.set(name, "")
    expect(await shown(repo, "a.yaml")).toContain(canary)
  })

  test("loads no keys and no formats", () => {
    const byFile = new Map(sources("src").map((source) => [source.file, source]))
    const loaded = new Set<string>()
    const visit = (file: string): void => {
      if (loaded.has(file)) return
      loaded.add(file)
      for (const { file: to, isDynamic, isTypes } of byFile.get(file)?.imports ?? [])
        if (to !== null && !isDynamic && !isTypes) visit(to)
    }
    visit("src/app/commands/textconv.ts")
    visit("src/cli/commands/textconv.ts")
    expect([...loaded].filter((file) => /^src\/(?:keys|config)\/|^src\/formats\/(?!registry)/.test(file))).toEqual([])
  })
})

describe("what does not hold", () => {
  const spoilt: readonly { name: string; spoil: (text: string) => string; first: string }[] = [
    {
      name: "a clear value changed",
      spoil: (text) => text.replace("port_unencrypted: 1", "port_unencrypted: 2"),
      first: "# sotto: not opened: MAC mismatch",
    },
    {
      name: "tokens swapped",
      spoil: (text) => text.replace(/("ENC[^"]*"), ("ENC[^"]*")/, "$2, $1"),
      first: "# sotto: not opened: MAC mismatch",
    },
    {
      name: "a token cut",
      spoil: (text) => text.replace(/(data:..)/, "$1A"),
      first: "# sotto: not opened: MAC mismatch",
    },
    { name: "a key added", spoil: (text) => `z: null\n${text}`, first: "# sotto: not opened: MAC mismatch" },
    { name: "no recipients", spoil: (text) => text.replace(/age:[^]*lastmodified/, "lastmodified"), first: "list:" },
    {
      name: "a date that is none",
      spoil: (text) => text.replace(/lastmodified: .*/, "lastmodified: never"),
      first: "list:",
    },
    { name: "conflict markers", spoil: (text) => `<<<<<<< HEAD\n${text}=======\n>>>>>>> x\n`, first: "<<<<<<< HEAD" },
  ]
  test.each(spoilt)("$name: no plaintext, no token", async ({ spoil, first }) => {
    const repo = await sealed({ "a.yaml": `list: ["${canary}", "b"]\nport_unencrypted: 1\n` })
    const text = repo.read("a.yaml").toString()
    const after = spoil(text)
    expect(after).not.toBe(text)
    repo.write("a.yaml", after)
    const view = await shown(repo, "a.yaml")
    expect(view.startsWith(first)).toBe(true)
    expect(view).not.toContain(canary)
    expect(view).not.toContain("ENC[")
  })
})

describe("everything else", () => {
  test("files that are not sealed are what they are, without controls", async () => {
    const repo = repository()
    repo.write("a.yaml", "a: 1\r\nb: \x1b[31m\u009b \x07\r x\tä\n")
    expect(await shown(repo, "a.yaml")).toBe("a: 1\r\nb: \\x1b[31m\\x9b \\x07\\x0d x\tä\n")
    repo.write("b.bin", Buffer.from([0xff, 0x1b, 0x0a, 0x61]))
    const { stdout } = await repo.sotto("textconv", "b.bin")
    expect([...stdout]).toEqual([0xff, ...Buffer.from("\\x1b\na")])
  })

  test("controls in values are escaped", async () => {
    const repo = await sealed({
      "a.json": String.raw`{"a": "\u001b[2J", "b": "x"}` + "\n",
      "b.env": "A=\x1b]0;x\x07\n",
    })
    for (const name of ["a.json", "b.env"]) expect(await shown(repo, name)).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/)
  })

  test("nothing for nothing; a line for what cannot be read", async () => {
    const repo = repository()
    repo.write("empty", "")
    expect(await shown(repo, "/dev/null")).toBe("")
    expect(await shown(repo, "empty")).toBe("")
    expect(await shown(repo, "missing.yaml")).toBe("# sotto: there is no such file\n")
    expect(await shown(repo, ".git")).toBe("# sotto: the file cannot be shown\n")
    expect((await repo.sotto("textconv")).status).toBe(100)
  })

  test("a file over the limit: its size", async () => {
    const repo = repository()
    repo.write("a.yaml", Buffer.alloc(64 * 1024 * 1024 + 1, 0x61))
    expect(await shown(repo, "a.yaml")).toBe(`# sotto: too large to show, ${64 * 1024 * 1024 + 1} bytes\n`)
  })

  test("VS Code sees the file as it is", async () => {
    const repo = await sealed()
    repo.env.set("VSCODE_GIT_COMMAND", "show")
    expect(await shown(repo, "a.yaml")).toBe(repo.read("a.yaml").toString())
    expect(await shown(repo, "--redacted", "a.yaml")).toBe(repo.read("a.yaml").toString())
    repo.env.set("VSCODE_GIT_COMMAND", "diff")
    expect(await shown(repo, "a.yaml")).toContain(canary)
  })
})

/** A file for these metadata entries, whose MAC does not matter. */
function hostile(entries: string): string {
  const token =
    "ENC[AES256_GCM,data:AAAA,iv:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,tag:AAAAAAAAAAAAAAAAAAAAAA==,type:str]"
  return `a: ${token}\nsops:\n${entries}    lastmodified: "2026-01-01T00:00:00Z"\n    mac: ${token}\n    version: 3.13.2\n`
}

describe("S5, S6: hostile content", () => {
  test("starts no program and opens no connection", async () => {
    const repo = repository()
    const bin = join(repo.machine.home, "bin")
    mkdirSync(bin)
    const ran = join(repo.machine.home, "ran")
    for (const name of ["gpg", "age-plugin-evil", "evil", "curl", "aws", "git", "sh"]) {
      writeFileSync(join(bin, name), `#!/bin/bash\necho ${name} >> ${ran}\n`)
      chmodSync(join(bin, name), 0o755)
    }
    let connections = 0
    const server = createServer((socket) => {
      connections++
      socket.destroy()
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.address()
    const { settings, entries: ofServices } = lures(typeof address === "object" ? address!.port : 0, bin)
    for (const [name, value] of Object.entries({ ...settings, PATH: bin })) repo.env.set(name, value)
    repo.write(".sopsrc", "rules: [")
    const entries = [
      "    age:\n        - recipient: age1evil1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq\n          enc: x\n",
      ...ofServices,
    ]
    const spawned: string[] = []
    for (const [at, entry] of [...entries, entries.join("")].entries()) {
      repo.write(`${at}.yaml`, hostile(entry))
      const { status, stdout, stderr } = await repo.sottoWith(
        { spawned: (program) => void spawned.push(program) },
        "textconv",
        `${at}.yaml`,
      )
      expect(`${status} ${stderr}`).toBe("0 ")
      expect(stdout.toString()).toMatch(/^# sotto: not opened: no identity here\n/)
    }
    server.close()
    expect(spawned).toEqual([])
    expect(connections).toBe(0)
    expect(existsSync(ran)).toBe(false)
  })

  const bombs: readonly { name: string; text: string }[] = [
    { name: "deep flow", text: `a: ${"[".repeat(100_000)}\n` },
    {
      name: "an alias bomb",
      text: `a: &a [x]\n${Array.from({ length: 60 }, (_, n) => `k${n}: &b${n} [*${n === 0 ? "a" : `b${n - 1}`}, *${n === 0 ? "a" : `b${n - 1}`}]\n`).join("")}`,
    },
    { name: "beginnings of tokens", text: "ENC[AES256_GCM,".repeat(200_000) },
    { name: "many recipients", text: `age:\n${"  - recipient: age1x\n    enc: y\n".repeat(3000)}` },
  ]
  test.each(bombs)("$name: something is shown", async ({ text }) => {
    const repo = repository()
    repo.withIdentity()
    repo.write("a.yaml", `${text}\n${hostile("    age:\n        - recipient: age1x\n          enc: x\n")}`)
    for (const args of [[], ["--redacted"]]) {
      const view = await shown(repo, ...args, "a.yaml")
      expect(view.length).toBeGreaterThan(0)
      expect(view).not.toContain("ENC[")
    }
  })
})

describe("in git", () => {
  async function history(): Promise<Repository> {
    const repo = await sealed({ "a.yaml": `a: 1\nb: ${canary}-one\n` })
    await repo.withProgram()
    expect((await repo.sotto("git", "install", "--no-hooks")).status).toBe(0)
    repo.commitAll("one")
    await repo.sotto("git", "install", "--no-hooks")
    await repo.sotto("set", "--string", "a.yaml", "b", `${canary}-two`)
    repo.commitAll("two")
    return repo
  }

  test("diff, log, show, blame and cat-file show plaintext; the header of a hunk shows the key alone", async () => {
    const repo = await history()
    const change = [`-b: ${canary}-one`, `+b: ${canary}-two`].join("\n")
    expect(repo.git("log", "-p")).toContain(change)
    expect(repo.git("show")).toContain(change)
    expect(repo.git("diff", "HEAD~1")).toContain(change)
    expect(repo.git("show", "--textconv", "HEAD:a.yaml")).toContain(`b: ${canary}-two\n`)
    expect(repo.git("cat-file", "--textconv", "HEAD:a.yaml")).toContain(`b: ${canary}-two\n`)
    expect(repo.git("blame", "a.yaml")).toContain(`b: ${canary}-two`)
    const hunks = repo
      .git("diff", "-U0", "HEAD~1", "--", "a.yaml")
      .split("\n")
      .filter((line) => line.startsWith("@@"))
    expect(hunks.join("\n")).toMatch(/^@@ [-+\d, ]+ @@ a$/)
  })

  test("`git commit -v` keeps no plaintext", async () => {
    const repo = await history()
    await repo.sotto("set", "--string", "a.yaml", "b", `${canary}-three`)
    repo.git("add", ".")
    repo.env.set("GIT_EDITOR", `f() { cp "$1" '${repo.machine.home}/message'; echo x > "$1"; }; f`)
    repo.git("commit", "-v")
    const message = readFileSync(join(repo.machine.home, "message"), "utf8")
    expect(message).toContain("+b: [sealed str ")
    expect(message).not.toContain(canary)
    expect(repo.read(".git/COMMIT_EDITMSG").toString()).not.toContain(canary)
  })

  test("without a key git log goes on, and says what changed", async () => {
    const repo = await history()
    repo.env.delete("SOPS_AGE_KEY")
    const log = repo.git("log", "-p")
    expect(log).toMatch(/-b: \[sealed str [\da-f]{8}\]\n\+b: \[sealed str [\da-f]{8}\]/)
    expect(log).not.toContain(canary)
    expect(identity.length).toBeGreaterThan(0)
  })

  test("nothing of it stays in the repository", async () => {
    const repo = await history()
    repo.git("log", "-p")
    repo.git("diff", "HEAD~1")
    expect(repo.tryGit("grep", "-r", "--no-index", canary, "--", ".git").status).not.toBe(0)
    expect(repo.git("for-each-ref", "refs/notes")).toBe("")
  })
})
