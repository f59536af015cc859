import { execFileSync } from "node:child_process"
import { describe, expect, test } from "vitest"
import { bundled, node, start } from "./script.ts"

const become = bundled(new URL("scripts/become.ts", import.meta.url))
const isRoot = process.getuid?.() === 0

function id(...args: string[]): string {
  return execFileSync("id", args, { encoding: "utf8" }).trim()
}

describe("--user", () => {
  test.runIf(isRoot).each(["nobody", "daemon"])(
    "%s: user, group and groups together, before anything is written",
    async (name) => {
      const { stdout } = await start(node, [become, name]).ended
      const [facts, owner, ...ids] = stdout.trim().split("\n")
      expect(JSON.parse(facts ?? "")).toMatchObject({ name, uid: Number(id("-u", name)), gid: Number(id("-g", name)) })
      expect(owner).toBe(`owner ${id("-u", name)}`)
      expect(ids).toEqual([id("-u", name), id("-u", name), id("-g", name), id("-G", name)])
    },
  )

  test.each(["no-such-user-here", "0", "12345", ""])("%j is no user's name", async (name) => {
    const { stdout } = await start(node, [become, name]).ended
    expect(stdout).toBe("USER_UNKNOWN")
  })

  test.skipIf(isRoot)("only root can", async () => {
    expect((await start(node, [become, "nobody"]).ended).stdout).toBe("USER_REFUSED")
  })
})
