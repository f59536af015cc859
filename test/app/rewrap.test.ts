import { describe, expect, test } from "vitest"
import { putKeys } from "../../src/app/recipients/rewrap.ts"
import { kindsInFile } from "../../src/keys/kinds.ts"
import { readSealed } from "../../src/core/document.ts"
import { writeGroups } from "../../src/core/metadata-keys.ts"
import { type WrappedKey } from "../../src/core/recipient.ts"
import { splice } from "../../src/core/splice.ts"
import { decodeText } from "../../src/core/text.ts"
import { loadFormat } from "../../src/formats/registry.ts"
import { readGolden, rows } from "../golden/golden.ts"
import { recipients } from "../keys/golden.ts"

const added: WrappedKey = {
  recipient: { type: "age", recipient: recipients["age-stranger"] },
  enc: "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n",
  createdAt: null,
}
const withDate: WrappedKey = {
  recipient: { type: "pgp", fp: "C642E71CB7A82A3930999987544FA72A354D640F" },
  enc: "-----BEGIN PGP MESSAGE-----\n\nx\n-----END PGP MESSAGE-----",
  createdAt: "2026-11-23T08:00:00Z",
}

describe("other wrapped keys in files of real releases: nothing else changes", () => {
  const all = rows("manifest").filter(({ opened }) => opened !== null && opened !== undefined)
  test.each(all.map((row) => ({ ...row, name: `${row.version} ${row.case}` })))("$name", async (row) => {
    const text = decodeText(readGolden(row.sealed))!
    const format = await loadFormat(row.format)
    const document = readSealed(format, text, kindsInFile)
    const { groups, threshold } = document.metadata

    const more = groups.map((group) => [...group, added, withDate])
    const wrapped = putKeys(document, writeGroups(more, threshold, kindsInFile))
    const after = readSealed(format, wrapped, kindsInFile)
    const sorted = (list: typeof groups): string[][] => list.map((group) => group.map(({ enc }) => enc).sort())
    expect(sorted(after.metadata.groups)).toEqual(sorted(more))
    expect({ ...after.metadata, groups: [], tree: null }).toEqual({ ...document.metadata, groups: [], tree: null })
    const bare = (one: typeof document): string => splice(one.scan.source, one.scan.metadata!.detach)
    expect(bare(after)).toBe(bare(document))

    // Who goes leaves no line behind.
    const back = putKeys(after, writeGroups(groups, threshold, kindsInFile))
    expect(readSealed(format, back, kindsInFile).metadata.groups).toEqual(groups)
    expect(putKeys(readSealed(format, back, kindsInFile), writeGroups(groups, threshold, kindsInFile))).toBe(back)
  })
})
