// Shows what sotto does, with files of every format and a key of its own, in a folder that is removed at the end.
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"

const examples = fileURLToPath(new URL("demo", import.meta.url))
const program = fileURLToPath(new URL("../dist/main.cjs", import.meta.url))
const root = mkdtempSync(join(tmpdir(), "sotto-demo-"))
const home = join(root, "home")
const bin = join(root, "bin")
const repository = join(root, "repository")
const env = {
  PATH: [bin, process.env.PATH].join(delimiter),
  HOME: home,
  TMPDIR: root,
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  ...(process.env.SystemRoot === undefined ? {} : { SystemRoot: process.env.SystemRoot, USERPROFILE: home }),
}
const who = {
  GIT_AUTHOR_NAME: "demo",
  GIT_AUTHOR_EMAIL: "demo@example.invalid",
  GIT_COMMITTER_NAME: "demo",
  GIT_COMMITTER_EMAIL: "demo@example.invalid",
}
const started = performance.now()

try {
  tour()
} finally {
  rmSync(root, { recursive: true, force: true })
}
say(`Done in ${((performance.now() - started) / 1000).toFixed(1)} s. The key and the files are gone again.`)

function tour() {
  mkdirSync(home)
  cpSync(examples, repository, { recursive: true })
  const files = readdirSync(examples).toSorted()

  say("A repository with secrets in the clear, in files of five formats. This is one of them:")
  git("init", "--quiet", "--initial-branch=main")
  show(text("service.yaml"))

  say("First a key and a config:")
  show(sotto("init"))

  say(
    "Seal all of them. Values and comments become tokens; keys, indent, quotes and blank lines stay. (The alias `*db` is written " +
      "out, since each token is bound to its place.)",
  )
  sotto("encrypt", "--in-place", ...files)
  show(shortened(withoutMetadata(text("service.yaml"))))
  git("add", ".")
  commit("Secrets, sealed")

  say(
    "Change one value. The diff is that value, the date (when the second is another one) and the MAC: a seal over all values " +
      "together, which tells when one was swapped, removed or added:",
  )
  sotto("set", "--string", "service.yaml", "service.name", "store")
  show(shortened(git("diff", "--unified=0", "--", "service.yaml")))
  git("checkout", "--quiet", "--", "service.yaml")

  say("Open them. Every file comes back as it was:")
  for (const file of files) {
    const opened = spawn(process.execPath, [program, "decrypt", file]).stdout
    const isSame = opened.equals(readFileSync(join(examples, file)))
    show(`${isSame ? "same bytes" : "DIFFERENT"}  ${file}`)
    if (!isSame) throw new Error(`${file} did not come back as it was`)
  }

  say("Give values to a program, in its environment and nowhere else:")
  const script = 'console.log("the program has a token of " + process.env.API_TOKEN.length + " characters")'
  show(sotto("run", "--file", "app.env", "--", process.execPath, "--eval", script))

  say("Swap two items of a list, as somebody with write access might. Each of them opens, but the MAC does not hold:")
  writeFileSync(join(repository, "service.yaml"), swapped(text("service.yaml")))
  const refused = spawn(process.execPath, [program, "decrypt", "service.yaml"])
  show(`$ sotto decrypt service.yaml\n${String(refused.stderr).trim()}\n(status ${refused.status})`)
  if (refused.status !== 51 || refused.stdout.length > 0) throw new Error("a file that was tampered with was opened")
  git("checkout", "--quiet", "--", "service.yaml")

  secondPerson()
  // git for Windows finds no script without a suffix on PATH.
  if (process.platform !== "win32") withGit()
}

function secondPerson() {
  say("A second person, Ben, makes a key of his own. He cannot open anything yet:")
  const ben = { HOME: join(root, "ben"), USERPROFILE: join(root, "ben") }
  mkdirSync(ben.HOME)
  const key = join(ben.HOME, "key.txt")
  const made = spawn(process.execPath, [program, "keygen", "--output", key], ben)
  const recipient = /age1[0-9a-z]+/.exec(`${made.stdout}${made.stderr}${readFileSync(key, "utf8")}`)[0]
  const asBen = { ...ben, SOPS_AGE_KEY_FILE: key }
  const before = spawn(process.execPath, [program, "get", "app.env", "DATABASE_URL"], asBen)
  if (before.status === 0) throw new Error("a stranger has opened a file")
  show(`ben$ sotto get app.env DATABASE_URL\n${String(before.stderr).split("\n")[0]}\n(status ${before.status})`)

  say("Let him read. Each file's data key is wrapped once more, for him; no value changes:")
  show(sotto("grant", "ben", recipient, "--yes"))
  const after = spawn(process.execPath, [program, "get", "app.env", "DATABASE_URL"], asBen)
  if (after.status !== 0) throw new Error(`ben cannot read: ${String(after.stderr)}`)
  show(`ben$ sotto get app.env DATABASE_URL | wc -c\n${after.stdout.length}`)
  git("add", ".")
  commit("Ben can read")
}

