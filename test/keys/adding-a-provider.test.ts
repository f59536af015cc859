import { randomBytes } from "node:crypto"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { codeOf, guidedCopy } from "../guided-copy.ts"

const [kind = "", driver = "", line = ""] = codeOf("adding-a-provider.md")

/** The page is followed in a copy of the sources: a new folder, and one line. */
test("a kind of recipient that is made by following docs/adding-a-provider.md", async () => {
  const { home, add, change, build, run } = guidedCopy()
  add("src/keys/drawer/kind.ts", kind)
  add("src/keys/drawer/drawer.ts", driver)
  const start = "const table = ["
  change("src/keys/kinds.ts", start, `${start}drawerKind, `)
  change("src/keys/kinds.ts", "import ", `${line}import `)
  await build()
  mkdirSync(join(home, ".drawer"))
  writeFileSync(join(home, ".drawer", "first"), randomBytes(32))
  writeFileSync(join(home, ".drawer", "second"), randomBytes(32))
  writeFileSync(join(home, "a.yaml"), "a: canary-7f3a # kept\n")
  const done = { status: 0, stdout: "", stderr: "" }
  expect(await run("encrypt", "-i", "--drawer", "drawer:first,drawer:second", "a.yaml")).toEqual(done)
  expect(readFileSync(join(home, "a.yaml"), "utf8")).toContain("key_name: drawer:first")
  expect(await run("decrypt", "a.yaml")).toEqual({ status: 0, stdout: "a: canary-7f3a # kept\n", stderr: "" })
  expect((await run("keys", "a.yaml")).stdout).toContain("drawer:second")
  expect((await run("who", "a.yaml")).stdout).toContain("drawer:first")
  expect(
    (await run("rotate", "-i", "--rm-drawer", "drawer:second", "--keep-recipient", "drawer:first", "a.yaml")).status,
  ).toBe(0)
  expect(readFileSync(join(home, "a.yaml"), "utf8")).not.toContain("drawer:second")

  // A config names it by its look, and by its key.
  writeFileSync(
    join(home, ".sopsrc"),
    "version: 1\nrules: [{ path: b.yaml, recipients: [drawer:first, {drawer: drawer:second}] }]\n",
  )
  writeFileSync(join(home, "b.yaml"), "b: canary-7f3a\n")
  expect(await run("encrypt", "-i", "b.yaml")).toEqual(done)
  expect((await run("sync", "--check", "b.yaml")).status).toBe(0)
  writeFileSync(join(home, ".sopsrc"), "version: 1\nrules: [{ recipients: [drawer:first] }]\n")
  expect((await run("sync", "--check", "b.yaml")).status).not.toBe(0)

  writeFileSync(join(home, ".drawer", "first"), randomBytes(32))
  const failed = await run("decrypt", "a.yaml")
  expect(failed.status).toBe(128)
  expect(failed.stderr).toContain("Drawer")
  const hostile = await run("encrypt", "-i", "--drawer", "drawer:../x", "c.yaml")
  expect(hostile.status).not.toBe(0)
}, 120_000)
