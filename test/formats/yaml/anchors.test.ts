import { describe, expect, test } from "vitest"
import { type Edit } from "../../../src/core/text.ts"
import { splice } from "../../../src/core/splice.ts"
import { AppError } from "../../../src/errors/app-error.ts"
import { yaml } from "../../../src/formats/yaml/yaml.ts"

const plain = "base: &b {x: 1, y: &y 2}\ncopy: *b\nlast: *y\n"

function after(change: (scan: ReturnType<typeof yaml.scan>) => Edit[]): string {
  const scan = yaml.scan(plain)
  try {
    return splice(plain, change(scan))
  } catch (error) {
    if (error instanceof AppError) return `${error.code} in line ${error.where.line}`
    throw error
  }
}

const text = (value: string) => ({ type: "scalar", scalar: { kind: "str", bytes: Buffer.from(value) } }) as const

describe("an anchor stays as long as an alias needs it", () => {
  test("its entry cannot be removed", () => {
    expect(after((scan) => yaml.unset(scan, ["base"]))).toBe("ANCHOR_IN_USE in line 2")
    expect(after((scan) => yaml.unset(scan, ["base", "y"]))).toBe("ANCHOR_IN_USE in line 3")
    expect(after((scan) => yaml.unset(scan, ["base", "x"]))).toBe(plain.replace("x: 1, ", ""))
    expect(after((scan) => yaml.unset(scan, ["copy"]))).toBe(plain.replace("copy: *b\n", ""))
  })

  test("a new value takes the anchor over, but not those within the old one", () => {
    expect(after((scan) => yaml.set(scan, ["base", "y"], text("new")))).toBe(plain.replace("&y 2", "&y new"))
    expect(after((scan) => yaml.set(scan, ["base"], text("new")))).toBe("ANCHOR_IN_USE in line 3")
  })
})
