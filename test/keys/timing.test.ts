import { describe, expect, test } from "vitest"
import { readTiming } from "../../src/keys/time-limit.ts"
import { testContext } from "./context.ts"

describe("SOTTO_KEY_TIMEOUT", () => {
  test.each([
    { text: undefined, requestMs: 10_000, overallMs: 15_000 },
    { text: "", requestMs: 10_000, overallMs: 15_000 },
    { text: "2", requestMs: 2000, overallMs: 3000 },
    { text: "0.5", requestMs: 500, overallMs: 750 },
    { text: "1.001", requestMs: 1001, overallMs: 1501 },
  ])("$text", ({ text, requestMs, overallMs }) => {
    const env = text === undefined ? {} : { SOTTO_KEY_TIMEOUT: text }
    expect(readTiming(testContext({ env }))).toEqual({ requestMs, overallMs, headStartMs: 1000 })
  })

  test.each(["0", "-1", "x", "1e3", "99999", "5000"])("refuses %s", (text) => {
    expect(() => readTiming(testContext({ env: { SOTTO_KEY_TIMEOUT: text } }))).toThrow(
      expect.objectContaining({ code: "ENVIRONMENT_INVALID" }),
    )
  })
})
