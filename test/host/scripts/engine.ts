import { getHeapSpaceStatistics } from "node:v8"
import { runInThisContext, Script } from "node:vm"
import { takeProcess, tuned, tunedAtFirst, tunedFiles, tunedPlain } from "../../../src/host/engine.ts"

// Run with --allow-natives-syntax: V8 says of a function that is called often whether it has optimized it.
const OPTIMIZED = 1 << 4
const statusOf = runInThisContext("(function (work) { return %GetOptimizationStatus(work) })") as (
  work: unknown,
) => number

/** Calls a function often. In a loop that was optimized itself the function would be a part of the loop. */
const callOften = runInThisContext(
  "const often = (work) => { for (let at = 0; at < 1_000_000; at++) work(at) }; %NeverOptimizeFunction(often); often",
) as (work: (number: number) => number) => void

/** Makes a function anew, and calls it often. */
function isOptimized(): boolean {
  const work = runInThisContext("(function (number) { return number + 1 })") as (number: number) => number
  callOften(work)
  return (statusOf(work) & OPTIMIZED) !== 0
}

const [chars = "", isOurs = "", fails = "", parts = "", isPlain = ""] = process.argv.slice(2)
const loading: { around?: <T>(work: () => T) => T } = {}
if (isOurs === "true") takeProcess(loading)
if (parts === "kept") {
  // V8 looks at the length of a text only, and remembers the text itself.
  let number = 2
  const source = (): string => `(function (number) { return number + ${number++} })`
  const cachedData = new Script(source()).createCachedData()
  const isTaken = (): boolean => new Script(source(), { cachedData }).cachedDataRejected === false
  const [bare, around] = tuned(Number(chars), () => [isTaken(), loading.around!(isTaken)])
  process.stdout.write(JSON.stringify({ bare, around, behind: isTaken() }))
  process.exit()
}
if (parts === "young") {
  const kept: object[] = []
  const youngBytes = (): number => {
    for (let at = 0; at < 300_000; at++) kept.push({ at })
    return getHeapSpaceStatistics().find((space) => space.space_name === "new_space")!.space_size
  }
  const ofFiles = (took: (all: number) => void): Promise<number> => {
    took(Number(chars))
    return Promise.resolve(youngBytes())
  }
  const within = isPlain === "files" ? await tunedAtFirst(ofFiles) : tuned(Number(chars), youngBytes)
  process.stdout.write(JSON.stringify({ within, behind: youngBytes() }))
  process.exit()
}
let within: boolean | null = null
let thrown = ""
const measured = (): void => {
  within = isOptimized()
  if (fails === "true") throw new Error("from within")
}
try {
  if (isPlain === "true") tunedPlain("x".repeat(Number(chars)), measured)
  else if (isPlain === "files")
    await tunedFiles(async () => {
      for (let part = 0; part < Number(parts); part++) tuned(Number(chars), () => {})
      await Promise.resolve()
      measured()
    })
  else if (parts === "") tuned(Number(chars), measured)
  else {
    await tunedAtFirst(async (took) => {
      for (let part = 0; part < Number(parts); part++) {
        took(Number(chars))
        // Each is opened by itself too.
        tuned(Number(chars), () => {})
      }
      measured()
    })
  }
} catch (error) {
  thrown = (error as Error).message
}
process.stdout.write(JSON.stringify({ within, thrown, behind: isOptimized() }))
