// Bundles src/ into dist/: a small eager entry and one chunk for each command, format and key provider, so that a
// command loads only what it uses. Packages are bundled too, so nothing is installed beside the published package.
import { execFileSync } from "node:child_process"
import { readFileSync, readdirSync, rmSync, writeFileSync, chmodSync } from "node:fs"
import { builtinModules } from "node:module"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const root = fileURLToPath(new URL("..", import.meta.url))
const dist = join(root, "dist")

const settings = {
  absWorkingDir: root,
  outdir: "dist",
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  charset: "utf8",
  legalComments: "none",
  // Names stay, so that the frames in a bug report can be read.
  minifySyntax: true,
  minifyWhitespace: true,
  // An import of types only is dropped, not kept for its effects: no module here has any.
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: false } },
  logLevel: "warning",
}

rmSync(dist, { recursive: true, force: true })
const { metafile } = await build({
  ...settings,
  entryPoints: ["src/start.ts", "src/index.ts"],
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  metafile: true,
  plugins: [
    { name: "required-builtins", setup: importRequiredBuiltins },
    { name: "never-loaded", setup: leaveOut },
  ],
})
// The entry is a bundle of its own: a chunk that it shared with others would be loaded before its first statement.
await build({
  ...settings,
  entryPoints: ["src/main.ts"],
  plugins: [{ name: "external-start", setup: externalStart }],
})
chmodSync(join(dist, "main.js"), 0o755)
writeFileSync(join(dist, "THIRD_PARTY_NOTICES"), notices(packagesOf(metafile)))
declareTypes()

function externalStart({ onResolve }) {
  onResolve({ filter: /^\.\/start\.ts$/ }, () => ({ path: "./start.js", external: true }))
}

// A CommonJS package that calls `require("crypto")` would need `require` in an ES module. It gets the module itself, not
// a namespace of it: some inherit from what `require("stream")` returns.
function importRequiredBuiltins({ onResolve, onLoad }) {
  const builtins = new Set(builtinModules)
  onResolve({ filter: /^(node:)?[a-z_/]+$/ }, ({ path, kind }) => {
    const name = path.replace(/^node:/, "")
    if (kind !== "require-call" || !builtins.has(name)) return undefined
    return { path: name, namespace: "required-builtin" }
  })
  onLoad({ filter: /.*/, namespace: "required-builtin" }, ({ path }) => ({
    contents: `module.exports = process.getBuiltinModule("node:${path}")`,
  }))
}

// Google's login library would take this for its requests, but it gets a `fetch` of ours (src/keys/gcp/fetch.ts).
function leaveOut({ onResolve, onLoad }) {
  onResolve({ filter: /^node-fetch$/ }, ({ path }) => ({ path, namespace: "left-out" }))
  onLoad({ filter: /.*/, namespace: "left-out" }, ({ path }) => ({
    contents: `throw new Error("${path} is not part of the bundle")`,
  }))
}

/** Folders of the packages that ended up in an output file, in the order of their names. */
function packagesOf({ outputs }) {
  const folders = new Set()
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder)
    }
  }
  return [...folders].toSorted()
}

function notices(folders) {
  const parts = folders.map((folder) => {
    const { name, version, license, author } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))
    const file = readdirSync(join(root, folder)).find((entry) => /^(licen[sc]e|copying|unlicense)/i.test(entry))
    // Our own licence is the same one, and its text stands beside this file.
    if (file === undefined && license !== "Apache-2.0") throw new Error(`${name} has no licence file`)
    const by = typeof author === "string" ? author : author?.name
    const head = [`${name} ${version}`, `Licence: ${license}`, ...(by === undefined ? [] : [`Author: ${by}`])]
    const text = file === undefined ? "Its text: see LICENSE." : readFileSync(join(root, folder, file), "utf8").trim()
    return `${head.join("\n")}\n\n${text}\n`
  })
  const intro = "sotto contains the following packages. Each stands under its own licence.\n"
  return [intro, ...parts].join(`\n${"-".repeat(80)}\n\n`)
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
