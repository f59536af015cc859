import { spawn } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import { builtMain } from "../built.ts"
import { hasTmux, openPty } from "../host/pty.ts"
import { type FakeVault, startVault } from "../servers/vault.ts"

interface Scene {
  readonly fake: FakeVault
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly agreements: string
  /** Runs the program without a terminal. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>
}

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A file that a colleague sealed for a Vault server, in a fresh folder of somebody who has a token and no VAULT_ADDR. */
async function scene(): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), "sotto-vault-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const fake = await startVault()
  onTestFinished(() => fake.server.close())
  const main = await builtMain()
  const env = {
    HOME: join(folder, "home"),
    PATH: process.env["PATH"] ?? "",
    TMPDIR: folder,
    VAULT_TOKEN: "hvs.canary-7f3a",
    XDG_STATE_HOME: join(folder, "state"),
  }
  mkdirSync(env.HOME)
  const run: Scene["run"] = (args, more = {}) =>
    new Promise((resolve) => {
      // A session of its own has no terminal.
      const child = spawn(process.execPath, [main, ...args], { cwd: folder, env: { ...env, ...more }, detached: true })
      child.stdin.end()
      const parts = { stdout: "", stderr: "" }
      child.stdout.on("data", (chunk: Buffer) => (parts.stdout += chunk.toString()))
      child.stderr.on("data", (chunk: Buffer) => (parts.stderr += chunk.toString()))
      child.on("close", (status) => resolve({ status, ...parts }))
    })
  writeFileSync(join(folder, "a.yaml"), "password: canary-7f3a\n")
  const uri = `${fake.server.origin}/v1/transit/keys/payroll`
  const sealed = await run(["encrypt", "-i", "--hc-vault-transit", uri, "a.yaml"])
  expect(sealed).toEqual({ status: 0, stdout: "", stderr: "" })
  fake.server.received.length = 0
  return {
    fake,
    folder,
    env: { ...env, NODE: process.execPath, SOTTO: main },
    run,
    agreements: join(env.XDG_STATE_HOME, "sotto/servers/vault"),
  }
}

describe("a Vault server that only the file names", () => {
  test("without a terminal one line says what to do, and nothing is sent", async () => {
    const { run, fake } = await scene()
    const { status, stdout, stderr } = await run(["decrypt", "a.yaml"])
    expect([status, stdout]).toEqual([128, ""])
    expect(stderr).toContain(`set VAULT_ADDR=${fake.server.origin} or add it to SOPS_HC_VAULT_ALLOWLIST`)
    expect(stderr).toContain("agree once at a terminal")
    expect(fake.server.received).toEqual([])
    expect(await run(["decrypt", "a.yaml"], { VAULT_ADDR: fake.server.origin })).toMatchObject({
      status: 0,
      stdout: "password: canary-7f3a\n",
    })
  })

  test("a config of the repository is not consent, one that the user names or has at home is", async () => {
    const { run, fake, folder, env } = await scene()
    const config = `creation_rules:\n  - hc_vault_transit_uri: ${fake.server.origin}/v1/transit/keys/payroll\n`
    mkdirSync(join(folder, ".git"))
    writeFileSync(join(folder, ".git/HEAD"), "ref: refs/heads/main\n")
    writeFileSync(join(folder, ".sops.yaml"), config)
    writeFileSync(join(folder, "b.yaml"), "password: x\n")
    for (const args of [
      ["decrypt", "a.yaml"],
      ["--config", ".sops.yaml", "decrypt", "a.yaml"],
      ["encrypt", "b.yaml"],
      ["rotate", "-i", "a.yaml"],
      ["set", "a.yaml", "new", "--string", "x"],
    ]) {
      const { status, stderr } = await run(args)
      expect(status).not.toBe(0)
      expect(stderr).toContain("VAULT_ADDR=")
    }
    expect(fake.server.received).toEqual([])
    rmSync(join(folder, ".git"), { recursive: true })
    rmSync(join(folder, ".sops.yaml"))
    writeFileSync(join(env["HOME"]!, "mine.yaml"), config)
    const named = await run(["--config", join(env["HOME"]!, "mine.yaml"), "decrypt", "a.yaml"])
    expect(named).toMatchObject({ status: 0, stdout: "password: canary-7f3a\n" })
  })

  test.each(["/", "\r", "/v1", "  "])(
    "that somebody wrote into the list with %j behind it is agreed to",
    async (behind) => {
      const { run, fake, agreements } = await scene()
      mkdirSync(dirname(agreements), { recursive: true, mode: 0o700 })
      writeFileSync(agreements, `${fake.server.origin}${behind}\n`)
      expect(await run(["decrypt", "a.yaml"])).toMatchObject({ status: 0, stderr: "" })
    },
  )

  test.skipIf(!hasTmux())("is asked for once at a terminal, and remembered (skipped without tmux)", async () => {
    const { run, fake, folder, env, agreements } = await scene()
    const { origin } = fake.server
    const pty = openPty({ cwd: folder, env: { ...env, TERM: "xterm" } })
    let runs = 0
    const start = async (words: string): Promise<void> => {
      runs++
      // Nothing of the run before may be taken for this one's: its number is on the screen once that is cleared.
      pty.enter(`clear; echo "run-$((${runs}+0))"; "$NODE" "$SOTTO" ${words}; echo "status $?"`)
      await pty.shows(`run-${runs}\n`)
    }
    await start("decrypt a.yaml")
    await pty.shows("Send your token there? [y/N]")
    expect(pty.screen()).toContain(origin)
    expect(fake.server.received).toEqual([])
    pty.press("n", "Enter")
    await pty.shows("status 128")
    expect(fake.server.received).toEqual([])

    for (const copy of ["b.yaml", "c.yaml"]) copyFileSync(join(folder, "a.yaml"), join(folder, copy))
    await start("decrypt -i b.yaml c.yaml")
    await pty.shows("Send your token there? [y/N]")
    pty.press("y", "Enter")
    await pty.shows("status 0")
    // Once in a run, whatever the number of files.
    expect(pty.screen().split("Send your token").length).toBe(2)
    expect(readFileSync(agreements, "utf8")).toContain(`\n${origin}\n`)
    expect(statSync(agreements).mode & 0o777).toBe(0o600)
    expect(readFileSync(agreements, "utf8")).not.toContain("canary")

    // From then on nobody is asked, with a terminal or without.
    expect(await run(["decrypt", "a.yaml"])).toMatchObject({ status: 0, stderr: "" })
    // Another port is another server.
    const other = await startVault()
    onTestFinished(() => other.server.close())
    writeFileSync(
      join(folder, "a.yaml"),
      readFileSync(join(folder, "a.yaml"), "utf8").replaceAll(origin, other.server.origin),
    )
    expect((await run(["decrypt", "a.yaml"])).status).toBe(128)
    expect(other.server.received).toEqual([])
    // Whoever removes the file is asked again.
    rmSync(agreements)
    writeFileSync(
      join(folder, "a.yaml"),
      readFileSync(join(folder, "a.yaml"), "utf8").replaceAll(other.server.origin, origin),
    )
    expect((await run(["decrypt", "a.yaml"])).status).toBe(128)
  })
})
