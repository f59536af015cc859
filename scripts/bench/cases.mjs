// What is measured, with the target of each row: how many times the time (or memory) of the peer it may take at most. A
// row that says what it cannot do without (`floor`) is met as well when it takes 1.3 times what that takes alone
// (scripts/bench/floor.cjs).
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { binary, dotenv, ini, json, jsonSchema, withCloudRecipients, yaml } from "./inputs.mjs"
import { gitCases } from "./git.mjs"
import { shapes } from "./shapes.mjs"

/**
 * @param {{ sotto: string[], root: string, env: object, isQuick: boolean, seal: (args: string[]) => void }} place
 * @returns rows: `args` for sotto and sops alike, or `sotto` and `sops` where they differ
 */
export function cases({ root, recipient, isQuick, seal }) {
  const write = (name, content) => writeFileSync(join(root, name), content)
  const sealed = (name, content) => {
    write(name, content)
    seal(["encrypt", "--age", recipient, "--output", `sealed-${name}`, name])
  }
  const large = isQuick ? 20_000 : 200_000
  sealed("20.yaml", yaml(20))
  sealed("1000.yaml", yaml(1000))
  sealed("10000.yaml", yaml(10_000))
  sealed("10000.json", json(10_000))
  sealed("schema.json", jsonSchema(500))
  sealed("10000.env", dotenv(10_000))
  sealed("20.env", dotenv(20))
  sealed("10000.ini", ini(10_000))
  sealed("20000-long.yaml", yaml(20_000, { valueChars: 84 }))
  if (!isQuick) sealed("200000-long.yaml", yaml(200_000, { valueChars: 84 }))
  sealed("large.bin", binary(isQuick ? 5_000_000 : 50_000_000))
  write("sealed-cloud.yaml", withCloudRecipients(readFileSync(join(root, "sealed-20.yaml"), "utf8")))

  // Each run changes the file as it was sealed, not what the one before it has left.
  const set = (count) => ({
    name: `set one value of ${count}`,
    before: () => copyFileSync(join(root, `sealed-${count}.yaml`), join(root, `set-${count}.yaml`)),
    args: ["set", `set-${count}.yaml`, '["section_0"]["new"]', '"a new value"'],
  })
  const decrypt = (name, targets, more = {}) => ({
    name: `decrypt ${name}`,
    args: ["decrypt", `sealed-${name}`],
    ...targets,
    ...more,
  })
  const [section, entry] = readFileSync(join(root, "20.yaml"), "utf8").split("\n")
  const firstPath = `["${section.slice(0, -1)}"]["${entry.trim().split(":")[0]}"]`
  const gitView = (options) => ({
    sotto: () => ["textconv", ...options, "sealed-20.yaml"],
    sops: () => ["decrypt", "sealed-20.yaml"],
  })
  return [
    { name: "decrypt, 20 values, one age key", args: ["decrypt", "sealed-20.yaml"], ...cold },
    { name: "the same with an AWS and a GCP recipient", args: ["decrypt", "sealed-cloud.yaml"], ...cold },
    {
      name: "exec-env, 20 values",
      args: ["exec-env", "sealed-20.env", "true"],
      ...cold,
      floor: [...cold.floor, "--", "sh", "-c", "true"],
    },
    {
      name: "run, 20 values",
      sotto: () => ["run", "-f", "sealed-20.env", "--", "true"],
      sops: () => ["exec-env", "sealed-20.env", "true"],
      ...cold,
      floor: [...cold.floor, "--", "true"],
    },
    {
      name: "get one of 20 values",
      sotto: () => ["get", "sealed-20.yaml", firstPath],
      sops: () => ["decrypt", "--extract", firstPath, "sealed-20.yaml"],
      ...cold,
    },
    // Git starts it twice for each commit that `git log -p` shows.
    { ...gitView([]), name: "textconv, 20 values", ...cold },
    { ...gitView(["--redacted"]), name: "textconv --redacted, 20 values", ...redacted },
    { name: "encrypt, 20 values", args: ["encrypt", "--age", recipient, "20.yaml"], ...change },
    { ...set(20), ...change },
    { name: "--help", args: ["--help"], ...keyless },
    {
      name: "--version",
      sotto: () => ["--version"],
      sops: () => ["--version", "--disable-version-check"],
      ...keyless,
    },
    { name: "filestatus, 20 values", args: ["filestatus", "sealed-20.yaml"], ...keyless },
    decrypt("1000.yaml", { toSops: 0.95, binaryToSops: 0.5, floor: opening(1000) }),
    decrypt("10000.yaml", { toSops: 0.45, binaryToSops: 0.3, floor: opening(10_000) }, { isSlow: true }),
    decrypt("10000.json", { toSops: 0.75, binaryToSops: 0.5, floor: opening(10_000) }, { isSlow: true }),
    decrypt("10000.env", { toSops: 1, binaryToSops: 0.7, floor: opening(10_000) }),
    decrypt("10000.ini", { toSops: 0.8, binaryToSops: 0.5, floor: opening(10_000) }),
    {
      name: "encrypt 10000.yaml",
      args: ["encrypt", "--age", recipient, "10000.yaml"],
      toSops: 0.8,
      binaryToSops: 0.5,
      floor: opening(20_000),
      isSlow: true,
    },
    {
      name: "encrypt 10000.json",
      args: ["encrypt", "--age", recipient, "10000.json"],
      toSops: 0.8,
      binaryToSops: 0.5,
      floor: opening(20_000),
      isSlow: true,
    },
    decrypt("schema.json", { toSops: 0.9, binaryToSops: 0.5, floor: opening(1500) }),
    {
      name: "encrypt schema.json, 1500 values with escapes",
      args: ["encrypt", "--age", recipient, "schema.json"],
      toSops: 1.2,
      binaryToSops: 0.7,
      floor: opening(3000),
    },
    {
      name: "edit without a change, 1000 values",
      args: ["edit", "sealed-1000.yaml"],
      toSops: 0.95,
      binaryToSops: 0.5,
      floor: opening(1000),
    },
    { ...set(1000), toSops: 0.95, binaryToSops: 0.5, floor: opening(1000) },
    ...gitCases({ root, recipient, isQuick, seal }),
    ...manyFiles({ root, recipient, isQuick, seal }),
    ...shapes({ root, recipient, isQuick, seal }),
    {
      ...decrypt(`${large}-long.yaml`, { toSops: 0.4, binaryToSops: 0.4, memoryToSops: 1 }),
      isLarge: true,
      growsFrom: isQuick ? undefined : "sealed-20000-long.yaml",
    },
    { ...decrypt("large.bin", { toSops: 0.2, binaryToSops: 0.2, memoryToSops: 0.6 }), isLarge: true },
    {
      name: "encrypt large.bin",
      args: ["encrypt", "--age", recipient, "large.bin"],
      toSops: 0.2,
      binaryToSops: 0.2,
      memoryToSops: 0.6,
      isLarge: true,
    },
  ]
}

