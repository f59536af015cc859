// Bundles src/ into dist/: an eager entry of a few lines, and chunks that a command loads as it needs them. Packages are
// bundled too, so nothing is installed beside the published package.
//
// The chunks are CommonJS: loading a module through `import` costs Node 3.5 ms before the first line of ours runs, a
// sixth of its whole start. docs/adr/0010-launcher.md has the measurements behind this, and docs/design/performance-notes.md
// those behind the parts below.
import { execFileSync, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { chmodSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { transformSync } from "esbuild"
import { rolldown } from "rolldown"
import { inventory, notices, packagesOf } from "./bundled.mjs"
import { writeManual } from "./man.mjs"
import { parts, partsOf } from "./parts.mjs"
import { prunedProtos } from "./prune-protos.mjs"

const root = fileURLToPath(new URL("..", import.meta.url))
const [runtime, first, inFirst] = ["rolldown-runtime.cjs", "start.cjs", "bundler"]
const option = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined)
const target = resolve(option("--out") ?? join(root, "dist"))
// Nobody sees a build that is half done: it gets its name when it is whole.
const dist = `${target}.${process.pid}.tmp`
process.on("exit", () => rmSync(dist, { recursive: true, force: true }))
// For profiles, where short names say nothing: npm run build -- --names
const keepsNames = process.argv.includes("--names")

const chunks = await bundle()
chmodSync(join(dist, "main.cjs"), 0o755)
const packages = packagesOf(chunks, root)
wrapChunks(packages)
writeFileSync(join(dist, "THIRD_PARTY_NOTICES"), notices(packages))
writeFileSync(
  join(dist, "sbom.json"),
  inventory(JSON.parse(readFileSync(join(root, "package.json"), "utf8")), packages),
)
await writeManual(root, join(dist, "man"))
declareTypes()
rmSync(target, { recursive: true, force: true })
renameSync(dist, target)

async function bundle() {
  const imports = new Map()
  let partOf = null
  const { output } = await bundleTo(join(dist, "chunks"), {
    input: { index: "src/index.ts", start: "src/start.ts" },
    preserveEntrySignatures: "allow-extension",
    transform: { define: { buildCommit: JSON.stringify(commit() ?? null) } },
    plugins: [
      prunedProtos,
      { name: "imports", moduleParsed: ({ id, importedIds }) => void imports.set(id, importedIds) },
    ],
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: parts.map(({ name }, at) => ({
        name,
        priority: parts.length - at,
        test: (id) => (partOf ??= partsOf(imports, join(root, "src"))).get(id) === name,
      })),
    },
  })
  const build = createHash("sha256")
  for (const { code } of output) build.update(code)
  const { exports } = output.find(({ name }) => name === "index")
  const define = {
    buildId: JSON.stringify(build.digest("hex").slice(0, 16)),
    lateChunks: JSON.stringify(parts.filter(({ late }) => late).map(({ name }) => `${name}.cjs`)),
  }
  // The entries are bundles of their own: a chunk that they shared would be loaded before their first statement.
  await bundleTo(dist, { input: { main: "src/launch/entry.ts" }, transform: { define } })
  await bundleTo(dist, {
    input: { index: "src/launch/library.ts" },
    transform: { define },
    format: "es",
    footer: `export const {${exports.toSorted().join(",")}}=library;`,
  })
  return output.filter(({ type }) => type === "chunk")
}

async function bundleTo(dir, { codeSplitting, footer, format = "cjs", ...options }) {
  const bundled = await rolldown({
    cwd: root,
    platform: "node",
    // An import of types only is dropped, not kept for its effects: no module here has any.
    tsconfig: false,
    checks: { ineffectiveDynamicImport: false },
    ...options,
  })
  return bundled.write({
    dir,
    format,
    footer,
    entryFileNames: format === "es" ? "[name].js" : "[name].cjs",
    chunkFileNames: "[name].cjs",
    // Text in Latin letters alone is read and compiled in half the time.
    charset: "ascii",
    minify: { compress: true, mangle: !keepsNames, codegen: { removeWhitespace: true } },
    comments: { legal: false, annotation: false, jsdoc: false },
    codeSplitting,
    dynamicImportInCjs: false,
  })
}

