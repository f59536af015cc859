import { afterAll, describe, expect, test } from "vitest"
import { canary } from "../canary.ts"
import { machine } from "../machine.ts"
import { broken, type OddDocument, oddDocuments } from "./odd-documents.ts"
import { ShownValues, waysOnConflict, waysOnPlain, waysOnSealed } from "./shown-values.ts"

const own = machine()
const shown = new ShownValues(own)
afterAll(() => own.remove())

// A few of the commands for each document, others for the next, and one command for some of the bytes that are broken:
// SLOW=1 and `npm run fuzz` go through the rest.
const isSlow = process.env["SLOW"] === "1"
const step = isSlow ? 1 : 6
const first = (name: string): number => name.length % step

describe.each(oddDocuments)("$name", (odd) => {
  test("no command says a value of it", async () => {
    for (let nth = first(odd.name); nth < waysOnPlain; nth += step) expect(await shown.onPlain(odd, nth)).toBe(null)
  })

  test("nor when it is broken at any byte", async () => {
    for (let at = first(odd.name); at < odd.text.length; at += isSlow ? 1 : 3) {
      const text = broken(odd.text, at, at * 7)
      expect(await shown.onPlain({ ...odd, text }, at * 5)).toBe(null)
    }
  })

  test("nor when it is sealed, whole or broken", async () => {
    const sealed = await shown.seal(odd)
    if (sealed === null) return
    for (let nth = first(odd.name); nth < waysOnSealed; nth += step)
      expect(await shown.onSealed(odd.suffix, sealed, odd.text, nth)).toBe(null)
    for (let at = 0; at < sealed.length; at += isSlow ? 41 : 123) {
      const text = broken(sealed, at, at)
      expect(await shown.onSealed(odd.suffix, text, odd.text, at)).toBe(null)
    }
  })
})

// Most odd documents cannot be sealed.
const plain: readonly OddDocument[] = [
  { name: "yaml", suffix: ".yaml", text: `# ${canary}\na: ${canary}\nl:\n  - x\n  - ${canary}\nm: {k: ${canary}}\n` },
  {
    name: "anchors",
    suffix: ".yaml",
    text: `a: &${canary.slice(0, 3)} ${canary}\nb: *${canary.slice(0, 3)}\n---\nc: |\n  ${canary}\n`,
  },
  { name: "json", suffix: ".json", text: `{"a": "${canary}", "l": ["${canary}", {"b": "${canary}"}]}\n` },
  { name: "dotenv", suffix: ".env", text: `# ${canary}\nA=${canary}\nB='${canary}'\n` },
  { name: "ini", suffix: ".ini", text: `; ${canary}\n[s]\na = ${canary}\n[t]\nb = ${canary}\n` },
]

test("nor what two people made of it, in a conflict", async () => {
  let conflicts = 0
  for (const [index, odd] of [...oddDocuments, ...plain].entries()) {
    const sides = await shown.sides(odd)
    if (sides === null) continue
    if (sides.ours !== sides.theirs) conflicts++
    for (let nth = index % step; nth < waysOnConflict; nth += step)
      expect(await shown.onConflict(odd, sides, nth)).toBe(null)
  }
  expect(conflicts).toBeGreaterThan(5)
})

describe("a value that is also a key", () => {
  const aliased = { suffix: ".yaml", text: `p: &p ${canary}\n*p : {a_unencrypted: *p}\n` } as const

  test.each(["json", "dotenv", "ini", "yaml"])(
    "is not sealed into %s, where it would be in the clear",
    async (type) => {
      for (const face of ["sotto", "sops"] as const) {
        const { status, stdout, stderr } = await shown.run(face, ["encrypt", "--output-type", type, "FILE"], aliased)
        expect({ status, stdout: stdout.toString("utf8"), stderr }).toMatchObject({ status: 23, stdout: "" })
        expect(stderr).toContain("line 2")
      }
    },
  )

  test("is shown as the alias that it is written as", async () => {
    const { stderr } = await shown.run("sotto", ["encrypt", "--json", "FILE"], aliased)
    expect(JSON.parse(stderr)).toMatchObject({ code: "ALIAS_TO_SEALED", path: ["*"], line: 2 })
  })
})
