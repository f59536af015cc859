import { spawn, spawnSync } from "node:child_process"
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { builtMain, compiledCode } from "../built.ts"

const keys = resolve(import.meta.dirname, "../../fixtures/keys")

export interface Ended {
  readonly status: number | string
  readonly stdout: Buffer
  readonly stderr: string
}

export interface Order {
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly stdin?: string | Uint8Array | undefined
  /** Below the working folder. */
  readonly cwd?: string | undefined
}

export const recipient = /age1[a-z0-9]+/.exec(readFileSync(join(keys, "age-a.txt"), "utf8"))![0]
export const secondRecipient = /age1[a-z0-9]+/.exec(readFileSync(join(keys, "age-b.txt"), "utf8"))![0]

/** A folder with a `sops` on its PATH that is this program, and files that are copied for each row. */
export class Bench {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), "sotto-callers-")))
  readonly #template = join(this.root, "template")
  #count = 0

  async start(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    for (const folder of ["bin", "home", "tmp", "template"]) mkdirSync(join(this.root, folder), { mode: 0o700 })
    const main = await builtMain()
    // The name is all that makes it sops. A script of the shell starts it with the Node of the tests.
    symlinkSync(main, join(this.root, "sops"))
    const script = `#!/bin/sh\nexec '${process.execPath}' '${join(this.root, "sops")}' "$@"\n`
    writeFileSync(join(this.root, "bin/sops"), script, { mode: 0o755 })
    for (const [name, content] of Object.entries(files)) this.write(this.#template, name, content)
  }

  write(folder: string, name: string, content: string | Uint8Array): void {
    mkdirSync(join(folder, name, ".."), { recursive: true })
    writeFileSync(join(folder, name), content)
  }

  /** Puts more files, made by the program itself, into the template. */
  async seal(name: string, argv: readonly string[]): Promise<void> {
    const { status, stdout, stderr } = await this.run(this.#template, { argv })
    if (status !== 0) throw new Error(`${argv.join(" ")}: ${stderr}`)
    this.write(this.#template, name, stdout)
  }

  folder(): string {
    const folder = join(this.root, `row-${this.#count++}`)
    cpSync(this.#template, folder, { recursive: true })
    return folder
  }

  environment(env: Readonly<Record<string, string>> = {}): Record<string, string> {
    return {
      PATH: `${join(this.root, "bin")}:/usr/local/bin:/usr/bin:/bin`,
      HOME: join(this.root, "home"),
      TMPDIR: join(this.root, "tmp"),
      XDG_CACHE_HOME: compiledCode,
      SOPS_AGE_KEY_FILE: join(keys, "age-a.txt"),
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_SYSTEM: "/dev/null",
      ...env,
    }
  }

  /** Standard streams are sockets, as Node makes them. */
  run(folder: string, { argv, env, stdin = "", cwd = "." }: Order): Promise<Ended> {
    const child = spawn(process.execPath, [join(this.root, "sops"), ...argv], {
      cwd: join(folder, cwd),
      env: this.environment(env),
    })
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk))
    // A command that does not read its input may be gone before it is written.
    child.stdin.on("error", () => {}).end(stdin)
    return new Promise((done, fail) => {
      child.on("error", fail)
      child.on("close", (status, signal) =>
        done({
          status: status ?? signal ?? "",
          stdout: Buffer.concat(stdout),
          stderr: Buffer.concat(stderr).toString("utf8"),
        }),
      )
    })
  }

  /** A line of a shell in which `sops` is this program. */
  shell(folder: string, line: string, env: Readonly<Record<string, string>> = {}): Ended {
    const { status, signal, stdout, stderr } = spawnSync("bash", ["-c", line], {
      cwd: folder,
      env: this.environment(env),
    })
    return { status: status ?? signal ?? "", stdout, stderr: stderr.toString("utf8") }
  }

  stop(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

export function mode(file: string): number {
  return statSync(file).mode & 0o777
}
