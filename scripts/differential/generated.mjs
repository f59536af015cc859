// Seals, opens and changes odd documents with both programs. Each is one case: what stock does with the document and
// with what it sealed of it is what this program has to do.
import { spawn } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Dice } from "./generator.mjs"
import { oddDocument } from "./odd-texts.mjs"

const timeoutMs = 20_000
const rounds = 2

/** The document of a seed, with what is to be done with it. */
export function generatedCase(seed, index) {
  const dice = new Dice(seed * 100_003 + index)
  const document = oddDocument(dice)
  const flags = dice.pick([
    ...Array.from({ length: 8 }, () => []),
    ["--encrypted-regex", "^(a|password)$"],
    ["--unencrypted-regex", "^(a|b)$"],
    ["--encrypted-suffix", "d"],
    ["--mac-only-encrypted"],
    ["--encrypted-comment-regex", "c"],
    ["--unencrypted-comment-regex", "c"],
  ])
  const commands = Array.from({ length: rounds }, () => command(dice, document.name))
  return { name: `generated ${seed}-${index}`, ...document, flags, commands }
}

const types = ["yaml", "json", "dotenv", "ini", "binary"]
const steps = [
  '["a"]',
  '["b"]',
  '["c"]',
  '["A"]',
  '["s"]',
  '["DEFAULT"]',
  '["name"]',
  '["1"]',
  '[""]',
  '["é"]',
  "[0]",
  "[1]",
  '["password"]',
  '["nope"]',
]
const values = [
  '"text"',
  "5",
  "1.5",
  "1e21",
  "-0",
  "true",
  "null",
  '""',
  '{"x": [1, "y"]}',
  '"a\\nb"',
  '"é"',
  "[1]",
  '"# x"',
  '"ENC[x]"',
  '" x "',
  "12345678901234567890",
]

function command(dice, name) {
  const path = () =>
    dice.pick(steps) + (dice.chance(0.4) ? dice.pick(steps) : "") + (dice.chance(0.1) ? dice.pick(steps) : "")
  switch (dice.below(11)) {
    case 0:
      return ["decrypt", "--output-type", dice.pick(types), name]
    case 1:
    case 2:
      return ["decrypt", "--extract", path(), name]
    case 3:
      return ["decrypt", "--input-type", dice.pick(types), name]
    case 4:
    case 5:
    case 6:
      return ["set", ...dice.sometimes(0.2, "--idempotent"), name, path(), dice.pick(values)]
    case 7:
      return ["unset", ...dice.sometimes(0.2, "--idempotent"), name, path()]
    case 8:
      return [
        "exec-env",
        name,
        "env -0 | tr '\\n\\0' '|\\n' | grep -v -E '^(PWD|OLDPWD|SHLVL|_|HOME|PATH|SOPS_[A-Z_]*|LC_ALL)=' | LC_ALL=C sort",
      ]
    case 9:
      return ["filestatus", name]
    default:
      return ["rotate", "-i", name]
  }
}

/** Runs cases with both programs. `run(test)` returns what differs, the first thing only, or `null`. */
export class Generated {
  #ours
  #theirs
  #place
  #env
  #recipient

