// Another commit of this project beside this one, so that a loss is seen before it lands.
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { measure } from "./measure.mjs"
import { table } from "./page.mjs"

/** What counts as slower: below that one run differs from the next. */
const slower = 1.05

/**
 * Builds a commit and runs both programs in turn.
 *
 * @param {{ project: string, program: string, commit: string, rows: object[], rounds: (row: object) => number, root: string, env: object, seal: (args: string[]) => void }} place
 * @returns {Promise<{ text: string, slower: number }>} a table, and how many rows are slower than there
 */
export async function against({ project, program, commit, rows, rounds, root, env, seal }) {
  const place = mkdtempSync(join(tmpdir(), "sotto-against-"))
  const git = (...args) => execFileSync("git", args, { cwd: project, stdio: ["ignore", "ignore", "inherit"] })
  const tree = join(place, "tree")
  git("worktree", "add", "--quiet", "--detach", tree, commit)
  try {
    const isSame = readFileSync(join(tree, "package-lock.json")).equals(
      readFileSync(join(project, "package-lock.json")),
    )
    if (isSame) symlinkSync(join(project, "node_modules"), join(tree, "node_modules"))
    else execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: tree, stdio: ["ignore", "ignore", "inherit"] })
    execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: tree, stdio: ["ignore", "ignore", "inherit"] })
    const lines = []
    for (const row of rows) {
      const peers = [
        { name: "this", main: program },
        { name: "that", main: join(tree, "dist/main.cjs") },
      ].map(({ name, main }) => ({
        name,
        command: (round) =>
          row.around?.([process.execPath, main], false) ?? [
            process.execPath,
            main,
            ...(row.sotto?.(`${name} ${round}`) ?? row.args),
          ],
        before: row.before === undefined ? undefined : (round) => row.before(round, seal),
      }))
      // A command that the other commit does not know is not a row of the comparison.
      const results = await measure(peers, { rounds: rounds(row), cwd: row.cwd ?? root, env }).catch(() => null)
      if (results === null) continue
      const ratio = results.this.ms / results.that.ms
      const cells = [row.name, results.this.ms.toFixed(1), results.that.ms.toFixed(1), ratio.toFixed(2)]
      lines.push([...cells, ratio > slower ? "slower" : ratio < 1 / slower ? "faster" : ""])
    }
    const head = ["work", "this", commit.slice(0, 12), "ratio", ""]
    return { text: table([head, ...lines]), slower: lines.filter((cells) => cells.at(-1) === "slower").length }
  } finally {
    git("worktree", "remove", "--force", tree)
    rmSync(place, { recursive: true, force: true })
  }
}
