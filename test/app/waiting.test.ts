import { afterEach, beforeEach, expect, test } from "vitest"
import { builtMain } from "../built.ts"
import { hasTmux, openPty } from "../host/pty.ts"
import { machine, type Machine } from "../machine.ts"

let own: Machine
beforeEach(() => {
  own = machine()
})
afterEach(() => own.remove())

test.skipIf(!hasTmux())("decrypt that waits for a terminal's input says so (skipped without tmux)", async () => {
  const env = { ...Object.fromEntries(own.env), NODE: process.execPath, SOTTO: await builtMain(), TERM: "xterm" }
  const pty = openPty({ cwd: own.cwd, env })
  pty.enter('clear; "$NODE" "$SOTTO" decrypt; echo "status $?"')
  await pty.shows("waiting for standard input: Ctrl-D ends it")
  pty.press("C-d")
  await pty.shows("nothing came on standard input")
  await pty.shows("status 1")
  expect(pty.screen()).toContain("[INPUT_EMPTY]")
})
