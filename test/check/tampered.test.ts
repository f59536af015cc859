import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { type Checked, checkedRepository, codesOf, config, secretText, stranger, tester } from "./checked.ts"

const rule = "  - path: secrets/**\n    recipients: [tester, stranger]\n"
const own = ["--age", `${tester},${stranger}`]
/** Put together, so that a scanner of this repository does not take it for a key. */
const ageKey = ["AGE-SECRET-", "KEY-1RV8YSZ026Y38UQTPSYRANGFTDE7FXH5XPKMVGMQE0PAN6T2DTSYSXHQV4P"].join("")

const texts: Readonly<Record<string, string>> = {
  "a.yaml": "a: canary-7f3a\nb: 2\n",
  "a.json": '{"a":"canary-7f3a","b":[1]}',
  "a.env": "A=canary-7f3a\nB=2\n",
  "a.ini": "[s]\na = canary-7f3a\n",
  "a.bin": "canary-7f3a",
  ".env.production": "A=canary-7f3a\nB=2\n",
}

function tracked(repo: Checked): ReturnType<Checked["check"]> {
  repo.git("add", "--all")
  return repo.check()
}

async function tampered(name: string, change: (text: string) => string | Buffer): Promise<string[]> {
  const repo = checkedRepository(rule)
  await repo.seal(`secrets/${name}`, texts[name]!)
  const before = repo.read(`secrets/${name}`).toString("utf8")
  expect(codesOf((await tracked(repo)).findings)).toEqual([])
  const after = change(before)
  expect(after).not.toBe(before)
  repo.write(`secrets/${name}`, after)
  repo.git("add", "--all")
  const { findings } = await tracked(repo)
  expect(codesOf((await repo.check("--staged")).findings).filter((code) => code !== "RULE_UNUSED")).toEqual(
    codesOf(findings),
  )
  return codesOf(findings)
}

const container = ["a.bin"]
const all = Object.keys(texts)

describe("a sealed file that was damaged is never taken for a plain one", () => {
  test.each(all)("%s: cut off in its metadata", async (name) => {
    const cut = (text: string): string => text.slice(0, text.indexOf("recipient") + 4)
    const [code, ...more] = await tampered(name, cut)
    expect(more).toEqual([])
    expect(["METADATA_INVALID", "SYNTAX"]).toContain(code)
  })

  test.each(container)("%s: without its metadata", async (name) => {
    expect(await tampered(name, (text) => text.replace(/,\s*"sops": \{[^]*\}(?=\s*\}\s*$)/, ""))).toEqual([
      "METADATA_INVALID",
    ])
  })

  test.each(["a.yaml", "a.json"])("%s: sops is no mapping", async (name) => {
    const cut = (text: string): string =>
      text.replace(/^sops:[^]*/m, "sops: 1\n").replace(/"sops":\s*\{[^]*\}(?=\s*\}\s*$)/, '"sops": 1')
    expect(await tampered(name, cut)).toEqual(["METADATA_INVALID"])
  })

  test.each(container)("%s: one marker of a conflict is left", async (name) => {
    expect(await tampered(name, (text) => text.replace("{", "{\n<<<<<<< HEAD"))).toEqual(["CONFLICT_MARKERS"])
  })

  test.each(all)("%s: a byte that is no text", async (name) => {
    const change = (text: string): Buffer => Buffer.from(text.replace("lastmodified", "lastmodifi\u00e9d"), "latin1")
    expect(await tampered(name, change)).toEqual(["SYNTAX"])
  })

  test.each(all)("%s: UTF-16 without a mark", async (name) => {
    expect(await tampered(name, (text) => Buffer.from(text, "utf16le"))).toEqual(["SYNTAX"])
  })

  test.each(["a.json", "a.ini", "a.bin"])("%s: UTF-16 with a mark, which sops reads in YAML alone", async (name) => {
    expect(await tampered(name, (text) => Buffer.from(`\ufeff${text}`, "utf16le"))).toEqual(["SYNTAX"])
  })

  test.each(["a.json", "a.bin"])("%s: a byte order mark, which sops does not read there", async (name) => {
    expect(await tampered(name, (text) => `\ufeff${text}`)).toEqual(["SYNTAX"])
  })

  test.each(["a.yaml", "a.ini"])("%s: a byte order mark that sops reads", async (name) => {
    expect(await tampered(name, (text) => `\ufeff${text}`)).toEqual([])
  })

  test("prose about sealed files is not one", async () => {
    const repo = checkedRepository(rule)
    await repo.seal("secrets/a.yaml", secretText)
    const sealed = repo.read("secrets/a.yaml").toString("utf8")
    repo.write("docs/a.md", `A file looks like this:\n\n${sealed.replaceAll(/^/gm, "    ")}\n`)
    repo.write("docs/b.txt", 'A container begins with {"data": "ENC[AES256_GCM,...]", "sops": {\n')
    expect(codesOf((await tracked(repo)).findings)).toEqual([])
  })
})

