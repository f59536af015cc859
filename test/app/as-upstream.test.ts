import { describe, expect, test } from "vitest"
import { pathAsUpstream, refuseList, valueAsUpstream } from "../../src/app/seal/as-upstream.ts"
import { envAsUpstream } from "../../src/app/commands/exec-env.ts"
import { parseJsonValue } from "../../src/app/commands/set.ts"
import { withContext } from "../../src/app/recipients/recipients.ts"
import { loadFormat } from "../../src/formats/registry.ts"
import { type FormatName } from "../../src/core/format.ts"
import { type Recipient } from "../../src/core/recipient.ts"
import { utf8 } from "../../src/core/text.ts"
import { type Tree } from "../../src/core/tree.ts"
import { AppError } from "../../src/errors/app-error.ts"

function shown(tree: Tree): string {
  return tree.type === "scalar" ? `${tree.scalar.kind} ${utf8.decode(tree.scalar.bytes)}` : tree.type
}

const numbers: readonly { json: string; format: FormatName; stored: string }[] = [
  { json: "5", format: "yaml", stored: "int 5" },
  { json: "5.0", format: "yaml", stored: "int 5" },
  { json: "1000000", format: "yaml", stored: "float 1000000" },
  { json: "12345678901", format: "yaml", stored: "float 12345678901" },
  { json: "1.5", format: "yaml", stored: "float 1.5" },
  { json: "12345678901", format: "json", stored: "int 12345678901" },
  { json: "1e21", format: "json", stored: "float 1000000000000000000000" },
  { json: "5", format: "dotenv", stored: "str 5.0" },
  { json: "12345678901", format: "ini", stored: "str 1.2345678901E+10" },
  { json: '"5"', format: "yaml", stored: "str 5" },
  { json: "true", format: "yaml", stored: "bool True" },
  { json: "null", format: "yaml", stored: "null" },
  { json: '{"a": 5}', format: "yaml", stored: "map" },
]

describe("values that are set as sops", () => {
  test.each(numbers)("$json in $format is $stored", async ({ json, format, stored }) => {
    expect(shown(valueAsUpstream(await parseJsonValue(json), await loadFormat(format)))).toBe(stored)
  })

  test("a list is refused, with status 7", async () => {
    const list = await parseJsonValue("[1]")
    expect(() => refuseList(list)).toThrow(expect.objectContaining({ code: "VALUE_INVALID", exit: 7 }))
  })
})

const scalar: Tree = { type: "scalar", scalar: { kind: "str", bytes: utf8.encode("x") } }
const root: Tree = {
  type: "map",
  entries: [
    { type: "entry", key: "s", value: scalar },
    {
      type: "entry",
      key: "list",
      value: {
        type: "list",
        items: [{ type: "comment", text: utf8.encode(" c"), inline: false }, scalar, scalar],
      },
    },
  ],
}

const paths = [
  { path: ["s"], found: ["s"], isBlocked: false, missing: null },
  { path: ["new", 0, "x"], found: ["new", 0, "x"], isBlocked: false, missing: ["new"] },
  { path: ["list", 1], found: ["list", 0], isBlocked: false, missing: null },
  { path: ["list", 2], found: ["list", 1], isBlocked: false, missing: null },
  { path: ["list", 9], found: ["list", 2], isBlocked: false, missing: ["list", 9] },
  { path: ["s", "x", 1], found: ["s", "x", 1], isBlocked: true, missing: null },
]

const refused = [[0], ["list", "x"], ["list", -1], ["list", 0]]

describe("paths as sops", () => {
  test.each(paths)("$path is $found", ({ path, found, isBlocked, missing }) => {
    expect(pathAsUpstream(root, path)).toEqual({ path: found, isBlocked, missing })
  })

  test.each(refused.map((path) => ({ path })))("$path is an error with status 1", ({ path }) => {
    expect(() => pathAsUpstream(root, path)).toThrow(expect.objectContaining({ code: "KEY_NOT_FOUND", exit: 1 }))
  })
})

async function document(json: string): Promise<Tree> {
  return parseJsonValue(json)
}

describe("variables of exec-env as sops", () => {
  test("any name, each value in its own spelling", async () => {
    const values = envAsUpstream([
      await document('{"a b": "x", "n": null, "t": true, "i": 5, "f": 2.0, "big": 1e21, "a b": "last"}'),
    ])
    expect(values.map(({ name, value }) => `${name}=${value}`)).toEqual([
      "a b=x",
      "n=<nil>",
      "t=true",
      "i=5",
      "f=2.0",
      "big=1E+21",
      "a b=last",
    ])
  })

  test.each(['{"a": {"b": 1}}', '{"a": [1]}', '{"a=b": 1}'])("%s is an error", async (json) => {
    const tree = await document(json)
    expect(() => envAsUpstream([tree])).toThrow(AppError)
  })
})

test("a context goes to the AWS keys of a rule that have none", () => {
  const kms = (context: ReadonlyMap<string, string>): Recipient => ({
    type: "kms",
    arn: "arn:aws:kms:us-east-1:1:key/1",
    role: "",
    context,
    awsProfile: "",
  })
  const own = new Map([["own", "1"]])
  const [group] = withContext([[kms(new Map()), kms(own), { type: "age", recipient: "age1x" }]], ["a:b"])
  expect(group).toEqual([kms(new Map([["a", "b"]])), kms(own), { type: "age", recipient: "age1x" }])
})
