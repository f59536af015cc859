// Shapes that real large files have, each of which some parser takes badly.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { ini, json, listOfMappings, longValue, oneMapping, withComments, yaml } from "./inputs.mjs"

/** @returns rows, as `cases` does */
export function shapes({ root, isQuick, seal, recipient }) {
  const part = isQuick ? 0.05 : 1
  const count = (whole) => Math.round(whole * part)
  const files = [
    { name: "keys.yaml", what: `${count(200_000)} short keys in one mapping`, text: oneMapping(count(200_000)) },
    { name: "list.yaml", what: `${count(20_000)} small mappings in a list`, text: listOfMappings(count(20_000)) },
    { name: "kilobyte.yaml", what: `${count(5000)} values of 1 kB`, text: yaml(count(5000), { valueChars: 1000 }) },
    {
      name: "comments.yaml",
      what: `${count(50_000)} lines with comments and empty lines`,
      text: withComments(count(50_000)),
    },
    { name: "value.yaml", what: "one value of 10 MB", text: longValue(isQuick ? 1_000_000 : 10_000_000) },
    { name: "lines.ini", what: `INI of ${count(20_000)} lines`, text: ini(count(20_000)) },
    {
      name: "minified.json",
      what: `minified JSON of ${count(10_000)} values`,
      text: JSON.stringify(JSON.parse(json(count(10_000)))),
    },
  ]
  return files.map(({ name, what, text }) => {
    writeFileSync(join(root, name), text)
    seal(["encrypt", "--age", recipient, "--output", `sealed-${name}`, name])
    return {
      name: `decrypt ${what}`,
      args: ["decrypt", `sealed-${name}`],
      toSops: 0.8,
      binaryToSops: 0.5,
      memoryToSops: 1,
      isLarge: true,
    }
  })
}
