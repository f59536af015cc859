import { afterAll, describe, expect, test } from "vitest"
import { canary } from "../canary.ts"
import { machine } from "../machine.ts"
import { broken, oddDocuments } from "./odd-documents.ts"
import { ShownValues, waysOnPlain, waysOnSealed } from "./shown-values.ts"

const own = machine()
const shown = new ShownValues(own)
afterAll(() => own.remove())

// A third of the commands for each document, another one for the next, and one command for each byte that is broken:
// `npm run fuzz` goes through the rest.
const first = (name: string): number => name.length % 3

describe.each(oddDocuments)("$name", (odd) => {
  test("no command says a value of it", async () => {
    for (let nth = first(odd.name); nth < waysOnPlain; nth += 3) expect(await shown.onPlain(odd, nth)).toBe(null)
  })

  test("nor when it is broken at any byte", async () => {
    for (let at = 0; at < odd.text.length; at++) {
      const text = broken(odd.text, at, at * 7)
      expect(await shown.onPlain({ ...odd, text }, at * 5)).toBe(null)
    }
  })

  test("nor when it is sealed, whole or broken", async () => {
    const sealed = await shown.seal(odd)
    if (sealed === null) return
    for (let nth = first(odd.name); nth < waysOnSealed; nth += 3)
      expect(await shown.onSealed(odd.suffix, sealed, odd.text, nth)).toBe(null)
    for (let at = 0; at < sealed.length; at += 41) {
      const text = broken(sealed, at, at)
      expect(await shown.onSealed(odd.suffix, text, odd.text, at)).toBe(null)
    }
  })
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
