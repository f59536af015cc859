import { spawnSync } from "node:child_process"
import { describe, expect, test } from "vitest"
import { builtKind, builtProgram, compiledCode } from "../built.ts"
import { repository, sopsrc } from "./repository.ts"

/** The first ones are too few for Node itself, the last ones enough for everything. */
const limits = [...Array.from({ length: 24 }, (_, at) => 16 + at), 64]

// What the binary's runtime does without files is its own.
describe.skipIf(builtKind === "binary" || process.platform === "win32")("with few files that may be open", () => {
  test.each([
    [["check"]],
    [["check", "--range", "HEAD..HEAD"]],
    [["diff"]],
    [["git", "status"]],
    [["git", "install", "--dry-run"]],
  ])(
    "%j works, or says that they are too few",
    async (args) => {
      const repo = repository()
      repo.write(".sopsrc", sopsrc("a.yaml"))
      repo.write("a.yaml", "a: 1\n")
      expect((await repo.sotto("encrypt", "-i", "a.yaml")).status).toBe(0)
      repo.commitAll()
      const program = await builtProgram()
      const env = { ...Object.fromEntries(repo.env), XDG_CACHE_HOME: compiledCode }
      const answers = limits.map((limit) => {
        const words = ["-c", 'ulimit -n "$0"; exec "$@"', String(limit), ...program, ...args]
        const { status, signal, stderr } = spawnSync("sh", words, { cwd: repo.top, env, encoding: "utf8" })
        if (status === 71 && stderr.includes("[SYSTEM_FAILED]")) return "said"
        if (stderr === "") return status === null ? "Node" : "works"
        // It did not come so far as to read our first line.
        const isNode = signal !== null || /main\.cjs'|node:internal\/|Assertion|libc|loading shared/.test(stderr)
        return isNode && !stderr.includes("chunks/") ? "Node" : `${limit}: ${status} ${stderr}`
      })
      const others = answers.filter((answer) => !["Node", "said", "works"].includes(answer))
      expect(others).toEqual([])
      expect(answers).toContain("said")
      expect(answers.at(-1)).toBe("works")
    },
    60_000,
  )
})
