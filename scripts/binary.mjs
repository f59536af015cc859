// One program in one file, with Bun inside: npm run build:binary [-- --target linux-x64,darwin-aarch64 | --all]
// It takes the chunks that `npm run build` made. Bun is a package of npm; the program for another system comes from its
// own package, @oven/bun-TARGET of the same release, which has to be in node_modules.
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import { parts } from "./parts.mjs"

const root = fileURLToPath(new URL("..", import.meta.url))
const chunks = join(root, "dist/chunks")
const targets = ["linux-x64", "linux-aarch64", "darwin-x64", "darwin-aarch64", "windows-x64"]
const here = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch === "arm64" ? "aarch64" : process.arch}`

if (!existsSync(chunks)) throw new Error("dist is not there: npm run build")
const work = mkdtempSync(join(tmpdir(), "sotto-binary-"))
try {
  await writeEntry()
  wrapChunks()
  mkdirSync(join(root, "dist-bin"), { recursive: true })
  for (const target of wanted()) compile(target)
} finally {
  rmSync(work, { recursive: true, force: true })
}

function wanted() {
  if (process.argv.includes("--all")) return targets
  const at = process.argv.indexOf("--target")
  return at === -1 ? [here] : process.argv[at + 1].split(",")
}

async function writeEntry() {
  const late = parts.filter((part) => part.late).map(({ name }) => `${name}.cjs`)
  const bundled = await rolldown({
    cwd: root,
    input: { sotto: "src/launch/binary.ts" },
    platform: "node",
    tsconfig: false,
    transform: { define: { lateChunks: JSON.stringify(late) } },
  })
  await bundled.write({ dir: work, format: "cjs", entryFileNames: "[name].cjs" })
}

// A chunk is the text of a function, and has no `require` that Bun would resolve while it builds.
function wrapChunks() {
  mkdirSync(join(work, "chunks"))
  for (const name of readdirSync(chunks)) {
    writeFileSync(join(work, "chunks", name), `module.exports=${readFileSync(join(chunks, name), "latin1")}`)
  }
}

function compile(target) {
  const outfile = join(root, "dist-bin", target === here ? "sotto" : `sotto-${target}`)
  const names = readdirSync(join(work, "chunks")).map((name) => `chunks/${name}`)
  const options = ["build", "--compile", "--bytecode", "--format=cjs", "--minify", `--outfile=${outfile}`]
  // Nothing of the folder that it is called in may be read (rule S15): a plain program of Bun runs what is there.
  for (const file of ["dotenv", "bunfig", "tsconfig", "package-json"]) options.push(`--no-compile-autoload-${file}`)
  // Most calls are over before the just-in-time compilers pay: a higher threshold takes a fifth off a short run.
  options.push("--compile-jit-policy=100")
  if (target !== here) {
    const program = join(root, `node_modules/@oven/bun-${target}/bin`, target.startsWith("windows") ? "bun.exe" : "bun")
    if (!existsSync(program)) {
      throw new Error(
        `npm install --no-save --force @oven/bun-${target}@${bunVersion()} first: it brings Bun for ${target}`,
      )
    }
    options.push(`--target=bun-${target}`, `--compile-executable-path=${program}`)
  }
  execFileSync(join(root, "node_modules/bun/bin/bun.exe"), [...options, "sotto.cjs", ...names], {
    cwd: work,
    stdio: ["ignore", "ignore", "inherit"],
  })
}

function bunVersion() {
  return JSON.parse(readFileSync(join(root, "node_modules/bun/package.json"), "utf8")).version
}
