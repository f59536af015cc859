import { spawn, spawnSync } from "node:child_process"
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { dirname, join, resolve } from "node:path"
import { builtKind, builtProgram } from "../built.ts"
import { canary, leaks } from "../canary.ts"
import { type Call, type Ended, type Machine, call, machine } from "../machine.ts"
import { parseArchive, words } from "./txtar.ts"

const fakeTerminal = /^\s*tty\b/m
const ownProcess = /^# in a process of its own$/m

/** Keys that belong to nobody, and a config that names one of them, are there for every script. */
const common = parseArchive(readFileSync(join(import.meta.dirname, "common.txt"), "utf8")).files

/** Why a script cannot run here; `null` when it can. */
export function skipReason(text: string): string | null {
  return builtKind !== "sources" && fakeTerminal.test(text) ? "needs a terminal that a test plays" : null
}

/**
 * Runs one script. Each line is a verb; `!` before it turns it round. Output of a command that no later line mentions has to
 * be empty, and at the end no file that the script did not bring or name with `plain` may hold the canary.
 */
export async function runScript(text: string): Promise<void> {
  const { script, files: brought } = parseArchive(text)
  const files = new Map([...common, ...brought])
  const own = machine()
  try {
    for (const [name, content] of files) {
      const file = join(own.cwd, name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, content)
    }
    const state = new State(own, files, builtKind !== "sources" || ownProcess.test(text))
    for (const [index, line] of script.split("\n").entries()) {
      await state.step(line).catch((error: unknown) => {
        throw new Error(`line ${index + 1}: ${line.trim()}\n${String(error)}\n${state.shown()}`, { cause: error })
      })
    }
    state.finish()
  } finally {
    own.remove()
  }
}

type Verb = (not: boolean, args: readonly string[]) => void | Promise<void>

class State {
  readonly #machine: Machine
  readonly #files: ReadonlyMap<string, string>
  readonly #isProcess: boolean
  readonly #env: Map<string, string>
  readonly #plain = new Set<string>()
  #cwd: string
  #stdin: Buffer = Buffer.alloc(0)
  #answers: readonly string[] | undefined
  #last: Ended = { status: 0, stdout: Buffer.alloc(0), stderr: "" }
  #unread = new Set<"stdout" | "stderr">()

