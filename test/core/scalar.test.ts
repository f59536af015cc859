import { inspect } from "node:util"
import { expect, test } from "vitest"
import { isEmptyText, scalarText, textScalar } from "../../src/core/scalar.ts"

test.each([
  { name: "empty", text: "" },
  { name: "short", text: "grüße" },
  { name: "long", text: "grüße ".repeat(2000) },
])("a scalar of $name text has its bytes and its text", ({ text }) => {
  const scalar = textScalar(text)
  expect(scalarText(scalar)).toBe(text)
  expect(isEmptyText(scalar)).toBe(text === "")
  expect([scalar.kind, scalar.bytes]).toEqual(["str", new TextEncoder().encode(text)])
})

test("L8: inspect() does not show a long text", () => {
  const scalar = textScalar("canary-7f3a ".repeat(2000))
  expect(inspect(scalar, { depth: 9, showHidden: false })).not.toContain("canary")
})