/** A start that opens so many values, or seals them: each is sealed, and opened again before anything is written. */
function opening(count) {
  return ["open", `${count}`]
}

/** What is over at once is compared with a start of Node; the binary with sops. */
const cold = { toNode: { 20: 1.6, later: 1.5 }, binaryToSops: 0.55, floor: opening(20) }
const redacted = { toNode: { 20: 1.2, later: 1.2 }, binaryToSops: 0.75, floor: ["hash", "20"] }
const change = { toNode: { 20: 1.8, later: 1.8 }, binaryToSops: 0.65, floor: opening(40) }
const keyless = { toNode: { 20: 1.25, later: 1.25 }, binaryToSops: 0.5, floor: ["start"] }

/** One command over many files, against a loop. Of the loop a part is run, and its time is multiplied. */
function manyFiles({ root, recipient, isQuick, seal }) {
  const count = isQuick ? 100 : 1000
  const part = isQuick ? 10 : 50
  const place = join(root, "many")
  const plain = join(root, "plain")
  const config = join(place, ".sops.yaml")
  for (const folder of [place, plain]) mkdirSync(folder)
  const names = Array.from({ length: count }, (_, index) => `${index}.yaml`)
  for (const [index, name] of names.entries()) writeFileSync(join(plain, name), yaml(20, { seed: index }))
  const second = join(root, "second.txt")
  seal(["keygen", "--output", second])
  const both = `${recipient},${/age1[a-z0-9]+/.exec(readFileSync(second, "utf8"))[0]}`

  const restore = () => {
    for (const name of names) copyFileSync(join(plain, name), join(place, name))
  }
  // Each round begins with what is sealed anew.
  const sealAll = () => {
    restore()
    seal(["encrypt", "-i", "--age", recipient, ...names], place)
  }
  const loop = (args) => [
    "sh",
    "-c",
    `for file in ${names.slice(0, part).join(" ")}; do "$0" ${args} "$file" || exit 1; done`,
  ]
  const target = { toSops: 0.08, binaryToSops: 0.06, isLarge: true, loopPart: count / part, cwd: place }
  return [
    {
      ...target,
      name: `encrypt -i, ${count} files of 20 values`,
      before: restore,
      sotto: () => ["encrypt", "-i", "--age", recipient, ...names],
      loop: loop(`encrypt -i --age ${recipient}`),
    },
    {
      ...target,
      name: `decrypt -i, ${count} files of 20 values`,
      before: sealAll,
      sotto: () => ["decrypt", "-i", ...names],
      loop: loop("decrypt -i"),
    },
    {
      ...target,
      name: `rotate -i, ${count} files of 20 values`,
      before: sealAll,
      sotto: () => ["rotate", "-i", ...names],
      loop: loop("rotate -i"),
    },
    {
      ...target,
      name: `sync, ${count} files of 20 values`,
      // The rule names one recipient more.
      before: () => {
        rmSync(config, { force: true })
        sealAll()
        writeFileSync(config, `creation_rules:\n  - age: ${both}\n`)
      },
      sotto: () => ["sync", "--yes", ...names],
      loop: loop("updatekeys --yes"),
    },
  ]
}
