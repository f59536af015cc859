import { hasCommands, sopsCommands, topFlags } from "./commands.ts"
import { type FlagName } from "./flags.ts"
import { type FlagSpec } from "./grammar.ts"
import { sopsVersion, version } from "../../version.ts"

/** @param name - of a command, with its container; `null` for the program */
export function helpText(name: string | null): string {
  if (name === null) return programHelp()
  const [outer = "", inner] = name.split(" ")
  const found = sopsCommands.get(outer)
  if (found !== undefined && hasCommands(found)) {
    const command = inner === undefined ? undefined : found.commands.get(inner)
    if (command === undefined) return containerHelp(name, [...found.commands.keys()])
    return commandHelp(name, command.usage, command.flags)
  }
  return found === undefined || hasCommands(found) ? programHelp() : commandHelp(name, found.usage, found.flags)
}

function programHelp(): string {
  const names = [...sopsCommands.keys(), "help, h"]
  return sections([
    ["NAME", ["sops - encrypted files, by sotto"]],
    ["USAGE", ["sops [options] file", "sops [options] command [command options] [arguments]"]],
    ["VERSION", [`${sopsVersion} (sotto ${version})`]],
    ["COMMANDS", columns(names.map((name) => [name, commandTexts[name.split(",")[0]!] ?? ""]))],
    ["GLOBAL OPTIONS", columns(topFlags.map(flagRow))],
  ])
}

function containerHelp(name: string, commands: readonly string[]): string {
  return sections([
    ["NAME", [`sops ${name} - ${commandTexts[name] ?? ""}`]],
    ["USAGE", [`sops ${name} command [command options] [arguments...]`]],
    ["COMMANDS", columns(commands.map((inner) => [inner, commandTexts[`${name} ${inner}`] ?? ""]))],
    ["OPTIONS", ["--help, -h  show help"]],
  ])
}

function commandHelp(name: string, usage: string, flags: readonly FlagSpec[]): string {
  const options = flags.filter((spec) => spec.name !== "help")
  return sections([
    ["NAME", [`sops ${name} - ${commandTexts[name] ?? ""}`]],
    ["USAGE", [`sops ${name} [command options] ${usage}`.trimEnd()]],
    ...(options.length === 0 ? [] : [["OPTIONS", columns(options.map(flagRow))] as const]),
  ])
}

