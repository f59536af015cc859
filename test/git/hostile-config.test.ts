import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { type MergeRepository, mergeRepository } from "./merging.ts"
import { gitIsOlderThan, sopsrc } from "./repository.ts"

const text = "1\n".repeat(100)

/** Whatever may name a program, in the configuration of a repository whose attributes choose the filters. */
async function hostile(): Promise<{ own: MergeRepository; ran: () => string }> {
  const own = await mergeRepository()
  await own.seal("secrets/x.yaml", "a: 1\nb: 2\n")
  await own.seal("secrets/y.yaml", "a: 1\nb: 2\n")
  own.write("old.txt", text)
  const base = own.commitAll("base")
  await own.branch("theirs", base, () => own.change("secrets/x.yaml", "a: 1\nb: 3\n"))
  await own.branch("ours", base, () => own.change("secrets/x.yaml", "a: 1\nb: 4\n"))
  expect(own.tryGit("merge", "theirs").status).toBe(1)
  // To find that it has another name now git reads it.
  own.write("new.txt", text)
  own.git("add", "new.txt")
  own.write("new.txt", `${text}2\n`)
  rmSync(join(own.top, "old.txt"))

  const home = own.machine.home
  const [evil, marks, hooks] = ["evil", "marks", "hooks"].map((name) => join(home, name)) as [string, string, string]
  const program = `#!/bin/sh\necho "$0 $*" >> '${marks}'\nexit 1\n`
  mkdirSync(hooks)
  const names = ["pre-commit", "post-index-change", "post-checkout", "reference-transaction", "fsmonitor-watchman"]
  for (const file of [evil, ...names.map((name) => join(hooks, name))]) {
    writeFileSync(file, program)
    chmodSync(file, 0o755)
  }
  const settings = [
    "core.fsmonitor",
    "core.sshCommand",
    "core.pager",
    "core.editor",
    "core.askPass",
    "core.gitProxy",
    "core.alternateRefsCommand",
    "diff.external",
    "diff.evil.textconv",
    "diff.evil.command",
    "filter.evil.clean",
    "filter.evil.smudge",
    "filter.Two words.process",
    "merge.evil.driver",
    "gpg.program",
    "credential.helper",
    "interactive.diffFilter",
    "sequence.editor",
    "pager.diff",
    "uploadpack.packObjectsHook",
  ].map((name) => [name, evil] as const)
  const others = [
    ["core.hooksPath", hooks],
    ["filter.evil.required", "true"],
    ["alias.ls-files", `!${evil}`],
    ["alias.cat-file", `!${evil}`],
    ["log.showSignature", "true"],
    ["commit.gpgSign", "true"],
  ] as const
  for (const [name, value] of [...settings, ...others]) own.git("config", name, value)
  own.write(".gitattributes", "* filter=evil diff=evil\nsecrets/y.yaml filter=\n.sopsrc filter=evil\n")
  rmSync(marks, { force: true })
  return { own, ran: () => (existsSync(marks) ? readFileSync(marks, "utf8") : "") }
}

test.each([
  ["check"],
  ["check", "--staged"],
  ["check", "--verify"],
  ["check", "--range", "theirs..ours"],
  ["check", "--fix", "--staged"],
  ["status"],
  ["doctor"],
  ["explain", "secrets/y.yaml"],
  ["diff"],
  ["diff", "--staged"],
  ["diff", "theirs..ours"],
  ["textconv", "secrets/y.yaml"],
  ["git", "status"],
  ["git", "hook", "pre-commit"],
  ["git", "hook", "post-merge"],
  ["git", "install", "--dry-run"],
  ["repair", "--stage", "secrets/x.yaml"],
  ["resolve", "--list"],
  ["resolve", "--theirs", "secrets/x.yaml"],
])("%s %s %s runs no program that the configuration of the repository names", async (...args) => {
  const { own, ran } = await hostile()
  // What git thinks unchanged it does not read.
  for (const path of [".sopsrc", "secrets/y.yaml"]) own.write(path, own.read(path))
  await own.sotto(...args)
  expect(ran()).toBe("")
})