/**
 * Each chunk becomes the text of a function as it is, so that no loader has to put a long text together. One of them
 * lists what is bundled, for `--version --json`, which is known only when everything is.
 */
function wrapChunks(list) {
  const text = list.map(({ name, version, licence }) => `${name} ${version} ${licence}`).join(";")
  if (/[^\w @/.;+()-]/.test(text)) throw new Error("the name of a package or licence needs quotes")
  if (chunks.filter(({ code }) => code.includes("@packages@")).length !== 1)
    throw new Error("one chunk lists the packages")
  const { code: ofRuntime } = chunks.find(({ fileName }) => fileName === runtime)
  for (const { fileName, code } of chunks) {
    if (fileName === runtime) continue
    const whole = fileName === first ? `exports.${inFirst}=(exports=>{${ofRuntime};return exports})({});${code}` : code
    const body = inShortLines(plainExports(withoutRuntime(whole)).replace("@packages@", () => text))
    writeFileSync(join(dist, "chunks", fileName), `(function(exports,require,module,__filename,__dirname){${body}\n})`)
  }
  rmSync(join(dist, "chunks", runtime))
}

/** The bundler's own functions get a chunk of their own. A file costs 0.1 ms, so they stand in the first, which all load. */
function withoutRuntime(code) {
  return code.replaceAll(/require\([`"']\.\/rolldown-runtime\.cjs[`"']\)/g, `require("./${first}").${inFirst}`)
}

/**
 * The bundler gives what chunks share getters: a function, an object and a shape more for each of some 300 names, all of
 * them made before the first statement of a command. No module here changes what it exports (test/tidy.test.ts), so
 * that plain values do the same. What a package makes at its first use stays as it is.
 */
function plainExports(code) {
  const getter =
    /Object\.defineProperty\(exports,\s*[`"']([\w$]+)[`"'],\s*\{\s*enumerable:\s*(?:!0|true),\s*get:\s*function\(\)\s*\{\s*return ([\w$]+|`[^`$]*`);?\s*\}\s*\}\)/g
  return code.replaceAll(getter, "exports.$1=$2")
}

/**
 * Node prints the line that threw an error which a program does not catch. One line of a whole chunk is 34 KB of nothing
 * that anybody can read.
 */
function inShortLines(code) {
  const options = { minifyWhitespace: true, lineLimit: 160, charset: "ascii", legalComments: "none" }
  return transformSync(code, options).code.trimEnd()
}

/** `-changed` behind it: the sources are not those of the commit. */
function commit() {
  const git = (...args) => spawnSync("git", args, { cwd: root, encoding: "utf8" })
  const { status, stdout } = git("rev-parse", "HEAD")
  if (status !== 0) return undefined
  const isClean = git("diff", "--quiet", "HEAD", "--", "src", "package-lock.json").status === 0
  return `${stdout.trim()}${isClean ? "" : "-changed"}`
}

// The compiler writes `./x.ts` into declarations as it is in the source; what is published has `x.d.ts` only.
function declareTypes() {
  const compiler = fileURLToPath(import.meta.resolve("typescript/package.json")).replace("package.json", "bin/tsc")
  execFileSync(process.execPath, [compiler, "--project", "tsconfig.types.json", "--outDir", join(dist, "types")], {
    cwd: root,
    stdio: "inherit",
  })
  for (const entry of readdirSync(join(dist, "types"), { recursive: true })) {
    if (!entry.endsWith(".d.ts")) continue
    const file = join(dist, "types", entry)
    const text = readFileSync(file, "utf8")
    writeFileSync(file, text.replaceAll(/((?:from |import\()"\.{1,2}\/[^"]+)\.ts"/g, '$1.js"'))
  }
}
