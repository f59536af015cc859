import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeEach, describe, expect, test } from "vitest"
import { canary } from "../canary.ts"
import { config, expectNoCanary, mergeRepository, type MergeRepository, recipients } from "./merging.ts"
import { hasOwnSettings } from "./repository.ts"

const file = "secrets/app.yaml"
const secret = (name: string): string => `${canary}-${name}`
const lines = (...all: string[]): string => all.map((line) => `${line}\n`).join("")
const text = (a: string, c: string): string => lines(`a: ${secret(a)}`, `b: ${secret("b")}`, `c: ${secret(c)}`)
const merged = text("a-ours", "c-theirs")

let own: MergeRepository

/** What each side does after it has changed its value: nothing, or something to the file around the values. */
type Work = () => Promise<unknown>
const nothing: Work = async () => {}

async function fork(ours: Work = nothing, theirs: Work = nothing): Promise<void> {
  await own.seal(file, text("a", "c"))
  own.commitAll("base")
  await own.branch("topic", "main", async () => {
    await own.change(file, text("a", "c-theirs"))
    await theirs()
  })
  own.git("checkout", "--quiet", "main")
  await own.change(file, text("a-ours", "c"))
  await ours()
  own.commitAll("ours")
}

async function sotto(...args: string[]): Promise<void> {
  const { status, stderr } = await own.sotto(...args)
  if (status !== 0) throw new Error(`${args.join(" ")}: ${stderr}`)
}

const merge = (): { status: number | null; stderr: string } => own.tryGit("merge", "--quiet", "topic", "-m", "m")
const rotate: Work = () => sotto("rotate", "-i", file)
const field = (name: string): string[] =>
  own
    .read(file)
    .toString()
    .split("\n")
    .filter((line) => line.includes(`${name}:`))
const entries = (): string => /age:\n[\s\S]*?-----END/.exec(own.read(file).toString())![0]

async function expectMerged(): Promise<void> {
  const { status, stderr } = merge()
  expect(stderr).toBe("")
  expect(status).toBe(0)
  expect(await own.open(file)).toBe(merged)
  expectNoCanary(own)
}

function expectConflict(words: RegExp | string): void {
  const before = own.read(file)
  const { status, stderr } = merge()
  expect(stderr).toMatch(words)
  expect(stderr.trim().split("\n")).toHaveLength(1)
  expect(stderr).not.toContain(canary)
  expect(status).toBe(1)
  expect(own.read(file).equals(before)).toBe(true)
}

beforeEach(async () => {
  own = await mergeRepository()
})

describe("data keys", () => {
  test("theirs was rotated: a fresh data key", async () => {
    await fork(nothing, rotate)
    const before = entries()
    await expectMerged()
    expect(entries()).not.toBe(before)
    expect(own.git("show", "topic:" + file)).not.toContain(entries())
  })

  test("theirs was rotated, and no rule at HEAD says for whom a fresh one is", async () => {
    own.git("rm", "--quiet", ".sopsrc")
    own.commitAll("no config")
    own.env.set("SOPS_AGE_RECIPIENTS", recipients.a)
    await fork(nothing, rotate)
    expectConflict(/conflict in the data key/)
  })

  test("theirs was rotated, and the rule at HEAD names others", async () => {
    await fork(async () => own.write(".sopsrc", config("a", "b")), rotate)
    expectConflict(/conflict in recipients/)
  })

  test("theirs was rotated, and a recipient needs a service", async () => {
    await fork(nothing, rotate)
    const entry = `- arn: arn:aws:kms:us-east-1:111122223333:key/x\n          created_at: "2020-01-01T00:00:00Z"\n          enc: x\n`
    const versions = ["main~1", "main", "topic"].map((commit) => {
      const sealed = own.git("show", `${commit}:${file}`)
      own.write(commit, sealed.replace("sops:\n", `sops:\n    kms:\n        ${entry}`))
      return commit
    })
    const { status, stderr } = await own.sotto("merge-driver", "--", ...versions, "7", file)
    expect(stderr).toBe("sotto: secrets/app.yaml: conflict in the data key (1): run sotto resolve secrets/app.yaml\n")
    expect(status).toBe(1)
  })

  test("ours was rotated: ours' data key", async () => {
    await fork(rotate)
    const before = entries()
    await expectMerged()
    expect(entries()).toBe(before)
  })

  test("both were rotated: ours' data key", async () => {
    await fork(rotate, rotate)
    const before = entries()
    await expectMerged()
    expect(entries()).toBe(before)
  })

  test("theirs was wrapped again for the same recipients: ours' entries", async () => {
    await fork(nothing, async () => {
      own.write(".sopsrc", config("a", "b"))
      await sotto("sync", "--yes")
      own.write(".sopsrc", config("a"))
      await sotto("sync", "--yes")
    })
    const before = entries()
    await expectMerged()
    expect(entries()).toBe(before)
  })

  test("both added the file, under two data keys", async () => {
    await own.branch("topic", "main", () => own.seal(file, lines(`b: ${secret("b")}`)))
    own.git("checkout", "--quiet", "main")
    await own.seal(file, lines(`a: ${secret("a")}`))
    own.commitAll("ours")
    const before = entries()
    const { status, stderr } = merge()
    expect(stderr).toBe("")
    expect(status).toBe(0)
    expect(entries()).toBe(before)
    expect(await own.open(file)).toBe(lines(`b: ${secret("b")}`, `a: ${secret("a")}`))
  })

  test("nobody's identity opens it", async () => {
    await fork()
    own.actAs("stranger")
    expectConflict(
      /^sotto: secrets\/app.yaml: not merged, none of your identities opens it: git keeps all three versions; with a key, run sotto resolve secrets\/app.yaml$/m,
    )
  })

  test("only one side opens", async () => {
    await fork(nothing, async () => {
      own.write(".sopsrc", config("b"))
      own.actAs("a", "b")
      own.git("rm", "--quiet", "--cached", file)
      await own.seal(file, text("a", "c-theirs"))
      own.actAs("a")
    })
    expectConflict(/no identity here opens theirs/)
  })
})

