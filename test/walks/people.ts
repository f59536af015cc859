import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { builtProgram, compiledCode } from "../built.ts"

/** Machines of people, each with a home and a shell that keeps its folder and its variables from one command to the next. */
export interface People {
  /** Everything lies below it. */
  readonly root: string
  types(who: string, command: string): { readonly output: string; readonly status: number | null }
  remove(): void
}

// What a command exports and where it goes to stay for the next one.
const shell = `exec 2>&1
if [ -e "$STATE" ]; then . "$STATE"; cd "$PWD"; fi
eval "$1"
status=$?
export -p >"$STATE"
exit $status`

/** The program is on everybody's PATH as `sotto`. Nobody has a key yet. */
export async function people(): Promise<People> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "walk-")))
  const bin = join(root, "bin")
  for (const folder of [bin, join(root, "tmp"), join(root, "state"), join(root, "home"), join(root, "server")])
    mkdirSync(folder)
  const quoted = (await builtProgram()).map((word) => `'${word}'`).join(" ")
  writeFileSync(join(bin, "sotto"), `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 })

  const homeOf = (who: string): string => {
    const home = join(root, "home", who)
    if (existsSync(home)) return home
    mkdirSync(home)
    const user = `[user]\n\tname = ${who}\n\temail = ${who}@example.com\n[init]\n\tdefaultBranch = main\n`
    writeFileSync(join(home, ".gitconfig"), user)
    return home
  }
  return {
    root,
    types(who, command) {
      const home = homeOf(who)
      const { stdout, status, error } = spawnSync("/bin/sh", ["-c", shell, "sh", command], {
        cwd: home,
        env: {
          PATH: [bin, process.env["PATH"]].join(delimiter),
          HOME: home,
          TMPDIR: join(root, "tmp"),
          SERVER: join(root, "server"),
          STATE: join(root, "state", who),
          XDG_CACHE_HOME: compiledCode,
          GIT_CONFIG_NOSYSTEM: "1",
          LC_ALL: "C.UTF-8",
        },
        stdio: ["ignore", "pipe", "inherit"],
        encoding: "utf8",
        timeout: 60_000,
      })
      if (error !== undefined) throw error
      return { output: stdout, status }
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}