  readonly #verbs: Readonly<Record<string, Verb>> = {
    exec: (not, args) => this.#exec(not, args),
    status: (not, [code]) => demand(not, String(this.#last.status) === code, `the status is ${this.#last.status}`),
    stdout: (not, [pattern]) => this.#output("stdout", not, pattern),
    stderr: (not, [pattern]) => this.#output("stderr", not, pattern),
    stdin: (_, [file]) => void (this.#stdin = readFileSync(this.#at(file))),
    tty: (_, args) => void (this.#answers = args),
    cmp: (not, [a, b]) => demand(not, this.#bytes(a).equals(this.#bytes(b)), `${a} and ${b} differ`),
    exists: (not, args) => args.forEach((file) => demand(not, existsSync(this.#at(file)), `${file} does not exist`)),
    grep: (not, [pattern = "", file]) =>
      demand(not, new RegExp(pattern, "m").test(this.#bytes(file).toString("utf8")), `${file} does not match`),
    mode: (not, [bits = "", file]) =>
      demand(not, (statSync(this.#at(file)).mode & 0o777) === Number.parseInt(bits, 8), `${file} has another mode`),
    plain: (_, args) => args.forEach((file) => this.#plain.add(this.#at(file))),
    env: (_, args) => args.forEach((pair) => this.#setEnv(pair)),
    cd: (_, [folder]) => void (this.#cwd = this.#at(folder)),
    mkdir: (_, args) => args.forEach((folder) => mkdirSync(this.#at(folder), { recursive: true })),
    cp: (_, [from, to]) => copyFileSync(this.#at(from), this.#at(to)),
    chmod: (_, [bits = "", file]) => chmodSync(this.#at(file), Number.parseInt(bits, 8)),
    git: (not, args) => this.#git(not, args),
  }

  constructor(own: Machine, files: ReadonlyMap<string, string>, isProcess: boolean) {
    this.#machine = own
    this.#files = files
    this.#isProcess = isProcess
    this.#env = new Map(own.env).set("WORK", own.cwd)
    this.#cwd = own.cwd
  }

  async step(line: string): Promise<void> {
    const [first, ...rest] = words(line, this.#env)
    if (first === undefined) return
    const not = first === "!"
    const [name = "", ...args] = not ? rest : [first, ...rest]
    const verb = Object.hasOwn(this.#verbs, name) ? this.#verbs[name] : undefined
    if (verb === undefined) throw new Error(`there is no verb ${name}`)
    await verb(not, args)
  }

  finish(): void {
    this.#requireRead()
    for (const entry of readdirSync(this.#machine.temp))
      throw new Error(`${entry} was left in the folder for temporary files`)
    for (const file of filesBelow(this.#machine.cwd)) {
      const name = file.slice(this.#machine.cwd.length + 1)
      const bytes = readFileSync(file)
      const isOwn = this.#files.get(name) === bytes.toString("utf8")
      if (!isOwn && !this.#plain.has(file) && leaks(bytes)) throw new Error(`${name} holds the canary`)
    }
  }

  shown(): string {
    return `status ${this.#last.status}\nstdout: ${this.#last.stdout.toString("utf8")}\nstderr: ${this.#last.stderr}`
  }

  async #exec(not: boolean, args: readonly string[]): Promise<void> {
    this.#requireRead()
    const order: Call = { args, cwd: this.#cwd, env: this.#env, stdin: this.#stdin, answers: this.#answers }
    this.#last = this.#isProcess ? await callProcess(order) : await call(order)
    this.#stdin = Buffer.alloc(0)
    this.#answers = undefined
    this.#unread = new Set(["stdout", "stderr"])
    if (this.#last.stderr.includes(canary)) throw new Error("the canary is in stderr")
    if (this.#env.get("SOTTO_COMPAT") !== "sops") checkStatus(args, this.#last)
    demand(not, this.#last.status === 0, "it failed")
  }

  #output(stream: "stdout" | "stderr", not: boolean, pattern = ""): void {
    if (!not) this.#unread.delete(stream)
    const text = this.#last[stream].toString("utf8")
    demand(not, new RegExp(pattern, "m").test(text), `${stream} does not match`)
  }

  #requireRead(): void {
    for (const stream of this.#unread) {
      if (this.#last[stream].length > 0) throw new Error(`${stream} is not empty, and the script does not mention it`)
    }
    this.#unread.clear()
  }

  #bytes(name = ""): Buffer {
    if (name !== "stdout" && name !== "stderr") return readFileSync(this.#at(name))
    this.#unread.delete(name)
    return Buffer.from(this.#last[name])
  }

  #setEnv(pair: string): void {
    const equals = pair.indexOf("=")
    if (equals === -1) this.#env.delete(pair)
    else this.#env.set(pair.slice(0, equals), pair.slice(equals + 1))
  }

  #git(not: boolean, args: readonly string[]): void {
    const who = ["-c", "user.name=test", "-c", "user.email=test@example.invalid", "-c", "init.defaultBranch=main"]
    const { status, stderr } = spawnSync("git", [...who, ...args], {
      cwd: this.#cwd,
      env: Object.fromEntries(this.#env),
    })
    demand(not, status === 0, String(stderr))
  }

  #at(name = ""): string {
    return resolve(this.#cwd, name)
  }
}

/** @throws {Error} where a command fails with another status than docs/errors.md has for the code that it shows */
function checkStatus(args: readonly string[], { status, stderr }: Ended): void {
  const code =
    /^error: .* \[([A-Z][A-Z_\d]+)\]$/m.exec(stderr)?.[1] ?? /^\{"schema":1,"code":"([A-Z_\d]+)"/m.exec(stderr)?.[1]
  const documented = code === undefined ? undefined : documentedStatuses().get(code)
  if (code === undefined || documented?.includes(status) === true) return
  // Its own failures must not look like those of the program that it starts.
  const own = args.includes("run") ? 125 : args.includes("merge-driver") ? 64 : null
  if (status === own) return
  throw new Error(
    `${code} ended with ${status}, and docs/errors.md says ${documented?.join(" or ") ?? "nothing of it"}`,
  )
}

let documented: ReadonlyMap<string, readonly number[]> | null = null

function documentedStatuses(): ReadonlyMap<string, readonly number[]> {
  if (documented !== null) return documented
  const page = readFileSync(join(import.meta.dirname, "../../docs/errors.md"), "utf8")
  const rows = [...page.matchAll(/^\| `([A-Z_\d]+)` +\| ([\d, or]+?) +\|/gm)]
  return (documented = new Map(rows.map(([, code, text]) => [code!, text!.match(/\d+/g)!.map(Number)])))
}

function demand(not: boolean, holds: boolean, otherwise: string): void {
  if (holds === not) throw new Error(not ? `expected otherwise: not so that ${otherwise}` : otherwise)
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === ".git" ? [] : filesBelow(path)
    return entry.isFile() ? [path] : []
  })
}

async function callProcess({ args, cwd, env, stdin = "" }: Call): Promise<Ended> {
  const [program, ...before] = await builtProgram()
  const child = spawn(program, [...before, ...args], { cwd, env: Object.fromEntries(env) })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk))
  // A command that does not read its input may be gone before it is written.
  child.stdin.on("error", () => {}).end(stdin)
  const status = await new Promise<number>((done, fail) => {
    child.on("error", fail)
    child.on("close", (code, signal) => done(code ?? (signal === null ? -1 : 128)))
  })
  return { status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString("utf8") }
}
