import { describe, expect, test } from "vitest"
import { commands } from "../../src/cli/commands.ts"
import { globalOptions } from "../../src/cli/global-options.ts"
import { parse, readPlainWords } from "../../src/cli/parse.ts"
import { wantsJson } from "../../src/cli/run.ts"
import { command, longName, type OptionSpecs } from "../../src/cli/spec.ts"
import { type Read, readWords } from "../../src/cli/words.ts"
import { AppError } from "../../src/errors/app-error.ts"

const sample = command({
  details: [],
  arguments: {
    file: { kind: "required", completes: "file", summary: "" },
    path: { kind: "optional", completes: null, summary: "" },
  },
  options: {
    inPlace: { kind: "flag", short: "i", summary: "" },
    showMasterKeys: { kind: "flag", short: "s", summary: "" },
    output: { kind: "text", short: "o", value: "FILE", summary: "" },
    inputType: { kind: "choice", choices: ["yaml", "json"], summary: "" },
    indent: { kind: "number", value: "N", summary: "" },
    mode: { kind: "number", base: 8, value: "MODE", summary: "" },
    age: { kind: "list", short: "a", separator: ",", value: "RECIPIENTS", env: "SOPS_AGE_RECIPIENTS", summary: "" },
    file: { kind: "list", short: "f", value: "FILE", summary: "" },
  },
  examples: [],
  run: async () => ({}),
})

const child = command({
  details: [],
  arguments: { command: { kind: "some", completes: null, summary: "" } },
  options: { file: { kind: "list", short: "f", value: "FILE", summary: "" } },
  passThrough: true,
  examples: [],
  run: async () => ({}),
})

const none = (): undefined => undefined

const cases = [
  { name: "nothing but the argument", words: ["a.yaml"], args: { file: "a.yaml" } },
  {
    name: "options before and behind",
    words: ["-i", "a.yaml", "--output", "b"],
    options: { inPlace: true, output: "b" },
  },
  { name: "a value in the same word", words: ["a", "--output=b=c"], options: { output: "b=c" } },
  { name: "an empty value", words: ["a", "--output="], options: { output: "" } },
  { name: "a short option with its value", words: ["a", "-ob"], options: { output: "b" } },
  { name: "a short option with an equals sign", words: ["a", "-o=b"], options: { output: "b" } },
  {
    name: "a value that begins with one",
    words: ["a", "-o", "=b", "-f", "=c"],
    options: { output: "=b", file: ["=c"] },
  },
  {
    name: "a value with and one without",
    words: ["a", "-f=b", "-f", "=c", "-fd"],
    options: { file: ["b", "=c", "d"] },
  },
  { name: "short options in a bundle", words: ["-is", "a"], options: { inPlace: true, showMasterKeys: true } },
  { name: "a bundle that ends in a value", words: ["a", "-isob"], options: { inPlace: true, output: "b" } },
  { name: "a bundle whose value is the next word", words: ["-iso", "b", "a"], options: { output: "b" } },
  { name: "a value that looks like an option", words: ["a", "--output", "-x"], options: { output: "-x" } },
  { name: "the last of a repeated option", words: ["a", "-o", "b", "-o", "c"], options: { output: "c" } },
  { name: "a list collects", words: ["a", "-f", "b,c", "-f", "d"], options: { file: ["b,c", "d"] } },
  { name: "a list of pieces", words: ["a", "--age", " x, y", "-a", "z"], options: { age: ["x", "y", "z"] } },
  { name: "a number", words: ["a", "--indent", "2"], options: { indent: 2 } },
  { name: "an octal number", words: ["a", "--mode", "0640"], options: { mode: 0o640 } },
  { name: "a choice", words: ["a", "--input-type", "json"], options: { inputType: "json" } },
  { name: "a lone dash is an argument", words: ["-"], args: { file: "-" } },
  { name: "a negative number is an argument", words: ["a", "-5"], args: { file: "a", path: "-5" } },
  { name: "so is what begins like one", words: ["-5m", "-i"], args: { file: "-5m" }, options: { inPlace: true } },
  { name: "and what is behind it", words: ["-5m", "--", "-i"], args: { file: "-5m", path: "-i" } },
  { name: "behind -- nothing is an option", words: ["--", "-i", "--"], args: { file: "-i", path: "--" } },
  { name: "a word of Object's prototype is an argument", words: ["__proto__"], args: { file: "__proto__" } },
]

