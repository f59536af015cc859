import { spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { onTestFinished } from "vitest"
import { type Ended, type Machine, ioFor, machine } from "../machine.ts"
import { run } from "../../src/cli/run.ts"
import { type Io } from "../../src/host/io.ts"
import { builtProgram } from "../built.ts"
import { whileCounting } from "../spawned.ts"

/** A key pair that belongs to nobody, and protects nothing. */
export const recipient = "age19u7j6dvg6w6me8hydt9merssh7auus5qzlamcmvd3vvp4m0tevjqzwqjuu"
export const identity = "AGE-SECRET-KEY-1RV8YSZ026Y38UQTPSYRANGFTDE7FXH5XPKMVGMQE0PAN6T2DTSYSXHQV4P"
export const stranger = "age15va5qhf46pfcuxtr0taa94gh3r5pf7r826kt4hmu7svtpwhnmquszv38yk"

/** A repository in a folder of its own, which is gone when the test has ended. git sees no settings of anybody. */
export interface Repository {
  readonly machine: Machine
  readonly top: string
  readonly env: Map<string, string>
  write(path: string, content: string | Uint8Array): void
  read(path: string): Buffer
  /** Runs git, which has to succeed. @returns what it printed */
  git(...args: string[]): string
  tryGit(...args: string[]): { status: number | null; stdout: string; stderr: string }
  commitAll(message?: string): string
  /** Runs a command line of ours in this process, in the top folder or `cwd`. */
  sotto(...args: string[]): Promise<Ended>
  /** The same with a part of the machine that fails or counts. */
  sottoWith(parts: Parts, ...args: string[]): Promise<Ended>
  /** Puts a `sotto` on PATH, so that git can call it. */
  withProgram(): Promise<void>
  /** The identity that fits `.sopsrc`. */
  withIdentity(): void
  cwd: string
  io(cwd?: string): Io
}

export interface Parts {
  readonly fs?: Partial<Io["fs"]>
  /** Called with each program that is started. */
  readonly spawned?: (program: string) => void
  /** Standard error is a terminal. */
  readonly isTty?: boolean
}

export function repository({ bare = false }: { readonly bare?: boolean } = {}): Repository {
  const own = machine()
  onTestFinished(() => own.remove())
  const env = new Map([
    ...own.env,
    ["GIT_AUTHOR_NAME", "test"],
    ["GIT_AUTHOR_EMAIL", "test@example.invalid"],
    ["GIT_COMMITTER_NAME", "test"],
    ["GIT_COMMITTER_EMAIL", "test@example.invalid"],
  ] as const)
  const top = own.cwd
  const tryGit: Repository["tryGit"] = (...args) => {
    const { status, stdout, stderr } = spawnSync("git", args, {
      cwd: top,
      env: Object.fromEntries(env),
      encoding: "utf8",
    })
    return { status, stdout, stderr }
  }
  const git: Repository["git"] = (...args) => {
    const { status, stdout, stderr } = tryGit(...args)
    if (status !== 0) throw new Error(`git ${args.join(" ")} ended with ${status}: ${stderr}`)
    return stdout
  }
  git("-c", "init.defaultBranch=main", "init", "--quiet", ...(bare ? ["--bare"] : []), ".")
  const bin = join(own.home, "bin")
  const repo: Repository = {
    machine: own,
    cwd: top,
    top,
    env,
    git,
    tryGit,
    write(path, content) {
      mkdirSync(dirname(join(top, path)), { recursive: true })
      writeFileSync(join(top, path), content)
    },
    read: (path) => readFileSync(join(top, path)),
    commitAll(message = "x") {
      git("add", "--all")
      git("commit", "--quiet", "--message", message)
      return git("rev-parse", "HEAD").trim()
    },
    sotto: (...args) => repo.sottoWith({}, ...args),
    async sottoWith({ fs = {}, spawned, isTty = false }, ...args) {
      const { io, ended } = ioFor({ args, cwd: repo.cwd, env })
      const stderr = { ...io.stderr, isTty }
      const work = (): Promise<number> => run({ ...io, fs: { ...io.fs, ...fs }, stderr, program: join(bin, "sotto") })
      return ended(spawned === undefined ? await work() : await whileCounting(spawned, work))
    },
    io: (cwd = top) => ioFor({ args: [], cwd, env }).io,
    async withProgram() {
      const words = (await builtProgram()).map((word) => `'${word}'`).join(" ")
      mkdirSync(bin, { recursive: true })
      writeFileSync(join(bin, "sotto"), `#!/bin/sh\nexec ${words} "$@"\n`)
      chmodSync(join(bin, "sotto"), 0o755)
      env.set("PATH", `${bin}:${env.get("PATH")}`)
    },
    withIdentity() {
      env.set("SOPS_AGE_KEY", identity)
    },
  }
  return repo
}

/** Which git is on PATH. What it does not have yet cannot be tried with it; docs/git.md says with which releases tests are run. */
export function gitIsOlderThan(major: number, minor: number): boolean {
  const { stdout } = spawnSync("git", ["version"], { encoding: "utf8" })
  const [, first = "0", second = "0"] = /(\d+)\.(\d+)/.exec(stdout) ?? []
  return Number(first) < major || (Number(first) === major && Number(second) < minor)
}

/** `GIT_CONFIG_GLOBAL`, which keeps the settings of whoever runs the tests out of them. */
export const hasOwnSettings = !gitIsOlderThan(2, 32)

/** A config whose rules have these paths. */
export function sopsrc(...paths: string[]): string {
  const rules = paths.map((path) => `  - path: ${JSON.stringify(path)}\n    recipients: tester\n`).join("")
  return `version: 1\nrecipients:\n  tester: ${recipient}\nrules:\n${rules}`
}

/** Names that a shell, git's own quoting, an option parser or a pattern would read as something else. */
export const hostileNames = [
  "with blank.yaml",
  "-x.yaml",
  "--all.yaml",
  `quote".yaml`,
  "apostrophe'.yaml",
  "new\nline.yaml",
  "tab\t.yaml",
  "%P %A.yaml",
  "$(id).yaml",
  "star*.yaml",
  "[a].yaml",
  "back\\slash.yaml",
  ":(glob)x.yaml",
  ":!x.yaml",
  "#hash.yaml",
  "!bang.yaml",
  "grüße 🔑.yaml",
  "a/-b/c d.yaml",
]
