// Runs one case with both programs, each in a folder of its own that began equal, and says what they left.
import { spawn } from "node:child_process"
import {
  closeSync,
  cpSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"

const timeoutMs = 20_000

/** @returns what each program said and left behind, in the order of `programs` */
export async function runBoth(programs, template, place, test) {
  const ends = []
  for (const { name, argv } of programs) {
    const folder = join(place, name)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(join(folder, "tmp"), { recursive: true, mode: 0o700 })
    cpSync(template, join(folder, "work"), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
    ends.push(await runOne(argv, folder, test))
    rmSync(folder, { recursive: true, force: true })
  }
  return ends
}

async function runOne(program, folder, { argv = [], line, env = {}, stdin = "", cwd = "." }) {
  const work = join(folder, "work")
  const before = tree(work)
  const inFolder = (text) => text.replaceAll("$WORK", work)
  const bin = join(folder, "bin")
  const [file, ...args] = line === undefined ? [...program, ...argv.map(inFolder)] : ["bash", "-c", line]
  if (line !== undefined) makeProgram(bin, program)
  // Files, not pipes: Node makes pipes of sockets, which cannot be opened by a path such as /dev/stdin.
  const [input, out, err] = ["in", "out", "err"].map((name) => join(folder, name))
  writeFileSync(input, stdin)
  const streams = [openSync(input, "r"), openSync(out, "w+"), openSync(err, "w+")]
  const child = spawn(file, args, {
    cwd: join(work, cwd),
    env: {
      PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
      HOME: join(work, "home"),
      TMPDIR: join(folder, "tmp"),
      GNUPGHOME: join(work, "home/.gnupg"),
      SOPS_AGE_KEY_FILE: join(work, "key.txt"),
      ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, inFolder(value)])),
    },
    stdio: streams,
  })
  for (const stream of streams) closeSync(stream)
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs)
  const { status, signal } = await new Promise((resolve) => {
    child.on("close", (code, name) => resolve({ status: code, signal: name }))
  })
  clearTimeout(timer)
  const clean = (text) => text.replaceAll(folder, "$FOLDER")
  return {
    status: signal === null ? status : signal,
    stdout: readFileSync(out),
    stderr: clean(readFileSync(err, "utf8")),
    folder,
    changed: changes(before, tree(work)),
    leftovers: readdirSync(join(folder, "tmp")),
  }
}

/** Puts the program on the PATH of a shell, by the name that it is called by. */
function makeProgram(bin, program) {
  mkdirSync(bin, { recursive: true })
  const words = program.map((word) => `'${word}'`).join(" ")
  writeFileSync(join(bin, "sops"), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 })
}

/** Every file below a folder with its mode and bytes. */
function tree(folder, prefix = "") {
  const found = new Map()
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    const stat = lstatSync(path)
    // gpg keeps its own books there, and this program the code that it has compiled.
    if (name === ".gnupg" || name === ".cache") continue
    if (stat.isDirectory()) for (const [inner, facts] of tree(path, `${prefix}${name}/`)) found.set(inner, facts)
    else if (stat.isFile()) found.set(prefix + name, { mode: stat.mode & 0o777, bytes: readFileSync(path) })
  }
  return found
}

function changes(before, after) {
  const changed = new Map()
  for (const [name, facts] of after) {
    const old = before.get(name)
    if (old === undefined || old.mode !== facts.mode || !old.bytes.equals(facts.bytes)) changed.set(name, facts)
  }
  for (const name of before.keys()) if (!after.has(name)) changed.set(name, null)
  return changed
}