describe("parse", () => {
  test.each(cases)("$name", ({ words, args, options }) => {
    const parsed = parse(sample, words, none)
    expect(parsed.help).toBe(false)
    if (parsed.help) return
    expect(parsed.args).toMatchObject(args ?? {})
    expect(parsed.options).toMatchObject(options ?? {})
  })

  test("what was not given", () => {
    const parsed = parse(sample, ["a"], none)
    expect(parsed).toEqual({
      help: false,
      args: { file: "a", path: undefined },
      options: {
        inPlace: false,
        showMasterKeys: false,
        output: undefined,
        inputType: undefined,
        indent: undefined,
        mode: undefined,
        age: [],
        file: [],
        config: undefined,
        ageKeyFile: undefined,
        quiet: false,
        keyservice: [],
        enableLocalKeyservice: undefined,
        json: false,
        help: false,
      },
    })
  })

  test("help is asked for anywhere, whatever is missing", () => {
    expect(parse(sample, ["--help"], none)).toEqual({ help: true })
    expect(parse(sample, ["-i", "-h"], none)).toEqual({ help: true })
    expect(parse(child, ["--", "ls", "--help"], none)).toMatchObject({ help: false })
  })

  const passed = [
    { name: "behind --", words: ["-f", "a", "--", "node", "-f", "--", "x"], command: ["node", "-f", "--", "x"] },
    { name: "from the first argument on", words: ["-f", "a", "node", "-f", "x"], command: ["node", "-f", "x"] },
  ]
  test.each(passed)("another program's options: $name", ({ words, command: expected }) => {
    expect(parse(child, words, none)).toMatchObject({ args: { command: expected }, options: { file: ["a"] } })
  })

  const fromEnv = [
    { name: "a variable stands in for an option", value: "x,y", words: ["a"], age: ["x", "y"] },
    { name: "the option wins", value: "x", words: ["a", "--age", "z"], age: ["z"] },
    { name: "empty is not given", value: "", words: ["a"], age: [] },
  ]
  test.each(fromEnv)("$name", ({ value, words, age }) => {
    const parsed = parse(sample, words, (name) => (name === "SOPS_AGE_RECIPIENTS" ? value : undefined))
    expect(parsed).toMatchObject({ options: { age } })
  })
})

const wrong = [
  { name: "a missing argument", words: [], code: "ARGUMENT_MISSING", exit: 100 },
  { name: "an argument too many", words: ["a", "b", "c"], code: "ARGUMENT_UNEXPECTED", exit: 64 },
  { name: "an unknown option", words: ["a", "--frobnicate"], code: "OPTION_UNKNOWN", exit: 64 },
  { name: "a slip", words: ["a", "--output-tpye", "json"], code: "OPTION_UNKNOWN", exit: 64 },
  { name: "a near one", words: ["a", "--input-typ", "json"], code: "OPTION_UNKNOWN", exit: 64, hint: "--input-type" },
  { name: "one dash before a long name", words: ["a", "-age", "x"], code: "OPTION_UNKNOWN", exit: 64, hint: "--age" },
  { name: "an unknown letter in a bundle", words: ["a", "-iz"], code: "OPTION_UNKNOWN", exit: 64 },
  { name: "no value", words: ["a", "--output"], code: "OPTION_VALUE", exit: 64 },
  { name: "a value for a flag", words: ["a", "--in-place=yes"], code: "OPTION_VALUE", exit: 64 },
  { name: "a value for a short flag", words: ["a", "-i=yes"], code: "OPTION_VALUE", exit: 64 },
  {
    name: "no value for a bundle's last",
    words: ["a", "-iso"],
    code: "OPTION_VALUE",
    exit: 64,
    subject: "-o needs FILE",
  },
  {
    name: "no value, by its name",
    words: ["a", "--output"],
    code: "OPTION_VALUE",
    exit: 64,
    subject: "--output needs FILE",
  },
  {
    name: "a slip with a value",
    words: ["a", "--outputt=canary-7f3a"],
    code: "OPTION_UNKNOWN",
    exit: 64,
    subject: "--outputt",
  },
  { name: "sops' habit with a value", words: ["a", "-output=b"], code: "OPTION_UNKNOWN", exit: 64, hint: "--output" },
  { name: "an empty piece at the end", words: ["a", "--age", "x,"], code: "OPTION_VALUE", exit: 64 },
  { name: "an empty piece in front", words: ["a", "--age= ,x"], code: "OPTION_VALUE", exit: 64 },
  {
    name: "an empty piece between two",
    words: ["a", "-a", "x,,y"],
    code: "OPTION_VALUE",
    exit: 64,
    subject: "an entry of --age is empty",
  },
  { name: "no number", words: ["a", "--indent", "two"], code: "OPTION_VALUE", exit: 64 },
  { name: "no octal number", words: ["a", "--mode", "0800"], code: "OPTION_VALUE", exit: 64 },
  { name: "no such choice", words: ["a", "--input-type", "ymal"], code: "OPTION_VALUE", exit: 64, hint: "yaml" },
  { name: "a name of Object's prototype", words: ["a", "--__proto__"], code: "OPTION_UNKNOWN", exit: 64 },
  { name: "another one", words: ["a", "--constructor"], code: "OPTION_UNKNOWN", exit: 64 },
]