describe("plain text that looks as if it held nothing", () => {
  test.each([
    ["b.json", '\ufeff{"a":"canary-7f3a"}'],
    ["b.env", ";A=canary-7f3a\n"],
    ["b.env", " #A=canary-7f3a\n"],
    ["b.yaml", ";a: canary-7f3a\n"],
    ["b.yaml", "\u00a0a: canary-7f3a\n"],
  ])("%s: %j", async (name, text) => {
    const repo = checkedRepository(rule)
    repo.write(`secrets/${name}`, text)
    expect(codesOf((await tracked(repo)).findings)).toEqual(["PLAINTEXT_FILE"])
  })

  test.each([
    ["b.yaml", "\ufeff# c\r\n\r\n  # d\r\n"],
    ["b.env", "# c\n\n"],
    ["b.ini", "; c\n# d\n"],
    ["b.json", " \n"],
  ])("%s: %j holds nothing", async (name, text) => {
    const repo = checkedRepository(rule)
    repo.write(`secrets/${name}`, text)
    expect(codesOf((await tracked(repo)).findings)).toEqual([])
  })
})

describe("keys", () => {
  test.each([
    ["in a text that is not UTF-8", Buffer.from(`cl\u00e9: ${ageKey}\n`, "latin1")],
    ["with another one right behind it", `${ageKey}${ageKey}\n`],
    ["with capital letters right behind it", `${ageKey}QQQ\n`],
  ])("%s", async (_name, text) => {
    const repo = checkedRepository(rule)
    repo.write("notes.txt", text)
    expect(codesOf((await tracked(repo)).findings)).toContain("PRIVATE_KEY")
  })

  test("a PEM block of short lines is a key, and prose between its marks is none", async () => {
    const repo = checkedRepository(rule)
    const block = (lines: readonly string[]): string =>
      ["-----BEGIN EC PRIVATE KEY-----", ...lines, "-----END EC PRIVATE KEY-----", ""].join("\n")
    repo.write("key.pem", block("MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY".match(/.{1,16}/g)!))
    repo.write("prose.md", block(["put the whole text of your key here", "and keep it for yourself"]))
    const { findings } = await tracked(repo)
    expect(findings.filter(({ code }) => code === "PRIVATE_KEY").map(({ file }) => file)).toEqual(["key.pem"])
  })

  test("in UTF-16, when it is staged", async () => {
    const repo = checkedRepository(rule)
    repo.write("key.txt", Buffer.from(`\ufeff${ageKey}\n`, "utf16le"))
    repo.git("add", "--all")
    expect(codesOf((await repo.check("--staged")).findings)).toContain("PRIVATE_KEY")
  })
})

