import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** How the folders of key rings begin, each of which may have an agent. */
export const ringPrefix = "ring-"

/** All temporary folders of a run lie in one, which goes with the run, however its workers ended. */
export function setup(): () => void {
  // Short, since the paths of sockets below it have a limit.
  const folder = mkdtempSync(join(tmpdir(), "st-"))
  process.env["TMPDIR"] = folder
  return () => {
    for (const name of readdirSync(folder).filter((each) => each.startsWith(ringPrefix))) {
      spawnSync("gpgconf", ["--homedir", join(folder, name), "--kill", "all"])
    }
    rmSync(folder, { recursive: true, force: true })
  }
}
