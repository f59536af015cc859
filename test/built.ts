import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const root = fileURLToPath(new URL("..", import.meta.url))
let made: Promise<string> | null = null

/** The entry of the library, built in the same way. */
export async function builtLibrary(): Promise<string> {
  return (await builtMain()).replace(/main\.(m?js)$/, "index.$1")
}

/** Which program the tests that need one run: a quick bundle of the sources, `npm run build`'s, or the single binary. */
export const builtKind =
  process.env["SCRIPT_BIN"] === "binary" ? "binary" : process.env["SCRIPT_BIN"] === "1" ? "dist" : "quick"

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
  if (builtKind !== "quick") return Promise.resolve(join(root, "dist/main.cjs"))
  made ??= bundle()
  return made
}

/** The first test file that needs it makes it for all: they share the folder for temporary files, which goes with the run. */
async function bundle(): Promise<string> {
  const outdir = join(tmpdir(), "sotto-built")
  const main = join(outdir, "main.mjs")
  const isMade = join(outdir, "made")
  try {
    mkdirSync(outdir)
  } catch {
    while (!existsSync(isMade)) await setTimeout(50)
    return main
  }
  await bundleSources(root, outdir, ["src/main.ts", "src/index.ts"])
  writeFileSync(isMade, "")
  return main
}

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
