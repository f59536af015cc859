import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** All temporary folders of a run lie in one, which goes with the run, however its workers ended. */
export function setup(): () => void {
  // Short, since the paths of sockets below it have a limit.
  const folder = mkdtempSync(join(tmpdir(), "st-"))
  process.env["TMPDIR"] = folder
  return () => rmSync(folder, { recursive: true, force: true })
}
