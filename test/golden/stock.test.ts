import { spawnSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { call, machine } from "../machine.ts"
import { goldenFolder, identityEnv, readGolden, type Row, rows } from "./golden.ts"
import { stockSops as sops } from "../stock-sops.ts"

const own = machine()
afterAll(() => own.remove())

/** One row a source: those of the newest release that the fixtures have. */
const sources = [...new Map(rows("manifest").map((row) => [row.case, row])).values()].filter(
  ({ argv }) => argv !== undefined,
)

/**
 * Where stock prints another text for our sealing than for its own, and why. The data is compared in every case.
 */
const otherText: ReadonlyMap<string, string> = new Map([
  ["i-marks-in-value", "stock cuts values at a comment mark, and we seal them whole"],
])

/** Nothing in them is sealed, which has to be said. */
const empty: ReadonlySet<string> = new Set(["y-only-empty", "y-only-null", "j-empty"])

/** What the command line of the row sees: also the public keys of all that its config names. */
function envOf(row: Row): Record<string, string> {
  const identity = Object.hasOwn(row, "identity")
    ? identityEnv(row)
    : identityEnv({ ...row, identity: { SOPS_AGE_KEY_FILE: "keys/age-abc.txt" } })
  return row.case.includes("pgp")
    ? { ...identity, ...identityEnv({ ...row, identity: { GNUPGHOME: "keys/pgp.asc" } }) }
    : identity
}

const made = new Map<string, Promise<Buffer>>()

/** What we seal for a row: once, for all that open it. */
function sealed(row: Row): Promise<Buffer> {
  const known = made.get(row.case) ?? seal(row)
  made.set(row.case, known)
  return known
}

async function seal(row: Row): Promise<Buffer> {
  const env = new Map([...own.env, ...Object.entries(envOf(row))])
  const args = empty.has(row.case) ? [...row.argv!, "--allow-empty-selection"] : row.argv!
  const { status, stdout, stderr } = await call({ args, cwd: goldenFolder, env })
  expect({ status, stderr }).toMatchObject({ status: 0 })
  return stdout
}

function stockOpens(
  row: Row,
  text: Buffer,
  more: readonly string[] = [],
): { status: number | null; stdout: Buffer; stderr: string } {
  const file = join(own.cwd, row.source!.replace("plain/", ""))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  const env = { ...Object.fromEntries(own.env), ...envOf(row), GPG_AGENT_INFO: "" }
  const { status, stdout, stderr } = spawnSync(sops!, ["decrypt", ...more, file], { env, maxBuffer: 1 << 28 })
  return { status, stdout, stderr: stderr.toString() }
}

describe("what we seal comes back to the byte", () => {
  test.each(sources)("$case: $comment", async (row) => {
    const text = await sealed(row)
    const file = join(own.cwd, `own-${row.source!.replace("plain/", "")}`)
    writeFileSync(file, text)
    const env = new Map([...own.env, ...Object.entries(envOf(row))])
    const answers =
      row.passphrase === undefined ? undefined : [readGolden("../keys/age-locked.passphrase").toString("utf8").trim()]
    const { status, stdout } = await call({ args: ["decrypt", file], cwd: own.cwd, env, answers })
    expect(status).toBe(0)
    expect(stdout.equals(readGolden(row.source!))).toBe(true)
  })
})

describe.skipIf(sops === undefined)("real sops opens what we seal", () => {
  // A locked identity is asked for on a terminal, which this test does not have.
  test.each(sources.filter(({ passphrase }) => passphrase === undefined))("$case: $comment", async (row) => {
    const text = await sealed(row)
    const opened = stockOpens(row, text)
    expect(opened).toMatchObject({ status: 0 })
    if (otherText.has(row.case)) return
    // Upstream's own sealing says what this release prints; some of its files fail the MAC that it wrote itself.
    const own = stockOpens(row, readGolden(row.sealed), ["--ignore-mac"])
    expect(opened.stdout.toString("latin1")).toBe(own.stdout.toString("latin1"))
  })
})

describe("what stock refuses to seal", () => {
  const refused = [...new Map(rows("refused").map((row) => [row.case, row])).values()]
  test.each(refused)("$case ($sops_exit): is refused with the same status, or sealed so that it opens", async (row) => {
    const env = new Map([...own.env, ...Object.entries(envOf(row))])
    const { status, stdout, stderr } = await call({ args: row.argv!, cwd: goldenFolder, env })
    if (status !== 0) {
      expect(status).toBe(row.sops_exit)
      expect(stderr).not.toContain("canary")
      expect(stdout).toHaveLength(0)
      return
    }
    if (sops !== undefined) expect(stockOpens(row, stdout)).toMatchObject({ status: 0 })
  })
})
