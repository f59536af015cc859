import { execFile } from "node:child_process"
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, test } from "vitest"
import { builtMain } from "../built.ts"
import { temporaryFolder } from "./context.ts"
import { keyFile, recipients } from "./golden.ts"

/** Words of each driver, or of the library that it needs, which stand in its part of the built program alone. */
const marks = ["TrentService", "GoogleAuth", "ManagedIdentityCredential", "SDK-HMAC-SHA256", "x-vault-", "--status-fd"]

/** An entry of every kind but age. None of them can be unwrapped here, and nothing listens anywhere. */
const others = `    kms:
        - arn: arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555
          created_at: "2026-11-23T08:00:00Z"
          enc: AAAA
          aws_profile: ""
    gcp_kms:
        - resource_id: projects/p/locations/l/keyRings/r/cryptoKeys/k
          created_at: "2026-11-23T08:00:00Z"
          enc: AAAA
    hckms:
        - key_id: eu-west-101:11111111-2222-3333-4444-555555555555
          created_at: "2026-11-23T08:00:00Z"
          enc: AAAA
    azure_kv:
        - vault_url: https://payroll.vault.azure.net
          name: main
          version: 0123456789abcdef0123456789abcdef
          created_at: "2026-11-23T08:00:00Z"
          enc: AAAA
    hc_vault:
        - vault_address: http://127.0.0.1:1
          engine_path: transit
          key_name: payroll
          created_at: "2026-11-23T08:00:00Z"
          enc: vault:v1:AAAA
    pgp:
        - created_at: "2026-11-23T08:00:00Z"
          enc: AAAA
          fp: C642E71CB7A82A3930999987544FA72A354D640F
`

interface Ended {
  readonly status: number | null
  readonly stdout: string
}

describe("a driver is loaded when its key is tried, and no sooner", () => {
  test("a file for everybody opens with age where the other drivers are not even there", async () => {
    const main = await builtMain()
    const folder = temporaryFolder()
    const place = join(folder, "dist")
    cpSync(dirname(main), place, { recursive: true })
    const program = join(place, main.slice(dirname(main).length + 1))
    const run = (args: readonly string[], identities = keyFile("age-a.txt")): Promise<Ended> => {
      const env = { PATH: process.env["PATH"], HOME: folder, SOPS_AGE_KEY_FILE: identities, SOTTO_KEY_TIMEOUT: "2" }
      return new Promise((resolve) => {
        const child = execFile(process.execPath, [program, ...args], { cwd: folder, env }, (_, stdout) => {
          resolve({ status: child.exitCode, stdout })
        })
      })
    }
    writeFileSync(join(folder, "a.yaml"), "a: canary-7f3a\n")
    expect((await run(["encrypt", "-i", "--age", recipients["age-a"], "a.yaml"])).status).toBe(0)
    const sealed = readFileSync(join(folder, "a.yaml"), "utf8")
    writeFileSync(
      join(folder, "a.yaml"),
      sealed.replace("\nsops:\n", () => `\nsops:\n${others}`),
    )

    const removed = new Map(marks.map((mark) => [mark, 0]))
    for (const name of readdirSync(place, { recursive: true, encoding: "utf8" })) {
      const path = join(place, name)
      if (!/\.[cm]?js$/.test(name) || path === program) continue
      const text = readFileSync(path, "utf8")
      const found = marks.filter((mark) => text.includes(mark))
      for (const mark of found) removed.set(mark, removed.get(mark)! + 1)
      if (found.length > 0) rmSync(path)
    }
    for (const [mark, count] of removed) expect(`${mark}: ${Math.min(count, 1)}`).toBe(`${mark}: 1`)

    expect(await run(["decrypt", "a.yaml"])).toEqual({ status: 0, stdout: "a: canary-7f3a\n" })
    expect((await run(["keys", "a.yaml"])).status).toBe(0)
    expect((await run(["--help"])).status).toBe(0)
    // Without the identity they are tried, and missed.
    expect((await run(["decrypt", "a.yaml"], join(folder, "nothing.txt"))).status).not.toBe(0)
  })
})
