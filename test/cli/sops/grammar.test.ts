import { describe, expect, test } from "vitest"
import { defaultsOf, type FlagSpec, parseFlags, parseInteger, reorder } from "../../../src/cli/sops/grammar.ts"

const specs: readonly FlagSpec[] = [
  { name: "in-place", short: "i", kind: "switch" },
  { name: "local", kind: "switch", isOn: true, env: "SOPS_ENABLE_LOCAL_KEYSERVICE" },
  { name: "output", kind: "text" },
  { name: "age", short: "a", kind: "text", env: "SOPS_AGE_RECIPIENTS" },
  { name: "indent", kind: "number" },
  { name: "keyservice", kind: "list", env: "SOPS_KEYSERVICE" },
  { name: "help", short: "h", kind: "switch" },
]

const none = defaultsOf(specs, () => undefined).values

interface Row {
  readonly name: string
  readonly words: readonly string[]
  /** What is given, by the long name. */
  readonly given?: Readonly<Record<string, unknown>>
  readonly rest?: readonly string[]
  readonly fault?: string
}

const rows: readonly Row[] = [
  { name: "nothing", words: [] },
  { name: "one dash and two are the same", words: ["-output", "x", "--age", "y"], given: { output: "x", age: "y" } },
  { name: "a short name with two dashes", words: ["--i", "f"], given: { "in-place": true }, rest: ["f"] },
  { name: "a value behind =", words: ["--output=x", "-a=y"], given: { output: "x", age: "y" } },
  { name: "a value with = in it", words: ["--output=a=b"], given: { output: "a=b" } },
  { name: "an empty value", words: ["--output=", "-a", ""], given: { output: "", age: "" } },
  {
    name: "a value that looks like a flag",
    words: ["--output", "--age", "f"],
    given: { output: "--age" },
    rest: ["f"],
  },
  { name: "a value that is --", words: ["--output", "--", "f"], given: { output: "--" }, rest: ["f"] },
  { name: "flags end at the first word that is none", words: ["f", "-i"], rest: ["f", "-i"] },
  { name: "a lone dash is a word", words: ["-", "-i"], rest: ["-", "-i"] },
  { name: "an empty word is a word", words: ["", "-i"], rest: ["", "-i"] },
  {
    name: "-- ends them and is gone",
    words: ["-i", "--", "-a", "--"],
    given: { "in-place": true },
    rest: ["-a", "--"],
  },
  { name: "a switch takes no word along", words: ["-i", "true"], given: { "in-place": true }, rest: ["true"] },
  ...["1", "t", "T", "TRUE", "true", "True"].map((text) => ({
    name: `a switch is on with ${text}`,
    words: [`-i=${text}`],
    given: { "in-place": true },
  })),
  ...["0", "f", "F", "FALSE", "false", "False"].map((text) => ({
    name: `a switch is off with ${text}`,
    words: [`--local=${text}`],
    given: { local: false },
  })),
  {
    name: "a switch knows no other words",
    words: ["-i=yes"],
    fault: 'invalid boolean value "yes" for -i: parse error',
  },
  { name: "the last value counts", words: ["--output", "a", "--output", "b"], given: { output: "b" } },
  { name: "a list collects", words: ["--keyservice", "a,b", "--keyservice=c"], given: { keyservice: ["a,b", "c"] } },
  { name: "numbers have the base of their prefix", words: ["--indent", "0x1f"], given: { indent: 31 } },
  { name: "negative numbers are values", words: ["--indent", "-1"], given: { indent: -1 } },
  { name: "what is no number", words: ["--indent", "two"], fault: 'invalid value "two" for flag -indent: parse error' },
  { name: "short flags are never bundled", words: ["-ia"], fault: "flag provided but not defined: -ia" },
  { name: "an unknown flag", words: ["--nothing=1"], fault: "flag provided but not defined: -nothing" },
  { name: "a value that is missing", words: ["--output"], fault: "flag needs an argument: -output" },
  { name: "three dashes", words: ["---i"], fault: "bad flag syntax: ---i" },
  { name: "no name", words: ["--=x"], fault: "bad flag syntax: --=x" },
  {
    name: "both spellings of one flag",
    words: ["-i", "--in-place", "f"],
    given: { "in-place": true },
    rest: ["f"],
    fault: "Cannot use two forms of the same flag: i in-place",
  },
  { name: "one spelling twice is fine", words: ["-i", "-i"], given: { "in-place": true } },
  {
    name: "what came before a fault is kept",
    words: ["-h", "-x"],
    given: { help: true },
    fault: "flag provided but not defined: -x",
  },
]

