import { takeProcess, tuned, tunedFiles } from "../../../src/host/engine.ts"

// Run by Bun: says which policies its compilers were told, and 0 for the work being long. All is checked with the types of Node, which know no `Bun`.
const { unsafe } = (globalThis as unknown as { Bun: { unsafe: { setJITPolicy(policy: number): void } } }).Bun
const real = unsafe.setJITPolicy
const told: number[] = []
unsafe.setJITPolicy = (policy) => {
  told.push(policy)
  real(policy)
}

const [chars = "", count = "", isOurs = ""] = process.argv.slice(2)
if (isOurs === "true") takeProcess({ whenLong: () => told.push(0) })
await tunedFiles(async () => {
  for (let at = 0; at < Number(count); at++) tuned(Number(chars), () => {})
})
process.stdout.write(JSON.stringify(told))
