import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, describe, expect, test } from "vitest"
import { keyFile, recipients } from "../keys/golden.ts"
import { call, type Ended, type Machine, machine } from "../machine.ts"

const machines: Machine[] = []
afterEach(() => {
  for (const each of machines.splice(0)) each.remove()
})

interface Place {
  run(...args: string[]): Promise<Ended>
  /** As `sops`. */
  sops(...args: string[]): Promise<Ended>
  write(name: string, text: string): void
  read(name: string): string
}

function place(identity: "age-a.txt" | "age-b.txt" = "age-a.txt"): Place {
  const own = machine()
  machines.push(own)
  const env = new Map([...own.env, ["SOPS_AGE_KEY_FILE", keyFile(identity)]])
  const run = (more: [string, string][], args: string[]): Promise<Ended> =>
    call({ args, cwd: own.cwd, env: new Map([...env, ...more]) })
  return {
    run: (...args) => run([], args),
    sops: (...args) => run([["SOTTO_COMPAT", "sops"]], args),
    write: (name, text) => writeFileSync(join(own.cwd, name), text),
    read: (name) => readFileSync(join(own.cwd, name), "utf8"),
  }
}

const section =
  '    moon_kms:\n        - created_at: "2031-01-02T03:04:05Z"\n          enc: bW9vbg==\n          key_id: crater-7\n'
const config = `version: 1\nrecipients:\n  a: ${recipients["age-a"]}\n  b: ${recipients["age-b"]}\nrules:\n  - recipients: [a]\n`

/** Files that a later release may have written: an entry of a kind that nobody here knows, among others or alone. */
const formats = {
  "f.yaml": {
    plain: "a: canary-7f3a\n",
    more: (text: string) => text.replace("sops:\n", `sops:\n${section}`),
  },
  "f.json": {
    plain: '{"a": "canary-7f3a"}\n',
    more: (text: string) =>
      text.replace(
        '"sops": {',
        '"sops": {"moon_kms": [{"created_at": "2031", "enc": "bW9vbg==", "key_id": "crater-7"}],',
      ),
  },
  "f.env": {
    plain: "A=canary-7f3a\n",
    more: (text: string) =>
      text.replace(
        /^sops_/m,
        "sops_moon_kms__list_0__map_enc=bW9vbg==\nsops_moon_kms__list_0__map_key_id=crater-7\nsops_",
      ),
  },
  "f.ini": {
    plain: "[s]\na = canary-7f3a\n",
    more: (text: string) =>
      text.replace(
        /^\[sops\]\n/m,
        "[sops]\nmoon_kms__list_0__map_enc = bW9vbg==\nmoon_kms__list_0__map_key_id = crater-7\n",
      ),
  },
} as const
type Name = keyof typeof formats

async function sealed(at: Place, name: Name): Promise<string> {
  at.write(name, formats[name].plain)
  at.write(".sopsrc", config)
  expect((await at.run("encrypt", "-i", name)).stderr).toBe("")
  const text = formats[name].more(at.read(name))
  expect(text).toContain("crater-7")
  at.write(name, text)
  return text
}

const wordsFor = "of a kind that this version does not know"

