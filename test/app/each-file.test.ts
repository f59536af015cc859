import { describe, expect, test } from "vitest"
import { eachFile, forEachFile } from "../../src/app/each-file.ts"
import { sottoDialect } from "../../src/app/dialect.ts"
import { RunEnd } from "../../src/app/run-end.ts"
import { type Session } from "../../src/app/session.ts"
import { AppError } from "../../src/errors/app-error.ts"
import { ioFor } from "../machine.ts"

const items = Array.from({ length: 30 }, (_, index) => ({ file: `${index}.yaml` }))

/** A session on a terminal, and all that was shown there in its order. */
function onTerminal(isTty: boolean): { session: Session; shown: string[] } {
  const shown: string[] = []
  const { io } = ioFor({ args: [], cwd: "/", env: new Map(), answers: ["y"] })
  const stderr = { ...io.stderr, isTty, write: async (data: string | Uint8Array) => void shown.push(String(data)) }
  const session: Session = {
    io: { ...io, stderr },
    dialect: sottoDialect,
    end: new RunEnd(),
    memory: {},
    notice: (text) => void shown.push(`notice: ${text}\n`),
  }
  return { session, shown }
}

describe("work on many files", () => {
  test("a few at a time, in their order, and one that fails stops no other", async () => {
    const { session, shown } = onTerminal(false)
    let running = 0
    let most = 0
    const results = await eachFile(session, {
      what: "reading",
      items,
      async work({ file }) {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setImmediate(resolve))
        running--
        if (file === "7.yaml") throw new AppError("NOT_SEALED")
        return file
      },
      failed: ({ file }, error) => `${file} ${error.code} ${error.where.file}`,
    })
    expect(results).toEqual(items.map(({ file }) => (file === "7.yaml" ? "7.yaml NOT_SEALED 7.yaml" : file)))
    expect(most).toBe(8)
    expect(shown).toEqual([])
  })

  test("a bug stops it", async () => {
    const { session } = onTerminal(false)
    const work = (): Promise<string> => Promise.reject(new TypeError("a bug"))
    await expect(eachFile(session, { what: "reading", items, work, failed: () => "" })).rejects.toThrow("a bug")
  })

  test("on a terminal a line shows progress, gives way to messages and questions, and is gone at the end", async () => {
    const { session, shown } = onTerminal(true)
    await eachFile(session, {
      what: "sealing",
      items: items.slice(0, 2),
      async work({ file }, inner) {
        if (file === "0.yaml") return file
        await new Promise((resolve) => setImmediate(resolve))
        inner.notice("a word")
        shown.push(String(await inner.io.terminal.confirm("Well?")))
        return file
      },
      failed: ({ file }) => file,
    })
    const line = (text: string): string => `\r\u001b[K${text}`
    const gone = "\r\u001b[K"
    expect(shown).toEqual([
      line("sealing 1 of 2 files"),
      gone,
      "notice: a word\n",
      "true",
      line("sealing 2 of 2 files"),
      gone,
    ])
  })

  test("many files of encrypt and decrypt are counted too, and one is not", async () => {
    const { session, shown } = onTerminal(true)
    await forEachFile(session, "opening", ["a", "b"], async (inner, file) => {
      if (file === "b") inner.notice("a word")
      return {}
    })
    expect(shown.join("")).toContain("opening 2 of 2 files")
    expect(shown.at(-1)).toBe("\r\u001b[K")
    shown.length = 0
    await forEachFile(session, "opening", ["a"], async () => ({}))
    expect(shown).toEqual([])
  })
})