describe("names that look like others", () => {
  test("of mappings and sections, which have no value themselves", async () => {
    const repo = checkedRepository(rule)
    await repo.seal("secrets/a.yaml", "top:\n  b\u0430d:\n    x: canary-7f3a\n")
    await repo.seal("secrets/a.ini", "[s\u0435c]\na = canary-7f3a\n")
    await repo.seal("secrets/a.json", '{"l":[{"\u043ekay":{"x":"canary-7f3a"}}]}')
    const { findings } = await tracked(repo)
    expect(findings.map(({ code, file, path }) => [code, file, path])).toEqual([
      ["NAME_SUSPECT", "secrets/a.ini", ["s\u0435c"]],
      ["NAME_SUSPECT", "secrets/a.json", ["l", 0, "\u043ekay"]],
      ["NAME_SUSPECT", "secrets/a.yaml", ["top", "b\u0430d"]],
    ])
  })

  test("of files whose content says nothing: no rule names a folder that only looks like one", async () => {
    const repo = checkedRepository(rule)
    repo.write("s\u0435crets/a.yaml", secretText)
    const { findings } = await tracked(repo)
    expect(findings.filter(({ code }) => code === "NAME_SUSPECT").map(({ file }) => file)).toEqual([
      "s\u0435crets/a.yaml",
    ])
  })
})

describe("SIBLING_PLAINTEXT", () => {
  test.each([
    ["x.enc.yaml", "x.sops.yaml"],
    ["x.sops.yaml", "x.enc.yaml"],
  ])("of %s beside %s", async (of, other) => {
    const repo = checkedRepository("  - path: never/**\n    recipients: tester\n")
    await repo.seal(of, "a: canary-7f3a\n", ...own)
    await repo.seal(other, "q: canary-7f3a\n", ...own)
    repo.write("x.yaml", "a: canary-7f3a\n")
    const { findings } = await tracked(repo)
    expect(findings.filter(({ code }) => code === "SIBLING_PLAINTEXT").map(({ message }) => message)).toEqual([
      expect.stringContaining(`of ${of}`),
    ])
  })

  test.each([
    ["x.enc.ini", "[s]\na = canary-7f3a\n", "x.ini", "[t]\na = canary-7f3a\n", false],
    ["x.enc.ini", "[s]\na = canary-7f3a\n", "x.ini", "[s]\na = other\n", true],
    ["cert.enc.pem", "canary-7f3a", "cert.pem", "other", true],
    ["secrets.enc", "canary-7f3a", "secrets", Buffer.from([0xff, 1]), true],
  ])("%s (%j) beside %s", async (sealed, text, plain, content, isFound) => {
    const repo = checkedRepository("  - path: never/**\n    recipients: tester\n")
    await repo.seal(sealed, text, ...own)
    repo.write(plain, content)
    expect(codesOf((await tracked(repo)).findings).includes("SIBLING_PLAINTEXT")).toBe(isFound)
  })
})

