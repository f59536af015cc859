import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import { keyFile, recipients } from "../keys/golden.ts"
import { call, type Ended, machine } from "../machine.ts"

/** `far/inner`, and `link` to it. By its letters `link/../x` is `x`; the system, and so a shell, takes it for `far/x`. */
describe.skipIf(process.platform === "win32")("a result goes where the system says", () => {
  async function place(): Promise<{ cwd: string; run: (...args: readonly string[]) => Promise<Ended> }> {
    const own = machine()
    onTestFinished(own.remove)
    const { cwd } = own
    const env = new Map([...own.env, ["SOPS_AGE_KEY_FILE", keyFile("age-a.txt")]])
    const run = (...args: readonly string[]): Promise<Ended> => call({ args, cwd, env })
    mkdirSync(join(cwd, "far/inner"), { recursive: true })
    symlinkSync("far/inner", join(cwd, "link"))
    writeFileSync(join(cwd, "a.yaml"), "a: one\n")
    expect(await run("encrypt", "-i", "--age", recipients["age-a"], "a.yaml")).toMatchObject({ status: 0 })
    return { cwd, run }
  }

  test.each([
    ["decrypt", "a.yaml"],
    ["encrypt", "--age", recipients["age-a"], "plain.yaml"],
    ["rotate", "a.yaml"],
    ["keygen"],
  ])("%s", async (...args) => {
    const { cwd, run } = await place()
    writeFileSync(join(cwd, "plain.yaml"), "a: one\n")
    for (const start of ["", "./", `${cwd}/`, "far/../"]) {
      for (const up of ["link/..", "link/./../", "far/inner/../../far"]) {
        expect(await run(...args, "--output", `${start}${up}/out.yaml`)).toMatchObject({ status: 0 })
        expect(existsSync(join(cwd, "out.yaml"))).toBe(false)
        rmSync(join(cwd, "far/out.yaml"))
      }
      const ended = await run(...args, "--output", `${start}none/../out.yaml`)
      if (args[0] !== "keygen") expect(ended.stderr).toContain("its folder does not exist")
      rmSync(join(cwd, "out.yaml"), { force: true })
    }
  })

  // As sops takes it, and so that what is read and what is replaced are one file.
  test("what is read is named by its letters", async () => {
    const { cwd, run } = await place()
    expect((await run("decrypt", "link/../a.yaml")).stdout.toString()).toBe("a: one\n")
    expect(await run("set", "link/../a.yaml", "a", '"two"')).toMatchObject({ status: 0 })
    expect((await run("decrypt", "a.yaml")).stdout.toString()).toBe("a: two\n")
    expect(existsSync(join(cwd, "far/a.yaml"))).toBe(false)
  })

  /** S25: a link of the repository does not choose where outside of it something is written. */
  test("not out of the repository by a link", async () => {
    const { cwd, run } = await place()
    const top = join(cwd, "top")
    mkdirSync(top)
    expect(spawnSync("git", ["init", "--quiet", top]).status).toBe(0)
    symlinkSync("../far/inner", join(top, "link"))
    const { status, stderr } = await run("decrypt", "--output", "top/link/../out.yaml", "a.yaml")
    expect({ status, stderr }).toMatchObject({ stderr: expect.stringContaining("[LINK_OUTSIDE]") as string })
    expect(existsSync(join(cwd, "far/out.yaml"))).toBe(false)
    const follow = ["decrypt", "--follow-links", "--output", "top/link/../out.yaml", "a.yaml"]
    expect(await run(...follow)).toMatchObject({ status: 0 })
    expect(readFileSync(join(cwd, "far/out.yaml"), "utf8")).toBe("a: one\n")
  })
})
