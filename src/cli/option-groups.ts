import { formatNames } from "../core/format.ts"
import { kinds } from "../keys/kinds.ts"
import { type OptionSpec } from "./spec.ts"

export const inputType = {
  kind: "choice",
  value: "TYPE",
  choices: formatNames,
  summary: "format of the input, if its name does not say: yaml, json, dotenv, ini or binary",
} as const satisfies OptionSpec

export const outputType = {
  kind: "choice",
  value: "TYPE",
  choices: formatNames,
  summary: "convert to this format; layout and comments of the source are lost where the formats differ",
} as const satisfies OptionSpec

/** How a file is read. */
export const readOptions = {
  inputType,
  filenameOverride: {
    kind: "text",
    value: "NAME",
    summary: "choose format and rules as if the file had this name; needed to encrypt standard input",
  },
} as const satisfies Record<string, OptionSpec>

export const typeOptions = { ...readOptions, outputType } as const

export const indent = {
  kind: "number",
  value: "N",
  summary: "spaces of indentation when reformatting (--output-type, --extract)",
} as const satisfies OptionSpec

export const followLinks = {
  kind: "flag",
  summary: "write through a symbolic link that leads out of the repository",
} as const satisfies OptionSpec

export const targetOptions = {
  inPlace: { kind: "flag", short: "i", summary: "write the result back to the file" },
  output: { kind: "text", short: "o", value: "FILE", summary: "write the result to FILE; - is standard output" },
  followLinks,
} as const satisfies Record<string, OptionSpec>

export const openOptions = {
  decryptionOrder: {
    kind: "list",
    separator: ",",
    value: "TYPES",
    env: "SOPS_DECRYPTION_ORDER",
    summary: `types of recipients to try first: ${kinds.map(({ type }) => type).join(", ")}`,
  },
  awsFallback: {
    kind: "flag",
    summary: "use your own AWS credentials where a file names an AWS profile that is not here",
  },
} as const satisfies Record<string, OptionSpec>

export const keepRecipient = {
  kind: "list",
  value: "RECIPIENT",
  summary: "keep this recipient of the file, although no rule names it",
} as const satisfies OptionSpec

export const dropUnknown = {
  kind: "flag",
  summary: "leave out recipients that this version does not know or cannot read: they can no longer open the file",
} as const satisfies OptionSpec

export const yes = { kind: "flag", short: "y", summary: "do not ask" } as const satisfies OptionSpec

export const dryRun = {
  kind: "flag",
  summary: "show what would change; write nothing; no key is needed",
} as const satisfies OptionSpec

/** At most one of the six; without any, everything but keys that end in `_unencrypted` is sealed. */
export const selectorOptions = {
  unencryptedSuffix: { kind: "text", value: "TEXT", summary: "leave keys with this ending in the clear" },
  encryptedSuffix: { kind: "text", value: "TEXT", summary: "seal only keys with this ending" },
  unencryptedRegex: { kind: "text", value: "RE2", summary: "leave keys that match in the clear" },
  encryptedRegex: { kind: "text", value: "RE2", summary: "seal only keys that match" },
  unencryptedCommentRegex: {
    kind: "text",
    value: "RE2",
    summary: "leave values below a comment that matches in the clear",
  },
  encryptedCommentRegex: { kind: "text", value: "RE2", summary: "seal only values below a comment that matches" },
  macOnlyEncrypted: { kind: "flag", summary: "compute the MAC over sealed values only" },
} as const satisfies Record<string, OptionSpec>

/** What has to be said before a value that a rule would seal may stay in the clear. */
export const clearOptions = {
  useFileSelectors: { kind: "flag", summary: "keep the selectors of the sealed file where the config's rule differs" },
  allowClear: { kind: "list", value: "PATH", summary: "a new value at this key path may stay in the clear" },
  allowClearAlias: {
    kind: "flag",
    summary: "where a clear alias refers to a sealed value, write that value in the clear",
  },
  allowEmptySelection: { kind: "flag", summary: "write the file even if no value in it is sealed" },
} as const satisfies Record<string, OptionSpec>

export const keepEnv = {
  kind: "flag",
  summary: "let the program inherit the variables that hold identities (SOPS_AGE_KEY and others)",
} as const satisfies OptionSpec

export const childOptions = {
  allowEnv: {
    kind: "list",
    separator: ",",
    value: "NAMES",
    summary: "set these variables although they make programs load or run code",
  },
  withClear: { kind: "flag", summary: "also set clear values that no MAC covers" },
  keepEnv,
} as const satisfies Record<string, OptionSpec>