describe("SHARED_DATA_KEY with a file that is not judged", () => {
  const folders = ["few", "many"] as const
  const names = ["a.yaml", "a.json", "a.env", "a.ini", "a.bin"]

  test.each(folders.flatMap((folder) => names.map((name) => [folder, name] as const)))(
    "%s files, %s",
    async (folder, name) => {
      const repo = checkedRepository(rule)
      await repo.seal(`secrets/${name}`, texts[name]!)
      await repo.seal("secrets/other.yaml", secretText)
      if (folder === "many") {
        mkdirSync(join(repo.top, "src"))
        for (let index = 0; index < 40; index++) repo.write(`src/${index}.ts`, `export const x = ${index}\n`)
      }
      repo.commitAll()
      const copy = `secrets/copy-${name}`
      repo.write(copy, repo.read(`secrets/${name}`))
      repo.git("add", "--all")
      const shared = async (...args: string[]): Promise<string[]> =>
        (await repo.check(...args)).findings.filter(({ code }) => code === "SHARED_DATA_KEY").map(({ file }) => file)
      expect(await shared("--staged")).toEqual([copy])
      expect(await shared(copy)).toEqual([copy])
      repo.commitAll()
      expect(await shared("--range", "HEAD~1..HEAD")).toEqual([copy])
      // One that took the place of another.
      repo.write("secrets/other.yaml", repo.read(`secrets/${name}`))
      repo.git("rm", "--quiet", "--force", copy)
      repo.git("add", "--all")
      const isRead = !/env|ini/.test(name)
      expect(await shared("--staged")).toEqual(isRead ? ["secrets/other.yaml"] : [])
      repo.commitAll()
      expect(await shared("--range", "HEAD~1..HEAD")).toEqual(isRead ? ["secrets/other.yaml"] : [])
    },
  )

  const both = async (repo: Checked): Promise<string[]> => {
    const found = async (...args: string[]): Promise<string[]> =>
      (await repo.check(...args)).findings.filter(({ code }) => code === "SHARED_DATA_KEY").map(({ file }) => file)
    repo.git("add", "--all")
    const staged = await found("--staged")
    repo.commitAll()
    expect(await found("--range", "HEAD~1..HEAD")).toEqual(staged)
    return staged
  }

  const overwritten: readonly (readonly [string, (repo: Checked) => Promise<void> | void, string[]])[] = [
    ["by the copy as it is", () => {}, ["secrets/b.yaml"]],
    [
      "by a copy that was changed since",
      (repo) => repo.withKey("set", "secrets/b.yaml", '["db"]["password"]', '"other"'),
      ["secrets/b.yaml"],
    ],
    ["by a copy that was rotated since", (repo) => repo.withKey("rotate", "-i", "secrets/b.yaml"), []],
    [
      "by a copy, in part: one wrapped key of two is the other file's",
      (repo) => {
        const encsOf = (text: string): string[] => text.match(/-----BEGIN AGE[^]*?-----END AGE/g) ?? []
        const [own, copied] = [repo.git("show", "HEAD:secrets/b.yaml"), repo.read("secrets/b.yaml").toString()]
        repo.write(
          "secrets/b.yaml",
          own.replace(encsOf(own)[0]!, () => encsOf(copied)[0]!),
        )
      },
      ["secrets/b.yaml"],
    ],
  ]
  test.each(overwritten)("a tracked file that was overwritten %s", async (_, change, expected) => {
    for (const isPacked of [false, true]) {
      const repo = checkedRepository(rule)
      for (const name of ["a", "b"]) await repo.seal(`secrets/${name}.yaml`, secretText, ...own)
      repo.commitAll()
      if (isPacked) repo.git("gc", "--quiet")
      repo.write("secrets/b.yaml", repo.read("secrets/a.yaml"))
      await change(repo)
      expect(await both(repo)).toEqual(expected)
      // It stands in HEAD now: a later change of it brings nothing new.
      repo.write("secrets/b.yaml", `# later\n${repo.read("secrets/b.yaml").toString()}`)
      expect(await both(repo)).toEqual([])
    }
  })

  test.each([
    ["plain", "a: 1\n"],
    ["damaged", "a: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\nsops: 1\n"],
    ["of bytes that are no text", Buffer.from([0xff, 0xfe, 1])],
  ])("a tracked file that was %s before", async (_, before) => {
    const repo = checkedRepository(rule)
    await repo.seal("secrets/a.yaml", secretText, ...own)
    repo.write("secrets/b.yaml", before)
    repo.commitAll()
    repo.write("secrets/b.yaml", repo.read("secrets/a.yaml"))
    expect(await both(repo)).toEqual(["secrets/b.yaml"])
  })

  test("a file that was renamed is no copy", async () => {
    const repo = checkedRepository(rule)
    await repo.seal("secrets/a.yaml", secretText)
    repo.commitAll()
    repo.git("mv", "secrets/a.yaml", "secrets/b.yaml")
    expect((await repo.check("--staged")).findings).toEqual([])
  })
})

