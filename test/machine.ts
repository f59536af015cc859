import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { wordsForSops } from "../src/cli/face.ts"
import { run } from "../src/cli/run.ts"
import { runAsSops } from "../src/cli/sops/run.ts"
import { type Io, realIo } from "../src/host/io.ts"
import { type Output } from "../src/host/streams.ts"
import { compiledCode } from "./built.ts"

/** A folder of its own with a home and a place for temporary files, which are not inside the working folder. */
export interface Machine {
  readonly cwd: string
  readonly home: string
  readonly temp: string
  /** What a command line sees when the test adds nothing: PATH, HOME, TMPDIR, and no identity of the person who runs the tests. */
  readonly env: ReadonlyMap<string, string>
  remove(): void
}

export function machine(): Machine {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "sotto-test-")))
  const [cwd = "", home = "", temp = ""] = ["work", "home", "temp"].map((name) => join(root, name))
  for (const folder of [cwd, home, temp]) mkdirSync(folder, { mode: 0o700 })
  const env = new Map([
    ["PATH", process.env["PATH"] ?? ""],
    ["HOME", home],
    ["TMPDIR", temp],
    ["XDG_STATE_HOME", join(home, ".local/state")],
    ["XDG_CACHE_HOME", compiledCode],
    // git is never to read the settings of the person who runs the tests.
    ["GIT_CONFIG_GLOBAL", "/dev/null"],
    ["GIT_CONFIG_SYSTEM", "/dev/null"],
  ])
  return { cwd, home, temp, env, remove: () => rmSync(root, { recursive: true, force: true }) }
}

export interface Call {
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: ReadonlyMap<string, string>
  readonly stdin?: string | Uint8Array | undefined
  /** Answers of the person at the terminal; `undefined`: there is no terminal. */
  readonly answers?: readonly string[] | undefined
}

export interface Ended {
  readonly status: number
  readonly stdout: Buffer
  readonly stderr: string
}

/** Runs one command line in this process, with the real file system below the machine's folders. */
export async function call(order: Call): Promise<Ended> {
  const { io, ended } = ioFor(order)
  const words = wordsForSops({ as: [], words: order.args, compat: order.env.get("SOTTO_COMPAT") })
  return ended(await (words === null ? run(io) : runAsSops(io, words)))
}

// One for all calls, since each would listen for the signals of this process.
const real = realIo()

/** An `Io` whose streams are in memory and whose terminal answers as told; everything else is real. */
export function ioFor({ args, cwd, env, stdin = "", answers }: Call): { io: Io; ended: (status: number) => Ended } {
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  const input = typeof stdin === "string" ? Buffer.from(stdin) : Buffer.from(stdin)
  const rest = [...(answers ?? [])]
  const lines = input.toString("utf8").split("\n")
  const io: Io = {
    ...real,
    swept: new Set(),
    argv: args,
    env,
    cwd,
    home: env.get("HOME") ?? "",
    temp: env.get("TMPDIR") ?? tmpdir(),
    stdin: {
      isTty: answers !== undefined,
      readAll: async () => input,
      readLine: async () => (lines.length > 1 ? (lines.shift() ?? null) : null),
    },
    stdout: memory(stdout),
    stderr: memory(stderr),
    terminal: {
      ask: async () => rest.shift() ?? null,
      confirm: async () => (answers === undefined ? null : rest.shift() === "y"),
    },
  }
  const ended = (status: number): Ended => ({
    status,
    stdout: Buffer.concat(stdout),
    stderr: Buffer.concat(stderr).toString("utf8"),
  })
  return { io, ended }
}

function memory(parts: Buffer[]): Output {
  return {
    isTty: false,
    hasColor: false,
    write: async (data) => void parts.push(Buffer.from(data)),
    flush: async () => {},
  }
}
