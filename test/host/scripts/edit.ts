import { readFileSync, readdirSync, writeFileSync } from "node:fs"
import { chooseEditor, runEditor } from "../../../src/host/editor.ts"
import { withoutIdentities } from "../../../src/host/child-environment.ts"
import { realIo } from "../../../src/host/io.ts"
import { withPrivateDir } from "../../../src/host/private-dir.ts"

// Lets the editor of the environment change a text, and says what came of it. A first argument makes it `sops`.
const io = realIo()
const guardsText = io.argv.length === 0
const env = guardsText ? withoutIdentities(io.env) : io.env
await withPrivateDir(io, async (dir) => {
  const path = dir.write("secret.txt", Buffer.from("canary-7f3a\n# vim: set textwidth=33 :\n"))
  const editor = chooseEditor(io, { guardsText, outside: [io.cwd] })
  const end = await runEditor(io, editor, path, { env, signals: guardsText ? "forward" : "leave" })
  const result = {
    ...end,
    folder: dir.path,
    text: readFileSync(path, "utf8"),
    files: readdirSync(dir.path),
    warning: editor.historyWarning,
  }
  const text = `result ${JSON.stringify(result)}\n`
  // An editor on a terminal has standard output for itself.
  const file = io.env.get("RESULT")
  if (file === undefined) await io.stdout.write(text)
  else writeFileSync(file, text)
})