describe("an entry of a kind that this version does not know", () => {
  test.each(Object.keys(formats) as Name[])("%s: opens, and the entry stays under the same data key", async (name) => {
    const at = place()
    const before = await sealed(at, name)
    expect(await at.run("decrypt", name)).toMatchObject({ status: 0, stderr: "" })
    const path = name === "f.ini" ? "s.a" : name === "f.env" ? "A" : "a"
    expect(await at.run("set", name, path, '"another"')).toMatchObject({ status: 0, stderr: "" })
    expect(at.read(name)).not.toBe(before)
    expect(at.read(name)).toContain("crater-7")
    expect((await at.run("decrypt", name)).stdout.toString()).toContain("another")

    // The rule names one more, and one less.
    at.write(".sopsrc", config.replace("[a]", "[a, b]"))
    const check = await at.run("sync", "--check", name)
    expect(check.stdout.toString()).toContain(`kept for moon_kms key_id=crater-7, ${wordsFor}`)
    expect(check.stdout.toString()).not.toContain("remove")
    expect((await at.run("sync", "--yes", name)).status).toBe(0)
    expect(at.read(name)).toContain(recipients["age-b"])
    expect(at.read(name)).toContain("crater-7")
    at.write(".sopsrc", config)
    expect((await at.run("sync", "--yes", name)).status).toBe(0)
    expect(at.read(name)).not.toContain(recipients["age-b"])
    expect(at.read(name)).toContain("crater-7")
    expect((await at.run("sync", "--check", name)).status).toBe(0)
  })

  test("is named by keys and who", async () => {
    const at = place()
    await sealed(at, "f.yaml")
    expect((await at.run("keys", "f.yaml")).stdout.toString()).toMatch(/moon_kms .*key_id=crater-7 .*does not know/)
    const [group] = (JSON.parse((await at.run("keys", "--json", "f.yaml")).stdout.toString()) as Keys).groups
    expect(group).toContainEqual(expect.objectContaining({ type: "moon_kms", isKnown: false }))
    expect((await at.run("who", "f.yaml")).stdout.toString()).toContain(`moon_kms key_id=crater-7 (${wordsFor})`)
    expect((await at.run("sync", "--check", "--json", "f.yaml")).stdout.toString()).toContain(
      '"unknown":["moon_kms key_id',
    )
  })

  test("is named when nothing else opens the file, and its wrapped key is not shown", async () => {
    const at = place("age-b.txt")
    const own = place()
    at.write("f.yaml", await sealed(own, "f.yaml"))
    const { status, stderr } = await at.run("decrypt", "f.yaml")
    expect(status).toBe(128)
    expect(stderr).toContain("moon_kms key_id=crater-7: this version does not know that kind")
    expect(stderr).not.toContain("bW9vbg")
  })

  test("alone: the file is not said to be without keys", async () => {
    const at = place()
    const text = await sealed(at, "f.yaml")
    at.write("f.yaml", text.replace(/ {4}age:\n(?: {8}.*\n)*/, ""))
    const { status, stderr } = await at.run("decrypt", "f.yaml")
    expect(status).toBe(128)
    expect(stderr).toContain("moon_kms key_id=crater-7")
  })

  test.each([
    ["rotate", ["rotate", "-i", "f.yaml"]],
    ["rotate of a folder", ["rotate", "-i", "."]],
    [
      "rotate that adds",
      ["rotate", "-i", "--add-age", recipients["age-b"], "--keep-recipient", recipients["age-b"], "f.yaml"],
    ],
    ["revoke", ["revoke", "-y", "b"]],
  ])("%s refuses, and with --drop-unknown it goes", async (_, args) => {
    const at = place()
    if (args[0] === "revoke") {
      at.write("f.yaml", formats["f.yaml"].plain)
      at.write(".sopsrc", config.replace("[a]", "[a, b]"))
      expect((await at.run("encrypt", "-i", "f.yaml")).status).toBe(0)
      at.write("f.yaml", formats["f.yaml"].more(at.read("f.yaml")))
    } else await sealed(at, "f.yaml")
    const before = at.read("f.yaml")
    const rules = at.read(".sopsrc")
    const refused = await at.run(...args)
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain("[KIND_UNKNOWN]")
    expect(refused.stderr).toContain("crater-7")
    expect(refused.stderr).toContain("--drop-unknown")
    expect(at.read("f.yaml")).toBe(before)
    expect(at.read(".sopsrc")).toBe(rules)
    const done = await at.run(args[0]!, "--drop-unknown", ...args.slice(1))
    expect(`${done.status} ${done.stderr}`).toBe("0 ")
    expect(at.read("f.yaml")).not.toContain("moon_kms")
    expect((await at.run("decrypt", "f.yaml")).stdout.toString()).toBe("a: canary-7f3a\n")
  })

  test("key groups: shares cannot be made for it, so nothing is written", async () => {
    const at = place()
    await sealed(at, "f.yaml")
    const before = at.read("f.yaml")
    const added = await at.run("groups", "add", "-i", "-f", "f.yaml", "--age", recipients["age-b"])
    expect(added.status).not.toBe(0)
    expect(added.stderr).toContain("[KIND_UNKNOWN]")
    expect(at.read("f.yaml")).toBe(before)
  })

  test("a list of the user's own in a plain metadata field is not an entry", async () => {
    const at = place()
    const text = await sealed(at, "f.yaml")
    at.write("f.yaml", text.replace(section, "    notes:\n        - text: of ours\n"))
    expect((await at.run("keys", "f.yaml")).stdout.toString()).not.toContain("notes")
    expect((await at.run("rotate", "-i", "f.yaml")).status).toBe(0)
    expect(at.read("f.yaml")).toContain("of ours")
  })
})

describe("as sops: what stock does", () => {
  test("the entry is not looked at, stays under the same data key, and a new one drops it", async () => {
    const at = place()
    const text = await sealed(at, "f.yaml")
    expect((await at.sops("decrypt", "f.yaml")).status).toBe(0)
    expect((await at.sops("set", "f.yaml", '["a"]', '"another"')).status).toBe(0)
    expect(at.read("f.yaml")).toContain("crater-7")
    expect(await at.sops("rotate", "-i", "f.yaml")).toMatchObject({ status: 0, stderr: "" })
    expect(at.read("f.yaml")).not.toContain("moon_kms")

    at.write("f.yaml", text.replace(/ {4}age:\n(?: {8}.*\n)*/, ""))
    const { status, stderr } = await at.sops("decrypt", "f.yaml")
    expect(status).not.toBe(0)
    expect(stderr).not.toContain("moon_kms")
  })
})

interface Keys {
  readonly groups: readonly object[]
}
