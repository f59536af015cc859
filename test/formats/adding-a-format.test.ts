import { execFile, spawnSync } from "node:child_process"
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { build } from "esbuild"
import { expect, test } from "vitest"
import { temporaryFolder } from "../keys/context.ts"
import { keyFile, recipients } from "../keys/golden.ts"
import { root } from "../sources.ts"

const page = readFileSync(join(root, "docs/adding-a-format.md"), "utf8")
const [format = "", row = ""] = [...page.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, text]) => text!)

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The page is followed in a copy of the sources: a new file, a row, and a name. */
test("a format made by following docs/adding-a-format.md", async () => {
  const folder = temporaryFolder()
  cpSync(join(root, "src"), join(folder, "src"), { recursive: true })
  for (const name of ["tsconfig.json", "package.json"]) cpSync(join(root, name), join(folder, name))
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
  const change = (file: string, from: string, to: string): void => {
    const before = readFileSync(join(folder, file), "utf8")
    expect(before).toContain(from)
    writeFileSync(
      join(folder, file),
      before.replace(from, () => to),
    )
  }
  writeFileSync(join(folder, "src/formats/conf.ts"), format)
  const start = "const rows: Readonly<Record<FormatName, Row>> = {\n"
  change("src/formats/registry.ts", start, start + row)
  change("src/core/format.ts", 'formatNames = ["yaml", ', 'formatNames = ["yaml", "conf", ')

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
  mkdirSync(home)
  const run = (...args: string[]): Promise<Ended> => {
    const env = { PATH: process.env["PATH"], HOME: home, SOPS_AGE_KEY_FILE: keyFile("age-a.txt") }
    return new Promise((resolve) => {
      const program = join(folder, "built/main.mjs")
      const child = execFile(process.execPath, [program, ...args], { cwd: home, env }, (_, stdout, stderr) => {
        resolve({ status: child.exitCode, stdout, stderr })
      })
    })
  }
  const plain = "# kept\nA=canary-7f3a\nB=two\n"
  writeFileSync(join(home, "a.conf"), plain)
  const done = { status: 0, stdout: "", stderr: "" }
  expect(await run("encrypt", "-i", "--age", recipients["age-a"], "a.conf")).toEqual(done)
  expect(readFileSync(join(home, "a.conf"), "utf8")).toMatch(/^A=ENC\[[^]*^sops_version=/m)
  expect(await run("decrypt", "a.conf")).toEqual({ status: 0, stdout: plain, stderr: "" })
  expect(await run("set", "a.conf", "B", '"three"')).toEqual(done)
  expect((await run("get", "a.conf", "B")).stdout).toBe("three")
  expect((await run("decrypt", "--output-type", "json", "a.conf")).stdout).toContain('"B": "three"')
  writeFileSync(join(home, "b.txt"), plain)
  expect((await run("encrypt", "--input-type", "conf", "--age", recipients["age-a"], "b.txt")).stdout).toContain(
    "A=ENC[",
  )
  expect((await run("encrypt", "--help")).stdout).toContain("conf")

  // A rule of a config names it, as any other.
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
