import { expect, test } from "vitest"
import { splice } from "../../src/core/splice.ts"
import { type Tree } from "../../src/core/tree.ts"
import { binary } from "../../src/formats/binary.ts"

const empty: Tree = {
  type: "map",
  entries: [
    { type: "entry", key: "data", value: { type: "scalar", scalar: { kind: "str", bytes: new Uint8Array(0) } } },
  ],
}

test("a container is laid out as sops lays it out", () => {
  const plain = binary.emit([empty], {})
  const scan = binary.scan(plain)
  const edits = [binary.seal(scan, scan.sites[0]!, "ENC[x]"), ...binary.attach(scan, new Map([["mac", "y"]]), null)]
  expect(splice(plain, edits)).toBe('{\n\t"data": "ENC[x]",\n\t"sops": {\n\t\t"mac": "y"\n\t}\n}\n')
})

test.each([2, 0])("with an indent of %i", (indent) => {
  const unit = " ".repeat(indent)
  const plain = binary.emit([empty], { indent })
  const text = splice(plain, binary.attach(binary.scan(plain), new Map([["mac", "y"]]), null, indent))
  expect(text).toBe(`{\n${unit}"data": "",\n${unit}"sops": {\n${unit}${unit}"mac": "y"\n${unit}}\n}\n`)
})

test("it has no parts to print", () => {
  expect(() => binary.emitValue(empty, {})).toThrow("cannot hold")
})
