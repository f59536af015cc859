import { describe, expect, test } from "vitest"
import { sottoDialect } from "../../src/app/dialect.ts"
import { sopsDialect } from "../../src/cli/sops/dialect.ts"
import { findConfig, findSopsYaml } from "../../src/config/find.ts"
import { loadFound, loadNamed } from "../../src/config/load.ts"
import { ruleFor } from "../../src/config/rule.ts"
import { fakeFiles, windows } from "./fake-files.ts"
import { parseRecipient } from "./parse-recipient.ts"

const me = 1000
const other = 1001
const mine = { userId: me, groupId: me }
const text = "version: 1\n"

describe("findConfig", () => {
  test("the nearest folder above the file wins, wherever the process works", async () => {
    const files = fakeFiles({
      "/r/.git": {},
      "/r/.sopsrc": text,
      "/r/a/.sops.yaml": "",
      "/r/a/b/x": "",
      "/work/.sopsrc": text,
    })
    expect((await findConfig("/r/a/b/x", files)).found).toMatchObject({ kind: "sops-yaml", path: "/r/a/.sops.yaml" })
    expect((await findConfig("/r/c/x", files)).found).toMatchObject({ kind: "sopsrc", path: "/r/.sopsrc" })
    expect(await findConfig("/r/a/b/x", files)).toMatchObject({ target: "/r/a/b/x" })
  })

  test("standard input: from the working folder", async () => {
    const files = fakeFiles({ "/r/.git": {}, "/r/.sopsrc": text, "/r/a/x": "" }, { workingFolder: "/r/a" })
    expect(await findConfig(null, files)).toMatchObject({ found: { path: "/r/.sopsrc" }, target: null })
    expect(await findConfig("x", files)).toMatchObject({ found: { path: "/r/.sopsrc" }, target: "/r/a/x" })
    expect(await findConfig("new/folder/x", files)).toMatchObject({
      target: "/r/a/new/folder/x",
      found: { path: "/r/.sopsrc" },
    })
  })

  test("it ends at the git top level, also for a worktree's .git file", async () => {
    const files = fakeFiles({ "/.sopsrc": text, "/r/.git": {}, "/r/x": "", "/w/.git": "gitdir: x", "/w/x": "" })
    expect((await findConfig("/r/x", files)).found).toBeNull()
    expect((await findConfig("/w/x", files)).found).toBeNull()
  })

  test("outside git it ends at the home folder", async () => {
    const entries = { "/home/.sopsrc": text, "/home/me/.sopsrc": { text, ...mine }, "/home/me/a/x": "" }
    expect((await findConfig("/home/me/a/x", fakeFiles(entries))).found).toMatchObject({ path: "/home/me/.sopsrc" })
    const without = { "/home/.sopsrc": text, "/home/me/a/x": "" }
    expect((await findConfig("/home/me/a/x", fakeFiles(without))).found).toBeNull()
  })

  test("outside git it ends where another file system begins", async () => {
    const entries = { "/.sopsrc": text, "/m/x": "" }
    expect((await findConfig("/m/x", fakeFiles(entries))).found).toMatchObject({ path: "/.sopsrc" })
    expect((await findConfig("/m/x", fakeFiles({ ...entries, "/m": { kind: "folder", device: 2 } }))).found).toBeNull()
  })

  test("links in the folder are followed, the file itself is not", async () => {
    const files = fakeFiles({ "/r/.git": {}, "/r/.sopsrc": text, "/r/a/x": "", "/link": { link: "/r/a" } })
    expect(await findConfig("/link/x", files)).toMatchObject({ found: { path: "/r/.sopsrc" }, target: "/r/a/x" })
  })

  test(".sopsrc wins over the .sops.yaml beside it, which is kept to be compared", async () => {
    const files = fakeFiles({ "/r/.git": {}, "/r/.sopsrc": text, "/r/.sops.yaml": "" })
    expect((await findConfig("/r/x", files)).found).toMatchObject({ path: "/r/.sopsrc", beside: "/r/.sops.yaml" })
  })

  test("a .sops.yml is not read, and that is said", async () => {
    const files = fakeFiles({ "/r/.git": {}, "/r/.sopsrc": text, "/r/a/.sops.yml": "" })
    const search = await findConfig("/r/a/x", files)
    expect(search.found).toMatchObject({ path: "/r/.sopsrc" })
    expect(search.notices).toEqual([
      'ignoring "/r/a/.sops.yml": the config file must be called ".sops.yaml"; using "/r/.sopsrc" instead',
    ])
  })

  test("Windows", async () => {
    const entries = { "C:\\r\\.git": {}, "C:\\r\\.sopsrc": text, "C:\\r\\a\\x": "" }
    const files = fakeFiles(entries, { paths: windows, workingFolder: "C:\\r\\a", home: "C:\\Users\\me", userId: null })
    expect((await findConfig("x", files)).found).toMatchObject({ path: "C:\\r\\.sopsrc" })
  })
})