  /** @param place - a folder for one worker */
  constructor({ ours, theirs, place, keyFile, recipient }) {
    this.#ours = ours
    this.#theirs = theirs
    this.#place = place
    this.#recipient = recipient
    mkdirSync(join(place, "home"), { recursive: true })
    this.#env = {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: join(place, "home"),
      TMPDIR: place,
      SOPS_AGE_KEY_FILE: keyFile,
    }
  }

  async run({ format, name, bytes, flags, commands }) {
    // Releases up to 3.13.3 take these in the old form only.
    const isOld = flags[0]?.endsWith("-comment-regex") === true
    const seal = [isOld ? "-e" : "encrypt", "--age", this.#recipient, ...flags, name]
    const [mine, real] = await this.#both(seal, name, bytes)
    if (mine.status !== real.status) return this.#difference("seal", seal, mine, real)
    if (real.status !== 0) return null
    const open = ["decrypt", name]
    const wanted = await this.#one(this.#theirs, open, name, real.stdout)
    const byStock = await this.#one(this.#theirs, open, name, mine.stdout)
    if (!isSame(byStock, wanted)) return this.#difference("stock opens ours", open, byStock, wanted)
    const byUs = await this.#one(this.#ours, open, name, real.stdout)
    if (!isSame(byUs, wanted)) return this.#difference("ours opens stock's", open, byUs, wanted)
    const back = await this.#one(this.#ours, open, name, mine.stdout)
    const author = { ...wanted, stdout: format === "binary" || wanted.status !== 0 ? wanted.stdout : bytes }
    if (!isSame(back, author)) return this.#difference("ours opens ours", open, back, author)
    if (wanted.status !== 0) return null
    for (const argv of commands) {
      const found = await this.#compareCommand(argv, name, real.stdout)
      if (found !== null) return found
    }
    return null
  }

  async #compareCommand(argv, name, sealed) {
    const [mine, real] = await this.#both(argv, name, sealed)
    const what = argv[0]
    if (!isSame(mine, real)) return this.#difference(what, argv, mine, real)
    if (mine.left.equals(real.left)) return null
    const open = ["decrypt", name]
    const [first, second] = [
      await this.#one(this.#theirs, open, name, mine.left),
      await this.#one(this.#theirs, open, name, real.left),
    ]
    return isSame(first, second) ? null : this.#difference(`${what}, then stock's decrypt`, argv, first, second)
  }

  #difference(step, argv, mine, real) {
    return { step, argv: argv.map((word) => (word === this.#recipient ? "RECIPIENT" : word)), mine, real }
  }

  async #both(argv, name, bytes) {
    return [await this.#one(this.#ours, argv, name, bytes), await this.#one(this.#theirs, argv, name, bytes)]
  }

  async #one(program, argv, name, bytes) {
    const folder = join(this.#place, "work")
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
    writeFileSync(join(folder, name), bytes)
    const [file, ...args] = [...program, ...argv]
    const child = spawn(file, args, {
      cwd: folder,
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: timeoutMs,
    })
    const [out, err] = [[], []]
    child.stdout.on("data", (chunk) => out.push(chunk))
    child.stderr.on("data", (chunk) => err.push(chunk))
    const status = await new Promise((resolve) => child.on("close", (code, signal) => resolve(code ?? signal)))
    return {
      status,
      stdout: Buffer.concat(out),
      stderr: Buffer.concat(err).toString("utf8"),
      left: readFileSync(join(folder, name)),
    }
  }
}

function isSame(a, b) {
  return a.status === b.status && a.stdout.equals(b.stdout)
}

/** The smallest document, by lines and then by characters, of which `isStill` holds. */
export async function smallest(bytes, isStill, runsMax) {
  let best = bytes.toString("latin1")
  let runs = 0
  const tryText = async (text) => {
    if (runs >= runsMax || text.length >= best.length) return false
    runs++
    if (!(await isStill(Buffer.from(text, "latin1")))) return false
    best = text
    return true
  }
  for (const split of [/(?<=\n)/, /(?<=[\s,:])/, ""]) {
    let size = Math.ceil(best.split(split).length / 2)
    while (size >= 1 && runs < runsMax) {
      let isShorter = false
      for (let at = 0; at < best.split(split).length;) {
        const parts = best.split(split)
        if (await tryText([...parts.slice(0, at), ...parts.slice(at + size)].join(""))) isShorter = true
        else at += size
        if (runs >= runsMax) break
      }
      if (!isShorter || size > 1) size = size === 1 ? 0 : Math.floor(size / 2)
    }
  }
  return Buffer.from(best, "latin1")
}
