// Other tools for the same work, where they are installed: rops reads files of sops, dotenvx seals its own .env files.
import { spawnSync } from "node:child_process"
import { copyFileSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { measure } from "./measure.mjs"
import { table } from "./page.mjs"

/** @returns {Promise<string>} a table, or nothing */
export async function others({ root, env }) {
  const rows = [...(await rops({ root, env })), ...(await dotenvx({ root, env }))]
  return rows.length === 0 ? "" : table([["other tools", "", "median", "min", "max"], ...rows])
}

async function rops({ root, env }) {
  if (!isInstalled("rops")) return []
  const peers = [{ name: "rops", command: () => ["rops", "decrypt", "sealed-20.yaml"] }]
  // It takes the identity itself from a variable of its own.
  return rowsOf("decrypt, 20 values", peers, { root, env: { ...env, ROPS_AGE: process.env.ROPS_AGE ?? "" } })
}

async function dotenvx({ root, env }) {
  if (!isInstalled("dotenvx")) return []
  const cwd = join(root, "dotenvx")
  mkdirSync(cwd)
  copyFileSync(join(root, "10000.env"), join(cwd, ".env"))
  if (spawnSync("dotenvx", ["encrypt"], { cwd, env }).status !== 0) return []
  const peers = [{ name: "dotenvx", command: () => ["dotenvx", "decrypt", "--stdout"] }]
  return rowsOf("decrypt .env, 10000 values", peers, { root: cwd, env })
}

async function rowsOf(name, peers, { root, env }) {
  try {
    const results = await measure(peers, { rounds: 5, cwd: root, env })
    return Object.entries(results).map(([peer, { ms, min, max }]) => [
      name,
      peer,
      ...[ms, min, max].map((time) => time.toFixed(1)),
    ])
  } catch {
    return []
  }
}

function isInstalled(command) {
  return spawnSync("sh", ["-c", `command -v ${command}`]).status === 0
}
