import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { tempFolder } from "./machine.ts"
import { hasTmux, openPty } from "./pty.ts"
import { bundled, node, start } from "./script.ts"

const ask = bundled(new URL("scripts/ask.ts", import.meta.url))
const run = bundled(new URL("scripts/run.ts", import.meta.url))
const env = { NODE: node, ASK: ask, RUN: run }

/** The process that wrote its number there. */
function pidIn(folder: string): number {
  return Number(readFileSync(join(folder, "pid"), "utf8"))
}

test("without a terminal there is no answer", async () => {
  // `detached` gives the process a session of its own, which has no terminal even where the tests have one.
  const { child, ended } = start(node, [ask, "hidden", "shown", "confirm"], { detached: true })
  child.stdin?.end("y\ny\ny\n")
  expect((await ended).stdout).toBe("answers [null,null,null]\n")
})

describe.skipIf(!hasTmux())("on a terminal (skipped without tmux)", () => {
  test("hidden and shown answers, and yes or no", async () => {
    const pty = openPty({ cwd: tempFolder(), env })
    pty.enter('"$NODE" "$ASK" hidden shown confirm; stty -a | tr " " "\\n" | grep "echo;*$"')
    await pty.shows("hidden question:")
    pty.enter("s3cret-ü")
    await pty.shows("shown question:")
    expect(pty.screen()).not.toContain("s3cret")
    pty.enter("open text")
    await pty.shows("shown question: open text")
    await pty.shows("Go on? [y/N]")
    pty.enter("maybe")
    pty.enter("YES")
    await pty.shows('answers ["s3cret-ü","open text",true]')
    await pty.shows("\necho")
  })

  test("standard input and output may be pipes, and no is the default", async () => {
    const pty = openPty({ cwd: tempFolder(), env })
    pty.enter('echo y | "$NODE" "$ASK" confirm hidden | cat')
    await pty.shows("Go on? [y/N]")
    pty.press("Enter")
    await pty.shows("hidden question:")
    pty.press("C-d")
    await pty.shows("answers [false,null]")
  })

  test("yes is the default where the question says so", async () => {
    const pty = openPty({ cwd: tempFolder(), env })
    pty.enter('"$NODE" "$ASK" confirm-yes')
    await pty.shows("Go on? [Y/n]")
    pty.press("Enter")
    await pty.shows("answers [true]")
  })

  test("answers that are pasted at once answer one question each", async () => {
    const pty = openPty({ cwd: tempFolder(), env })
    pty.enter('"$NODE" "$ASK" hidden hidden shown')
    await pty.shows("hidden question:")
    pty.type("one\rtwo\rthree\r")
    await pty.shows('answers ["one","two","three"]')
  })

  test.each([
    { name: "Ctrl-C", end: "C-c", status: 130 },
    { name: "SIGTERM", end: "TERM", status: 143 },
    { name: "SIGHUP", end: "HUP", status: 129 },
  ])("$name at a hidden question gives the terminal back as it was", async ({ end, status }) => {
    const cwd = tempFolder()
    const pty = openPty({ cwd, env })
    pty.enter(`sh -c 'echo $$ >pid; exec "$NODE" "$ASK" hidden'`)
    await pty.shows("hidden question:")
    // A shell gives up the rest of a line when a program dies of Ctrl-C, so the line that looks comes after it.
    // What is typed before the shell asks again is lost when the terminal changes its mode.
    if (end === "C-c") {
      pty.press("C-c")
      await pty.shows(/hidden question:[^$]*\n\$\s*$/)
    } else {
      process.kill(pidIn(cwd), `SIG${end}`)
      await pty.shows(end === "TERM" ? "Terminated" : "Hangup")
    }
    pty.enter('echo "status $?"; stty -a | tr " " "\\n" | grep "echo;*$"')
    await pty.shows(`status ${status}`)
    await pty.shows("\necho")
  })
})

/** Counts its SIGINTs and ends with the third line of its input. */
const counter = `let n = 0; process.on("SIGINT", () => console.log("interrupt " + ++n)); console.log("ready"); process.stdin.on("data", () => process.exit(5))`

describe.skipIf(!hasTmux())("a child on a terminal (skipped without tmux)", () => {
  test("Ctrl-C reaches the child once; kill reaches it too", async () => {
    const pty = openPty({ cwd: tempFolder(), env: { ...env, COUNTER: counter } })
    pty.enter(`sh -c 'echo $$ >pid; exec "$NODE" "$RUN" "$NODE" -e "$COUNTER"'; echo "status $?"`)
    await pty.shows("ready")
    pty.press("C-c")
    await pty.shows("interrupt 1")
    await new Promise((resolve) => {
      setTimeout(resolve, 600)
    })
    pty.press("C-c")
    await pty.shows("interrupt 2")
    await new Promise((resolve) => {
      setTimeout(resolve, 600)
    })
    expect(pty.screen()).not.toContain("interrupt 3")
    pty.press("Enter")
    await pty.shows("status 5")
  })

  test("a signal that was sent to us alone reaches the child", async () => {
    const cwd = tempFolder()
    const pty = openPty({ cwd, env: { ...env, COUNTER: counter } })
    pty.enter(`sh -c 'echo $$ >pid; exec "$NODE" "$RUN" "$NODE" -e "$COUNTER"'; echo "status $?"`)
    await pty.shows("ready")
    process.kill(pidIn(cwd), "SIGINT")
    await pty.shows("interrupt 1")
    pty.press("Enter")
    await pty.shows("status 5")
    expect(pty.screen()).not.toContain("interrupt 2")
  })

  test("it can be stopped and brought back", async () => {
    const pty = openPty({ cwd: tempFolder(), env: { ...env, COUNTER: counter } })
    pty.enter(`"$NODE" "$RUN" "$NODE" -e "$COUNTER"`)
    await pty.shows("ready")
    pty.press("C-z")
    await pty.shows("Stopped")
    pty.enter('fg; echo "status $?"')
    pty.press("Enter")
    await pty.shows("status 5")
  })
})
