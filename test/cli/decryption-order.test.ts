import { describe, expect, test } from "vitest"
import { readDecryptionOrder } from "../../src/cli/decryption-order.ts"

describe("the decryption order", () => {
  test.each([
    { text: "kms,age", order: ["kms", "age"] },
    { text: " kms , age ", order: ["kms", "age"] },
  ])("$text", ({ text, order }) => expect(readDecryptionOrder(text.split(","))).toEqual(order))

  test.each(["age,pgp,age", "nonsense", "AGE", "azure_keyvault", "age,,pgp", "unknown"])("refuses %s", (text) => {
    expect(() => readDecryptionOrder(text.split(","))).toThrow(
      expect.objectContaining({ code: "KEY_ORDER_INVALID", exit: 112 }),
    )
  })
})
