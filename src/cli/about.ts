import { bundledPackages, commit } from "../bundled.ts"
import { sopsVersion, version } from "../version.ts"

/** `--version --json`: what this program is made of, for inventories and bug reports. */
export function about(): string {
  const { bun, node } = process.versions
  const runtime = bun === undefined ? `node ${node}` : `bun ${bun}`
  return JSON.stringify({ version, commit, sops: sopsVersion, runtime, packages: bundledPackages() })
}
