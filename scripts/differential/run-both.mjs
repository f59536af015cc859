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

/** Folders as a run began with them, which it left so. Most lines only print. */
const untouched = new Set()

/**
 * @param place - a folder of this worker alone
 * @returns what each program said and left behind, in the order of `programs`
 */
export async function runBoth(programs, template, place, test) {
  const ends = []
  for (const { name, argv } of programs) {
    const folder = join(place, name)
    if (!untouched.delete(folder)) {
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(join(folder, "tmp"), { recursive: true, mode: 0o700 })
      cpSync(template, join(folder, "work"), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
    }
    const before = tree(join(folder, "work"))
    const end = await runOne(argv, folder, test)
    const after = tree(join(folder, "work"))
    ends.push({ ...end, changed: changes(before, after) })
    if (end.leftovers.length === 0 && listed(before) === listed(after)) untouched.add(folder)
  }
  return ends
}

async function runOne(program, folder, { argv = [], line, env = {}, stdin = "", cwd = "." }) {
  const work = join(folder, "work")
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
      // For compiled code of ours, which would be made anew in each home folder.
      XDG_CACHE_HOME: join(folder, "../cache"),
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
    leftovers: readdirSync(join(folder, "tmp")),
  }
}

/** Puts the program on the PATH of a shell, by the name that it is called by. */
function makeProgram(bin, program) {
  mkdirSync(bin, { recursive: true })
  const words = program.map((word) => `'${word}'`).join(" ")
  writeFileSync(join(bin, "sops"), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 })
}

/** Everything below a folder: of a file the mode, the bytes and when it was written, of anything else what it is. */
function tree(folder, prefix = "") {
  const found = new Map()
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    const stat = lstatSync(path)
    // gpg keeps its own books there.
    if (name === ".gnupg") continue
    const facts = { mode: stat.mode, writtenMs: stat.mtimeMs, inode: stat.ino, bytes: null }
    found.set(prefix + name, stat.isFile() ? { ...facts, bytes: readFileSync(path) } : facts)
    if (stat.isDirectory()) for (const [inner, of] of tree(path, `${prefix}${name}/`)) found.set(inner, of)
  }
  return found
}

/** Two trees with the same text are one: nothing was written, made or removed. */
function listed(tree) {
  return JSON.stringify([...tree].map(([name, { mode, writtenMs, inode }]) => [name, mode, writtenMs, inode]))
}

/** @returns files that a run has changed or made, with what they are now, and `null` for one that is gone */
function changes(before, after) {
  const changed = new Map()
  for (const [name, { mode, bytes }] of after) {
    if (bytes === null) continue
    const old = before.get(name)?.bytes ?? null
    if (old === null || before.get(name).mode !== mode || !old.equals(bytes)) {
      changed.set(name, { mode: mode & 0o777, bytes })
    }
  }
  for (const [name, { bytes }] of before) if (bytes !== null && !after.has(name)) changed.set(name, null)
  return changed
}
