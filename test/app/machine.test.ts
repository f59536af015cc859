import { describe, expect, test } from "vitest"
import { keyContext } from "../../src/app/machine.ts"
import { sottoDialect } from "../../src/app/dialect.ts"
import { RunEnd } from "../../src/app/run-end.ts"
import { type Session } from "../../src/app/session.ts"
import { realIo } from "../../src/host/io.ts"

describe("keyContext", () => {
  test("asks one question at a time, though keys are tried side by side", async () => {
    const open: string[] = []
    let most = 0
    const terminal = {
      ask: async (question: string) => {
        open.push(question)
        most = Math.max(most, open.length)
        await new Promise((resolve) => setTimeout(resolve, 5))
        open.splice(open.indexOf(question), 1)
        if (question === "b") throw new Error("the terminal went away")
        return question
      },
      confirm: async () => null,
    }
    const session: Session = {
      io: Object.create(realIo(), { terminal: { value: terminal } }) as Session["io"],
      dialect: sottoDialect,
      end: new RunEnd(),
      memory: {},
      notice: () => {},
    }
    const contexts = [keyContext(session, []), keyContext(session, [])]
    const answers = await Promise.allSettled(
      ["a", "b", "c"].map((question, i) => contexts[i % 2]!.prompt(question, { hidden: true })),
    )
    expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"])
    expect(most).toBe(1)
  })
})
