import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, onTestFinished, test } from "vitest"
import { run } from "../../src/cli/run.ts"
import { runAsSops } from "../../src/cli/sops/run.ts"
import { builtMain } from "../built.ts"
import { hasTmux, openPty } from "../host/pty.ts"
import { call, ioFor, machine } from "../machine.ts"

const own = machine()
afterAll(() => own.remove())

const recipient = "age19u7j6dvg6w6me8hydt9merssh7auus5qzlamcmvd3vvp4m0tevjqzwqjuu"
const identity = "AGE-SECRET-KEY-1RV8YSZ026Y38UQTPSYRANGFTDE7FXH5XPKMVGMQE0PAN6T2DTSYSXHQV4P"
const ownEnv = new Map([...own.env, ["SOPS_AGE_KEY", identity]])
const count = 9000
const plain = Array.from({ length: count }, (_, at) => `k${at}: value ${at}\n`).join("")

/** Whatever stands on standard error of a machine whose clock runs as fast as it is told. */
async function shown(
  args: readonly string[],
  { isTty = true, stepMs = 600, face = run, cwd = own.cwd, env = ownEnv } = {},
): Promise<{ status: number; text: string }> {
  const { io } = ioFor({ args, cwd, env, answers: [] })
  let text = ""
  let now = 0
  const write = (data: string | Uint8Array): void => void (text += Buffer.from(data).toString("utf8"))
  const stderr = { ...io.stderr, isTty, write: async (data: string | Uint8Array) => write(data), writeNow: write }
  const status = await face({ ...io, stderr, clock: () => (now += stepMs) })
  return { status, text }
}

/** What a terminal shows in the end: each line as it was last written. */
function left(text: string): string {
  return text
    .split("\n")
    .map((line) => line.split("\r\x1b[K").at(-1))
    .join("\n")
}

describe("one large file", () => {
  const seal = ["encrypt", "--age", recipient, "big.yaml", "-o", "sealed.yaml"]

  test("shows at a terminal how far sealing, checking and opening are, and takes the line away", async () => {
    writeFileSync(join(own.cwd, "big.yaml"), plain)
    const sealing = await shown(seal)
    expect(sealing.status).toBe(0)
    expect(sealing.text).toContain(`sealing: 4096 of ${count} values`)
    expect(sealing.text).toContain(`checking: 8192 of ${count} values`)
    expect(left(sealing.text)).not.toContain(`of ${count} values`)
    for (const args of [
      ["decrypt", "sealed.yaml", "-o", "out"],
      ["get", "sealed.yaml", "k1"],
      ["rotate", "-i", "sealed.yaml"],
    ]) {
      const { status, text } = await shown(args)
      expect([args[0], status]).toEqual([args[0], 0])
      expect(text).toMatch(new RegExp(`opening: \\d+ of ${count} values`))
      expect(left(text)).not.toContain(`of ${count} values`)
    }
  })

  test("shows nothing within the first second, without a terminal, and as sops", async () => {
    writeFileSync(join(own.cwd, "big.yaml"), plain)
    expect(await call({ args: [...seal, "--force-new"], cwd: own.cwd, env: ownEnv })).toMatchObject({
      status: 0,
      stderr: "",
    })
    const open = ["decrypt", "sealed.yaml", "-o", "out"]
    expect((await shown(open, { stepMs: 0 })).text).not.toContain("values")
    expect(await shown(open, { isTty: false })).toEqual({ status: 0, text: "" })
    const asSops = await shown([], { face: (io) => runAsSops(io, ["decrypt", "--output", "out", "sealed.yaml"]) })
    expect(asSops.status).toBe(0)
    expect(asSops.text).not.toContain("values")
  })

  test("is read in silence no longer than a moment", async () => {
    writeFileSync(join(own.cwd, "big.env"), `A=${"x".repeat(5 * 1024 * 1024)}\n`)
    const { text } = await shown(["encrypt", "--age", recipient, "big.env", "-o", "sealed.env"], { stepMs: 0 })
    expect(text).toContain("reading 5 MB")
    expect(left(text)).not.toContain("reading")
  })
})

test("many files are counted, and not their values", async () => {
  for (const name of ["a.yaml", "b.yaml"]) writeFileSync(join(own.cwd, name), plain)
  const { text, status } = await shown(["encrypt", "-i", "--age", recipient, "a.yaml", "b.yaml"])
  expect(status).toBe(0)
  expect(text).toContain("sealing 2 of 2 files")
  expect(text).not.toContain("values\r")
})

test("each file of a revoke and of a sync is counted at a terminal", async () => {
  const own = machine()
  onTestFinished(() => own.remove())
  const files = 120
  const bob = "age15va5qhf46pfcuxtr0taa94gh3r5pf7r826kt4hmu7svtpwhnmquszv38yk"
  const names = Array.from({ length: files }, (_, at) => `${at}.yaml`)
  for (const name of names) writeFileSync(join(own.cwd, name), "a: b\n")
  const config = (readers: string): string =>
    `version: 1\nrecipients:\n  alice: ${recipient}\n  bob: ${bob}\nrules:\n  - recipients: [${readers}]\n`
  const say = (readers: string): void => writeFileSync(join(own.cwd, ".sopsrc"), config(readers))
  const at = { cwd: own.cwd, env: new Map([...own.env, ["SOPS_AGE_KEY", identity]]) }
  say("alice")
  expect(await shown(["encrypt", "-i", ...names], at)).toMatchObject({ status: 0 })
  say("alice, bob")
  const synced = await shown(["sync", "-y"], at)
  expect(synced.status).toBe(0)
  expect(synced.text).toContain(`wrapping ${files} of ${files} files`)
  expect(left(synced.text)).not.toMatch(/of \d+ files/)
  const revoked = await shown(["revoke", "-y", "bob"], at)
  expect(revoked.status).toBe(0)
  expect(revoked.text).toMatch(new RegExp(`(?:sealing|rotating)[^\\r]* ${files} of ${files} files`))
  expect(left(revoked.text)).not.toMatch(/of \d+ files/)
})

test.skipIf(!hasTmux())("on a real terminal (skipped without tmux)", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sotto-meter-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const lines = Array.from({ length: 60_000 }, (_, at) => `key_${at}: ${"value ".repeat(15)}${at}\n`)
  writeFileSync(join(folder, "big.yaml"), lines.join(""))
  const main = await builtMain()
  const pty = openPty({
    cwd: folder,
    env: { SOPS_AGE_KEY: identity, TERM: "xterm", NODE: process.execPath, SOTTO: main },
  })
  pty.enter(`"$NODE" "$SOTTO" encrypt -i --age ${recipient} big.yaml; echo "status $?"`)
  await pty.shows(/reading \d MB|(?:sealing|checking): \d+ of 60000 values/)
  await pty.shows("status 0")
  expect(pty.screen()).not.toMatch(/reading|of 60000 values/)
})
