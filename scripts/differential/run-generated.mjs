// Runs generated documents with both programs, and says which differences no row of the table has.
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { Generated, generatedCase, smallest } from "./generated.mjs"
import { known, nameOf } from "./known.mjs"

const shrinkRunsMax = 80

/**
 * @param programs - `ours` and `theirs`, each a program with its first arguments
 * @param rows - the rows of the table that hold for this release
 * @returns how many documents differ as listed and otherwise; the latter are printed, each as small as it still shows
 */
export async function runGenerated({ programs, place, keyFile, recipient, seed, count, rows }) {
  const listed = new Set(rows.flatMap(({ generated = [] }) => generated))
  const nameless = [...listed].filter((name) => known.every((rule) => rule.name !== name))
  if (nameless.length > 0) throw new Error(`no rule has the name ${nameless.join(", ")}`)
  const counts = new Map()
  let unexpected = 0
  const isListed = (found, test) => listed.has(nameOf(found, test))
  const worker = async (number, workers) => {
    const both = new Generated({ ...programs, place: join(place, `generated-${number}`), keyFile, recipient })
    for (let index = number; index < count; index += workers) {
      const test = generatedCase(seed, index)
      const found = await both.run(test)
      if (found === null) continue
      if (isListed(found, test)) {
        const name = nameOf(found, test)
        counts.set(name, (counts.get(name) ?? 0) + 1)
        continue
      }
      unexpected++
      const isStill = async (bytes) => {
        const other = await both.run({ ...test, bytes })
        return other !== null && isSameKind(other, found) && !isListed(other, { ...test, bytes })
      }
      const bytes = await smallest(test.bytes, isStill, shrinkRunsMax)
      print({ ...test, bytes }, (await both.run({ ...test, bytes })) ?? found)
    }
  }
  const workers = Math.max(2, availableParallelism())
  await Promise.all(Array.from({ length: workers }, (_, number) => worker(number, workers)))
  const expected = [...counts.values()].reduce((sum, each) => sum + each, 0)
  return { counts, expected, unexpected }
}

function isSameKind(a, b) {
  return a.step === b.step && a.mine.status === b.mine.status && a.real.status === b.real.status
}

function print({ name, format, bytes, flags }, { step, argv, mine, real }) {
  const shown = ({ status, stdout, stderr }) =>
    `${status} ${JSON.stringify(stdout.toString("utf8").slice(0, 600))} ${JSON.stringify(stderr.slice(0, 300))}`
  console.log(`\n### ${name}: ${format} ${flags.join(" ")}`)
  console.log(`  ${step}: sops ${argv.join(" ")}\n    document: ${JSON.stringify(bytes.toString("utf8"))}`)
  console.log(`    sotto: ${shown(mine)}\n    sops:  ${shown(real)}`)
}
