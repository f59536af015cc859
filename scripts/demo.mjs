// Shows what sotto does, with files of every format and a key of its own, in a folder that is removed at the end.
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const examples = fileURLToPath(new URL("demo", import.meta.url))
const program = fileURLToPath(new URL("../dist/main.cjs", import.meta.url))
const root = mkdtempSync(join(tmpdir(), "sotto-demo-"))
const home = join(root, "home")
const repository = join(root, "repository")
const env = {
  PATH: process.env.PATH,
  HOME: home,
  TMPDIR: root,
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  ...(process.env.SystemRoot === undefined ? {} : { SystemRoot: process.env.SystemRoot, USERPROFILE: home }),
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

  say("A repository with secrets in the clear, in files of five formats. First a key and a config:")
  git("init", "--quiet")
  show(sotto("init"))

  say("Seal all of them. Only values change: look at the indent, the quotes, the blank lines.")
  sotto("encrypt", "--in-place", ...files)
  show(shortened(withoutMetadata(text("service.yaml"))))
  git("add", ".")
  git(
    "-c",
    "user.name=demo",
    "-c",
    "user.email=demo@example.invalid",
    "commit",
    "--quiet",
    "--message",
    "Secrets, sealed",
  )

  say("Change one value. The diff is that value, the MAC and the date (when the second is another one):")
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

function git(...args) {
  const { status, stdout, stderr } = spawn("git", args)
  if (status !== 0) throw new Error(`git ${args.join(" ")} ended with ${status}: ${String(stderr)}`)
  return String(stdout)
}

function spawn(command, args) {
  return spawnSync(command, args, { cwd: repository, env, maxBuffer: 1 << 26 })
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
