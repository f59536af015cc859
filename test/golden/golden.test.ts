import { describe, expect, test } from "vitest"
import { sopsDialect } from "../../src/cli/sops/dialect.ts"
import { buildTrees } from "../../src/core/build-tree.ts"
import { type Opened } from "../../src/core/document.ts"
import { utf8 } from "../../src/core/text.ts"
import { AppError } from "../../src/errors/app-error.ts"
import { identityEnv, readGolden, type Row, rows } from "./golden.ts"
import { openBytes } from "./open-golden.ts"

/**
 * Where the opened text is not what upstream prints, and why. The data is the same: printed as a tree, without the
 * layout of the file, it is upstream's text to the byte (and so it is when called as `sops`).
 */
const keptLayout: ReadonlyMap<string, string> = new Map([
  ["y-float-negative-zero", "a clear -0.0 stays as it is spelled"],
  ["3.13.2 y-comment-inline", "a comment after a value stays there"],
  ["y-indent-config-2", "the indent is that of the file, not of a config that is not here"],
  ["j-indent-2", "the indent is that of the file, not of a config that is not here"],
  ["3.7.3 j-nest", "releases before 3.10 wrote no final newline"],
  ["3.9.4 j-nest", "releases before 3.10 wrote no final newline"],
  ["3.7.3 j-scalars", "releases before 3.10 wrote no final newline"],
  ["3.9.4 j-scalars", "releases before 3.10 wrote no final newline"],
  ["3.7.3 j-numbers", "releases before 3.10 wrote no final newline"],
  ["3.9.4 j-numbers", "releases before 3.10 wrote no final newline"],
  ["3.7.3 j-escapes", "releases before 3.10 wrote no final newline"],
  ["3.9.4 j-escapes", "releases before 3.10 wrote no final newline"],
  ["3.7.3 j-html", "releases before 3.10 wrote no final newline"],
  ["3.9.4 j-html", "releases before 3.10 wrote no final newline"],
  ["3.7.3 k-age-json", "releases before 3.10 wrote no final newline"],
  ["3.9.4 k-age-json", "releases before 3.10 wrote no final newline"],
  ["c-float-int-json", "the file has an indent of two"],
  ["c-token-styles", "the quotes and block headers around the tokens stay"],
  ["c-token-flow", "flow collections stay"],
  ["c-comment-inline", "a comment after a value stays there"],
  ["c-empty-null", "a null that is spelled as nothing stays so"],
  ["c-aliased", "anchor and alias stay"],
  ["c-bom", "the byte order mark stays"],
  ["c-json-in-yaml", "the flow style of the root stays"],
  ["change-clear-number", "a clear number stays as it is spelled"],
])

async function expectOpened(row: Row, opened: Opened): Promise<void> {
  const expected = readGolden(row.opened!).toString("latin1")
  const reason = keptLayout.get(row.case) ?? keptLayout.get(`${row.version} ${row.case}`)
  const text = Buffer.from(opened.bytes).toString("latin1")
  if (reason === undefined) {
    expect(text).toBe(expected)
    return
  }
  expect(text).not.toBe(expected)
  const { format, scan } = opened.document
  const printed = format.emit(buildTrees(opened.leaves, scan.documents, sopsDialect.files), {})
  expect(Buffer.from(utf8.encode(printed)).toString("latin1")).toBe(expected)
}

describe("files of real releases open", () => {
  const all = rows("manifest").filter((row) => row.opened !== null && row.opened !== undefined)
  test.each(all.map((row) => ({ ...row, name: `${row.version} ${row.case}` })))("$name: $comment", async (row) => {
    const answers =
      row.passphrase === undefined ? [] : [readGolden("../keys/age-locked.passphrase").toString("utf8").trim()]
    await expectOpened(row, await openBytes(readGolden(row.sealed), row.format, { env: identityEnv(row), answers }))
  })
})

describe("upstream's printing: every file that a release wrote prints as upstream prints it", () => {
  const all = rows("manifest").filter(
    (row) => row.opened !== null && row.opened !== undefined && row.format !== "binary",
  )
  test.each(all.map((row) => ({ ...row, name: `${row.version} ${row.case}` })))("$name", async (row) => {
    const answers =
      row.passphrase === undefined ? [] : [readGolden("../keys/age-locked.passphrase").toString("utf8").trim()]
    const opened = await openBytes(readGolden(row.sealed), row.format, { env: identityEnv(row), answers })
    const { format, scan } = opened.document
    const printed = format.emit(buildTrees(opened.leaves, scan.documents, sopsDialect.files), {})
    expect(Buffer.from(utf8.encode(printed)).toString("latin1")).toBe(readGolden(row.opened!).toString("latin1"))
  })
})

describe("crafted files open", () => {
  test.each(rows("crafted"))("$case: $comment", async (row) => {
    await expectOpened(row, await openBytes(readGolden(row.sealed), row.format, { env: identityEnv(row) }))
  })
})

describe("broken files", () => {
  test.each(rows("broken"))("$case ($expectation, $sops_exit): $comment", async (row) => {
    const work = openBytes(readGolden(row.sealed), row.format, { env: identityEnv(row) })
    if (row.expectation === "refuse") {
      const error = await work.then(
        () => null,
        (caught: unknown) => caught,
      )
      expect(error).toBeInstanceOf(AppError)
      expect((error as AppError).exit).toBe(row.sops_exit)
      return
    }
    const opened = await work
    await expectOpened(row, opened)
    expect(opened.warnings.length > 0).toBe(row.expectation === "report")
  })
})