function withGit() {
  mkdirSync(bin)
  writeFileSync(join(bin, "sotto"), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, { mode: 0o755 })
  say("Tell git about sealed files, once in a clone. From now on it shows, merges and checks them:")
  sotto("git", "install")
  show("$ sotto git install")
  git("add", ".")
  commit("Attributes for sealed files")

  say("Two branches change the same file. For who has a key, `git diff` shows what changed, in the clear:")
  git("checkout", "--quiet", "-b", "feature")
  sotto("set", "--string", "service.yaml", "service.name", "store")
  show(`$ git diff --unified=0\n${changedLines(git("diff", "--unified=0"))}`)
  commit("Rename the service", "--all")

  say("Without a key, and in CI, it shows which values changed, and no value:")
  show(`$ CI=1 git diff --unified=0 main\n${changedLines(git("diff", "--unified=0", "main", { CI: "1" }))}`)

  say("The other branch adds a value. `git merge` merges both by key, and the file opens:")
  git("checkout", "--quiet", "main")
  sotto("set", "--string", "service.yaml", "service.region", "north")
  commit("Name the region", "--all")
  show(`$ git merge feature\n${git("merge", "--quiet", "--no-edit", "feature", who)}`)
  const merged = ["service.name", "service.region"].map((path) => sotto("get", "service.yaml", path)).join("\n")
  if (!merged.includes("store") || !merged.includes("north")) throw new Error("the merge has lost a value")
  show(merged)
}

function commit(message, ...args) {
  git("commit", "--quiet", "--message", message, ...args, who)
}

/** The lines that a diff takes and brings, without its headings. */
function changedLines(diff) {
  return diff
    .split("\n")
    .filter((line) => /^[-+](?![-+])/.test(line))
    .join("\n")
}

/** The two tokens of the list `ports` change places: a token knows its key, but not its position in a list. */
function swapped(sealed) {
  const result = sealed.replace(/(ports: \[ )("[^"]+")(, )("[^"]+")/, "$1$4$3$2")
  if (result === sealed) throw new Error("the sealed file is not as expected")
  return result
}

function sotto(...args) {
  const { status, stdout, stderr } = spawn(process.execPath, [program, ...args])
  if (status !== 0) throw new Error(`sotto ${args.join(" ")} ended with ${status}: ${String(stderr)}`)
  return `$ sotto ${args.map((arg) => (/[\s"&(]/.test(arg) ? `'${arg}'` : arg)).join(" ")}\n${String(stdout)}${String(stderr)}`
}

/** @param args - the last one may be an object: variables for this call */
function git(...args) {
  const more = typeof args.at(-1) === "object" ? args.pop() : {}
  const { status, stdout, stderr } = spawn("git", args, more)
  if (status !== 0) throw new Error(`git ${args.join(" ")} ended with ${status}: ${String(stderr)}`)
  return String(stdout)
}

function spawn(command, args, more = {}) {
  return spawnSync(command, args, { cwd: repository, env: { ...env, ...more }, maxBuffer: 1 << 26 })
}

function text(file) {
  return readFileSync(join(repository, file), "utf8")
}

function withoutMetadata(sealed) {
  return sealed.slice(0, sealed.search(/^sops:/m))
}

function shortened(output) {
  return output.replace(/ENC\[AES256_GCM,data:([^,]{1,10})[^\]]*\]/g, "ENC[$1…]").replace(process.execPath, "node")
}

function say(words) {
  process.stdout.write(`\n${process.stdout.isTTY ? `\x1b[1m${words}\x1b[0m` : words}\n`)
}

function show(output) {
  for (const line of shortened(output).trimEnd().split("\n")) process.stdout.write(`    ${line}\n`)
}
