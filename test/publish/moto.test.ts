import { type ChildProcess, spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { runAsSops } from "../../src/cli/sops/run.ts"
import { keyText } from "../keys/golden.ts"
import { ioFor, machine } from "../machine.ts"

const moto = process.env["MOTO_SERVER"]
if (moto === undefined) console.warn("MOTO_SERVER is not set: publishing is not tested against moto's S3")

describe.runIf(moto !== undefined)("moto", () => {
  let server: ChildProcess
  let origin: string

  beforeAll(async () => {
    origin = `http://127.0.0.1:${await freePort()}`
    server = spawn(moto!, ["-H", "127.0.0.1", "-p", new URL(origin).port], { stdio: "ignore" })
    for (let tries = 0; tries < 200 && (await status("GET", "/moto-api/")) !== 200; tries++) await pause(100)
    expect(await status("PUT", "/buck")).toBe(200)
  }, 60_000)
  afterAll(() => {
    server.kill()
  })

  async function status(method: string, path: string): Promise<number> {
    try {
      return (await fetch(origin + path, { method })).status
    } catch {
      return 0
    }
  }

  test("an object arrives under its name, whatever is in it", async () => {
    const here = machine()
    const env = new Map([
      ...here.env,
      ["SOPS_AGE_RECIPIENTS", /age1\w+/.exec(keyText("age-a.txt"))![0]],
      ["AWS_ENDPOINT_URL", origin],
      ["AWS_REGION", "us-east-1"],
      ["AWS_ACCESS_KEY_ID", "AKIACANARY0000000001"],
      ["AWS_SECRET_ACCESS_KEY", "canary-7f3a"],
    ])
    const sops = async (...args: string[]) => {
      const { io, ended } = ioFor({ args, cwd: here.cwd, env })
      return ended(await runAsSops(io, args, join(here.cwd, "no-audit.yaml")))
    }
    writeFileSync(join(here.cwd, "plain.yaml"), "a: 1\n")
    const { stdout } = await sops("encrypt", "plain.yaml")
    const name = "ä b+c(1)'!*~.yaml"
    writeFileSync(join(here.cwd, name), stdout)
    const rule = { s3_bucket: "buck", s3_prefix: "x/y+z/" }
    writeFileSync(join(here.cwd, ".sops.yaml"), JSON.stringify({ destination_rules: [rule] }))
    expect(await sops("publish", "-y", name)).toMatchObject({ status: 0, stderr: "" })
    // Moto wants to see some signature, and looks at none.
    const headers = { authorization: "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/s3/aws4_request" }
    const found = await fetch(`${origin}/buck/x/y%2Bz/${encodeURIComponent(name)}`, { headers })
    expect(Buffer.from(await found.arrayBuffer())).toEqual(stdout)
    here.remove()
  })
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
