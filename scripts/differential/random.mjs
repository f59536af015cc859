// Command lines that nobody thought of: flags, values and files drawn at random, the same for the same seed.

import { generator } from "./generator.mjs"

const files =
  "plain.yaml flat.yaml multi.yaml plain.json plain.env plain.ini plain.txt sealed.yaml sealed.json sealed.env sealed.ini sealed.bin sealed.txt sealed-flat.yaml sealed-multi.yaml sealed-both.yaml sealed-stranger.yaml sealed-regex.yaml secret bad-mac.yaml no-mac.yaml bad-token.yaml empty.yaml broken.yaml broken.json nothing.yaml folder rules/plain.yaml rules/sealed.yaml rules/sealed-groups.yaml link.yaml".split(
    " ",
  )
const types = ["yaml", "json", "dotenv", "ini", "binary", "nonsense", ""]
const paths = [
  '["a"]',
  '["db"]',
  '["db"]["password"]',
  '["users"][0]["name"]',
  '["list"][0]',
  '["new"]["x"]',
  '["data"]',
  "bad",
  "",
]
const values = ['"text"', "5", "true", "null", '{"x": [1]}', "[1]", "nonsense"]
const names = ["x.yaml", "x.json", "x.env", "x.ini", "x"]

export function randomCases({ a, b }, seed, count) {
  const random = generator(seed)
  const pick = (list) => list[Math.floor(random() * list.length)]
  const sometimes = (chance, ...words) => (random() < chance ? words : [])
  const shared = () => [
    ...sometimes(0.3, "--input-type", pick(types)),
    ...sometimes(0.3, "--output-type", pick(types)),
    ...sometimes(0.1, "--enable-local-keyservice=false"),
    ...sometimes(0.1, "--decryption-order", pick(["age", "pgp,age", "age,age"])),
  ]
  const target = () => [
    ...sometimes(0.25, pick(["-i", "--in-place"])),
    ...sometimes(0.2, "--output", pick(["out", "out.yaml", "plain.env"])),
  ]
  const override = () => sometimes(0.2, "--filename-override", pick(names))
  const keys = () => sometimes(0.8, pick(["--age", "-a"]), pick([a, b, `${a},${b}`, "nonsense"]))
  const rules = () => [
    ...sometimes(0.15, "--encrypted-regex", pick(["^a$", "password", "("])),
    ...sometimes(0.1, "--unencrypted-suffix", pick(["_x", "d"])),
    ...sometimes(0.05, "--shamir-secret-sharing-threshold", pick(["0", "1", "x"])),
  ]
  const global = () => [
    ...sometimes(0.15, "--config", pick(["/dev/null", "json-config", "rules/.sops.yaml", "nothing"])),
    ...sometimes(0.15, "--indent", pick(["2", "0", "-1", "x"])),
    ...sometimes(0.05, "--mac-only-encrypted"),
  ]
  const mixed = (file, flags) => (random() < 0.7 ? [...flags, ...file] : [...file, ...flags])
  const file = () => (random() < 0.06 ? [] : random() < 0.06 ? [pick(files), pick(files)] : [pick(files)])
  const commands = {
    decrypt: () =>
      mixed(file(), [
        ...shared(),
        ...target(),
        ...override(),
        ...sometimes(0.3, "--extract", pick(paths)),
        ...sometimes(0.15, "--ignore-mac"),
      ]),
    encrypt: () => mixed(file(), [...shared().slice(0, 4), ...target(), ...override(), ...keys(), ...rules()]),
    rotate: () =>
      mixed(file(), [
        ...shared(),
        ...target(),
        ...override(),
        ...sometimes(0.3, "--add-age", b),
        ...sometimes(0.2, "--rm-age", pick([a, b])),
      ]),
    set: () => [
      ...shared(),
      ...sometimes(0.2, "--ignore-mac"),
      ...sometimes(0.3, "--idempotent"),
      pick(files),
      pick(paths),
      pick(values),
    ],
    unset: () => [...shared(), ...sometimes(0.3, "--idempotent"), pick(files), pick(paths)],
    "exec-env": () => [...sometimes(0.2, "--pristine"), pick(files), pick(["exit 3", "echo $a", "true"])],
    "exec-file": () => [...shared(), ...sometimes(0.3, "--no-fifo"), pick(files), pick(["cat {}", "exit 3", "true"])],
    filestatus: () => mixed(file(), sometimes(0.3, "--input-type", pick(types))),
    updatekeys: () => mixed(file(), ["-y"]),
    edit: () => mixed(file(), [...shared(), ...sometimes(0.2, "--ignore-mac"), ...sometimes(0.3, "--age", a)]),
  }
  const old = () => [
    ...global(),
    ...sometimes(0.7, pick(["-d", "-e", "-r", "--decrypt", "--encrypt"])),
    ...shared(),
    ...target(),
    ...override(),
    ...sometimes(0.4, "--age", a),
    ...sometimes(0.1, "--set", `${pick(paths)} ${pick(values)}`),
    ...file(),
  ]
  return Array.from({ length: count }, (_, index) => {
    const name = pick([...Object.keys(commands), "old", "old"])
    const argv = name === "old" ? old() : [...global(), name, ...commands[name]()]
    const env = {
      EDITOR: pick(["true", "cp new-text.yaml", "false"]),
      ...(random() < 0.1 ? { SOPS_AGE_KEY_FILE: "$WORK/both-keys.txt" } : {}),
    }
    return {
      group: "random",
      name: `random ${seed}-${index}: ${env.EDITOR}; sops ${argv.join(" ")}`,
      argv,
      env,
      stdin: "",
    }
  })
}