describe("flags", () => {
  test.each(rows)("$name: $words", ({ words, given = {}, rest, fault }) => {
    const parsed = parseFlags(specs, words, none)
    expect(parsed.fault?.text).toBe(fault)
    expect(Object.fromEntries([...parsed.given].map((name) => [name, parsed.values.get(name)]))).toEqual(given)
    if (rest !== undefined || fault === undefined) expect(parsed.rest).toEqual(rest ?? [])
  })
})

const orders = [
  { name: "flags come first", words: ["f", "--output", "x", "-i"], ordered: ["--output", "x", "-i", "f"] },
  { name: "with =", words: ["f", "-output=x"], ordered: ["-output=x", "f"] },
  { name: "a value goes with its flag", words: ["f", "--output", "-i"], ordered: ["--output", "-i", "f"] },
  { name: "a switch takes nothing along", words: ["f", "-i", "g"], ordered: ["-i", "f", "g"] },
  { name: "unknown flags stay", words: ["f", "--nothing", "-i"], ordered: ["-i", "f", "--nothing"] },
  { name: "-- ends the flags", words: ["-i", "f", "--", "-a"], ordered: ["-i", "--", "f", "-a"] },
  { name: "a value may be missing", words: ["f", "--output"], ordered: ["--output", "f"] },
  { name: "a lone dash", words: ["-", "-i"], ordered: ["-i", "-"] },
  { name: "three dashes are no flag of anybody", words: ["f", "---i"], ordered: ["f", "---i"] },
]

describe("the order of a subcommand's words", () => {
  test.each(orders)("$name: $words", ({ words, ordered }) => {
    expect(reorder(specs, words)).toEqual(ordered)
  })

  test("an unknown flag before the first argument is a fault, and an argument behind it", () => {
    expect(parseFlags(specs, reorder(specs, ["-x", "f"]), none).fault?.text).toBe("flag provided but not defined: -x")
    expect(parseFlags(specs, reorder(specs, ["f", "-x"]), none).rest).toEqual(["f", "-x"])
  })
})

const variables = [
  { name: "nothing is set", env: {}, values: { local: true, age: "", keyservice: [], "in-place": false, indent: 0 } },
  { name: "an empty switch is off", env: { SOPS_ENABLE_LOCAL_KEYSERVICE: "" }, values: { local: false } },
  { name: "a switch", env: { SOPS_ENABLE_LOCAL_KEYSERVICE: "F" }, values: { local: false } },
  { name: "a text", env: { SOPS_AGE_RECIPIENTS: "a,b" }, values: { age: "a,b" } },
  { name: "a list", env: { SOPS_KEYSERVICE: " a , b" }, values: { keyservice: ["a", "b"] } },
  { name: "an empty list has no element", env: { SOPS_KEYSERVICE: "" }, values: { keyservice: [] } },
]

describe("variables", () => {
  test.each(variables)("$name", ({ env, values }) => {
    const read = defaultsOf(specs, (name) => (env as Readonly<Record<string, string>>)[name])
    expect(read.fault).toBeNull()
    expect(Object.fromEntries(read.values)).toMatchObject(values)
  })

  test("a flag wins over its variable, and a list replaces it", () => {
    const { values } = defaultsOf(specs, (name) => (name === "SOPS_KEYSERVICE" ? "a" : undefined))
    expect(parseFlags(specs, ["--keyservice", "b"], values).values.get("keyservice")).toEqual(["b"])
  })

  test("a switch that is no boolean is a fault of every command", () => {
    const { fault } = defaultsOf(specs, (name) => (name === "SOPS_ENABLE_LOCAL_KEYSERVICE" ? "maybe" : undefined))
    expect(fault?.text).toContain("could not parse maybe as bool value for flag local")
  })
})

const integers: readonly (readonly [string, number | null])[] = [
  ["0", 0],
  ["12", 12],
  ["-3", -3],
  ["+3", 3],
  ["0x10", 16],
  ["0XfF", 255],
  ["0b11", 3],
  ["0o17", 15],
  ["017", 15],
  ["1_000", 1000],
  ["0x_f", 15],
  ["08", null],
  ["1__0", null],
  ["_1", null],
  ["", null],
  ["-", null],
  ["1.0", null],
  ["1e3", null],
  ["99999999999999999999", null],
]

test.each(integers)("the integer %s", (text, value) => {
  expect(parseInteger(text)).toBe(value)
})
