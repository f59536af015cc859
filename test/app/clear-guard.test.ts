import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { run } from "../../src/cli/run.ts"
import { keyFile, recipients } from "../keys/golden.ts"
import { ioFor, machine, type Machine } from "../machine.ts"

/** Made up here, and in pieces: no scanner is to find a key in this file. */
const pieces = (...words: string[]): string => words.join("")
const keys = {
  github: pieces("ghp_", "a1B2".repeat(9)),
  aws: pieces("AKIA", "Q3EGRIZX7K5PLMN2"),
  age: pieces("AGE-SECRET-", "KEY-1RV8YSZ026Y38UQTPSYRANGFTDE7FXH5XPKMVGMQE0PAN6T2DTSYSXHQV4P"),
  pem: pieces(
    "-----BEGIN ",
    "PRIVATE KEY-----\n",
    "MC4CAQAwBQYDK2VwBCIEIO".repeat(8),
    "\n-----END ",
    "PRIVATE KEY-----\n",
  ),
}
const plain = "token: canary-7f3a\ndb:\n  host: localhost\n"

let own: Machine
beforeEach(() => {
  own = machine()
  const rule = `{recipients: ${recipients["age-a"]}, encrypted_regex: ^token$}`
  writeFileSync(join(own.cwd, ".sopsrc"), `version: 1\nrules:\n  - ${rule}\n`)
})
afterEach(() => own.remove())

const put = (text: string): void => writeFileSync(join(own.cwd, "app.yaml"), text)
const text = (): string => readFileSync(join(own.cwd, "app.yaml"), "utf8")

async function sotto(
  args: readonly string[],
  answers?: readonly string[],
): Promise<{ status: number; stderr: string }> {
  const env = new Map([...own.env, ["SOPS_AGE_KEY_FILE", keyFile("age-a.txt")]])
  const { io, ended } = ioFor({ args, cwd: own.cwd, env, answers })
  return ended(await run({ ...io, stderr: { ...io.stderr, isTty: answers !== undefined } }))
}

describe("without a terminal", () => {
  test.each(Object.entries(keys))("a key of a known form is refused: %s", async (name, key) => {
    put(`${plain}other: {place: ${JSON.stringify(key)}}\n`)
    const before = text()
    const refused = await sotto(["encrypt", "-i", "app.yaml"])
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain("(app.yaml, line 4, other.place) [CLEAR_LOOKS_SECRET]")
    expect(refused.stderr).not.toContain(key.slice(0, 20))
    expect([name, text()]).toEqual([name, before])
    expect(await sotto(["encrypt", "-i", "--allow-clear", "other.place", "app.yaml"])).toMatchObject({ status: 0 })
    // What stands there already is no news to what changes another value.
    expect(await sotto(["set", "--string", "app.yaml", "db.host", "h"])).toMatchObject({ status: 0, stderr: "" })
  })

  test("set, and encrypt onto a sealed file", async () => {
    put(plain)
    expect(await sotto(["encrypt", "-i", "app.yaml"])).toMatchObject({ status: 0 })
    const before = text()
    const set = await sotto(["set", "--string", "app.yaml", "db.host", keys.github])
    expect(set.stderr).toContain("[CLEAR_LOOKS_SECRET]")
    writeFileSync(join(own.cwd, "new.yaml"), `${plain}more: [x, ${keys.aws}]\n`)
    const onto = await sotto(["encrypt", "new.yaml", "-o", "app.yaml"])
    expect(onto.stderr).toContain("more[1]) [CLEAR_LOOKS_SECRET]")
    expect(text()).toBe(before)
  })

  test.each([
    ["a name", "password: canary\n", "password"],
    ["a name deep down", "a: [{client-secret: canary}]\n", "a[0].client-secret"],
    ["a random text", "r: 7Jq2xWvN8sKd3LpZ5tRb\n", "r"],
  ])("what looks like a secret by %s is refused, and named by --allow-clear", async (_, line, name) => {
    put(`${plain}${line}`)
    const before = text()
    for (const to of [["-i"], ["-o", "other.yaml"]]) {
      const refused = await sotto(["encrypt", ...to, "app.yaml"])
      expect(refused.status).toBe(1)
      expect(refused.stderr).toContain(`(app.yaml, line 4, ${name}) [CLEAR_LOOKS_SECRET]`)
      expect(refused.stderr).toContain("--allow-clear")
    }
    expect(text()).toBe(before)
    expect(await sotto(["encrypt", "-i", "--allow-clear", name, "app.yaml"])).toMatchObject({ status: 0, stderr: "" })
    // It stands there now, and is no news to others.
    expect(await sotto(["set", "--string", "app.yaml", "token", "x"])).toMatchObject({ status: 0, stderr: "" })
  })

  test("a pipe gets it all the same, and is told; a key stops it", async () => {
    put(`${plain}password: canary\n`)
    const piped = await sotto(["encrypt", "app.yaml"])
    expect(piped).toMatchObject({ status: 0 })
    expect(piped.stderr).toBe("notice: app.yaml: left in the clear, and looks like a secret: password\n")
    put(`${plain}k: ${keys.github}\n`)
    expect(await sotto(["encrypt", "app.yaml"])).toMatchObject({ status: 1 })
  })

  test("ordinary values stop nothing, nor do keys named unencrypted", async () => {
    put(
      `${plain}x_unencrypted: {password: p, y: ${keys.github}}\ntoken_url: https://example.invalid/token\nname: app\n`,
    )
    expect(await sotto(["encrypt", "-i", "app.yaml"])).toMatchObject({ status: 0, stderr: "" })
  })
})

describe("at a terminal somebody is asked", () => {
  test.each([
    ["password: canary\n", "password"],
    ["r: 7Jq2xWvN8sKd3LpZ5tRb\n", "r"],
    [`k: ${keys.github}\n`, "k"],
  ])("%s", async (line, name) => {
    put(`${plain}${line}`)
    const before = text()
    const refused = await sotto(["encrypt", "-i", "app.yaml"], ["n"])
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain(`(app.yaml, line 4, ${name}) [CLEAR_LOOKS_SECRET]`)
    expect(text()).toBe(before)
    expect(await sotto(["encrypt", "-i", "app.yaml"], ["y"])).toMatchObject({ status: 0 })
    expect(text()).toContain(line)
    expect(await sotto(["set", "--string", "app.yaml", "token", "x"], [])).toMatchObject({ status: 0 })
    expect(await sotto(["set", "--string", "--allow-clear", "api_key", "app.yaml", "api_key", "x9"], [])).toMatchObject(
      {
        status: 0,
      },
    )
  })
})
