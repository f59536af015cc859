import { describe, expect, test } from "vitest"
import { failedCall, reasonOf } from "../../src/host/reason.ts"

const failed = (code: string): Error => Object.assign(new Error(`${code}: canary-7f3a`), { code })

/** What can happen to a file or folder of a user, whatever was done with it. */
const codes =
  "EACCES EPERM ENOENT ENOTDIR EISDIR ELOOP ENOSPC EDQUOT EROFS EIO EMFILE ENFILE ENAMETOOLONG ETXTBSY EBUSY EFBIG ENXIO EEXIST ENOMEM"

describe("a failed system call", () => {
  test.each(codes.split(" "))("%s has a reason in words and a next step", (code) => {
    const { notes, hint } = failedCall(failed(code))
    expect(notes).toHaveLength(1)
    expect(notes[0]).toMatch(/^[a-z][a-z -]+$/)
    expect(hint).toMatch(/^[a-z].{15,}$/)
    expect(`${notes[0]} ${hint}`).not.toContain("canary")
  })

  test("that nobody has thought of is told by its name, and never by its message", () => {
    expect(reasonOf(failed("EHOSTDOWN"))).toBe("system error EHOSTDOWN")
    expect(reasonOf(new Error("canary-7f3a"))).toBe("unknown system error")
    expect(failedCall(failed("EHOSTDOWN")).hint).toBeUndefined()
  })
})
