import { execFile } from "node:child_process"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { build } from "esbuild"

const root = fileURLToPath(new URL("..", import.meta.url))
let made: Promise<string> | null = null

/** The entry of the library as it is published, built in the same way; its types are in `types` beside it. */
export async function builtLibrary(): Promise<string> {
  return join(dirname(await builtMain()), "index.js")
}

/**
 * Which program the tests that need one run: the single binary, what `npm run build` has made, or a build of the sources as
 * they are now. With the last one, scripts run in the process of their test.
 */
export const builtKind =
  process.env["SCRIPT_BIN"] === "binary" ? "binary" : process.env["SCRIPT_BIN"] === "1" ? "dist" : "sources"

/**
 * The command of a built program, for tests that need a process of their own: signals, children, a terminal.
 *
 * @returns the program to start, and the arguments that come before its own
 */
export async function builtProgram(): Promise<[program: string, ...args: string[]]> {
  if (builtKind === "binary") return [process.env["SCRIPT_BIN_FILE"] ?? join(root, "dist-bin/sotto")]
  return [process.execPath, await builtMain()]
}

/** The entry of a built program for Node. */
export function builtMain(): Promise<string> {
  if (builtKind !== "sources") return Promise.resolve(join(root, "dist/main.cjs"))
  made ??= buildOnce()
  return made
}

/** The first test file that needs it makes it for all: they share the folder for temporary files, which goes with the run. */
async function buildOnce(): Promise<string> {
  const folder = join(tmpdir(), "sotto-built")
  const dist = join(folder, "dist")
  const isMade = join(folder, "made")
  try {
    mkdirSync(folder)
  } catch {
    while (!existsSync(isMade)) await setTimeout(50)
    return join(dist, "main.cjs")
  }
  await promisify(execFile)(process.execPath, [join(root, "scripts/build.mjs"), "--out", dist])
  writeFileSync(isMade, "")
  return join(dist, "main.cjs")
}

/** Where built programs of a run keep their compiled code, which halves the time of the next process. */
export const compiledCode = join(tmpdir(), "sotto-cache")

/** @param folder - where `src` is, or a copy of it */
export async function bundleSources(folder: string, outdir: string, entryPoints: string[]): Promise<void> {
  await build({
    absWorkingDir: folder,
    entryPoints,
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    // Packages in CommonJS ask for built-in modules with `require`.
    banner: { js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url)` },
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: false } },
    logLevel: "silent",
  })
}