describe("who may read the file, and what is sealed", () => {
  const invite: Work = async () => {
    own.write(".sopsrc", config("a", "b"))
    await sotto("sync", "--yes")
  }

  test("theirs adds a recipient", async () => {
    await fork(nothing, invite)
    expectConflict(/conflict in recipients \(1\)/)
  })

  test("theirs adds one and the config at HEAD names it: a conflict all the same", async () => {
    own.write(".sopsrc", config("a", "b"))
    own.commitAll("config")
    own.write(".sopsrc", config("a"))
    await fork(async () => own.write(".sopsrc", config("a", "b")), invite)
    expectConflict(/conflict in recipients \(1\)/)
  })

  test("theirs removes a recipient", async () => {
    own.write(".sopsrc", config("a", "b"))
    await fork(nothing, async () => {
      own.write(".sopsrc", config("a"))
      await sotto("sync", "--yes")
    })
    expectConflict(/conflict in recipients \(1\)/)
  })

  test("ours adds one that the config at HEAD names", async () => {
    await fork(invite)
    await expectMerged()
    expect(field("recipient")).toHaveLength(2)
  })

  test("ours adds one that the config at HEAD does not name, whatever the work tree says", async () => {
    await fork(async () => {
      await invite()
      own.git("checkout", "--quiet", ".sopsrc")
    })
    own.write(".sopsrc", config("a", "b"))
    expectConflict(/conflict in recipients \(1\)/)
  })

  test("both add the same, and the config at HEAD names it", async () => {
    await fork(invite, invite)
    await expectMerged()
  })

  test.each([
    ["selectors", ["--unencrypted-suffix", "_clear"], /conflict in selectors/],
    ["what the MAC covers", ["--mac-only-encrypted"], /conflict in what the MAC covers/],
  ])("theirs has changed %s, and its MAC and digest vouch for it", async (_, options, words) => {
    await fork(nothing, async () => {
      own.git("rm", "--quiet", "--cached", file)
      await own.seal(file, text("a", "c-theirs"), ...options)
    })
    expectConflict(words)
  })

  test("theirs has other selectors that nothing vouches for", async () => {
    const change = (sealed: string): string =>
      sealed.replace("unencrypted_suffix: _unencrypted", "unencrypted_suffix: _c")
    await fork(nothing, async () => own.write(file, change(own.read(file).toString())))
    expectConflict(/theirs.* does not open/)
  })

  test("theirs has other groups and another threshold", async () => {
    await fork(nothing, async () => {
      own.write(".sopsrc", config("a", "b").replace("recipients: [a, b]", "threshold: 2\n    key_groups: [[a], [b]]"))
      own.write(file, text("a", "c-theirs"))
      own.actAs("ab")
      await sotto("encrypt", "-i", file)
    })
    expectConflict(/conflict in recipients, threshold/)
  })

  test("theirs brings a value into the clear that the rule at HEAD would seal", async () => {
    own.write(".sopsrc", config("a").replace("  - recipients", "  - encrypted_regex: ^(a|b|c)$\n    recipients"))
    await own.seal(file, text("a", "c"))
    own.write(".sopsrc", config("a").replace("  - recipients", "  - encrypted_regex: ^(a|b|c|x)$\n    recipients"))
    own.commitAll("base")
    await own.branch("topic", "main", async () => {
      const file_ = join(own.machine.temp, "new-text")
      writeFileSync(file_, `${text("a", "c")}x: plain\n`)
      own.env.set("EDITOR", `cp ${file_}`)
      await sotto("edit", "--use-file-selectors", file)
    })
    own.git("checkout", "--quiet", "main")
    writeFileSync(join(own.machine.temp, "new-text"), text("a-ours", "c"))
    await sotto("edit", "--use-file-selectors", file)
    own.commitAll("ours")
    expectConflict(/conflict in x \(1\)/)
  })
})

