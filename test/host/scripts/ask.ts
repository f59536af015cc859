import { realIo } from "../../../src/host/io.ts"

// Asks the questions that its arguments name and says the answers as JSON.
const io = realIo()
const answers: unknown[] = []
for (const kind of io.argv) {
  if (kind === "confirm") answers.push(await io.terminal.confirm("Go on?"))
  else if (kind === "confirm-yes") answers.push(await io.terminal.confirm("Go on?", { whenEmpty: true }))
  else answers.push(await io.terminal.ask(`${kind} question: `, { hidden: kind === "hidden" }))
}
await io.stdout.write(`answers ${JSON.stringify(answers)}\n`)