describe("a seal that was taken off in another way", () => {
  const sealedThen = async (change: (repo: Checked) => void, selectors: string[] = []): Promise<string[]> => {
    const repo = checkedRepository("  - path: never/**\n    recipients: [tester, stranger]\n")
    await repo.seal("enc/x.enc.yaml", secretText, ...own, ...selectors)
    repo.commitAll()
    change(repo)
    repo.git("add", "--all")
    const staged = codesOf((await repo.check("--staged")).findings)
    repo.commitAll()
    const range = codesOf((await repo.check("--range", "HEAD~1..HEAD")).findings)
    expect(staged).toEqual(range)
    return staged
  }
  const remove = (repo: Checked): void => void repo.git("rm", "--quiet", "enc/x.enc.yaml")

  test.each(["enc/x.yaml", "other/x.yaml", "enc/quite-another.yaml"])("the file is %s now", async (name) => {
    const found = await sealedThen((repo) => {
      remove(repo)
      repo.write(name, secretText)
    })
    expect(found).toEqual(["FILE_UNSEALED"])
  })

  test("a file that has other keys has nothing to do with it", async () => {
    const found = await sealedThen((repo) => {
      remove(repo)
      repo.write("enc/quite-another.yaml", "db:\n  host: example.com\n")
    })
    expect(found).toEqual([])
  })

  test.each([
    ["another file of the name has what was in the clear alone", "other/x.yaml", "db:\n  user: somebody\n"],
    ["a template with all keys took its place", "enc/x.example.yaml", 'db:\n  user: ""\n  password: ""\n'],
    ["a template of the name took its place", "enc/x.yaml", "db:\n  password:\n"],
  ])("nothing was unsealed where %s", async (_name, file, text) => {
    const found = await sealedThen(
      (repo) => {
        remove(repo)
        repo.write(file, text)
      },
      ["--encrypted-regex", "^password$"],
    )
    expect(found).toEqual([])
  })

  const places = ["enc/x.enc.yaml", "enc/x.yaml", "enc/quite-another.yaml"]
  const templates = [
    "db:\n  password: <password>\n  user: ${DB_USER}\n",
    "db:\n  password: changeme\n  user: xxx\n",
    "# Fill in:\ndb:\n  user: ''\n  password: '{{ .Values.password }}'\n",
    "{{- if .Values.db }}\ndb:\n  user: {{ .Values.user | quote }}\n  password: {{ .Values.password }}\n{{- end }}\n",
  ]
  test.each(places.flatMap((place) => templates.map((text) => [place, text])))(
    "nothing was unsealed in %s where it is %j now",
    async (place, text) => {
      const found = await sealedThen((repo) => {
        remove(repo)
        repo.write(place, text)
      })
      expect(found).toEqual([])
    },
  )

  const values = ["canary-7f3a", "${X:-canary-7f3a}", "{{ .x | default 'canary-7f3a' }}", "<p>canary-7f3a</p>", 7]
  test.each(places.flatMap((place) => values.map((value) => [place, value] as const)))(
    "%s is a template now, but for %j",
    async (place, value) => {
      const found = await sealedThen((repo) => {
        remove(repo)
        repo.write(place, `db:\n  password: ${JSON.stringify(value)}\n  user: <user>\n`)
      })
      expect(found).toEqual(["FILE_UNSEALED"])
    },
  )

  test.each([
    ["host: localhost\n  user: <user>", []],
    ["host: localhost\n  user: <user>\n  password: canary-7f3a", ["FILE_UNSEALED"]],
    ["host: localhost\n  user: canary-7f3a\n  password: canary-7f3a", ["FILE_UNSEALED"]],
  ])("an example may say what looks like no secret, if it leaves something open: %s", async (rest, codes) => {
    const found = await sealedThen((repo) => {
      remove(repo)
      repo.write("enc/x.enc.yaml.example", `db:\n  ${rest}\n`)
      repo.write("enc/x.enc.example.yaml", `db:\n  ${rest}\n`)
    })
    expect(found).toEqual(codes)
  })

  test.each([
    ["x.json", '{"a":"canary-7f3a"}', '{"a":"<a>"}', '{"a":"canary-7f3a"}'],
    ["x2.json", '{"a":"canary-7f3a"}', '{"a": {{ .Values.a }} }', '{"a": {{ .Values.a }}, "b": "canary-7f3a"}'],
    [".env.enc", "A=canary-7f3a\n", "A=${A}\n", "A=canary-7f3a\n"],
    ["x.ini", "[s]\na = canary-7f3a\n", "[s]\na = changeme\n", "[s]\na = %A%\nb = 1\n"],
    ["x.pem", "canary-7f3a", "<certificate>\n", "canary-7f3a <x>"],
    ["y.yaml", "a: canary-7f3a\n", "a: <x>\n", "# a: canary-7f3a\n"],
    ["z.yaml", "a: canary-7f3a\n", "a: <x>\n", "a: [<x>\n"],
  ])("%s (%j) became %j, or %j", async (file, sealed, template, plain) => {
    for (const [text, codes] of [
      [template, []],
      [plain, ["FILE_UNSEALED"]],
    ] as const) {
      const repo = checkedRepository("  - path: never/**\n    recipients: tester\n")
      await repo.seal(file, sealed, ...own)
      repo.commitAll()
      repo.write(file, text)
      repo.git("add", "--all")
      expect(codesOf((await repo.check("--staged")).findings)).toEqual(codes)
    }
  })

  test.each([
    [".env", "A=${A}\nB=\n", []],
    [".env", "A=${A}\nB=canary-7f3a\n", ["SIBLING_PLAINTEXT"]],
    [".env", "A=\nC=canary-7f3a\n", ["SIBLING_PLAINTEXT"]],
  ])("%s beside .env.enc: %j", async (file, text, codes) => {
    const repo = checkedRepository("  - path: never/**\n    recipients: tester\n")
    await repo.seal(".env.enc", "A=canary-7f3a\nB=canary-7f3a\n", ...own)
    repo.write(file, text)
    expect(codesOf((await tracked(repo)).findings).filter((code) => /PLAIN/.test(code))).toEqual(codes)
  })

  test.each(["other/x.yaml", "enc/quite-another.yaml"])("what was sealed in a part is %s now", async (name) => {
    const found = await sealedThen(
      (repo) => {
        remove(repo)
        repo.write(name, secretText)
      },
      ["--encrypted-regex", "^password$"],
    )
    expect(found).toEqual(["FILE_UNSEALED"])
  })

  test.each([
    ["a mapping where a value was", /^( +)password: .*$/m, "$1password:\n$1  x_unencrypted: canary-7f3a"],
    ["a value where a mapping was", /^db:[^]*?(?=^sops:)/m, "db_unencrypted: 1\ndb: canary-7f3a\n"],
  ])("%s", async (_name, pattern, by) => {
    const found = await sealedThen((repo) => {
      const text = repo.read("enc/x.enc.yaml").toString("utf8")
      repo.write("enc/x.enc.yaml", text.replace(pattern, by))
    })
    expect(found).toContain("SEAL_REMOVED")
  })
})

