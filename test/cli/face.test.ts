import { expect, test } from "vitest"
import { wordsForSops } from "../../src/cli/face.ts"

const calls: readonly (readonly [string, string | undefined, readonly string[], readonly string[] | null])[] = [
  ["/usr/local/bin/sops", undefined, ["-d", "f"], ["-d", "f"]],
  ["sops", undefined, [], []],
  ["C:\\bin\\sops.exe", undefined, ["x"], ["x"]],
  ["/x/SOPS.EXE", undefined, ["x"], ["x"]],
  ["/opt/sops/dist/main.js", undefined, ["decrypt"], null],
  ["/bin/mysops", undefined, ["decrypt"], null],
  ["/bin/sotto", undefined, ["decrypt", "sops"], null],
  ["/bin/sotto", undefined, ["sops", "decrypt", "sops"], ["decrypt", "sops"]],
  ["/bin/sotto", "sops", ["decrypt"], ["decrypt"]],
  ["/bin/sotto", "", ["decrypt"], null],
  ["/bin/sotto", "other", ["decrypt"], null],
  // A file of that name is a file.
  ["/bin/sops", undefined, ["sops"], ["sops"]],
]

test.each(calls)("%s, SOTTO_COMPAT=%s, %j", (script, compat, words, expected) => {
  expect(wordsForSops({ as: [script, "node"], words, compat })).toEqual(expected)
  expect(wordsForSops({ as: [undefined, script], words, compat })).toEqual(expected)
})
