import { execFileSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { onTestFinished } from "vitest"

export interface Pty {
  /** Keys in the words of tmux (`Enter`, `C-c`), or text. */
  press(...keys: string[]): void
  /** Types text as it stands. */
  type(text: string): void
  /** Types a line, and ends it. */
  enter(line: string): void
  /** What is on the screen now. */
  screen(): string
  /** Waits until the screen holds a text. */
  shows(text: string | RegExp): Promise<void>
}

/** `tmux` is installed: the tests that need a terminal run. */
export function hasTmux(): boolean {
  try {
    execFileSync("tmux", ["-V"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

/** A shell on a real terminal, with an environment of its own. It is gone when the test has ended. */
export function openPty({ cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> }): Pty {
  const server = `sotto-${randomBytes(6).toString("hex")}`
  const tmux = (...args: string[]): string =>
    execFileSync("tmux", ["-L", server, "-f", "/dev/null", ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: cwd,
        PS1: "$ ",
        SHELL: "/bin/sh",
        LANG: "C.UTF-8",
        TMPDIR: "/tmp",
        ...env,
      },
    })
  tmux("new-session", "-d", "-x", "150", "-y", "40", "-c", cwd, "/bin/sh")
  onTestFinished(() => {
    tmux("kill-server")
  })
  const screen = (): string => tmux("capture-pane", "-p", "-J", "-t", "0")
  const press: Pty["press"] = (...keys) => void tmux("send-keys", "-t", "0", ...keys)
  const type: Pty["type"] = (text) => void tmux("send-keys", "-t", "0", "-l", text)
  return {
    press,
    type,
    enter(line) {
      type(line)
      press("Enter")
    },
    screen,
    async shows(text) {
      const end = Date.now() + 15_000
      const isThere = (): boolean => (typeof text === "string" ? screen().includes(text) : text.test(screen()))
      while (!isThere()) {
        if (Date.now() > end) throw new Error(`the terminal never showed ${String(text)}:\n${screen()}`)
        await new Promise((resolve) => {
          setTimeout(resolve, 30)
        })
      }
    },
  }
}