test("what is resolved is staged as it is, without a filter", async () => {
  const { own, ran } = await hostile()
  expect(await own.sotto("resolve", "--theirs", "secrets/x.yaml")).toMatchObject({ status: 0 })
  expect(ran()).toBe("")
  expect(own.git("ls-files", "-u")).toBe("")
  expect(own.git("cat-file", "blob", ":secrets/x.yaml")).toBe(own.read("secrets/x.yaml").toString())
})

test("a file that the other side removed is taken out without a hook", async () => {
  const own = await mergeRepository()
  await own.seal("x.yaml", "a: 1\n")
  const base = own.commitAll("base")
  await own.branch("theirs", base, async () => rmSync(join(own.top, "x.yaml")))
  await own.branch("ours", base, () => own.change("x.yaml", "a: 2\n"))
  expect(own.tryGit("merge", "theirs").status).toBe(1)
  const marks = join(own.machine.home, "marks")
  own.write(".git/hooks/post-index-change", `#!/bin/sh\necho ran >> '${marks}'\n`)
  chmodSync(join(own.top, ".git/hooks/post-index-change"), 0o755)
  expect(await own.sotto("resolve", "--take", "theirs:.", "--metadata", "theirs", "x.yaml")).toMatchObject({
    status: 0,
  })
  expect([own.git("ls-files", "x.yaml"), existsSync(join(own.top, "x.yaml")), existsSync(marks)]).toEqual([
    "",
    false,
    false,
  ])
})

describe.each(["lfs", "git-crypt-key", "a=b", "=", "Two words.x=", `quote"\\'`])("under the filter %j", (name) => {
  async function filtered(): Promise<{ own: MergeRepository; ran: () => string }> {
    const own = await mergeRepository()
    own.write(".sopsrc", sopsrc("*.yaml"))
    await own.seal("x.yaml", "a: 1\nb: 2\n")
    const base = own.commitAll("base")
    await own.branch("theirs", base, () => own.change("x.yaml", "a: 1\nb: 3\n"))
    await own.branch("ours", base, () => own.change("x.yaml", "a: 1\nb: 4\n"))
    own.write("y.yaml", "a: open\n")
    own.git("add", "y.yaml")
    const [filter, marks] = [join(own.machine.home, "filter"), join(own.machine.home, "marks")]
    writeFileSync(filter, `#!/bin/sh\necho "$*" >> '${marks}'\nsed s/ENC/CNE/\n`)
    chmodSync(filter, 0o755)
    const quoted = name.replaceAll(/["\\]/g, String.raw`\$&`)
    const settings = `[filter "${quoted}"]\n\tclean = ${filter} clean\n\trequired = true\n`
    appendFileSync(join(own.top, ".git/config"), settings)
    // Attributes cannot hold what is quoted.
    if (!/[\s"]/.test(name)) own.write(".gitattributes", `*.yaml filter=${name}\n`)
    return { own, ran: () => (existsSync(marks) ? readFileSync(marks, "utf8") : "") }
  }

  // Before 2.31 git cannot be told to leave such a filter out, so nothing is staged.
  const isRefused = name.includes("=") && gitIsOlderThan(2, 31)

  test.runIf(isRefused)("an older git stages nothing, and no filter runs", async () => {
    const { own, ran } = await filtered()
    const fix = await own.sotto("check", "--fix", "--staged")
    expect(fix.stderr).toContain("y.yaml: not mended: git failed: config [GIT_FAILED]")
    expect([own.git("cat-file", "blob", ":y.yaml"), ran()]).toEqual(["a: open\n", ""])
  })

  test.skipIf(isRefused)(
    "what is sealed, resolved or compared is staged and read as it is, and that is said",
    async () => {
      const { own, ran } = await filtered()
      const fix = await own.sotto("check", "--fix", "--staged")
      expect(fix.stderr).toContain("y.yaml: sealed")
      expect(own.git("cat-file", "blob", ":y.yaml")).toBe(own.read("y.yaml").toString())
      const isNamed = !/[\s"]/.test(name)
      expect(fix.stderr.includes("git add --renormalize y.yaml runs it")).toBe(isNamed)
      expect(ran()).toBe("")
      expect((await own.sotto("diff")).status).toBe(0)
      expect(ran()).toBe("")
    },
  )
})
