import { expect, test } from "vitest"
import { commands } from "../../src/cli/commands.ts"
import { helpAsJson } from "../../src/cli/help-json.ts"

interface Help {
  readonly schema: number
  readonly commands: readonly {
    readonly name: string
    readonly arguments: readonly { readonly name: string; readonly required: boolean; readonly many: boolean }[]
    readonly options: readonly { readonly name: string; readonly short?: string; readonly kind: string }[]
  }[]
}

test("`help --json` says what every command takes", async () => {
  const help = JSON.parse(await helpAsJson(commands)) as Help
  expect(help.schema).toBe(1)
  expect(help.commands.map(({ name }) => name)).toEqual([...commands.keys()])
  const encrypt = help.commands.find(({ name }) => name === "encrypt")
  expect(encrypt?.arguments).toMatchObject([{ required: false, many: true }])
  expect(encrypt?.options).toContainEqual(expect.objectContaining({ name: "--in-place", short: "-i", kind: "flag" }))
  const names = help.commands.flatMap(({ options }) => options.map((option) => option.name))
  expect(names.filter((name) => !/^--[a-z][a-z-]*$/.test(name))).toEqual([])
})
