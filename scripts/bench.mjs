// Cold runs of the built program against bare Node and against real sops (SOPS_BIN), alternating, in one environment.
//   node scripts/bench.mjs [--quick]
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("../dist/main.cjs", import.meta.url))
const sops = process.env.SOPS_BIN ?? ""
const isQuick = process.argv.includes("--quick")
const rounds = isQuick ? 5 : 21
const root = mkdtempSync(join(tmpdir(), "sotto-bench-"))
const home = join(root, "home")
// Extra certificates alone cost Node some 35 ms at its start, and nothing here needs them.
const env = { PATH: process.env.PATH, HOME: home, TMPDIR: root, SOPS_AGE_KEY_FILE: join(home, "key.txt") }

try {
  mkdirSync(home)
  run(process.execPath, [program, "keygen", "--output", env.SOPS_AGE_KEY_FILE])
  const recipient = /age1[a-z0-9]+/.exec(readFileSync(env.SOPS_AGE_KEY_FILE, "utf8"))[0]
  for (const { name, text } of documents()) {
    writeFileSync(join(root, `plain-${name}`), text)
    run(process.execPath, [program, "encrypt", "--age", recipient, "--output", `sealed-${name}`, `plain-${name}`])
  }
  report(cases(recipient).map(measure))
  process.stdout.write(`\n${await (await import("./bench/keys.mjs")).benchKeys({ program, sops, isQuick })}`)
} finally {
  rmSync(root, { recursive: true, force: true })
}

function documents() {
  const rows = (count, row) => Array.from({ length: count }, (_, index) => row(index)).join("")
  const yaml = (count) => rows(count, (index) => `key_${index}: "value number ${index} of many"\n`)
  const json = (count) =>
    `${JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`key_${i}`, `value number ${i} of many`])), null, 2)}\n`
  const dotenv = (count) => rows(count, (index) => `KEY_${index}=value number ${index} of many\n`)
  return [
    { name: "20.yaml", text: yaml(20) },
    { name: "1000.yaml", text: yaml(1000) },
    { name: "10000.yaml", text: yaml(10_000) },
    { name: "10000.json", text: json(10_000) },
    { name: "10000.env", text: dotenv(10_000) },
  ]
}

function cases(recipient) {
  const both = (name, args) => ({ name, sotto: () => [program, ...args], sops: () => args })
  // A value that is there already would be no work.
  const set = (round) => ["set", "sealed-1000.yaml", '["key_7"]', `"another ${round}"`]
  const decrypt = ["20.yaml", "1000.yaml", "10000.yaml", "10000.json", "10000.env"]
  return [
    both("--help", ["--help"]),
    { name: "--version", sotto: () => [program, "--version"], sops: () => ["--version", "--disable-version-check"] },
    both("filestatus, 20 values", ["filestatus", "sealed-20.yaml"]),
    ...decrypt.map((file) => both(`decrypt ${file}`, ["decrypt", `sealed-${file}`])),
    both("encrypt 10000.yaml", ["encrypt", "--age", recipient, "plain-10000.yaml"]),
    { name: "set in 1000.yaml", sotto: (round) => [program, ...set(round)], sops: (round) => set(`${round} by sops`) },
  ]
}

/** One round runs each of the peers once, so that a busy moment of the machine hits all of them. */
function measure({ name, sotto, sops: sopsArgs }) {
  const times = { node: [], sotto: [], sops: [] }
  for (let round = 0; round <= rounds; round++) {
    // The first round warms the file cache and does not count.
    const keep = (peer, ms) => round > 0 && times[peer].push(ms)
    keep("node", timed(process.execPath, ["-e", "0"]))
    keep("sotto", timed(process.execPath, sotto(round)))
    if (sops !== "") keep("sops", timed(sops, sopsArgs(round)))
  }
  return { name, node: median(times.node), sotto: median(times.sotto), sops: median(times.sops) }
}

function timed(command, args) {
  const start = process.hrtime.bigint()
  run(command, args)
  return Number(process.hrtime.bigint() - start) / 1e6
}

function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, env, maxBuffer: 1 << 28 })
  if (result.status !== 0) throw new Error(`${args.join(" ")} ended with ${result.status}: ${String(result.stderr)}`)
  return result
}

function median(values) {
  return values.length === 0 ? undefined : values.toSorted((a, b) => a - b)[values.length >> 1]
}

function report(rows) {
  const ms = (value) => (value === undefined ? "-" : value.toFixed(1))
  const ratio = (a, b) => (a === undefined || b === undefined ? "-" : (a / b).toFixed(2))
  const table = [
    ["medians in ms", "node -e 0", "sotto", "sops", "sotto/node", "sotto/sops"],
    ...rows.map(({ name, node, sotto, sops: peer }) => [
      name,
      ms(node),
      ms(sotto),
      ms(peer),
      ratio(sotto, node),
      ratio(sotto, peer),
    ]),
  ]
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)))
  for (const row of table) {
    process.stdout.write(
      `${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join("  ")}\n`,
    )
  }
  process.stdout.write(
    `\n${rounds} rounds, Node ${process.version}${sops === "" ? "; SOPS_BIN is not set, so sops was skipped" : ""}\n`,
  )
}
