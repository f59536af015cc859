import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process"
import { mkdtempSync, realpathSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { buildSync } from "esbuild"

let folder: string | null = null

/** Bundles one of our scripts, so that every Node can run it in a process of its own. What it makes goes with the run. */
export function bundled(entry: URL): string {
  folder ??= mkdtempSync(join(realpathSync(tmpdir()), "sotto-script-"))
  const outfile = join(folder, `${basename(entry.pathname, ".ts")}.mjs`)
  buildSync({
    entryPoints: [entry.pathname],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    // What execa is made of asks for modules of Node by `require`.
    banner: {
      js: 'import { createRequire as made } from "node:module"; globalThis.require ??= made(import.meta.url);',
    },
    logLevel: "error",
  })
  return outfile
}

export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves when that text has come on standard output, so many times in all. */
  said(text: string, times?: number): Promise<void>
  /** What it said on standard error up to now. */
  stderr(): string
}

/** Starts a program with pipes and collects what it says. */
export function start(program: string, args: readonly string[], options: SpawnOptions = {}): Running {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], ...options })
  let stdout = ""
  let stderr = ""
  const listeners = new Set<() => void>()
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString()
    for (const listener of listeners) listener()
  })
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  child.stdin?.on("error", () => {})
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (status, signal) => resolve({ status, signal, stdout, stderr }))
  })
  const said = (text: string, times = 1): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (stdout.split(text).length <= times) return
        listeners.delete(look)
        resolve()
      }
      listeners.add(look)
      look()
      void ended.then(
        () => reject(new Error(`it ended before it said ${text}; stderr: ${stderr}`)),
        () => {},
      )
    })
  return { child, ended, said, stderr: () => stderr }
}

export const node = process.execPath
