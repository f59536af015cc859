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
const [driver = "", line = ""] = [...page.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, text]) => text!)
const uuid = "11111111-2222-3333-4444-555555555555"

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The page is followed in a copy of the sources: a new folder, and one line. */
test("a provider that is made by following docs/adding-a-provider.md", async () => {
  const folder = temporaryFolder()
  cpSync(join(root, "src"), join(folder, "src"), { recursive: true })
  for (const name of ["tsconfig.json", "package.json"]) cpSync(join(root, name), join(folder, name))
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))

  mkdirSync(join(folder, "src/keys/drawer"))
  writeFileSync(join(folder, "src/keys/drawer/drawer.ts"), driver)
  const manifest = join(folder, "src/keys/manifest.ts")
  const before = readFileSync(manifest, "utf8")
  const after = before.replace(/^ {2}\{\n {4}type: "hckms",[^]*?^ {2}\},\n/m, () => line)
  expect(after).not.toBe(before)
  writeFileSync(manifest, after)

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
  writeFileSync(join(home, ".drawer", `eu-west-101-${uuid}`), randomBytes(32))
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
  const sealed = await run("encrypt", "-i", "--hckms", `eu-west-101:${uuid}`, "a.yaml")
  expect(sealed).toEqual({ status: 0, stdout: "", stderr: "" })
  expect(readFileSync(join(home, "a.yaml"), "utf8")).toContain(`key_id: eu-west-101:${uuid}`)
  expect(await run("decrypt", "a.yaml")).toEqual({ status: 0, stdout: "a: canary-7f3a # kept\n", stderr: "" })

  writeFileSync(join(home, ".drawer", `eu-west-101-${uuid}`), randomBytes(32))
  const failed = await run("decrypt", "a.yaml")
  expect(failed.status).toBe(128)
  expect(failed.stderr).toContain("Drawer")
}, 60_000)