function flagRow(spec: FlagSpec): readonly [string, string] {
  const value = spec.kind === "switch" ? "" : " value"
  const names = [spec.name, ...(spec.short === undefined ? [] : [spec.short])]
  const spelled = names.map((name) => `${name.length === 1 ? "-" : "--"}${name}${value}`).join(", ")
  const text = flagTexts[spec.name as FlagName]
  return [spelled, spec.env === undefined ? text : `${text} [$${spec.env}]`]
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`)
}

function sections(parts: readonly (readonly [string, readonly string[]])[]): string {
  return parts.map(([title, lines]) => `${title}:\n${lines.map((line) => `   ${line}\n`).join("")}`).join("\n")
}

/** What each flag is for. Most commands share the words. */
const flagTexts: Readonly<Record<FlagName, string>> = {
  decrypt: "print the file in the clear",
  encrypt: "print the file encrypted",
  rotate: "make a new data key and encrypt all values again",
  set: "set a value: '[\"somekey\"][0] JSON'",
  "disable-version-check": "accepted; no version is looked up",
  "check-for-updates": "accepted; no version is looked up",
  kms: "comma separated AWS KMS ARNs; ARN+ROLE assumes a role",
  "aws-profile": "AWS profile for the keys of --kms",
  "gcp-kms": "comma separated GCP KMS resource IDs",
  hckms: "comma separated HuaweiCloud KMS keys, REGION:UUID",
  "azure-kv": "comma separated Azure Key Vault key URLs",
  "hc-vault-transit": "comma separated Vault transit key URIs",
  pgp: "comma separated PGP fingerprints",
  age: "comma separated age recipients",
  "in-place": "write the result back to the file",
  extract: "print one value only: '[\"somekey\"][0]'",
  "input-type": "yaml, json, dotenv, ini or binary; else by the name of the file",
  "output-type": "yaml, json, dotenv, ini or binary; else by the name of the file",
  "show-master-keys": "show the metadata in the editor too",
  "add-gcp-kms": "add these GCP KMS keys",
  "rm-gcp-kms": "remove these GCP KMS keys",
  "add-hckms": "add these HuaweiCloud KMS keys",
  "rm-hckms": "remove these HuaweiCloud KMS keys",
  "add-azure-kv": "add these Azure Key Vault keys",
  "rm-azure-kv": "remove these Azure Key Vault keys",
  "add-kms": "add these AWS KMS keys",
  "rm-kms": "remove these AWS KMS keys",
  "add-hc-vault-transit": "add these Vault transit keys",
  "rm-hc-vault-transit": "remove these Vault transit keys",
  "add-age": "add these age recipients",
  "rm-age": "remove these age recipients",
  "add-pgp": "add these PGP keys",
  "rm-pgp": "remove these PGP keys",
  "ignore-mac": "go on although the MAC does not match",
  "mac-only-encrypted": "compute the MAC over encrypted values only",
  "unencrypted-suffix": "leave keys with this ending in the clear",
  "encrypted-suffix": "encrypt only keys with this ending",
  "unencrypted-regex": "leave keys that match in the clear",
  "encrypted-regex": "encrypt only keys that match",
  "unencrypted-comment-regex": "leave values below a comment that matches in the clear",
  "encrypted-comment-regex": "encrypt only values below a comment that matches",
  config: "use this config file instead of the nearest .sops.yaml",
  "encryption-context": "comma separated key:value pairs for AWS KMS",
  "shamir-secret-sharing-threshold": "how many key groups are needed to decrypt",
  indent: "blanks per level of YAML and JSON",
  verbose: "log more",
  output: "write the result to this file",
  "filename-override": "choose config and types as if the file had this name",
  "decryption-order": "comma separated types of keys that are tried first",
  "enable-local-keyservice": "use the keys of this process; =false asks other key services only",
  keyservice: "also ask this key service, protocol://address; may be repeated",
  background: "do not wait for the command (deprecated)",
  pristine: "start with an empty environment",
  user: "run the command as this user",
  "same-process": "let the command replace this process",
  "no-fifo": "a regular file instead of a pipe",
  filename: "name of the file that the command sees",
  yes: "do not ask",
  "omit-extensions": "leave the extension out of the destination",
  recursive: "all files of a folder",
  network: "tcp or unix",
  address: "127.0.0.1:5000, or the path of a socket",
  prompt: "ask before each request",
  file: "the file to change",
  "value-file": "the value is in the file that the third argument names",
  "value-stdin": "read the value from standard input",
  idempotent: "do not touch the file when nothing would change",
  help: "show help",
  version: "print the version",
}

/** In the words of the completion for zsh, too. */
export const commandTexts: Readonly<Record<string, string>> = {
  completion: "print a completion script",
  "completion bash": "print a completion script for bash",
  "completion zsh": "print a completion script for zsh",
  "exec-env": "run a command with the decrypted values in its environment",
  "exec-file": "run a command with the decrypted file under a temporary path",
  publish: "publish a file or folder to a configured destination",
  keyservice: "start a key service",
  filestatus: "tell whether a file is encrypted",
  groups: "change the key groups of a file",
  "groups add": "add a key group to a file",
  "groups delete": "delete a key group from a file",
  updatekeys: "update the keys of files by the config",
  decrypt: "decrypt a file; standard input when none is named",
  encrypt: "encrypt a file; standard input when none is named",
  rotate: "make a new data key and encrypt all values again",
  edit: "edit an encrypted file",
  set: "set a value; it is JSON",
  unset: "remove a value",
  help: "show help",
}
