import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:net"
import { basename, join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { builtProgram } from "../built.ts"
import { canary } from "../canary.ts"
import { lures } from "./lures.ts"
import { repository, type Repository, sopsrc } from "./repository.ts"

const traces = spawnSync("strace", ["-f", "-e", "trace=network,execve", "-o", "/dev/null", "true"]).status === 0
if (!traces) console.warn("strace cannot trace here: what commands without a key connect to and start is not counted")

/** What the kernel saw of one command line. */
interface Seen {
  readonly status: number | null
  readonly stderr: string
  /** Calls that reach or await somebody, of any address family. */
  readonly connections: readonly string[]
  /** Names of programs that were started, without the one that was called and what git starts itself. */
  readonly programs: readonly string[]
}

let repo: Repository
let server: Server

/** Entries that lead to a network or a program, and settings that do so too. */
async function lure(): Promise<string> {
  const bin = join(repo.machine.home, "lures")
  mkdirSync(bin)
  for (const name of ["gpg", "gpg2", "age-plugin-evil", "ssh-agent", "pinentry", "vim", "evil", "less", "pager"]) {
    writeFileSync(join(bin, name), "#!/bin/sh\nexit 1\n")
    chmodSync(join(bin, name), 0o755)
  }
  server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const { settings, entries } = lures(typeof address === "object" ? address!.port : 0, bin)
  const others = {
    PATH: `${bin}:${repo.env.get("PATH")}`,
    EDITOR: join(bin, "evil"),
    PAGER: join(bin, "pager"),
    SOPS_AGE_SSH_PRIVATE_KEY_CMD: join(bin, "evil"),
    SSH_AUTH_SOCK: join(repo.machine.home, "agent"),
  }
  for (const [name, value] of Object.entries({ ...settings, ...others })) repo.env.set(name, value)
  return entries.join("")
}

async function traced(...args: string[]): Promise<Seen> {
  const log = join(repo.machine.temp, "trace")
  const program = await builtProgram()
  const options = ["-f", "-s", "200", "-e", "trace=network,execve", "-o", log]
  // The server of this process answers meanwhile.
  const child = spawn("strace", [...options, ...program, ...args], {
    cwd: repo.top,
    env: Object.fromEntries(repo.env),
    stdio: ["ignore", "ignore", "pipe"],
  })
  let stderr = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (stderr += text))
  const [status] = (await once(child, "close")) as [number | null]
  const calls = readFileSync(log, "utf8").split("\n")
  const started = calls.flatMap((line) => {
    const [, path] = /^\d+ +execve\("((?:[^"\\]|\\.)*)".* = 0$/.exec(line) ?? []
    return path === undefined ? [] : [path]
  })
  return {
    status,
    stderr,
    connections: calls.filter((line) =>
      /^\d+ +(?:connect|bind|listen|accept4?|sendto|sendmsg|socket\(AF_INET6?)\b/.test(line),
    ),
    programs: started.slice(1).filter((path) => !/^git(?:-|$)/.test(basename(path))),
  }
}

beforeEach(async () => {
  if (!traces) return
  repo = repository()
  repo.withIdentity()
  const identityKey = repo.env.get("SOPS_AGE_KEY")!
  repo.write(".sopsrc", sopsrc("**"))
  const entries = await lure()
  const keyService = repo.env.get("SOPS_KEYSERVICE")!
  repo.env.set("SOPS_AGE_KEY", identityKey)
  repo.env.delete("SOPS_KEYSERVICE")
  const versions = { base: "one", ours: "two", theirs: "three" }
  for (const [name, value] of Object.entries(versions)) {
    repo.write(`${name}.yaml`, `a: ${canary}-${value}\nb: 1\n`)
    expect((await repo.sotto("encrypt", "-i", `${name}.yaml`)).stderr).toBe("")
    repo.write(`${name}.yaml`, repo.read(`${name}.yaml`).toString().replace("\nsops:\n", `\nsops:\n${entries}`))
  }
  repo.write("a.yaml", repo.read("base.yaml"))
  repo.commitAll("base")
  repo.write("a.yaml", repo.read("ours.yaml"))
  repo.env.set("SOPS_AGE_KEY", "AGE-PLUGIN-EVIL-1QQQQQ")
  repo.env.set("SOPS_KEYSERVICE", keyService)
})
afterEach(() => void server?.close())

describe.runIf(traces)("commands without a key, as the kernel sees them (skipped without strace)", () => {
  test("a command with one connects and starts programs: what is counted here can be seen", async () => {
    // KMS and Vault are tried several times, with waits in between.
    repo.write(
      "a.yaml",
      repo
        .read("a.yaml")
        .toString()
        .replace(/    (?:kms|hc_vault):\n(?: {8}.*\n)+/g, ""),
    )
    const { connections, programs } = await traced("decrypt", "a.yaml")
    expect(connections.join("\n")).toContain("127.0.0.1")
    expect(programs.map((path) => basename(path))).toContain("evil")
  })

  test.each([
    ["explain", "explain", "a.yaml"],
    ["status", "status"],
    ["check", "check"],
    ["check --staged", "check", "--staged"],
    ["check --range", "check", "--range", "HEAD..HEAD"],
    ["diff", "diff", "HEAD"],
    ["textconv --redacted", "textconv", "--redacted", "a.yaml"],
    ["textconv", "textconv", "a.yaml"],
    ["filestatus", "filestatus", "a.yaml"],
    ["git status", "git", "status"],
    ["git hook pre-commit", "git", "hook", "pre-commit"],
    ["git hook post-merge", "git", "hook", "post-merge", "0"],
    ["merge-driver", "merge-driver", "--", "base.yaml", "ours.yaml", "theirs.yaml", "7", "a.yaml"],
  ])("%s makes no connection and starts nothing but git", async (_, ...args) => {
    repo.git("add", "a.yaml")
    const { status, stderr, ...seen } = await traced(...args)
    expect({ ...seen, args }).toEqual({ connections: [], programs: [], args })
    expect(`${status} ${stderr}`).not.toMatch(/^(?:null|64|100) |INTERNAL|OPTION_|canary/)
  })
})
