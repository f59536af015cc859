// Runs several hundred command lines with real sops (SOPS_BIN, or what --against names) and with the built program called as `sops`, each in a
// folder of its own that began equal, and compares status, output, errors and what is left behind. What may differ
// is with its reason in test/differential/allowed.json; any other difference fails.
// Behind them come documents that nobody thought of (generated.mjs): --quick does a few of a fixed seed.
//   node scripts/differential.mjs [--against BINARY] [--quick] [--only TEXT] [--random COUNT --seed N]
//     [--generated COUNT --seed N] [--verbose] [--list]
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { spawnSync } from "node:child_process"
import { makeCases } from "./differential/cases.mjs"
import { differences, Oracle } from "./differential/compare.mjs"
import { makeTemplate } from "./differential/fixtures.mjs"
import { randomCases } from "./differential/random.mjs"
import { runBoth } from "./differential/run-both.mjs"
import { runGenerated } from "./differential/run-generated.mjs"

const root = fileURLToPath(new URL("..", import.meta.url))
const main = process.env.SOTTO_MAIN ?? join(root, "dist/main.cjs")
const allowedFile = join(root, "test/differential/allowed.json")
const option = (name) => process.argv.includes(name)
const valueOf = (name) => (option(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined)
const seed = Number(valueOf("--seed") ?? 1)
const sops = valueOf("--against") ?? process.env.SOPS_BIN ?? ""

if (sops === "") {
  console.log("SOPS_BIN names no sops: nothing was compared")
  process.exit(0)
}

const place = mkdtempSync(join(tmpdir(), "sotto-differential-"))
try {
  process.exitCode = await compareAll()
} finally {
  rmSync(place, { recursive: true, force: true })
}

async function compareAll() {
  const template = join(place, "template")
  mkdirSync(template)
  // Called by this name the program is sops.
  const link = join(place, "sops")
  symlinkSync(main, link)
  const ours = [process.execPath, link]
  const facts = makeTemplate(root, template, { sops: [sops], ours })
  const oracle = new Oracle(sops, {
    PATH: process.env.PATH,
    HOME: join(template, "home"),
    SOPS_AGE_KEY_FILE: join(template, "both-keys.txt"),
  })
  const version = spawnSync(sops, ["--version", "--disable-version-check"], { encoding: "utf8" }).stdout.trim()
  const cases = casesOf(facts)
  if (option("--list")) {
    for (const { name } of cases) console.log(name)
    return 0
  }
  const allowed = JSON.parse(readFileSync(allowedFile, "utf8"))
  const generated = await runGenerated({
    programs: { ours, theirs: [sops] },
    place,
    keyFile: join(template, "key.txt"),
    recipient: facts.a,
    seed,
    count: generatedCount(),
    rows: allowed.filter((entry) => appliesTo(entry, version)),
  })
  const used = new Set()
  const found = []
  const programs = [
    { name: "ours", argv: ours },
    { name: "theirs", argv: [sops] },
  ]
  const queue = [...cases.entries()]
  const worker = async (number) => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, test] = next
      const stdin = (test.stdin ?? "").startsWith("$") ? readFileSync(join(template, test.stdin.slice(1))) : test.stdin
      const [mine, real] = await runBoth(programs, template, join(place, `run-${number}`), { ...test, stdin })
      const differing = differences(mine, real, test, oracle)
      if (differing.length > 0) found.push({ index, test, differing, mine, real })
    }
  }
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, (_, number) => worker(number)))
  found.sort((x, y) => x.index - y.index)
  const unexpected = found.flatMap((each) => {
    const rest = each.differing.filter((one) => !isAllowed(allowed, used, each.test, one, version))
    return rest.length === 0 ? [] : [{ ...each, differing: rest }]
  })
  for (const each of unexpected) print(each)
  const stale = isWhole() ? allowed.filter((entry) => entry.cases && !used.has(entry) && appliesTo(entry, version)) : []
  for (const { cases: names, aspects } of stale) console.log(`stale: ${JSON.stringify(names)} ${aspects.join()}`)
  const expected = found.length - unexpected.length
  console.log(
    `${version}: ${cases.length} command lines, ${cases.length - found.length} equal, ${expected} differ as listed, ${unexpected.length} differ otherwise, ${stale.length} entries without use`,
  )
  console.log(
    `${version}: ${generatedCount()} generated documents of seed ${seed}, ${generated.expected} differ as listed, ${generated.unexpected} differ otherwise`,
  )
  for (const [name, times] of generated.counts) console.log(`  ${name}: ${times}`)
  return unexpected.length + stale.length + generated.unexpected === 0 ? 0 : 1
}

function casesOf(facts) {
  if (option("--random")) return randomCases(facts, seed, Number(valueOf("--random")))
  return option("--generated") ? [] : makeCases(facts).filter(isWanted)
}

function generatedCount() {
  if (option("--generated")) return Number(valueOf("--generated"))
  if (option("--list") || option("--only") || option("--random")) return 0
  return option("--quick") ? 50 : 300
}

function isWanted({ name, isLong = false }, index) {
  if (option("--only")) return name.includes(valueOf("--only"))
  // Every fifth, so that all groups are there.
  if (option("--quick")) return !isLong && index % 5 === 0
  return true
}

function isWhole() {
  return !["--only", "--quick", "--random", "--generated"].some(option)
}

function isAllowed(allowed, used, test, { aspect }, version) {
  const entries = allowed.filter(
    (entry) =>
      appliesTo(entry, version) &&
      entry.cases?.some((name) => matches(name, test.name)) &&
      entry.aspects.includes(aspect),
  )
  for (const entry of entries) used.add(entry)
  return entries.length > 0
}

/** Some differences are with some releases only. */
function appliesTo({ releases }, version) {
  return releases === undefined || releases.some((release) => version.endsWith(release))
}

/** `*` stands for anything. */
function matches(pattern, name) {
  const parts = pattern.split("*")
  let at = 0
  for (const [index, part] of parts.entries()) {
    const found = index === 0 ? (name.startsWith(part) ? 0 : -1) : name.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return parts.at(-1) === "" || at === name.length || name.endsWith(parts.at(-1))
}

function print({ test, differing, mine, real }) {
  console.log(`\n### ${test.name}`)
  for (const { aspect, ours, theirs } of differing) {
    console.log(`  ${aspect}\n    sotto: ${JSON.stringify(ours)}\n    sops:  ${JSON.stringify(theirs)}`)
  }
  if (option("--verbose")) {
    for (const [name, end] of [
      ["sotto", mine],
      ["sops", real],
    ]) {
      console.log(
        `  --- ${name}: ${end.status}\n${end.stdout.toString("utf8").slice(0, 1500)}\n  --- stderr\n${end.stderr.slice(0, 1500)}`,
      )
    }
  }
}
