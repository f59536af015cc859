import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, describe, expect, test } from "vitest"
import { readSealed } from "../../src/core/document.ts"
import { kindsInFile, recipientName } from "../../src/keys/kinds.ts"
import { loadFormat } from "../../src/formats/registry.ts"
import { answer, listen } from "../../src/keys/keyservice/server.ts"
import { addressText } from "../../src/keys/keyservice/address.ts"
import { methods } from "../../src/keys/keyservice/messages.ts"
import { builtMain } from "../built.ts"
import { readGolden, rows } from "../golden/golden.ts"
import { testContext } from "../keys/context.ts"
import { keyFile, recipients } from "../keys/golden.ts"
import { hasGpg, keyRing } from "../keys/pgp/key-ring.ts"
import { call, type Ended, type Machine, machine } from "../machine.ts"
import { stockSops as sops } from "../stock-sops.ts"

const goldenFp = "C642E71CB7A82A3930999987544FA72A354D640F"
const machines: Machine[] = []

afterEach(() => {
  for (const each of machines.splice(0)) each.remove()
})

interface Place {
  readonly cwd: string
  readonly env: ReadonlyMap<string, string>
  run(args: readonly string[], more?: { env?: Record<string, string>; answers?: readonly string[] }): Promise<Ended>
  write(name: string, text: string | Uint8Array): void
  read(name: string): string
}

/** A working folder with the identity of age-a. */
function place(): Place {
  const own = machine()
  machines.push(own)
  const env = new Map([...own.env, ["SOPS_AGE_KEY_FILE", keyFile("age-a.txt")]])
  return {
    cwd: own.cwd,
    env,
    run: (args, { env: more = {}, answers } = {}) =>
      call({ args, cwd: own.cwd, env: new Map([...env, ...Object.entries(more)]), answers }),
    write(name, text) {
      mkdirSync(join(own.cwd, name, ".."), { recursive: true })
      writeFileSync(join(own.cwd, name), text)
    },
    read: (name) => readFileSync(join(own.cwd, name), "utf8"),
  }
}

function config(...names: (keyof typeof recipients)[]): string {
  const people = names.map((name) => `  ${name}: ${recipients[name]}\n`).join("")
  return `version: 1\nrecipients:\n${people}rules:\n  - recipients: [${names.join(", ")}]\n`
}

async function readersOf(text: string): Promise<string[]> {
  const { metadata } = readSealed(await loadFormat("yaml"), text, kindsInFile)
  return metadata.groups.flat().map(({ recipient }) => recipientName(recipient))
}

function succeeded({ status, stdout, stderr }: Ended): string {
  expect(`${status} ${stderr}`).toMatch(/^0 (notice:|$)/)
  return stdout.toString("utf8")
}

describe("rotate: files of real releases open to the same bytes, and none of their tokens is left", () => {
  const release = process.env["SLOW"] === "1" ? /./ : /^3\.13/
  const all = rows("manifest").filter(
    ({ case: name, version, opened, identity, passphrase }) =>
      (hasGpg || !name.includes("pgp")) &&
      release.test(version ?? "") &&
      typeof opened === "string" &&
      passphrase === undefined &&
      Object.keys(identity).every((name) => name === "SOPS_AGE_KEY_FILE"),
  )
  test.each(all.map((row) => ({ ...row, name: `${row.version} ${row.case}` })))("$name", async (row) => {
    const { run, write, read } = place()
    const name = row.sealed.split("/").at(-1)!
    const ring: Record<string, string> = row.case.includes("pgp") ? { GNUPGHOME: keyRing("pgp.pub.asc") } : {}
    const env = { ...ring, SOPS_AGE_KEY_FILE: keyFile(row.identity["SOPS_AGE_KEY_FILE"]!.replace("keys/", "")) }
    const type = ["--config", "/dev/null", "--input-type", row.format]
    write(name, readGolden(row.sealed))
    const tokens = (text: string): string[] => text.match(/data:[^,]*,iv:[^,]*/g) ?? []
    const before = { text: read(name), plain: succeeded(await run(["decrypt", ...type, name], { env })) }
    const clear = ["--allow-empty-selection", "--allow-clear-alias"]
    succeeded(await run(["rotate", "-i", ...clear, ...type, name], { env, answers: ["y"] }))
    expect(succeeded(await run(["decrypt", ...type, name], { env }))).toBe(before.plain)
    const left = new Set(tokens(before.text))
    expect(tokens(read(name)).filter((token) => left.has(token))).toEqual([])
  })
})