describe("what is not sealed, not whole, or not the same", () => {
  test("base and theirs are plain: merged, and said", async () => {
    own.write(file, text("a", "c"))
    own.commitAll("base")
    await own.branch("topic", "main", async () => own.write(file, text("a", "c-theirs")))
    own.git("checkout", "--quiet", "main")
    await own.seal(file, text("a-ours", "c"))
    own.commitAll("ours")
    const { status, stderr } = merge()
    expect(stderr).toBe("sotto: secrets/app.yaml: merged, but theirs was not sealed: its values are in the history\n")
    expect(status).toBe(0)
    expect(await own.open(file)).toBe(merged)
  })

  test("ours is plain", async () => {
    await fork(async () => own.write(file, text("a-ours", "c")))
    expectConflict(/conflict in whether it is sealed/)
  })

  test("theirs is plain and base is not", async () => {
    await fork(nothing, async () => own.write(file, text("a", "c-theirs")))
    expectConflict(/conflict in whether it is sealed/)
  })

  test.each([
    [
      "a MAC that does not hold",
      (sealed: string) => sealed.replace(/^b: .*\n/m, ""),
      /theirs \(topic\) does not open \((MAC mismatch|the structure)|theirs does not open \(MAC mismatch/,
    ],
    [
      "a token that was changed",
      (sealed: string) => sealed.replace(/^b: ENC\[AES256_GCM,data:../m, "b: ENC[AES256_GCM,data:AA"),
      /theirs.* does not open/,
    ],
    [
      "metadata that cannot be read",
      (sealed: string) => sealed.replace(/lastmodified: .*/, "lastmodified: never"),
      /theirs.* does not open/,
    ],
    ["no metadata", (sealed: string) => sealed.slice(0, sealed.indexOf("sops:")), /theirs.* does not open/],
    ["conflict markers", (sealed: string) => `<<<<<<< x\n${sealed}=======\n>>>>>>> y\n`, /theirs.* does not open/],
  ])("theirs has %s", async (_, change, words) => {
    await fork(nothing, async () => own.write(file, change(own.read(file).toString())))
    expectConflict(words)
  })

  test("binary files merge only when one side changed", async () => {
    await own.seal("secrets/x.bin", "one")
    own.commitAll("base")
    await own.branch("topic", "main", () => own.change("secrets/x.bin", "two"))
    own.git("checkout", "--quiet", "main")
    await own.change("secrets/x.bin", "three")
    own.commitAll("ours")
    const { status, stderr } = merge()
    expect(stderr).toContain("conflict in the content")
    expect(status).toBe(1)
    const { stdout } = await own.sotto("resolve", "--theirs")
    expect(stdout.toString()).toBe("resolved secrets/x.bin: 0 from ours, 1 from theirs\n")
    expect(await own.open("secrets/x.bin")).toBe("two")
  })

  test("a file in a container merges by line", async () => {
    const list = (a: string, c: string): string => lines(`- ${a}`, "- b", "- x", `- ${c}`)
    await own.seal("secrets/list.yaml", list("a", "c"), "--container")
    own.commitAll("base")
    await own.branch("topic", "main", () => own.change("secrets/list.yaml", list("a", "c-theirs")))
    own.git("checkout", "--quiet", "main")
    await own.change("secrets/list.yaml", list("a-ours", "c"))
    own.commitAll("ours")
    const { status, stderr } = merge()
    expect(stderr).toBe("")
    expect(status).toBe(0)
    expect(await own.open("secrets/list.yaml")).toBe(list("a-ours", "c-theirs"))
  })
})

describe("offline", () => {
  test.runIf(hasOwnSettings)(
    "no program is run for an identity, and no question asked, unless the user's own git config says so",
    async () => {
      await fork()
      const witness = join(own.machine.home, "ran")
      const program = join(own.machine.home, "print-key")
      const { readFileSync, existsSync } = await import("node:fs")
      const key = readFileSync(own.env.get("SOPS_AGE_KEY_FILE")!, "utf8")
      writeFileSync(program, `#!/bin/sh\ntouch ${witness}\ncat <<'END'\n${key}END\n`, { mode: 0o755 })
      own.env.delete("SOPS_AGE_KEY_FILE")
      own.env.set("SOPS_AGE_KEY_CMD", program)
      own.git("config", "sotto.online", "true")
      expectConflict(/none of your identities opens it/)
      expect(existsSync(witness)).toBe(false)
      own.git("merge", "--abort")
      const global = join(own.machine.home, "gitconfig")
      writeFileSync(global, "[sotto]\n\tonline = true\n")
      own.env.set("GIT_CONFIG_GLOBAL", global)
      await expectMerged()
      expect(existsSync(witness)).toBe(true)
    },
  )
})
