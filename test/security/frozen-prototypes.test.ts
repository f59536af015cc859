import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { builtMain } from "../built.ts"
import { keyFile, recipients } from "../keys/golden.ts"
import { machine } from "../machine.ts"

const own = machine()
afterAll(own.remove)

const names = ["__proto__", "constructor", "toString", "hasOwnProperty"]
const lines = (line: (name: string) => string): string => names.map(line).join("")

const files = {
  "a.yaml": lines((name) => `${name}:\n  ${name}: ${name}\n`),
  "b.json": `{${names.map((name) => `"${name}": {"${name}": ["${name}"]}`).join(", ")}}\n`,
  "c.env": lines((name) => `${name}=${name}\n`),
  "d.ini": lines((name) => `[${name}]\n${name} = ${name}\n`),
}

test("S22: names of Object.prototype round-trip everywhere, and nothing is ever written to a prototype", async () => {
  const folder = join(own.cwd, "files")
  mkdirSync(folder)
  const freeze = join(own.cwd, "freeze.cjs")
  writeFileSync(freeze, "for (const one of [Object, Array, Function, Map]) Object.freeze(one.prototype)\n")
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const me = recipients["age-a"]
  writeFileSync(
    join(folder, ".sopsrc"),
    `version: 1\nrecipients:\n${lines((name) => `  ${name}: ${me}\n`)}groups:\n${lines((name) => `  g${name}: [${name}]\n`)}rules:\n  - recipients: [g__proto__]\n`,
  )
  const env = { ...Object.fromEntries(own.env), SOPS_AGE_KEY_FILE: keyFile("age-a.txt") }
  const main = await builtMain()
  const sotto = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--require", freeze, main, ...args], {
      cwd: folder,
      env,
      encoding: "utf8",
    })
    expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: "" })
    return stdout
  }
  sotto("encrypt", "-i", ...Object.keys(files))
  for (const [name, text] of Object.entries(files)) {
    expect(readFileSync(join(folder, name), "utf8")).toContain("ENC[AES256_GCM,")
    expect(sotto("decrypt", name)).toBe(text)
  }
  sotto("set", "a.yaml", "__proto__.constructor", '{"__proto__": {"x": 1}}')
  expect(JSON.parse(sotto("decrypt", "--output-type", "json", "a.yaml"))).toEqual(
    JSON.parse(
      '{"__proto__": {"__proto__": "__proto__", "constructor": {"__proto__": {"x": 1}}}, "constructor": {"constructor": "constructor"}, "toString": {"toString": "toString"}, "hasOwnProperty": {"hasOwnProperty": "hasOwnProperty"}}',
    ),
  )
  expect(sotto("run", "-f", "c.env", "--", "printenv", "__proto__")).toBe("__proto__\n")
})
