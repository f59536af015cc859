import { describe, expect, test } from "vitest"
import { exitOf, notice, report, reportAsSops } from "../../src/cli/report.ts"
import { AppError } from "../../src/errors/app-error.ts"

const plain = { json: false, color: false }

const cases = [
  {
    name: "title, place, code and hint",
    error: new AppError("NOT_SEALED", { file: "secrets/prod.yaml" }),
    text:
      "error: sops metadata not found: the file is not sealed (secrets/prod.yaml) [NOT_SEALED]\n" +
      "hint: seal it with `sotto encrypt -i`\n",
  },
  {
    name: "line, column and path stand behind the file",
    error: new AppError("NOT_PRINTABLE", { file: "a.yaml", line: 3, column: 7, path: ["db", 0, "pass.word"] }),
    text: `error: the format of the output cannot hold this document (a.yaml, line 3, column 7, db[0]["pass.word"]) [NOT_PRINTABLE]\n`,
  },
  {
    name: "notes come before the hint, each on its line",
    error: new AppError("NOT_UTF8", {}, { notes: ["first", "second\nfake: line"] }),
    text:
      "error: the file is not UTF-8 text [NOT_UTF8]\n  first\n  second\\nfake: line\n" +
      "hint: treat it as binary: --input-type binary\n",
  },
  {
    name: "what to do next is not cut from a line that names a key and its service",
    error: new AppError("DATA_KEY", {}, { notes: [`for ${"k".repeat(200)}: ${"r".repeat(250)} (log in)`], hint: "h" }),
    text:
      `error: the data key could not be unwrapped [DATA_KEY]\n  for ${"k".repeat(200)}: ${"r".repeat(250)} (log in)\n` +
      "hint: h\n",
  },
  {
    name: "S20: a file name cannot act on the terminal",
    error: new AppError("NOT_PRINTABLE", { file: "a\x1b[2J\u202e.yaml" }),
    text: "error: the format of the output cannot hold this document (a\\x1b[2J\\u202e.yaml) [NOT_PRINTABLE]\n",
  },
  {
    name: "S20: a subject is shown on one line",
    error: new AppError("NOT_PRINTABLE", {}, { subject: "--x\nerror: all is well" }),
    text: "error: the format of the output cannot hold this document: --x\\nerror: all is well [NOT_PRINTABLE]\n",
  },
]

describe("report", () => {
  test.each(cases)("$name", ({ error, text }) => {
    expect(report(error, plain)).toBe(text)
  })

  test("colour marks the first words only", () => {
    const text = report(new AppError("NOT_SEALED", {}), { json: false, color: true })
    expect(text).toBe(
      "\x1b[1;31merror:\x1b[0m sops metadata not found: the file is not sealed [NOT_SEALED]\n" +
        "\x1b[36mhint:\x1b[0m seal it with `sotto encrypt -i`\n",
    )
  })

  test("JSON is one line of ASCII that holds the exact names", () => {
    const error = new AppError("NOT_PRINTABLE", { file: "ключ\u202e\n.yaml", line: 3, path: ["a", 0] })
    const text = report(error, { json: true, color: true })
    expect(text).toMatch(/^[\x20-\x7e]+\n$/)
    expect(JSON.parse(text)).toEqual({
      schema: 1,
      code: "NOT_PRINTABLE",
      exit: 4,
      message: "the format of the output cannot hold this document",
      file: "ключ\u202e\n.yaml",
      path: ["a", 0],
      line: 3,
    })
  })

  test("as sops: the message alone", () => {
    const error = new AppError("NOT_SEALED", { file: "a.yaml" })
    expect(reportAsSops(error)).toBe("sops metadata not found: the file is not sealed (a.yaml)\n")
  })

  test("a notice is one line", () => {
    expect(notice("a\nb", plain)).toBe("notice: a\\nb\n")
  })
})

describe("L8: a bug shows no message", () => {
  class OddError extends Error {}
  const message = "canary-7f3a\n    at canary-7f3a (/canary-7f3a.js:1:1)"
  const thrown = [
    { name: "an error", error: new TypeError(message), shows: "TypeError" },
    { name: "an error of another class", error: new OddError(message), shows: "OddError" },
    { name: "a system error", error: Object.assign(new Error(message), { code: "EIO" }), shows: "Error EIO" },
    {
      name: "an error whose stack was replaced",
      error: Object.assign(new Error("x"), { stack: message }),
      shows: "Error",
    },
    {
      name: "a name that is no name",
      error: Object.assign(new Error(message), { name: "canary-7f3a" }),
      shows: "Error",
    },
    { name: "a code that is no code", error: Object.assign(new Error("x"), { code: "canary-7f3a" }), shows: "Error" },
    { name: "a string", error: message, shows: "string" },
    { name: "nothing", error: undefined, shows: "undefined" },
  ]

  test.each(thrown)("$name", ({ error, shows }) => {
    for (const json of [false, true]) {
      const text = report(error, { json, color: false })
      expect(text).not.toContain("canary")
      expect(text).toContain(`this is a bug in sotto (${shows})`)
    }
    expect(exitOf(error)).toBe(70)
  })

  test("the places in our own code are shown as file and line", () => {
    expect(report(new TypeError(message), plain)).toMatch(/\n {2}at report\.test\.ts:\d+\n/)
  })
})
