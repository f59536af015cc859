import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { extname, join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { leaks } from "../canary.ts"
import { call, type Ended, machine } from "../machine.ts"
import { root } from "../sources.ts"
import { broken, oddDocuments, waysToBreak } from "../security/odd-documents.ts"
import { ShownValues } from "../security/shown-values.ts"
import { generator, mutate } from "./mutate.ts"

const seconds = Number(process.env["FUZZ_SECONDS"] ?? "30")
const seed = Number(process.env["FUZZ_SEED"] ?? String(Date.now() % 2 ** 31))
const own = machine()
afterAll(own.remove)

const env = new Map(own.env)
  .set("SOPS_AGE_KEY_FILE", join(root, "fixtures/keys/age-abc.txt"))
  .set("SOPS_AGE_RECIPIENTS", "age19u7j6dvg6w6me8hydt9merssh7auus5qzlamcmvd3vvp4m0tevjqzwqjuu")

/** Files of one suffix below a folder. A large one teaches nothing that a small one does not, and costs rounds. */
function corpus(folder: string): Map<string, Buffer[]> {
  const files = new Map<string, Buffer[]>()
  for (const name of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).toSorted()) {
    const path = join(root, folder, name)
    if (!statSync(path).isFile() || statSync(path).size > 20_000) continue
    const list = files.get(extname(name)) ?? []
    files.set(extname(name), [...list, readFileSync(path)])
  }
  return files
}

const msMax = 2_000

/** Runs one command and demands what is legal: success, or an error with a code, in time, without a secret on stderr. */
async function legal(args: readonly string[]): Promise<Ended> {
  const start = process.cpuUsage()
  const ended = await call({ args, cwd: own.cwd, env })
  // Not a measurement: what takes this long on a file of this size is not linear. The time of the processor alone,
  // since a busy machine lets anything wait.
  const { user, system } = process.cpuUsage(start)
  expect((user + system) / 1000).toBeLessThan(msMax)
  expect(leaks(ended.stderr)).toBe(false)
  // The self check kept a bad file from being written, but the file that needs it shows a bug.
  expect(ended.stderr).not.toMatch(/\[(?:BUG|SELF_CHECK)\]/)
  if (ended.status !== 0) expect(ended.stderr).toMatch(/\[[A-Z_\d]+\]$/m)
  return ended
}

interface Round {
  readonly suffix: string
  readonly file: string
}

/** @param round - tells whether the input was accepted */
async function fuzz(files: ReadonlyMap<string, Buffer[]>, round: (one: Round) => Promise<boolean>): Promise<void> {
  const random = generator(seed)
  const suffixes = [...files.keys()]
  const end = performance.now() + (seconds * 1000) / 2
  let rounds = 0
  let accepted = 0
  while (performance.now() < end) {
    const suffix = suffixes[random(suffixes.length)]!
    const others = files.get(suffix)!
    const bytes = mutate(others[random(others.length)]!, random, others)
    const file = join(own.cwd, `input${suffix}`)
    writeFileSync(file, bytes)
    try {
      if (await round({ suffix, file })) accepted++
    } catch (error) {
      const kept = join(root, `fuzz-failure${suffix}`)
      writeFileSync(kept, bytes)
      throw new Error(`round ${rounds} of FUZZ_SEED=${seed}; the input is in ${kept}`, { cause: error })
    }
    rounds++
  }
  console.log(`${rounds} rounds of FUZZ_SEED=${seed}, ${accepted} accepted`)
  expect(accepted).toBeGreaterThan(0)
}

test("L1 to L3: a plain file that was changed anyhow is refused, or comes back to the byte", async () => {
  await fuzz(corpus("fixtures/golden/plain"), async ({ suffix, file }) => {
    const sealed = join(own.cwd, `sealed${suffix}`)
    rmSync(sealed, { force: true })
    const { status } = await legal(["encrypt", "-o", sealed, file])
    if (status !== 0) return false
    const opened = await legal(["decrypt", sealed])
    expect(opened.status).toBe(0)
    expect(opened.stdout.equals(readFileSync(file))).toBe(true)
    return true
  })
})

test("a sealed file that was changed anyhow opens, or is refused without a word of plaintext", async () => {
  await fuzz(corpus("fixtures/golden/sealed"), async ({ suffix, file }) => {
    const { status, stdout } = await legal(["decrypt", file])
    if (status !== 0) {
      expect(stdout.length).toBe(0)
      return false
    }
    // L4: what opens and is sealed again over itself stays as it is.
    const plain = join(own.cwd, `plain${suffix}`)
    writeFileSync(plain, stdout)
    const before = readFileSync(file)
    const again = await legal(["encrypt", "--use-file-selectors", "-o", file, plain])
    if (again.status === 0) expect(readFileSync(file).equals(before)).toBe(true)
    return true
  })
})

test("L8: no command says a value of an odd document that was broken anyhow", async () => {
  const random = generator(seed)
  const shown = new ShownValues(own)
  const end = performance.now() + (seconds * 1000) / 2
  for (let rounds = 0; performance.now() < end; rounds++) {
    const odd = oddDocuments[random(oddDocuments.length)]!
    const breakOnce = (text: string): string => broken(text, random(text.length + 1), random(waysToBreak))
    const breakSome = (text: string): string => {
      let result = text
      for (let left = random(3); left > 0; left--) result = breakOnce(result)
      return result
    }
    const text = breakSome(odd.text)
    const said = [await shown.onPlain({ ...odd, text }, random(1000))]
    const sealed = await shown.seal({ ...odd, text }, random(2) === 0 ? "sotto" : "sops")
    if (sealed !== null) said.push(await shown.onSealed(odd.suffix, breakSome(sealed), text, random(1000)))
    const where = `round ${rounds} of FUZZ_SEED=${seed}: ${JSON.stringify(text)}`
    expect({ where, said: said.filter((one) => one !== null) }).toEqual({ where, said: [] })
  }
})
