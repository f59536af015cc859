import { type ChildProcess, spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import { request } from "node:http"
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
    for (let tries = 0; tries < 200 && (await ask("GET", "/moto-api/")).status !== 200; tries++) await pause(100)
    expect((await ask("PUT", "/buck")).status).toBe(200)
  }, 60_000)
  afterAll(() => {
    server.kill()
  })

  // Moto wants to see some signature, and looks at none.
  const headers = { authorization: "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/s3/aws4_request" }

  function ask(method: string, path: string): Promise<{ status: number; body: Buffer }> {
    return new Promise((resolve) => {
      const asking = request(origin + path, { method, headers }, (response) => {
        const chunks: Buffer[] = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }))
      })
      asking.on("error", () => resolve({ status: 0, body: Buffer.alloc(0) }))
      asking.end()
    })
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
    const found = await ask("GET", `/buck/x/y%2Bz/${encodeURIComponent(name)}`)
    expect(found.body).toEqual(stdout)
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