describe("S9: configs in hostile places", () => {
  test.each([
    { name: "mine", folder: mine, file: mine },
    { name: "root's", folder: {}, file: {} },
    { name: "writable by my own group", folder: { ...mine, mode: 0o775 }, file: { ...mine, mode: 0o664 } },
    { name: "writable by root's group", folder: { ...mine, groupId: 0, mode: 0o775 }, file: mine },
  ])("outside git, a config that is $name is used", async ({ folder, file }) => {
    const files = fakeFiles({ "/s": { kind: "folder", ...folder }, "/s/.sopsrc": { text, ...file } })
    expect((await findConfig("/s/x", files)).found).not.toBeNull()
  })

  test.each([
    { name: "another user's file", folder: mine, file: { userId: other }, note: "the file belongs to another user" },
    {
      name: "another user's folder",
      folder: { userId: other },
      file: mine,
      note: "its folder belongs to another user",
    },
    {
      name: "a file that others write",
      folder: mine,
      file: { ...mine, mode: 0o666 },
      note: "the file is writable by others",
    },
    {
      name: "a folder that others write",
      folder: { mode: 0o1777 },
      file: mine,
      note: "its folder is writable by others",
    },
    {
      name: "a file that a group writes",
      folder: mine,
      file: { ...mine, groupId: 100, mode: 0o664 },
      note: "the file is writable by others",
    },
  ])("outside git, $name is refused", async ({ folder, file, note }) => {
    for (const name of [".sopsrc", ".sops.yaml"]) {
      const files = fakeFiles({ "/s": { kind: "folder", ...folder }, [`/s/${name}`]: { text, ...file } })
      const search = findConfig("/s/x", files)
      await expect(search).rejects.toMatchObject({
        code: "CONFIG_UNTRUSTED",
        exit: 1,
        where: { file: `/s/${name}` },
        detail: { notes: [note] },
      })
    }
  })

  test("the .sops.yaml beside counts, too", async () => {
    const files = fakeFiles({ "/s/.sopsrc": text, "/s/.sops.yaml": { text: "", userId: other } })
    await expect(findConfig("/s/x", files)).rejects.toMatchObject({ where: { file: "/s/.sops.yaml" } })
  })

  test("within git the repository is trusted", async () => {
    const files = fakeFiles({ "/r/.git": {}, "/r/.sopsrc": { text, userId: other, mode: 0o666 } })
    expect((await findConfig("/r/x", files)).found).not.toBeNull()
  })

  test("a .git that somebody else made above my folder does not count", async () => {
    const entries = {
      "/tmp": { kind: "folder", mode: 0o1777 } as const,
      "/tmp/.git": { userId: other },
      "/tmp/.sopsrc": { text, userId: other },
      "/tmp/mine": { kind: "folder", ...mine } as const,
    }
    await expect(findConfig("/tmp/mine/x", fakeFiles(entries))).rejects.toMatchObject({ code: "CONFIG_UNTRUSTED" })
  })

  test("a repository that is another user's as a whole counts: a container sees its host's", async () => {
    const entries = {
      "/src": { kind: "folder", userId: other } as const,
      "/src/.git": { userId: other },
      "/src/.sopsrc": { text, userId: other },
    }
    expect((await findConfig("/src/x", fakeFiles(entries, { userId: 0 }))).found).not.toBeNull()
  })
})

describe("findSopsYaml, as sops", () => {
  test("from the working folder upward, with a relative name, whoever owns it", async () => {
    const files = fakeFiles(
      { "/a/.sops.yaml": { text: "", userId: other }, "/a/b/c/.sopsrc": text },
      { workingFolder: "/a/b/c" },
    )
    expect(await findSopsYaml(files)).toEqual({
      found: { kind: "sops-yaml", file: "../../.sops.yaml", path: "/a/.sops.yaml", beside: null },
      notices: [],
    })
    const here = fakeFiles({ "/a/.sops.yaml": "" }, { workingFolder: "/a" })
    expect((await findSopsYaml(here)).found).toMatchObject({ file: ".sops.yaml" })
  })

  test("100 levels", async () => {
    const deep = (levels: number) => fakeFiles({ "/.sops.yaml": "" }, { workingFolder: `/${"d/".repeat(levels)}d` })
    expect((await findSopsYaml(deep(98))).found).not.toBeNull()
    expect((await findSopsYaml(deep(99))).found).toBeNull()
  })

  test("the first .sops.yml in a folder without a .sops.yaml is named", async () => {
    const entries = { "/a/b/.sops.yml": "", "/a/.sops.yml": "", "/a/.sops.yaml": "" }
    const search = await findSopsYaml(fakeFiles(entries, { workingFolder: "/a/b" }))
    expect(search.notices).toEqual([
      'ignoring ".sops.yml": the config file must be called ".sops.yaml"; using "../.sops.yaml" instead',
    ])
    expect((await findSopsYaml(fakeFiles(entries, { workingFolder: "/a" }))).notices).toEqual([])
    const alone = await findSopsYaml(fakeFiles({ "/a/.sops.yml": "" }, { workingFolder: "/a/b" }))
    expect(alone).toEqual({
      found: null,
      notices: ['ignoring "../.sops.yml": the config file must be called ".sops.yaml"'],
    })
  })
})

