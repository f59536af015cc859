import { execFile, spawnSync } from "node:child_process"
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { expect } from "vitest"
import { bundleSources } from "./built.ts"
import { temporaryFolder } from "./keys/context.ts"
import { root } from "./sources.ts"

export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A copy of the sources, for a page of the docs that says how to add something: the page is followed in it. */
export interface GuidedCopy {
  /** The home and working folder of what is run. */
  readonly home: string
  /** Puts a new file into the copy. */
  add(file: string, text: string): void
  change(file: string, from: string, to: string): void
  /** Checks the types of the copy, and builds it. */
  build(): Promise<void>
  run(...args: string[]): Promise<Ended>
}

/** The pieces of code of a page, in its order. */
export function codeOf(page: string): string[] {
  const text = readFileSync(join(root, "docs", page), "utf8")
  return [...text.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code!)
}

/** @param env - what the program finds in its environment, besides PATH and HOME */
export function guidedCopy(env: Readonly<Record<string, string>> = {}): GuidedCopy {
  const folder = temporaryFolder()
  cpSync(join(root, "src"), join(folder, "src"), { recursive: true })
  for (const name of ["tsconfig.json", "package.json"]) cpSync(join(root, name), join(folder, name))
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
  const home = join(folder, "home")
  mkdirSync(home)
  const outdir = join(folder, "built")
  return {
    home,
    add(file, text) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    },
    change(file, from, to) {
      const before = readFileSync(join(folder, file), "utf8")
      expect(before).toContain(from)
      writeFileSync(
        join(folder, file),
        before.replace(from, () => to),
      )
    },
    async build() {
      const types = spawnSync(join(root, "node_modules/.bin/tsc"), ["--noEmit"], { cwd: folder, encoding: "utf8" })
      expect(`${types.status} ${types.stdout}`).toBe("0 ")
      await bundleSources(folder, outdir, ["src/main.ts"])
    },
    run: (...args) =>
      new Promise((resolve) => {
        const options = { cwd: home, env: { PATH: process.env["PATH"], HOME: home, ...env } }
        const program = [join(outdir, "main.mjs"), ...args]
        const child = execFile(process.execPath, program, options, (_, stdout, stderr) => {
          resolve({ status: child.exitCode, stdout, stderr })
        })
      }),
  }
}
