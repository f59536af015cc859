import { execFile, spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import { expect, test } from "vitest"
import { temporaryFolder } from "./context.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const page = readFileSync(join(root, "docs/adding-a-provider.md"), "utf8")
const [kind = "", driver = "", line = ""] = [...page.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, text]) => text!)

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The page is followed in a copy of the sources: a new folder, and one line. */
test("a kind of recipient that is made by following docs/adding-a-provider.md", async () => {
  const folder = temporaryFolder()
  cpSync(join(root, "src"), join(folder, "src"), { recursive: true })
  for (const name of ["tsconfig.json", "package.json"]) cpSync(join(root, name), join(folder, name))
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))

  mkdirSync(join(folder, "src/keys/drawer"))
  writeFileSync(join(folder, "src/keys/drawer/kind.ts"), kind)
  writeFileSync(join(folder, "src/keys/drawer/drawer.ts"), driver)
  const registry = join(folder, "src/keys/kinds.ts")
  const before = readFileSync(registry, "utf8")
  const after = line + before.replace("const table = [", "const table = [drawerKind, ")
  expect(after).toContain("[drawerKind, ")
  writeFileSync(registry, after)

  const types = spawnSync(join(root, "node_modules/.bin/tsc"), ["--noEmit"], { cwd: folder, encoding: "utf8" })
  expect(`${types.status} ${types.stdout}`).toBe("0 ")
  await build({
    absWorkingDir: folder,
    entryPoints: ["src/main.ts"],
    outdir: "built",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    banner: { js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url)` },
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: false } },
    logLevel: "silent",
  })
  const home = join(folder, "home")
  mkdirSync(join(home, ".drawer"), { recursive: true })
  writeFileSync(join(home, ".drawer", "first"), randomBytes(32))
  writeFileSync(join(home, ".drawer", "second"), randomBytes(32))
  const run = (...args: string[]): Promise<Ended> => {
    const env = { PATH: process.env["PATH"], HOME: home }
    return new Promise((resolve) => {
      const program = join(folder, "built/main.mjs")
      const child = execFile(process.execPath, [program, ...args], { cwd: home, env }, (_, stdout, stderr) => {
        resolve({ status: child.exitCode, stdout, stderr })
      })
    })
  }
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
