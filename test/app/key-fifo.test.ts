import { spawn, spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { keyFile, recipients } from "../keys/golden.ts"
import { call, type Ended, machine } from "../machine.ts"

/** What `<(pass show key)` of a shell is: a second look at it would wait for ever. */
test("identities from a named pipe are read once for any number of files and steps", async () => {
  const own = machine()
  const pipe = join(own.cwd, "key")
  spawnSync("mkfifo", [pipe])
  try {
    writeFileSync(
      join(own.cwd, ".sopsrc"),
      `version: 1\nrecipients:\n  a: ${recipients["age-a"]}\nrules:\n  - recipients: [a]\n`,
    )
    for (const name of ["f.yaml", "g.yaml"]) writeFileSync(join(own.cwd, name), "a: canary-7f3a\n")
    const run = (args: readonly string[], env = own.env): Promise<Ended> => call({ args, cwd: own.cwd, env })
    expect((await run(["encrypt", "-i", "f.yaml", "g.yaml"])).status).toBe(0)
    const lines = [
      { args: ["decrypt", "f.yaml"], env: { SOPS_AGE_KEY_FILE: pipe } },
      { args: ["set", "f.yaml", "a", '"canary-7f3a-2"'], env: { SOPS_AGE_KEY_FILE: pipe } },
      { args: ["rotate", "-i", "f.yaml", "g.yaml"], env: { SOPS_AGE_KEY_FILE: pipe } },
      { args: ["decrypt", "--age-key-file", pipe, "g.yaml"], env: {} },
    ]
    for (const { args, env } of lines) {
      const writer = spawn("sh", ["-c", 'cat "$1" > "$2"', "sh", keyFile("age-a.txt"), pipe], { stdio: "ignore" })
      const gone = new Promise((done) => writer.once("close", done))
      const { status, stderr } = await run(args, new Map([...own.env, ...Object.entries(env)]))
      expect(`${status} ${stderr}`).toBe("0 ")
      await gone
    }
  } finally {
    own.remove()
  }
}, 60_000)
