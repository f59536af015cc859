import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { spawn } from "node:child_process"
import { beforeEach, describe, expect, test } from "vitest"
import { builtProgram } from "../built.ts"
import { canary } from "../canary.ts"
import { run } from "../../src/cli/run.ts"
import { ioFor } from "../machine.ts"
import { mergeFile } from "../../src/app/merge/merge-file.ts"
import { mergeLine } from "../../src/app/merge/words.ts"
import { RunEnd } from "../../src/app/run-end.ts"
import { type Session } from "../../src/app/session.ts"
import { sottoDialect } from "../../src/app/dialect.ts"
import { leftovers, mergeRepository, type MergeRepository } from "./merging.ts"

const secret = (name: string): string => `${canary}-${name}`
const text = (a: string, c: string): string => `a: ${secret(a)}\nb: ${secret("b")}\nc: ${secret(c)}\n`

let own: MergeRepository
const names = ["base", "ours", "theirs"] as const

/** Three versions as git hands them over, in the top folder. */
beforeEach(async () => {
  own = await mergeRepository()
  await own.seal("ours.yaml", text("a", "c"))
  own.write("base", own.read("ours.yaml"))
  await own.change("ours.yaml", text("a", "c-theirs"))
  own.write("theirs", own.read("ours.yaml"))
  own.write("ours.yaml", own.read("base"))
  await own.change("ours.yaml", text("a-ours", "c"))
  own.write("ours", own.read("ours.yaml"))
})

const drive = (...files: string[]): ReturnType<MergeRepository["sotto"]> =>
  own.sotto("merge-driver", "--", ...(files.length === 0 ? names : files), "7", "x.yaml")

/** Ours in the clear, by a name that tells its format. */
function openedOurs(): Promise<string> {
  own.write("ours.yaml", own.read("ours"))
  return own.open("ours.yaml")
}

async function expectUntouched(work: () => ReturnType<MergeRepository["sotto"]>): Promise<string> {
  const before = own.read("ours")
  const { status, stdout, stderr } = await work()
  expect(status).toBe(1)
  expect(stdout.toString()).toBe("")
  expect(stderr).toMatch(/^sotto: x.yaml: .*\n$/)
  expect(stderr).not.toContain(canary)
  expect(own.read("ours").equals(before)).toBe(true)
  expect(leftovers(own)).toEqual([])
  return stderr
}