describe("sync", () => {
  test("killed half-way, it leaves every file old or new, and the next call finishes", async () => {
    const { cwd, env, run, write, read } = place()
    write(".sopsrc", config("age-a"))
    write("plain.yaml", "a: canary-7f3a\n")
    const sealed = succeeded(await run(["encrypt", "plain.yaml"]))
    const names = Array.from({ length: 120 }, (_, index) => `files/${index}.yaml`)
    for (const name of names) write(name, sealed)
    succeeded(await run(["rotate", "-i", "files"]))
    const old = new Map(names.map((name) => [name, read(name)]))
    write(".sopsrc", config("age-a", "age-b"))
    const main = await builtMain()
    let updated = 0
    for (const killAfter of [5, 20, 40]) {
      const child = spawn(process.execPath, [main, "sync", "-y", "files"], {
        cwd,
        env: Object.fromEntries(env),
        stdio: "ignore",
      })
      // As soon as the given number of files has changed.
      while (child.exitCode === null && updated < killAfter) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        updated = names.filter((name) => read(name) !== old.get(name)).length
      }
      child.kill("SIGKILL")
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
      for (const name of names) {
        const readers = read(name) === old.get(name) ? ["age-a"] : ["age-a", "age-b"]
        expect(await readersOf(read(name))).toEqual(readers.map((each) => recipients[each as "age-a"]))
      }
    }
    expect(updated).toBeGreaterThan(0)
    expect(succeeded(await run(["sync", "-y", "files"]))).toContain("already up to date")
    expect(succeeded(await run(["sync", "--check", "files"]))).toContain("120 already up to date")
    expect(readdirSync(join(cwd, "files"))).toHaveLength(120)
    const opened = await run(["decrypt", "files/7.yaml"], { env: { SOPS_AGE_KEY_FILE: keyFile("age-b.txt") } })
    expect(succeeded(opened)).toBe("a: canary-7f3a\n")
  })

  test("copies of one file: its wrapped key is unwrapped once", async () => {
    const { cwd, run, write } = place()
    write(".sopsrc", config("age-a"))
    write("plain.yaml", "a: canary-7f3a\n")
    const sealed = succeeded(await run(["encrypt", "plain.yaml"]))
    for (let index = 0; index < 40; index++) write(`files/${index}.yaml`, sealed)
    write(".sopsrc", config("age-a", "age-b"))
    const asked: string[] = []
    const context = testContext({ env: { SOPS_AGE_KEY_FILE: keyFile("age-a.txt") } })
    const permit = (): Promise<boolean> => Promise.resolve(true)
    const server = await listen({ network: "unix", path: join(cwd, "..", "socket") }, (question) => {
      asked.push(question.method)
      return answer(question, { context, permit })
    })
    try {
      const service = ["--keyservice", addressText(server.address)]
      const env = { SOPS_AGE_KEY_FILE: join(cwd, "nothing.txt") }
      expect(succeeded(await run(["sync", "-y", ...service, "files"], { env }))).toContain("40 updated")
      expect(asked.filter((method) => method === methods.unwrap)).toHaveLength(1)
    } finally {
      await server.close()
    }
  })

  test("a data key that does not open the MAC is never wrapped again", async () => {
    const { run, write, read } = place()
    write(".sopsrc", config("age-a"))
    write("plain.yaml", "a: canary-7f3a\n")
    const [one, two] = [await run(["encrypt", "plain.yaml"]), await run(["encrypt", "plain.yaml"])].map(succeeded)
    const armor = /-----BEGIN AGE[^]*?-----END AGE ENCRYPTED FILE-----/
    const swapped = one!.replace(armor, () => armor.exec(two!)![0])
    write("sealed.yaml", swapped)
    write(".sopsrc", config("age-a", "age-b"))
    const { status, stderr } = await run(["updatekeys", "-y", "sealed.yaml"])
    expect(status).toBe(51)
    expect(stderr).toContain("[MAC_INVALID]")
    expect(read("sealed.yaml")).toBe(swapped)
  })

  test("a file that somebody else changes in the meantime is not written over", async () => {
    const { run, write, read, cwd } = place()
    write(".sopsrc", config("age-a"))
    write("plain.yaml", "a: canary-7f3a\n")
    write("sealed.yaml", succeeded(await run(["encrypt", "plain.yaml"])))
    write(".sopsrc", config("age-a", "age-b"))
    const context = testContext({ env: { SOPS_AGE_KEY_FILE: keyFile("age-a.txt") } })
    const permit = (): Promise<boolean> => Promise.resolve(true)
    const server = await listen({ network: "unix", path: join(cwd, "..", "socket") }, (question) => {
      write("sealed.yaml", `${read("sealed.yaml")}\n`)
      return answer(question, { context, permit })
    })
    const service = ["--enable-local-keyservice=false", "--keyservice", addressText(server.address)]
    const { status, stderr } = await run(["sync", "-y", ...service, "sealed.yaml"])
    await server.close()
    expect(`${status} ${stderr}`).toContain("[CHANGED_MEANWHILE]")
    expect(await readersOf(read("sealed.yaml"))).toEqual([recipients["age-a"]])
  })
})

