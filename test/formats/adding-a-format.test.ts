import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { codeOf, guidedCopy } from "../guided-copy.ts"
import { keyFile, recipients } from "../keys/golden.ts"

const [format = "", row = "", parting = ""] = codeOf("adding-a-format.md")

/** The page is followed in a copy of the sources: a new file, a row in each table, and a name. */
test("a format made by following docs/adding-a-format.md", async () => {
  const { home, add, change, build, run } = guidedCopy({ SOPS_AGE_KEY_FILE: keyFile("age-a.txt") })
  add("src/formats/conf.ts", format)
  const start = "const rows: Readonly<Record<FormatName, Row>> = {\n"
  change("src/formats/registry.ts", start, start + row)
  const partings = "const partings: Readonly<Record<FormatName, (text: string) => Parted>> = {\n"
  change("src/app/git/metadata-text.ts", partings, partings + parting)
  change("src/core/format.ts", 'formatNames = ["yaml", ', 'formatNames = ["yaml", "conf", ')
  await build()
  const plain = "# kept\nA=canary-7f3a\nB=two\n"
  writeFileSync(join(home, "a.conf"), plain)
  const done = { status: 0, stdout: "", stderr: "" }
  expect(await run("encrypt", "-i", "--age", recipients["age-a"], "a.conf")).toEqual(done)
  expect(readFileSync(join(home, "a.conf"), "utf8")).toMatch(/^A=ENC\[[^]*^sops_version=/m)
  // The name of a file is not told to what git shows: it is taken for the format that its text looks like.
  expect((await run("textconv", "--redacted", "a.conf")).stdout).not.toContain("sops_mac")
  expect(await run("decrypt", "a.conf")).toEqual({ status: 0, stdout: plain, stderr: "" })
  expect(await run("set", "a.conf", "B", '"three"')).toEqual(done)
  expect((await run("get", "a.conf", "B")).stdout).toBe("three")
  expect((await run("decrypt", "--output-type", "json", "a.conf")).stdout).toContain('"B": "three"')
  writeFileSync(join(home, "b.txt"), plain)
  expect((await run("encrypt", "--input-type", "conf", "--age", recipients["age-a"], "b.txt")).stdout).toContain(
    "A=ENC[",
  )
  expect((await run("encrypt", "--help")).stdout).toContain("conf")

  // A rule of a config names it as it names the formats that are there.
  writeFileSync(
    join(home, ".sopsrc"),
    `version: 1\nrules: [{ input_type: conf, recipients: [${recipients["age-a"]}] }]\n`,
  )
  writeFileSync(join(home, "c.txt"), plain)
  const ruled = await run("encrypt", "-i", "c.txt")
  expect(ruled.status).toBe(0)
  expect(ruled.stderr).toContain("c.txt was read as conf by its rule")
  expect((await run("decrypt", "c.txt")).stdout).toBe(plain)
}, 120_000)
