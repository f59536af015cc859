import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { kindsInConfig } from "../../src/keys/kinds.ts"
import { readConfig } from "../../src/config/config.ts"
import { ruleFor } from "../../src/config/rule.ts"
import { sottoDialect } from "../../src/app/dialect.ts"
import { parseRecipients } from "../../src/keys/parse-recipient.ts"
import { fakeFiles } from "../config/fake-files.ts"
import { call, type Ended, machine } from "../machine.ts"
import { stockSops as sops } from "../stock-sops.ts"

const own = machine()
afterAll(() => own.remove())

const alice = "age19u7j6dvg6w6me8hydt9merssh7auus5qzlamcmvd3vvp4m0tevjqzwqjuu"
const bob = "age15va5qhf46pfcuxtr0taa94gh3r5pf7r826kt4hmu7svtpwhnmquszv38yk"
const carol = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIVwS6kS17lfhRxNSE/HBInxKRzyzsIjT3mnxBvru5d2"

const config = `version: 1
recipients:
  alice: ${alice}
  bob: ${bob}
  carol: ${carol}
groups:
  all: [alice, bob, carol]
rules:
  - path: [prod/**/*.yaml, /top.yaml]
    key_groups: [[alice, carol], [bob]]
    threshold: 2
  - path: "{dev,test}.yaml"
    recipients: [alice, bob]
    encrypt: ["users[*].token", db.password]
  - path: k8s/
    recipients: all
    encrypted_regex: ^(data|stringData)$
    mac_only_encrypted: true
  - path_regex: ^legacy/.*\\.yaml$
    recipients: carol
    unencrypted_suffix: _clear
  - path: "*.y*ml"
    recipients: bob
    clear: [name, users]
  - path: whole/*
    recipients: alice
    container: true
    max_age: 1y
stores:
  yaml: {indent: 2}
`
const plain =
  "name: app\ndb:\n  password: canary-7f3a\nusers:\n  - token: canary-7f3a-t\ndata:\n  x: canary-7f3a-x\nkept_clear: c\n"

const run = (...args: string[]): Promise<Ended> => call({ args, cwd: own.cwd, env: own.env })
function put(name: string, text: string): void {
  const path = join(own.cwd, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

interface Facts {
  readonly recipients: readonly string[]
  readonly settings: readonly string[]
  readonly clear: string
}

/** Who opens a file, how it is selected, and what is left in the clear. */
function factsOf(sealed: string): Facts {
  const [body = "", block = ""] = sealed.split(/^sops:$/m)
  const groups = block.split("key_groups:").length
  return {
    recipients: [`groups ${groups}`, ...[...block.matchAll(/recipient: (.*)/g)].map(([, text]) => text!).toSorted()],
    settings: [...block.matchAll(/^ *((?:un)?encrypted_\w+|mac_only_encrypted|shamir_threshold): (.*)$/gm)]
      .map(([, key, value]) => `${key!}=${value!.replaceAll(/["']/g, "")}`)
      .toSorted(),
    clear: body.replaceAll(/ENC\[[^\]]*\]/g, "TOKEN").replaceAll(/\s+/g, " "),
  }
}

describe.skipIf(sops === undefined)("sops with the exported config seals for the same and the same", () => {
  test.each([
    "prod/a.yaml",
    "prod/x/y/a.yaml",
    "top.yaml",
    "dev.yaml",
    "sub/test.yaml",
    "k8s/x/a.yaml",
    "sub/k8s/a.yaml",
    "legacy/a.yaml",
    "sub/prod/a.yaml",
    "a.yaml",
    "sub/top.yaml",
    "sub/a.yml",
  ])("%s", async (name) => {
    rmSync(join(own.cwd, ".sops.yaml"), { force: true })
    put(".sopsrc", config)
    const exported = await run("config", "export")
    expect(exported.status).toBe(0)
    put(".sops.yaml", exported.stdout.toString())
    put(name, plain)
    // With both configs there this also holds them against each other.
    const ours = await run("encrypt", name)
    expect(ours.status).toBe(0)
    expect(ours.stderr.replace(/^notice: .*: left in the clear, and looks like a secret: .*\n/, "")).toBe("")
    const stock = spawnSync(sops!, ["encrypt", name], {
      cwd: own.cwd,
      env: Object.fromEntries(own.env),
      encoding: "utf8",
    })
    expect(stock).toMatchObject({ status: 0 })
    expect(factsOf(stock.stdout)).toEqual(factsOf(ours.stdout.toString()))
  })
})

test("people keep their names, and what sops cannot express is named", async () => {
  put(".sopsrc", config)
  const { stdout, stderr } = await run("config", "export", "--format", "sops", ".sopsrc")
  expect(stdout.toString()).toContain(`- ${alice} # alice`)
  expect(stdout.toString()).toContain("# sops cannot express container, max_age")
  expect(stdout.toString()).toContain("yaml:\n    indent: 2")
  expect(stderr).toContain(
    "rule 2 in line 12: encrypt names users[*].token, db.password: sops selects these keys everywhere",
  )
  expect(stderr).toContain("rule 6 in line 25: sops cannot express container, max_age")
})

test("every kind of recipient, also of the example, means the same when it is read again", async () => {
  const example = readFileSync(new URL("../../.sopsrc.example", import.meta.url), "utf8")
  put(".sopsrc", example)
  const { status, stdout } = await run("config", "export")
  expect(status).toBe(0)
  const read = (text: string | Uint8Array, kind: "sopsrc" | "sops-yaml") =>
    readConfig(Buffer.from(text), { file: kind, folder: "/r", kind, kinds: kindsInConfig })
  const [before, after] = [read(example, "sopsrc"), read(stdout, "sops-yaml")]
  const { paths } = fakeFiles({})
  for (const path of ["secrets/prod/x.yaml", "k8s/a.yaml", "settings/a.yaml", ".env.x", "legacy/a.json", "other"]) {
    const facts = async (config: typeof before) => {
      const options = { parse: parseRecipients, dialect: sottoDialect.config }
      const rule = (await ruleFor(config, { path: `/r/${path}`, paths }, options))!
      const { threshold, selectors, macOnlyEncrypted } = rule
      const groups = rule.groups.map((group) => group.map((each) => JSON.stringify(each)).toSorted())
      return { groups, threshold, selectors, macOnlyEncrypted }
    }
    expect([path, await facts(after)]).toEqual([path, await facts(before)])
  }
  expect(stdout.toString()).toContain("arn: arn:aws:kms")
})

test("destinations stay", async () => {
  put(
    ".sopsrc",
    `version: 1\ndestination_rules:\n  - path_regex: ^p/\n    s3_bucket: b\n    omit_extensions: true\n    recreation_rule:\n      age: ${bob}\n`,
  )
  const { stdout } = await run("config", "export")
  expect(stdout.toString()).toContain(
    `destination_rules:\n  - path_regex: ^p/\n    s3_bucket: b\n    omit_extensions: true\n    recreation_rule:\n      key_groups:\n        - age:\n            - ${bob}\n`,
  )
})

test("without a config, and with a broken one", async () => {
  rmSync(join(own.cwd, ".sopsrc"), { force: true })
  rmSync(join(own.cwd, ".sops.yaml"), { force: true })
  const without = await run("config", "export")
  expect(without.status).toBe(1)
  expect(without.stderr).toContain("[CONFIG_UNREADABLE]")
  put(".sopsrc", "version: 1\nrules: [{encrypt: a, clear: b}]\n")
  const broken = await run("config", "export")
  expect(broken.status).toBe(1)
  expect(broken.stderr).toContain("[CONFIG_INVALID]")
})