describe("S3: who opened a file without a rule may go on reading it", () => {
  const noRule = ["--config", "/dev/null"]
  const sealedFor = async ({ run, write }: Place, ...names: (keyof typeof recipients)[]): Promise<string> => {
    write("plain.yaml", "a: canary-7f3a\n")
    const forThem = names.map((name) => recipients[name]).join(",")
    return succeeded(await run(["encrypt", ...noRule, "--age", forThem, "plain.yaml"]))
  }

  test("one key of the user's own: nobody is asked", async () => {
    const here = place()
    const { run, write, read } = here
    write("sealed.yaml", await sealedFor(here, "age-a"))
    succeeded(await run(["rotate", "-i", ...noRule, "sealed.yaml"]))
    const group = ["groups", "add", "-i", "-f", "sealed.yaml", ...noRule, "--age", recipients["age-b"]]
    succeeded(await run([...group, "--shamir-secret-sharing-threshold", "2"]))
    expect(await readersOf(read("sealed.yaml"))).toEqual([recipients["age-a"], recipients["age-b"]])
  })

  test("an implanted recipient is still a stranger", async () => {
    const here = place()
    const { run, write, read } = here
    const text = await sealedFor(here, "age-a", "age-b")
    write("sealed.yaml", text)
    for (const command of [
      ["rotate", "-i", ...noRule, "sealed.yaml"],
      ["groups", "add", "-i", "-f", "sealed.yaml", ...noRule, "--age", recipients["age-c"]],
    ]) {
      const { status, stderr } = await run(command)
      expect(`${status} ${stderr}`).toMatch(/^1 [^]*age1[a-z0-9]+[^]*\[UNKNOWN_RECIPIENT\]/)
      expect(stderr).toContain(recipients["age-b"])
      expect(stderr).not.toContain(recipients["age-a"])
      expect(read("sealed.yaml")).toBe(text)
    }
  })

  test("the name of somebody else on the user's own stanza does not count as opened", async () => {
    const here = place()
    const { run, write, read } = here
    const text = (await sealedFor(here, "age-a")).replace(recipients["age-a"], recipients["age-b"])
    write("sealed.yaml", text)
    expect(succeeded(await run(["decrypt", ...noRule, "sealed.yaml"]))).toBe("a: canary-7f3a\n")
    const { status, stderr } = await run(["rotate", "-i", ...noRule, "sealed.yaml"])
    expect(`${status} ${stderr}`).toMatch(/^1 [^]*\[UNKNOWN_RECIPIENT\]/)
    expect(read("sealed.yaml")).toBe(text)
  })

  test("what another key service opened does not count: it may not look at the name", async () => {
    const here = place()
    const { cwd, run, write, read } = here
    const text = await sealedFor(here, "age-a")
    write("sealed.yaml", text)
    const context = testContext({ env: { SOPS_AGE_KEY_FILE: keyFile("age-a.txt") } })
    const permit = (): Promise<boolean> => Promise.resolve(true)
    const server = await listen({ network: "unix", path: join(cwd, "..", "socket") }, (question) =>
      answer(question, { context, permit }),
    )
    try {
      const service = ["--keyservice", addressText(server.address)]
      const env = { SOPS_AGE_KEY_FILE: join(cwd, "nothing.txt") }
      const { status, stderr } = await run(["rotate", "-i", ...noRule, ...service, "sealed.yaml"], { env })
      expect(`${status} ${stderr}`).toMatch(/^1 [^]*\[UNKNOWN_RECIPIENT\]/)
      expect(read("sealed.yaml")).toBe(text)
    } finally {
      await server.close()
    }
  })
})

describe("S20: names of a file in a report", () => {
  test("a recipient cannot move the cursor or start a line", async () => {
    const { run, write } = place()
    const recipient = JSON.stringify("age1x\n\u001b[2Jerror: gotcha")
    const meta = `  age:\n    - recipient: ${recipient}\n      enc: x\n  lastmodified: "2026-11-23T08:00:00Z"\n  mac: x\n  version: 3.13.2\n`
    write("sealed.yaml", `a: ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]\nsops:\n${meta}`)
    write(".sopsrc", config("age-a"))
    for (const args of [["who"], ["who", "--by", "person"], ["keys", "sealed.yaml"], ["sync", "--dry-run"]]) {
      const { stdout, stderr } = await run(args)
      const text = stdout.toString("utf8") + stderr
      expect(text).toContain("unreadable entry 1 (age)")
      expect(text).not.toContain("gotcha")
      expect(text).not.toContain("\u001b")
      expect(text).not.toMatch(/^error: gotcha|^\u001b/m)
    }
  })
})

