// Bundles src/ into dist/: an eager entry of a few lines, and chunks that a command loads as it needs them. Packages are
// bundled too, so nothing is installed beside the published package.
//
// The chunks are CommonJS: loading a module through `import` costs Node 3.5 ms before the first line of ours runs, a
// sixth of its whole start. docs/performance.md has the measurements behind this and behind the parts below.
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { chmodSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import { parts, partsOf } from "./parts.mjs"

const root = fileURLToPath(new URL("..", import.meta.url))
const dist = join(root, "dist")
// For profiles, where short names say nothing: npm run build -- --names
const keepsNames = process.argv.includes("--names")

rmSync(dist, { recursive: true, force: true })
const chunks = await bundle()
chmodSync(join(dist, "main.cjs"), 0o755)
writeFileSync(join(dist, "THIRD_PARTY_NOTICES"), notices(packagesOf(chunks)))
declareTypes()

async function bundle() {
  const imports = new Map()
  let partOf = null
  const { output } = await bundleTo(join(dist, "chunks"), {
    input: { index: "src/index.ts", start: "src/start.ts" },
    preserveEntrySignatures: "allow-extension",
    plugins: [{ name: "imports", moduleParsed: ({ id, importedIds }) => void imports.set(id, importedIds) }],
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

/** Folders of the packages that ended up in a chunk, in the order of their names. */
function packagesOf(list) {
  const folders = new Set()
  for (const { modules } of list) {
    for (const [id, { renderedLength }] of Object.entries(modules)) {
      const path = relative(root, id.replaceAll("\0", "")).split(sep).join("/")
      const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]
      if (folder !== undefined && renderedLength > 0) folders.add(folder)
    }
  }
  return [...folders].toSorted()
}

function notices(folders) {
  const texts = folders.map((folder) => {
    const { name, version, license, author } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))
    const text = licenceText(folder, license)
    if (text === undefined) throw new Error(`${name} has no licence file`)
    const by = typeof author === "string" ? author : author?.name
    const head = [`${name} ${version}`, `Licence: ${license}`, ...(by === undefined ? [] : [`Author: ${by}`])]
    return `${head.join("\n")}\n\n${text.trim()}\n`
  })
  const intro = "sotto contains the following packages. Each stands under its own licence.\n"
  return [intro, ...texts].join(`\n${"-".repeat(80)}\n\n`)
}

// Some packages have their licence in the last part of their README, and some name it only: Apache's is ours too.
function licenceText(folder, licence) {
  const entries = readdirSync(join(root, folder))
  const read = (pattern) => {
    const file = entries.find((entry) => pattern.test(entry))
    return file === undefined ? undefined : readFileSync(join(root, folder, file), "utf8")
  }
  const ownFile = read(/^(licen[sc]e|copying|unlicense)/i)
  if (ownFile !== undefined) return ownFile
  if (licence === "Apache-2.0") return readFileSync(join(root, "LICENSE"), "utf8")
  return /^(?:#+ *licen[sc]e|licen[sc]e\n-+)\n([^]*)/im.exec(read(/^readme/i) ?? "")?.[1]
}

// The compiler writes `./x.ts` into declarations as it stands in the source; what is published has `x.d.ts` only.
function declareTypes() {
  const compiler = fileURLToPath(import.meta.resolve("typescript/package.json")).replace("package.json", "bin/tsc")
  execFileSync(process.execPath, [compiler, "--project", "tsconfig.types.json"], { cwd: root, stdio: "inherit" })
  for (const entry of readdirSync(join(dist, "types"), { recursive: true })) {
    if (!entry.endsWith(".d.ts")) continue
    const file = join(dist, "types", entry)
    const text = readFileSync(file, "utf8")
    writeFileSync(file, text.replaceAll(/((?:from |import\()"\.{1,2}\/[^"]+)\.ts"/g, '$1.js"'))
  }
}
