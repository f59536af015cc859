import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { onTestFinished } from "vitest"
import { type Ended, type Machine, call, ioFor, machine } from "../machine.ts"
import { type Io } from "../../src/host/io.ts"

/** A key pair that belongs to nobody, and protects nothing. */
export const recipient = "age1ncn5dmmpw2zwkt3c5v75pc8w96qf3nhm8kdtr0dr52c54cu0d9gsn73dsr"

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
  sotto(...args: string[]): Promise<Ended>
  io(cwd?: string): Io
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
  return {
    machine: own,
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
    sotto: (...args) => call({ args, cwd: top, env }),
    io: (cwd = top) => ioFor({ args: [], cwd, env }).io,
  }
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