describe.runIf(sops !== undefined)("real sops", () => {
  function theirs({ cwd, env }: Place, args: readonly string[], more: Record<string, string> = {}): string {
    const all = { ...Object.fromEntries(env), ...more }
    const { status, stdout, stderr } = spawnSync(sops!, args, { cwd, env: all })
    expect(`${status} ${String(stderr)}`).toMatch(/^0 /)
    return String(stdout)
  }

  test("opens what was rotated, updated, granted and revoked", async () => {
    const here = place()
    const { run, write } = here
    write(".sopsrc", config("age-a"))
    write("plain.yaml", "a: canary-7f3a\nb: [1, true]\n")
    const printed = "a: canary-7f3a\nb:\n    - 1\n    - true\n"
    write("sealed.yaml", succeeded(await run(["encrypt", "plain.yaml"])))
    succeeded(await run(["rotate", "-i", "sealed.yaml"]))
    expect(theirs(here, ["decrypt", "sealed.yaml"])).toBe(printed)
    succeeded(await run(["grant", "-y", "bob", recipients["age-b"]]))
    const asB = { SOPS_AGE_KEY_FILE: keyFile("age-b.txt") }
    expect(theirs(here, ["decrypt", "sealed.yaml"], asB)).toBe(printed)
    succeeded(await run(["revoke", "-y", "bob"]))
    expect(theirs(here, ["decrypt", "sealed.yaml"])).toBe(printed)
    expect(
      spawnSync(sops!, ["decrypt", "sealed.yaml"], { cwd: here.cwd, env: { ...Object.fromEntries(here.env), ...asB } })
        .status,
    ).toBe(128)
  })

  test("and what it rotated and updated, we open", async () => {
    const here = place()
    const { run, write } = here
    write(".sopsrc", config("age-a"))
    write("plain.yaml", "a: canary-7f3a\n")
    write("sealed.yaml", succeeded(await run(["encrypt", "plain.yaml"])))
    theirs(here, ["rotate", "-i", "--add-age", recipients["age-b"], "sealed.yaml"])
    write(".sops.yaml", `creation_rules:\n  - age: ${recipients["age-a"]},${recipients["age-c"]}\n`)
    theirs(here, ["updatekeys", "-y", "sealed.yaml"])
    for (const name of ["age-a", "age-c"]) {
      const opened = await run(["decrypt", "--config", "/dev/null", "sealed.yaml"], {
        env: { SOPS_AGE_KEY_FILE: keyFile(`${name}.txt`) },
      })
      expect(succeeded(opened)).toBe("a: canary-7f3a\n")
    }
  })

  test.runIf(hasGpg)("two of three groups across age and PGP, both ways", async () => {
    const here = place()
    const { run, write, read } = here
    const ring = keyRing("pgp.asc")
    const gpg = { GNUPGHOME: ring }
    const rules = `version: 1
rules:
  - threshold: 2
    key_groups:
      - ["${recipients["age-a"]}"]
      - ["${goldenFp}"]
      - ["${recipients["age-b"]}"]
`
    write(".sopsrc", rules)
    write("plain.yaml", "a: canary-7f3a\n")
    write("sealed.yaml", succeeded(await run(["encrypt", "plain.yaml"], { env: gpg })))
    const pairs: Record<string, string>[] = [
      { ...gpg },
      { SOPS_AGE_KEY_FILE: keyFile("age-b.txt"), ...gpg },
      { SOPS_AGE_KEY_FILE: keyFile("age-ab.txt"), GNUPGHOME: keyRing() },
    ]
    for (const env of pairs) {
      expect(theirs(here, ["decrypt", "sealed.yaml"], env)).toBe("a: canary-7f3a\n")
      expect(succeeded(await run(["decrypt", "sealed.yaml"], { env }))).toBe("a: canary-7f3a\n")
    }
    const alone = { GNUPGHOME: keyRing() }
    expect((await run(["decrypt", "sealed.yaml"], { env: alone })).status).toBe(128)

    theirs(here, ["rotate", "-i", "sealed.yaml"], gpg)
    for (const env of pairs) expect(succeeded(await run(["decrypt", "sealed.yaml"], { env }))).toBe("a: canary-7f3a\n")
    succeeded(await run(["rotate", "-i", "sealed.yaml"], { env: gpg }))
    expect(read("sealed.yaml")).toMatch(/shamir_threshold: 2/)
    for (const env of pairs) expect(theirs(here, ["decrypt", "sealed.yaml"], env)).toBe("a: canary-7f3a\n")
  })
})
