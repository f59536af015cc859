// One program in one file, with Bun inside: npm run build:binary [-- --target linux-x64,darwin-aarch64 | --all]
// It takes the chunks that `npm run build` made. Bun is a package of npm; the program for another system comes from its
// own package, @oven/bun-TARGET of the same release, which has to be in node_modules.
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import { compileProgram } from "./compile.mjs"
import { withFunctions } from "./own-functions.mjs"
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
  const first = join(work, "first")
  compile(here, first)
  const order = ordersOf(first)
  for (const target of wanted())
    compile(target, join(root, "dist-bin", target === here ? "sotto" : `sotto-${target}`), order)
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
    external: ["bun:jsc"],
    tsconfig: false,
    transform: { define: { lateChunks: JSON.stringify(late) } },
  })
  await bundled.write({ dir: work, format: "cjs", entryFileNames: "[name].cjs" })
}

// A chunk is the text of a function, and has no `require` that Bun would resolve while it builds.
function wrapChunks() {
  mkdirSync(join(work, "chunks"))
  const entry = readFileSync(join(work, "sotto.cjs"), "utf8")
  for (const name of readdirSync(chunks)) {
    const text = readFileSync(join(chunks, name), "latin1")
    for (const [, id] of text.replaceAll("\\\n", "").matchAll(/(?:require|getBuiltinModule)\([`"'](node:[^`"']+)/g)) {
      if (!entry.includes(`"${id}": () =>`))
        throw new Error(`src/launch/binary.ts does not name ${id}, which ${name} asks for`)
    }
    writeFileSync(join(work, "chunks", name), `module.exports=${withFunctions(text)}`)
  }
}

/**
 * Lets a program do what people do most, each command in a run of its own that notes which compiled code it reads.
 * Laid out in that order, the code of a short run stands together: it is read from fewer pages, each of which costs
 * microseconds at its first touch.
 *
 * @returns names of the notes
 */
function ordersOf(program) {
  const place = join(work, "place")
  mkdirSync(place)
  const env = { HOME: place, PATH: process.env.PATH, SOPS_AGE_KEY_FILE: join(place, "key.txt") }
  const run = (args, more = {}) => {
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: place,
      env: { ...env, ...more },
      encoding: "utf8",
    })
    if (status !== 0) throw new Error(`${args[0]} ended with ${status}: ${stderr}`)
    return stdout
  }
  run(["keygen", "--output", "key.txt"])
  const [recipient] = /age1[a-z0-9]+/.exec(readFileSync(join(place, "key.txt"), "utf8"))
  const entries = Array.from({ length: 20 }, (_, index) => [`name_${index}`, `value ${index}`])
  const seal = (name, text) => {
    writeFileSync(join(place, name), text)
    return ["encrypt", "--age", recipient, "--output", `sealed-${name}`, name]
  }
  const yaml = seal("a.yaml", `section:\n${entries.map(([name, value]) => `  ${name}: ${value}\n`).join("")}`)
  run(yaml)
  run(seal("a.env", entries.map(([name, value]) => `${name}=${value}\n`).join("")))
  const commands = [
    ["decrypt", "sealed-a.yaml"],
    ["textconv", "sealed-a.yaml"],
    ["textconv", "--redacted", "sealed-a.yaml"],
    ["exec-env", "sealed-a.env", "exit 0"],
    ["run", "-f", "sealed-a.env", "--", process.execPath, "-e", "0"],
    ["get", "sealed-a.yaml", "section.name_1"],
    ["encrypt", "--age", recipient, "a.yaml"],
    ["set", "sealed-a.yaml", '["section"]["new"]', '"text"'],
    ["--help"],
    ["--version"],
    ["filestatus", "sealed-a.yaml"],
  ]
  return commands.map((args, index) => {
    const file = join(work, `order-${index}`)
    run(args, { BUN_BYTECODE_ORDER_OUT: file })
    return file
  })
}

function compile(target, outfile, order = []) {
  const options = order.length > 0 ? [`--bytecode-order=${order.join(",")}`] : []
  if (target !== here) {
    const program = join(root, `node_modules/@oven/bun-${target}/bin`, target.startsWith("windows") ? "bun.exe" : "bun")
    if (!existsSync(program)) {
      throw new Error(
        `npm install --no-save --force @oven/bun-${target}@${bunVersion()} first: it brings Bun for ${target}`,
      )
    }
    options.push(`--target=bun-${target}`, `--compile-executable-path=${program}`)
  }
  const names = readdirSync(join(work, "chunks")).map((name) => `chunks/${name}`)
  compileProgram({ cwd: work, files: ["sotto.cjs", ...names], outfile, options })
}

function bunVersion() {
  return JSON.parse(readFileSync(join(root, "node_modules/bun/package.json"), "utf8")).version
}