describe("the driver leaves ours as it was", () => {
  test.each([
    ["a version that is not there", (path: string) => path],
    [
      "a folder",
      (path: string) => {
        mkdirSync(path)
        return path
      },
    ],
    [
      "a link",
      (path: string) => {
        symlinkSync("theirs", path)
        return path
      },
    ],
    [
      "bytes that are no text",
      (path: string) => {
        writeFileSync(path, Buffer.of(0xff, 0xfe, 0x00, 0x80))
        return path
      },
    ],
    [
      "nothing",
      (path: string) => {
        writeFileSync(path, "")
        return path
      },
    ],
    [
      "more than 64 MB",
      (path: string) => {
        writeFileSync(path, Buffer.alloc(65 * 1024 * 1024, 0x61))
        return path
      },
    ],
    [
      "a bomb",
      (path: string) => {
        writeFileSync(path, `a: ENC[AES256_GCM,data:x]\nb: ${"[".repeat(10_000)}\nsops: {}\n`)
        return path
      },
    ],
  ])("%s", async (_, make) => {
    make(join(own.top, "odd"))
    await expectUntouched(() => drive("base", "ours", "odd"))
  })

  test("when the folder cannot be written to", async () => {
    if (process.getuid?.() === 0) return
    chmodSync(own.top, 0o500)
    await expectUntouched(() => drive())
    chmodSync(own.top, 0o700)
  })

  test.each(["ENOSPC", "EIO", "EACCES"])("when any write fails with %s", async (code) => {
    const before = own.read("ours")
    for (let nth = 0; nth < 20; nth++) {
      let left = nth
      const { io, ended } = ioFor({
        args: ["merge-driver", "--", ...names, "7", "x.yaml"],
        cwd: own.top,
        env: own.env,
      })
      const failing =
        <A extends unknown[], R>(call: (...args: A) => R) =>
        (...args: A): R => {
          if (left-- <= 0) throw Object.assign(new Error(code), { code })
          return call(...args)
        }
      const { fs } = io
      const broken = {
        ...fs,
        write: failing(fs.write.bind(fs)),
        rename: failing(fs.rename.bind(fs)),
        sync: failing(fs.sync.bind(fs)),
      }
      const { status, stderr } = ended(await run({ ...io, fs: broken }))
      if (status === 0) {
        // What failed was not needed: to flush a folder, say. The result is whole.
        expect(await openedOurs()).toBe(text("a-ours", "c-theirs"))
        own.write("ours", before)
        if (left > 0) return
        continue
      }
      expect(status).toBe(1)
      expect(stderr).toMatch(/^sotto: x.yaml: not merged, .*\n$/)
      expect(own.read("ours").equals(before)).toBe(true)
    }
    throw new Error("it never succeeded")
  })

  test("without a program git has a conflict", async () => {
    own.git("config", "merge.sotto.driver", "sotto-that-is-not-there merge-driver -- %O %A %B %L %P")
    await own.seal("secrets/x.yaml", text("a", "c"))
    own.commitAll("base")
    await own.branch("topic", "main", () => own.change("secrets/x.yaml", text("a", "c-theirs")))
    own.git("checkout", "--quiet", "main")
    await own.change("secrets/x.yaml", text("a-ours", "c"))
    own.commitAll("ours")
    const before = own.read("secrets/x.yaml")
    expect(own.tryGit("merge", "topic", "-m", "m").status).not.toBe(0)
    expect(own.read("secrets/x.yaml").equals(before)).toBe(true)
  })

  test.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)("when %s ends it at any time", async (signal) => {
    const before = own.read("ours")
    const [program, ...first] = await builtProgram()
    const args = [...first, "merge-driver", "--", ...names, "7", "x.yaml"]
    for (const delayMs of [5, 30, 60, 90, 120, 160]) {
      own.write("ours", before)
      const child = spawn(program, args, { cwd: own.top, env: Object.fromEntries(own.env), stdio: "ignore" })
      const timer = setTimeout(() => child.kill(signal), delayMs)
      const status = await new Promise<number | null>((resolve) => void child.on("close", (code) => resolve(code)))
      clearTimeout(timer)
      // SIGKILL may also fall between the write, which is one step, and the end: git then sees a driver that failed.
      const isWritten = status === 0 || (signal === "SIGKILL" && !own.read("ours").equals(before))
      if (isWritten) expect(await openedOurs()).toBe(text("a-ours", "c-theirs"))
      else expect(own.read("ours").equals(before)).toBe(true)
    }
  })
})

describe("hostile recipients", () => {
  test("the search for data keys ends when its time is over, and nothing is merged", async () => {
    const session: Session = { io: own.io(), dialect: sottoDialect, end: new RunEnd(), memory: {}, notice: () => {} }
    const [base, ours, theirs] = names.map((name) => own.read(name)) as [Buffer, Buffer, Buffer]
    const request = { base, ours, theirs, path: "x.yaml", reach: "offline", ruleAtHead: async () => null } as const
    expect(await mergeFile(session, request)).toMatchObject({ kind: "merged" })
    const late = await mergeFile({ ...session, memory: {} }, { ...request, keysMs: -1 })
    expect(late).toMatchObject({
      kind: "conflict",
      conflicts: [{ kind: "limit" }, { kind: "limit" }, { kind: "limit" }],
    })
    expect(mergeLine(late, "x.yaml", { base: null, ours: null, theirs: null })).toBe(
      "not merged, looking for the data keys took too long: git keeps all three versions; run sotto resolve x.yaml",
    )
  })

  test("no program runs and no service is asked for the entries of a version", async () => {
    const hostile = [
      "        - recipient: age1evil1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq\n          enc: |\n            x\n",
    ].join("")
    const bin = join(own.machine.home, "bin")
    const witness = join(own.machine.home, "ran")
    for (const name of ["age-plugin-evil", "gpg", "gpg2"])
      writeFileSync(join(bin, name), `#!/bin/sh\ntouch ${witness}\n`, { mode: 0o755 })
    for (const name of names) {
      const sealed = own.read(name).toString()
      own.write(
        name,
        sealed.replace(/( +)age:\n/, (line) => `${line}${hostile}`),
      )
    }
    own.env.delete("SOPS_AGE_KEY_FILE")
    const spawned: string[] = []
    const count = (program: string): void => void spawned.push(program)
    const { status, stderr } = await own.sottoWith({ spawned: count }, "merge-driver", "--", ...names, "7", "x.yaml")
    expect(status).toBe(1)
    expect(stderr).toContain("none of your identities opens it")
    // Git alone, for the user's own setting.
    expect(spawned).not.toEqual([])
    expect(spawned.filter((program) => !program.endsWith("/git"))).toEqual([])
    expect(existsSync(witness)).toBe(false)
  })
})
