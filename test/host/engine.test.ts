import { spawnSync } from "node:child_process"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { bundled } from "./script.ts"

const script = bundled(new URL("scripts/engine.ts", import.meta.url))

// What the state of a function says is known of this line of Node alone; later ones have a second optimizer, which stays.
const isKnown = process.versions.node.startsWith("20.")

const isTuned = ["20", "24", "26"].includes(process.versions.node.split(".")[0]!)

/** Whether V8 optimizes what is called often: within the work, and behind it. */
function optimized(words: readonly string[], options: readonly string[] = []): unknown {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    // It compiles at once, not beside the program, where on a busy machine it may need any time.
    ["--allow-natives-syntax", "--no-concurrent-recompilation", ...options, script, ...words],
    { encoding: "utf8" },
  )
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 })
  return JSON.parse(stdout)
}

test.skipIf(!isKnown).each([
  { name: "over a text of some length it waits", words: ["100000", "true"], within: false },
  { name: "over a short one it does not", words: ["1000", "true"], within: true },
  { name: "a plain text counts for the sealed one", words: ["20000", "true", "", "", "true"], within: false },
  { name: "nor over one of many megabytes", words: ["10000000", "true"], within: true },
  { name: "nor in a process of somebody else", words: ["100000", "false"], within: true },
])("the optimizer: $name, and is there again behind it", ({ words, within }) => {
  expect(optimized(words)).toEqual({ within, thrown: "", behind: true })
})

test.skipIf(!isKnown)("it is there again behind work that fails", () => {
  expect(optimized(["100000", "true", "true"])).toEqual({ within: false, thrown: "from within", behind: true })
})

test.skipIf(!isKnown).each([
  { name: "over a few of many texts it waits", words: ["100000", "true", "", "5"], within: false },
  { name: "over more of them it does not", words: ["100000", "true", "", "50"], within: true },
  { name: "nor in a process of somebody else", words: ["100000", "false", "", "5"], within: true },
  { name: "over a few files it waits", words: ["10000", "true", "", "5", "files"], within: false },
  { name: "over more of them it does not", words: ["10000", "true", "", "500", "files"], within: true },
  { name: "nor over a long one among them", words: ["10000000", "true", "", "1", "files"], within: true },
])("the optimizer: $name, and is there again behind them", ({ words, within }) => {
  expect(optimized(words)).toEqual({ within, thrown: "", behind: true })
})

test.skipIf(!isKnown)("it is there again behind many texts of which one fails", () => {
  expect(optimized(["100000", "true", "true", "5"])).toEqual({ within: false, thrown: "from within", behind: true })
})

test.skipIf(!isTuned)("code that was kept is taken meanwhile too, where it is loaded as the program says", () => {
  expect(optimized(["100000", "true", "", "kept"])).toEqual({ bare: false, around: true, behind: true })
})

test.skipIf(!isTuned).each([
  { name: "over a text of some length it stays small", words: ["100000", "true"], options: [], within: "small" },
  { name: "over one of some megabytes too", words: ["8000000", "true"], options: [], within: "small" },
  { name: "over one of more it grows", words: ["10000000", "true"], options: [], within: "grown" },
  { name: "over a short one it grows", words: ["1000", "true"], options: [], within: "grown" },
  { name: "and in a process of somebody else", words: ["100000", "false"], options: [], within: "grown" },
  {
    name: "over a few of many texts it stays small",
    words: ["100000", "true", "", "young", "files"],
    options: [],
    within: "small",
  },
  {
    name: "over more of them it grows",
    words: ["10000000", "true", "", "young", "files"],
    options: [],
    within: "grown",
  },
  {
    name: "whoever chose its size keeps that",
    words: ["100000", "true"],
    options: ["--semi-space-growth-factor=4"],
    within: "grown",
  },
])("the young generation: $name; behind the work it grows", ({ words, options, within }) => {
  const sizes = optimized(words.length === 2 ? [...words, "", "young"] : words, options) as Record<
    "within" | "behind",
    number
  >
  const size = (bytes: number): string => (bytes > 4_000_000 ? "grown" : "small")
  // Later lines do not always let it grow again; that the flag is back there says the code that is taken.
  const behind = isKnown ? size(sizes.behind) : "grown"
  expect({ within: size(sizes.within), behind }).toEqual({ within, behind: "grown" })
})

test.skipIf(!isKnown)("whoever chose a flag for it keeps that", () => {
  expect(optimized(["100000", "true"], ["--no-opt"])).toMatchObject({ within: false, behind: false })
})

const bun = fileURLToPath(new URL("../../node_modules/bun/bin/bun.exe", import.meta.url))
// An installation without scripts has none.
const isThere = spawnSync(bun, ["--version"]).status === 0
const hurries = availableParallelism() > 1 ? [1, 0] : [0]

test.skipIf(!isThere).each([
  { name: "over a long text they hurry", words: ["1000000", "1", "true"], policies: hurries },
  { name: "once", words: ["1000000", "3", "true"], policies: hurries },
  { name: "over many files that are together as long", words: ["10000", "100", "true"], policies: hurries },
  { name: "not over a short text", words: ["300000", "1", "true"], policies: [] },
  { name: "nor in a process of somebody else", words: ["1000000", "1", "false"], policies: [] },
])("the compilers of the binary: $name", ({ words, policies }) => {
  const hurry = bundled(new URL("scripts/hurry.ts", import.meta.url))
  const { stdout, stderr, status } = spawnSync(bun, [hurry, ...words], { encoding: "utf8" })
  expect({ told: stdout, stderr, status }).toEqual({ told: JSON.stringify(policies), stderr: "", status: 0 })
})