describe("configs", () => {
  test("two that disagree are found when one is staged or changed, whatever else is", async () => {
    const repo = checkedRepository(rule)
    await repo.seal("secrets/a.yaml", secretText)
    repo.commitAll()
    repo.write(".sops.yaml", `creation_rules:\n  - path_regex: ^secrets/\n    age: ${tester}\n`)
    repo.git("add", "--all")
    expect(codesOf((await repo.check("--staged")).findings)).toContain("CONFIG_DISAGREE")
    repo.commitAll()
    expect(codesOf((await repo.check("--range", "HEAD~1..HEAD")).findings)).toContain("CONFIG_DISAGREE")
  })

  test("each setting that a range changes is named, and who comes and goes by name", async () => {
    const repo = checkedRepository(rule)
    await repo.seal("secrets/a.yaml", secretText)
    const base = repo.commitAll()
    repo.write(".sopsrc", config("  - path: secrets/**\n    recipients: [tester]\n    check: skip\n    max_age: 1y\n"))
    repo.commitAll()
    const { findings } = await repo.check("--range", `${base}..HEAD`)
    expect(findings.filter(({ code }) => code === "CONFIG_CHANGED").map(({ message }) => message)).toEqual([
      `the config changes: rule 1 (secrets/**) is another: - stranger (${stranger}), check, max_age_days`,
    ])
  })
})

test("a rule that names nobody says nothing about who opens a file", async () => {
  const repo = checkedRepository(rule)
  repo.git("rm", "--quiet", "--cached", "--ignore-unmatch", ".sopsrc")
  rmSync(join(repo.top, ".sopsrc"))
  repo.write(".sops.yaml", "creation_rules:\n  - path_regex: ^secrets/\n    encrypted_regex: ^password$\n")
  await repo.seal("secrets/a.yaml", secretText, "--age", tester)
  expect((await tracked(repo)).findings).toEqual([])
})

