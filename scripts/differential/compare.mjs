// What of two ends has to agree, and in which sense.
import { spawnSync } from "node:child_process"

/** Words that scripts look for: they are in both errors or in neither. */
const fragments = [
  "sops metadata not found",
  "MAC mismatch",
  "Cannot decrypt MAC",
  "File has not changed",
  "no matching creation rules found",
  "config file not found",
  "error loading config",
  "Could not unmarshal config file",
  "key configuration",
  "can not compile regexp",
  "Could not generate data key",
  "empty key group provided",
  "Failed to get the data key required to decrypt the SOPS file",
  "Group 0: FAILED",
  "Group 1: FAILED",
  "cannot operate on non-existent file",
  "cannot add or remove keys on non-existent file",
  "no file specified",
  "flag provided but not defined",
  "flag needs an argument",
  "bad flag syntax",
  "invalid boolean value",
  "could not parse",
  "two forms of the same flag",
  "More than one positional argument",
  "looks like a flag",
  "More than one command",
  "Duplicate decryption key type",
  "error parsing --extract path",
  "exit status",
  "Key not found",
  "cannot use complex value in environment",
  "Press enter to return",
  "Error reading file",
  "Error decrypting tree",
  "Could not run editor",
  "Could not open",
  "No help topic",
  "already up to date",
  "Syncing keys",
  "synced with new keys",
  "left unchanged",
  "contains a top-level entry called",
  "at least one document",
  "Data key recovered successfully",
  "cannot operate on both --output and --in-place",
  "--filename-override when reading from stdin",
  "is deprecated",
  "cannot check file status",
  "does not make sense with the input store",
]

/** @returns what differs: a line for each aspect that does */
export function differences(ours, theirs, test, oracle) {
  const found = []
  const differ = (aspect, a, b) => found.push({ aspect, ours: a, theirs: b })
  if (ours.status !== theirs.status) differ("status", ours.status, theirs.status)
  compareOutput(ours, theirs, test, oracle, differ)
  const [a, b] = [classOf(ours.stderr), classOf(theirs.stderr)]
  if (a !== b) differ("stderr", a, b)
  const [said, wanted] = [fragmentsIn(ours.stderr), fragmentsIn(theirs.stderr)]
  if (said !== wanted) differ("fragments", said, wanted)
  compareFiles(ours, theirs, oracle, differ)
  if (ours.leftovers.length !== theirs.leftovers.length) differ("leftovers", ours.leftovers, theirs.leftovers)
  return found
}

function compareOutput(ours, theirs, { stdout = "bytes" }, oracle, differ) {
  if (stdout === "any") return
  // The words of help texts are free.
  if (stdout === "help" || theirs.stdout.includes("\nUSAGE:\n")) {
    const head = (end) => /^Incorrect Usage.*|^Cannot use.*|^NAME:/m.exec(end.stdout.toString("utf8"))?.[0] ?? "nothing"
    if (head(ours) !== head(theirs)) differ("stdout", head(ours), head(theirs))
    return
  }
  if (ours.stdout.equals(theirs.stdout)) return
  const [a, b] = [ours, theirs].map((end) => oracle.opened(end.stdout))
  if (a === null || b === null || a !== b) differ("stdout", shown(ours.stdout), shown(theirs.stdout))
}

function compareFiles(ours, theirs, oracle, differ) {
  for (const name of new Set([...ours.changed.keys(), ...theirs.changed.keys()])) {
    const [a, b] = [ours.changed.get(name), theirs.changed.get(name)]
    if (a === undefined || b === undefined) {
      const state = (facts) => (facts === undefined ? "as it was" : facts === null ? "removed" : "written")
      differ("files", `${name}: ${state(a)}`, `${name}: ${state(b)}`)
      continue
    }
    if (a === null || b === null) {
      if (a !== b)
        differ("files", `${name}: ${a === null ? "removed" : "there"}`, `${name}: ${b === null ? "removed" : "there"}`)
      continue
    }
    if (a.mode !== b.mode) differ("modes", `${name}: ${a.mode.toString(8)}`, `${name}: ${b.mode.toString(8)}`)
    if (a.bytes.equals(b.bytes)) continue
    const [x, y] = [a, b].map(({ bytes }) => oracle.opened(bytes))
    if (x === null || y === null || x !== y)
      differ("files", `${name}: ${x ?? shown(a.bytes)}`, `${name}: ${y ?? shown(b.bytes)}`)
  }
}

/** Who says what: log lines by logger and level, and plain text, in their order, each kind once in a row. */
function classOf(stderr) {
  const kinds = []
  for (const line of stderr.split("\n")) {
    if (line === "") continue
    const log = /^\[(\w+)\]\t time="[^"]*" level=(\w+) msg=/.exec(line)
    const kind = log === null ? (/^\d{4}\/\d\d\/\d\d /.test(line) ? "stamped" : "text") : `${log[1]} ${log[2]}`
    if (kinds.at(-1) !== kind) kinds.push(kind)
  }
  return kinds.join(", ") || "nothing"
}

function fragmentsIn(stderr) {
  return fragments.filter((fragment) => stderr.includes(fragment)).join("; ")
}

function shown(bytes) {
  const text = bytes.toString("utf8")
  return text.length > 600 ? `${text.slice(0, 600)}... (${text.length})` : text
}

/** Opens what either program sealed, by real sops, so that texts with fresh nonces can be compared. */
export class Oracle {
  #program
  #env
  #known = new Map()

  constructor(program, env) {
    this.#program = program
    this.#env = env
  }

  /** @returns plaintext and the facts of the metadata that are not random; `null` for what is not sealed */
  opened(bytes) {
    const text = bytes.toString("utf8")
    if (!text.includes("ENC[AES256_GCM,")) return null
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const type = typeOf(text)
    const { status, stdout, stderr } = spawnSync(
      this.#program,
      ["decrypt", "--input-type", type, "--output-type", type],
      { input: bytes, env: this.#env, encoding: "utf8" },
    )
    const plain = status === 0 ? stdout : `cannot be opened (${status}): ${stderr.slice(0, 200)}`
    const result = `${type}\n${facts(text)}\n${plain}`
    this.#known.set(text, result)
    return result
  }
}

function typeOf(text) {
  if (text.trimStart().startsWith("{")) return isJson(text) ? "json" : "yaml"
  if (/^sops_version=/m.test(text)) return "dotenv"
  if (/^\[sops\]/m.test(text)) return "ini"
  return "yaml"
}

function isJson(text) {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const kept =
  /(?:^|[\s"{,]|sops_)((?:un)?encrypted_(?:suffix|regex|comment_regex)|mac_only_encrypted|shamir_threshold)["']?\s*[:=]\s*["']?([^"'\n,}]*)/gm

/** What holds without being said: upstream writes the default into files that it read without it. */
const silent = new Set(["unencrypted_suffix=_unencrypted", "shamir_threshold=1", "mac_only_encrypted=false"])

function facts(text) {
  const fields = [...text.matchAll(kept)]
    .map(([, name, value]) => `${name}=${value.trim()}`)
    .filter((field) => !silent.has(field))
  const recipients = [...text.matchAll(/\b(age1[a-z0-9]{30,}|arn:aws:kms[^"'\s]+|[0-9A-F]{40})\b/g)].map(([one]) => one)
  return [...fields, ...recipients].toSorted().join(" ")
}
