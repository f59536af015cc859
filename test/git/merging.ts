import { spawnSync } from "node:child_process"
import { readFileSync, readdirSync, statSync, writeFileSync, chmodSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { expect } from "vitest"
import { builtProgram } from "../built.ts"
import { leaks } from "../canary.ts"
import { type Repository, repository } from "./repository.ts"

const keys = join(import.meta.dirname, "../../fixtures/keys")
const known = JSON.parse(readFileSync(join(keys, "recipients.json"), "utf8")) as Record<string, string>

/** Recipients of the test keys, by their letter. */
export const recipients = {
  a: known["age-a"]!,
  b: known["age-b"]!,
  c: known["age-c"]!,
  stranger: known["age-stranger"]!,
}

export interface MergeRepository extends Repository {
  /** Whose identities the program finds from now on. */
  actAs(...names: ("a" | "b" | "c" | "ab" | "stranger")[]): void
  /** Seals a text into a file of the work tree. */
  seal(path: string, text: string, ...options: string[]): Promise<void>
  open(path: string): Promise<string>
  /** Puts another plain text into a sealed file, as an editor does: what did not change keeps its token. */
  change(path: string, text: string, ...options: string[]): Promise<void>
  /** Commits what `work` does on a new branch that begins at a commit. */
  branch(name: string, from: string, work: () => Promise<void>): Promise<string>
}

/** A repository whose git calls this program for sealed files. */
export async function mergeRepository(): Promise<MergeRepository> {
  const own = repository()
  const bin = join(own.machine.home, "bin")
  mkdirSync(bin)
  const program = (await builtProgram()).map((word) => `'${word}'`).join(" ")
  writeFileSync(join(bin, "sotto"), `#!/bin/sh\nexec ${program} "$@"\n`)
  chmodSync(join(bin, "sotto"), 0o755)
  own.env.set("PATH", `${bin}:${own.env.get("PATH") ?? ""}`)
  own.git("config", "merge.sotto.driver", "sotto merge-driver -- %O %A %B %L %P %S %X %Y")
  own.write(".gitattributes", "secrets/** merge=sotto -text\n")
  own.write(".sopsrc", config("a"))
  const actAs: MergeRepository["actAs"] = (...names) => {
    const file = join(own.machine.home, "identity.txt")
    writeFileSync(file, names.map((name) => readFileSync(join(keys, `age-${name}.txt`), "utf8")).join(""))
    own.env.set("SOPS_AGE_KEY_FILE", file)
  }
  actAs("a")
  own.commitAll("config")
  const succeed = async (...args: string[]): Promise<string> => {
    const { status, stdout, stderr } = await own.sotto(...args)
    if (status !== 0) throw new Error(`sotto ${args.join(" ")} ended with ${status}: ${stderr}`)
    return stdout.toString("utf8")
  }
  return {
    ...own,
    actAs,
    async seal(path, text, ...options) {
      own.write(path, text)
      await succeed("encrypt", "-i", ...options, path)
    },
    open: (path) => succeed("decrypt", path),
    async change(path, text, ...options) {
      const file = join(own.machine.temp, "new-text")
      writeFileSync(file, text)
      own.env.set("EDITOR", `cp ${file}`)
      await succeed("edit", ...options, path)
    },
    async branch(name, from, work) {
      own.git("checkout", "--quiet", "-B", name, from)
      await work()
      return own.commitAll(name)
    },
  }
}

/** A config whose one rule names people by their letters. */
export function config(...names: (keyof typeof recipients)[]): string {
  const people = names.map((name) => `  ${name}: ${recipients[name]}\n`).join("")
  return `version: 1\nrecipients:\n${people}rules:\n  - recipients: [${names.join(", ")}]\n`
}

/** Looks for a secret in every file below the folders, and in every object of the repository. */
export function expectNoCanary({ top, machine, git, env }: MergeRepository): void {
  const found = [top, machine.temp].flatMap(filesBelow).filter((file) => leaks(readFileSync(file)))
  expect(found.filter((file) => !file.endsWith("new-text"))).toEqual([])
  const objects = git("cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)").trim().split("\n")
  const ids = objects.flatMap((line) => (line.startsWith("tree ") ? [] : [line.split(" ")[1]!]))
  const { stdout, status } = spawnSync("git", ["cat-file", "--batch"], {
    cwd: top,
    env: Object.fromEntries(env),
    input: ids.join("\n"),
    maxBuffer: 1 << 30,
  })
  expect({ status, lines: stdout.includes(`${ids.at(-1)!} `), isShown: leaks(stdout) }).toEqual({
    status: 0,
    lines: true,
    isShown: false,
  })
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesBelow(path) : [path]
  })
}

/** Unfinished business of a merge in the work tree. */
export function leftovers({ top }: Repository): string[] {
  return readdirSync(top).filter((name) => name.startsWith(".merge_file") || name.includes(".tmp"))
}
