import { describe, expect, test } from "vitest"
import { environment, variables } from "../../src/config/environment.ts"

const reader = (set: Record<string, string>) =>
  environment((name) => (Object.hasOwn(set, name) ? set[name] : undefined))

describe("environment", () => {
  test.each([
    { value: undefined, flag: undefined },
    { value: "", flag: false },
    { value: "true", flag: true },
    { value: "T", flag: true },
    { value: "1", flag: true },
    { value: "False", flag: false },
    { value: "0", flag: false },
  ])("a flag that is $value", ({ value, flag }) => {
    const set = value === undefined ? {} : { SOPS_ENABLE_LOCAL_KEYSERVICE: value }
    expect(reader(set).flag("SOPS_ENABLE_LOCAL_KEYSERVICE")).toBe(flag)
  })

  test("what is no boolean is an error that names the variable, not its value", () => {
    const read = () => reader({ SOPS_DISABLE_VERSION_CHECK: "canary-7f3a" }).flag("SOPS_DISABLE_VERSION_CHECK")
    expect(read).toThrow(/SOPS_DISABLE_VERSION_CHECK/)
    expect(read).not.toThrow(/canary/)
  })

  test("a list is split at commas; empty pieces are left out", () => {
    expect(reader({ SOPS_KEYSERVICE: " tcp://a , ,unix:///b" }).list("SOPS_KEYSERVICE")).toEqual([
      "tcp://a",
      "unix:///b",
    ])
    expect(reader({ SOPS_KEYSERVICE: "" }).list("SOPS_KEYSERVICE")).toEqual([])
    expect(reader({}).list("SOPS_KEYSERVICE")).toBeUndefined()
  })

  test("a variable that is set but empty is set", () => {
    expect(reader({ SOPS_AGE_KEY: "" }).text("SOPS_AGE_KEY")).toBe("")
    expect(reader({}).text("SOPS_AGE_KEY")).toBeUndefined()
  })

  test("the table is complete: each has a use, in lower case and without a final period", () => {
    const good = /^[^A-Z].*[^.]$|^(PGP|AWS|GCP|HuaweiCloud|Azure|Vault) /
    expect(Object.entries(variables).filter(([, { use }]) => !good.test(use))).toEqual([])
  })
})
