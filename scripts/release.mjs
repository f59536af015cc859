// Makes everything of a release in the folder release/: npm run release [-- --skip-tests] [-- --targets linux-x64,...]
// Nothing is published: docs/releasing.md says what is left to do.
import { createHash } from "node:crypto"
import { execFileSync, spawnSync } from "node:child_process"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const out = join(root, "release")
const option = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined)
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const { version } = manifest
const packageBytesMax = 3_000_000

// With --allow-changes the script can be tried on any tree.
step("sources", () => {
  if (process.argv.includes("--allow-changes")) return
  const { stdout } = spawnSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" })
  if (stdout !== "") throw new Error("there are changes that are not committed")
  const heading = `## ${version}\n`
  if (!readFileSync(join(root, "CHANGELOG.md"), "utf8").includes(heading)) {
    throw new Error(`CHANGELOG.md has no section "${heading.trim()}"`)
  }
})
step("packages as in the lockfile", () => run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
if (!process.argv.includes("--skip-tests")) {
  for (const script of ["lint", "format:check", "typecheck", "test", "test:bundle", "test:binary"]) {
    step(script, () => run("npm", ["run", "--silent", script]))
  }
}
step("build, twice alike", () => {
  run("node", ["scripts/build.mjs"])
  const again = join(root, "dist.again.tmp")
  run("node", ["scripts/build.mjs", "--out", again])
  const same = digestOf(join(root, "dist")) === digestOf(again)
  rmSync(again, { recursive: true })
  if (!same) throw new Error("two builds of the same sources differ")
})
step("files", () => {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out)
  // What is packed is what was built and compared above.
  run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", out])
  const [tarball] = readdirSync(out)
  if (readFileSync(join(out, tarball)).length > packageBytesMax) throw new Error("the package is larger than 3 MB")
  for (const name of ["sbom.json", "THIRD_PARTY_NOTICES"]) copyFileSync(join(root, "dist", name), join(out, name))
})
for (const target of (option("--targets") ?? "linux-x64").split(",")) {
  step(`binary for ${target}`, () => {
    run("node", ["scripts/binary.mjs", "--target", target])
    const suffix = target.startsWith("windows") ? ".exe" : ""
    const built = ["sotto", `sotto-${target}`]
      .flatMap((name) => [name, `${name}.exe`])
      .map((name) => join(root, "dist-bin", name))
    renameSync(built.find(existsSync), join(out, `sotto-${version}-${target}${suffix}`))
  })
}
step("checksums", () => {
  const lines = readdirSync(out).map((name) => `${sha256(readFileSync(join(out, name)))}  ${name}\n`)
  writeFileSync(join(out, "SHA256SUMS"), lines.join(""))
})
process.stdout.write(`\n${readFileSync(join(out, "SHA256SUMS"), "utf8")}\nin ${out}; docs/releasing.md has the rest\n`)

function step(name, work) {
  const start = performance.now()
  process.stdout.write(`== ${name}\n`)
  try {
    work()
  } catch (error) {
    process.stderr.write(`-- ${name}: ${error.message}\n`)
    process.exit(1)
  }
  process.stdout.write(`-- ${name}: done (${((performance.now() - start) / 1000).toFixed(1)} s)\n`)
}

function run(command, args) {
  execFileSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] })
}

/** Of all files of a folder, with their names. */
function digestOf(folder) {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
  return sha256(
    Buffer.from(names.map((name) => `${name.slice(folder.length)} ${sha256(readFileSync(name))}\n`).join("")),
  )
}

function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex")
}
