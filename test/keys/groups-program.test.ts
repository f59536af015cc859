import { execFile } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { builtMain, compiledCode } from "../built.ts"
import { awsAccess, awsKey, awsSecret, type FakeAws, startAws } from "../servers/aws.ts"
import { temporaryFolder } from "./context.ts"
import { keyFile, recipients } from "./golden.ts"
import { hasGpg, keyRing } from "./pgp/key-ring.ts"
import { stockSops as sops } from "../stock-sops.ts"

const fingerprint = "C642E71CB7A82A3930999987544FA72A354D640F"

type Env = Readonly<Record<string, string>>

describe.runIf(hasGpg)("two of three groups across age, PGP and AWS KMS", () => {
  let main: string
  let aws: FakeAws
  let all: { readonly age: Env; readonly pgp: Env; readonly kms: Env }
  let none: Env
  beforeAll(async () => {
    main = await builtMain()
    aws = await startAws()
    const endpoint = { AWS_ENDPOINT_URL: aws.server.origin, AWS_EC2_METADATA_DISABLED: "true" }
    none = { SOPS_AGE_KEY_FILE: "/no/such/file", GNUPGHOME: keyRing(), ...endpoint }
    all = {
      age: { SOPS_AGE_KEY_FILE: keyFile("age-a.txt") },
      pgp: { GNUPGHOME: keyRing("pgp.asc") },
      kms: { AWS_ACCESS_KEY_ID: awsAccess, AWS_SECRET_ACCESS_KEY: awsSecret },
    }
  }, 60_000)
  afterAll(() => aws.close())

  const peers = [
    { peer: "sotto", command: (): string[] => [process.execPath, main] },
    ...(sops === undefined ? [] : [sops]).map((program) => ({ peer: "real sops", command: (): string[] => [program] })),
  ]
  const pairs = [{ kinds: ["age", "pgp"] }, { kinds: ["age", "kms"] }, { kinds: ["pgp", "kms"] }] as const satisfies {
    kinds: (keyof typeof all)[]
  }[]

  test.each(peers)("what $peer seals opens with any two, for both, and with none alone", async ({ command }) => {
    const folder = temporaryFolder()
    const run = ([program, ...args]: string[], env: Env): Promise<Ended> => execute(program!, args, { folder, env })
    const rules = `creation_rules:
  - shamir_threshold: 2
    key_groups:
      - age: ["${recipients["age-a"]}"]
      - pgp: ["${fingerprint}"]
      - kms: [{arn: "${awsKey}"}]
`
    writeFileSync(join(folder, ".sops.yaml"), rules)
    writeFileSync(join(folder, "a.yaml"), "a: canary-7f3a\n")
    const everything = { ...none, ...all.age, ...all.pgp, ...all.kms }
    expect((await run([...command(), "encrypt", "-i", "a.yaml"], everything)).status).toBe(0)
    expect(readFileSync(join(folder, "a.yaml"), "utf8")).toMatch(/shamir_threshold: 2/)
    for (const { command: opener } of peers) {
      for (const { kinds } of pairs) {
        const env = Object.assign({ ...none }, ...kinds.map((kind) => all[kind])) as Env
        expect(await run([...opener(), "decrypt", "a.yaml"], env)).toEqual({ status: 0, stdout: "a: canary-7f3a\n" })
      }
      for (const own of Object.values(all)) {
        const { status, stdout } = await run([...opener(), "decrypt", "a.yaml"], { ...none, ...own })
        expect({ status, stdout }).toEqual({ status: 128, stdout: "" })
      }
    }
  })
})

interface Ended {
  readonly status: number | null
  readonly stdout: string
}

function execute(program: string, args: string[], { folder, env }: { folder: string; env: Env }): Promise<Ended> {
  const whole = { PATH: process.env["PATH"] ?? "", HOME: folder, XDG_CACHE_HOME: compiledCode, ...env }
  return new Promise((resolve) => {
    const child = execFile(program, args, { cwd: folder, env: whole, timeout: 60_000 }, (_, stdout) => {
      resolve({ status: child.exitCode, stdout })
    })
  })
}