test("a data key is as old as it was when its file has another name, also twice", async () => {
  const repo = checkedRepository("  - path: secrets/**\n    recipients: [tester, stranger]\n    max_age: 90d\n")
  await repo.seal("secrets/a.yaml", secretText)
  await repo.seal("secrets/young.yaml", secretText)
  const young = repo.read("secrets/young.yaml")
  repo.git("rm", "--quiet", "--cached", "--ignore-unmatch", "secrets/young.yaml")
  rmSync(join(repo.top, "secrets/young.yaml"))
  repo.env.set("GIT_COMMITTER_DATE", "2020-01-01T00:00:00Z")
  repo.commitAll()
  repo.env.delete("GIT_COMMITTER_DATE")
  repo.git("mv", "secrets/a.yaml", "secrets/b.yaml")
  repo.commitAll()
  repo.git("mv", "secrets/b.yaml", "secrets/c.yaml")
  repo.write("secrets/young.yaml", young)
  repo.commitAll()
  const { findings } = await repo.check()
  expect(findings.map(({ code, file }) => [code, file])).toEqual([["DATA_KEY_OLD", "secrets/c.yaml"]])
})

test("the fault of a config is said once with its place, which is relative", async () => {
  const repo = checkedRepository(rule)
  repo.write(".sopsrc", config("  - path_regex: (\n    recipients: tester\n"))
  const { findings } = await tracked(repo)
  expect(findings.map(({ code, file, line, message }) => [code, file, line, message])).toEqual([
    ["CONFIG_INVALID", ".sopsrc", 6, "the config cannot be used: can not compile regexp"],
  ])
})

test("a folder above the repository is nothing to check", async () => {
  const repo = checkedRepository(rule)
  const { status, stderr } = await repo.check("..")
  expect(status).toBe(100)
  expect(stderr).toContain("[FILE_MISSING]")
})

test("a path of a commit that the work tree does not have", async () => {
  const repo = checkedRepository(rule)
  repo.commitAll()
  repo.write("secrets/a.yaml", secretText)
  repo.commitAll()
  repo.git("checkout", "--quiet", "HEAD~1")
  expect(codesOf((await repo.check("--range", "HEAD..main", "secrets/a.yaml")).findings)).toEqual(["PLAINTEXT_FILE"])
  expect((await repo.check("--range", "HEAD..main", "secrets/b.yaml")).status).toBe(100)
})

test("all conflicts of a merge are found, also behind a name with a newline", async () => {
  const names = ["secrets/a b'q.yaml", "secrets/new\nline.yaml", "secrets/\u00fcn\u00ef.yaml", "-x.yaml"]
  const repo = checkedRepository(
    "  - path: secrets/**\n    recipients: [tester, stranger]\n  - path: -x.yaml\n    recipients: [tester, stranger]\n",
  )
  const sealAll = async (value: string): Promise<void> => {
    for (const name of names) await repo.seal(name.startsWith("-") ? `./${name}` : name, `a: canary-7f3a-${value}\n`)
    repo.commitAll()
  }
  await sealAll("base")
  repo.git("checkout", "--quiet", "-b", "topic")
  await sealAll("theirs")
  repo.git("checkout", "--quiet", "main")
  await sealAll("ours")
  repo.tryGit("merge", "topic", "--no-edit")
  repo.git("checkout", "--ours", "--", ".")
  repo.git("add", "--all")
  const { findings } = await repo.check("--staged")
  const open = findings.filter(({ code }) => code === "MERGE_UNRESOLVED")
  expect(open.map(({ file }) => file).toSorted()).toEqual(names.toSorted())
  const hints = open.map(({ hint }) => hint ?? "").join("\n")
  expect(hints).toContain(String.raw`sotto resolve --ours 'secrets/a b'\''q.yaml'`)
  expect(hints).toContain("sotto resolve --ours ./-x.yaml")
})