describe("loadNamed", () => {
  const files = fakeFiles(
    {
      "/dev/null": "",
      "/work/c": '{"creation_rules": [{"key_groups": [{"age": ["a"], "pgp": []}]}]}',
      "/work/my.sopsrc": text,
      "/work/broken": "a: [",
      "/work/bytes": "a: \ufffe",
    },
    { workingFolder: "/work" },
  )

  test("/dev/null says nothing", async () => {
    expect(await loadNamed("/dev/null", files, sopsDialect.config)).toMatchObject({ rules: null, folder: "/dev" })
  })

  test("JSON in a file of any name", async () => {
    const config = await loadNamed("c", files, sopsDialect.config)
    const rule = await ruleFor(
      config,
      { path: "/work/x", paths: files.paths },
      { parse: parseRecipient, dialect: sopsDialect.config },
    )
    expect(rule).toMatchObject({ groups: [[{ recipient: "a" }]], source: { file: "c" } })
  })

  test("the name tells the kind, but not as sops", async () => {
    expect(await loadNamed("my.sopsrc", files, sottoDialect.config)).toMatchObject({ kind: "sopsrc" })
    expect(await loadNamed("my.sopsrc", files, sopsDialect.config)).toMatchObject({ kind: "sops-yaml" })
  })

  test("a file that is missing or broken is exit status 1", async () => {
    await expect(loadNamed("none", files, sopsDialect.config)).rejects.toMatchObject({
      code: "CONFIG_UNREADABLE",
      exit: 1,
      where: { file: "none" },
    })
    await expect(loadNamed("broken", files, sopsDialect.config)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      exit: 1,
      where: { file: "broken", line: 1 },
    })
  })
})

describe("a .sopsrc and a .sops.yaml in one folder", () => {
  const a = "age1aaaaaaaaaaaaaaaaaaaaaa"
  const b = "age1bbbbbbbbbbbbbbbbbbbbbb"
  const agree = async (sopsrc: string, sopsYaml: string): Promise<unknown> => {
    const files = fakeFiles({ "/r/.git": {}, "/r/.sopsrc": `version: 1\nrules:\n${sopsrc}`, "/r/.sops.yaml": sopsYaml })
    const { found, target } = await findConfig("/r/x.yaml", files)
    const config = await loadFound(found!, files)
    return ruleFor(
      config,
      { path: target, paths: files.paths },
      { parse: parseRecipient, dialect: sottoDialect.config },
    )
  }

  test.each([
    { name: "the same", sopsrc: `  - recipients: [${a}, ${b}]`, sopsYaml: `creation_rules: [{age: "${b},${a}"}]` },
    { name: "no rules in the other", sopsrc: `  - recipients: ${a}`, sopsYaml: "stores: {}" },
    {
      name: "no rule for this file in the other",
      sopsrc: `  - recipients: ${a}`,
      sopsYaml: `creation_rules: [{path_regex: ^y, age: ${b}}]`,
    },
    {
      name: "the same groups",
      sopsrc: `  - {key_groups: [[${a}], [${b}]], threshold: 2}`,
      sopsYaml: `creation_rules: [{key_groups: [{age: [${b}]}, {age: [${a}]}]}]`,
    },
  ])("agree: $name", async ({ sopsrc, sopsYaml }) => expect(await agree(sopsrc, sopsYaml)).not.toBeNull())

  test.each([
    {
      name: "recipients",
      sopsrc: `  - recipients: ${a}`,
      sopsYaml: `creation_rules: [{age: "${a},${b}"}]`,
      note: "recipients or key groups differ",
    },
    {
      name: "groups",
      sopsrc: `  - recipients: [${a}, ${b}]`,
      sopsYaml: `creation_rules: [{key_groups: [{age: [${a}]}, {age: [${b}]}]}]`,
      note: "recipients or key groups differ",
    },
    {
      name: "selectors",
      sopsrc: `  - {recipients: ${a}, encrypted_regex: x}`,
      sopsYaml: `creation_rules: [{age: ${a}, encrypted_regex: y}]`,
      note: "selectors differ",
    },
    {
      name: "mac_only_encrypted",
      sopsrc: `  - recipients: ${a}`,
      sopsYaml: `creation_rules: [{age: ${a}, mac_only_encrypted: true}]`,
      note: "selectors differ",
    },
  ])("disagree: $name", async ({ sopsrc, sopsYaml, note }) => {
    await expect(agree(sopsrc, sopsYaml)).rejects.toMatchObject({
      code: "CONFIG_DISAGREE",
      detail: { notes: [`${note}: /r/.sopsrc, line 3; /r/.sops.yaml, line 1`] },
    })
  })

  test("a .sops.yaml that cannot be read cannot agree", async () => {
    await expect(agree(`  - recipients: ${a}`, "creation_rules: a")).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      where: { file: "/r/.sops.yaml" },
    })
  })
})