describe("usage errors", () => {
  test.each(wrong)("$name", ({ words, code, exit, hint, subject }) => {
    let thrown: unknown
    try {
      parse(sample, words, none)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(AppError)
    expect(thrown).toMatchObject({ code, exit })
    if (subject !== undefined) expect(thrown).toHaveProperty("detail.subject", subject)
    if (hint !== undefined) expect(thrown).toMatchObject({ hint: `did you mean \`${hint}\`?` })
  })

  test("a program is needed where one is to be started", () => {
    expect(() => parse(child, ["-f", "a"], none)).toThrow(AppError)
  })

  test("JSON is wanted before anything is parsed, but not for another program", () => {
    expect(wantsJson(["decrypt", "--nonsense", "--json"])).toBe(true)
    expect(wantsJson(["run", "-f", "a", "--", "curl", "--json"])).toBe(false)
  })
})

describe("a line of arguments and options means what commander takes it for", () => {
  test.each([...commands])("%s", async (_, { load }) => {
    const { options, passThrough } = await load()
    const specs: OptionSpecs = { ...options, ...globalOptions }
    const flags = Object.keys(specs).filter((key) => specs[key]!.kind === "flag")
    const texts = Object.keys(specs).filter((key) => specs[key]!.kind !== "flag")
    const shorts = Object.values(specs).flatMap(({ short }) => (short === undefined ? [] : [`-${short}`]))
    const words = [
      "a.yaml",
      "-",
      "",
      "-5",
      "--",
      "--nope",
      "7",
      "yaml",
      "a,b",
      ...Object.keys(specs).map(longName),
      ...shorts,
    ]
      .concat(flags.map((key) => longName(key).slice(0, -1)).concat(texts.map((key) => `${longName(key)}=1`)))
      .concat(flags.map((key) => `${longName(key)}=force`))
    const lines = words.flatMap((one) => [[], ...words.map((two) => [two])].map((rest) => ["b.yaml", one, ...rest]))
    const every = lines.concat(
      lines.map((line) => line.slice(1)),
      lines.map((line) => [...line, "json", "x"]),
    )
    const outcome = (read: () => Read | null): unknown => {
      try {
        return read()
      } catch (error) {
        return error instanceof AppError ? { code: error.code, detail: error.detail, hint: error.hint } : error
      }
    }
    const read = every
      .map((line) => ({ line, plain: outcome(() => readPlainWords(specs, line, passThrough === true)) }))
      .filter(({ plain }) => plain !== null)
    for (const { line, plain } of read)
      expect({ line, read: plain }).toEqual({ line, read: outcome(() => readWords(specs, line, passThrough === true)) })
    expect(read.length).toBeGreaterThan(passThrough === true ? 10 : flags.length ** 2)
  })
})
