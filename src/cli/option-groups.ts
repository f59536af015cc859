import { type OptionSpec } from "./spec.ts"

const formats = ["yaml", "json", "dotenv", "ini", "binary"] as const

/** Every command takes these, before its name too. */
export const globalOptions = {
  config: {
    kind: "text",
    value: "FILE",
    env: "SOPS_CONFIG",
    summary: "use this config file in place of the nearest .sopsrc or .sops.yaml",
  },
  json: { kind: "flag", summary: "print errors, and what the command reports, as JSON for tools" },
  keyservice: {
    kind: "list",
    separator: ",",
    value: "URI",
    env: "SOPS_KEYSERVICE",
    summary: "also ask this key service: unix:///PATH or tcp://HOST:PORT; may be repeated",
  },
  enableLocalKeyservice: {
    kind: "choice",
    value: "BOOL",
    choices: ["true", "false"],
    summary: "false: wrap and unwrap with other key services only",
  },
  help: { kind: "flag", short: "h", summary: "print help" },
} as const satisfies Record<string, OptionSpec>

/** What may stand where a command's name is expected. */
export const programOptions = {
  ...globalOptions,
  version: { kind: "flag", short: "v", summary: "print the version; with --json also what is bundled" },
} as const satisfies Record<string, OptionSpec>

export const inputType = {
  kind: "choice",
  value: "TYPE",
  choices: formats,
  summary: "format of the input, when its name does not tell: yaml, json, dotenv, ini or binary",
} as const satisfies OptionSpec

export const outputType = {
  kind: "choice",
  value: "TYPE",
  choices: formats,
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
  summary: "blanks per level where a document is printed anew (--output-type, --extract)",
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
    summary: "types of recipients to try first: age, pgp, kms, gcp_kms, azure_kv, hc_vault, hckms",
  },
} as const satisfies Record<string, OptionSpec>

/** Recipients of a new file. When one of them is given, those of the config are not used. */
export const recipientOptions = {
  age: {
    kind: "list",
    separator: ",",
    short: "a",
    value: "RECIPIENTS",
    env: "SOPS_AGE_RECIPIENTS",
    summary: "age, age plugin or SSH public keys",
  },
  pgp: {
    kind: "list",
    separator: ",",
    short: "p",
    value: "FINGERPRINTS",
    env: "SOPS_PGP_FP",
    summary: "PGP fingerprints",
  },
  kms: {
    kind: "list",
    separator: ",",
    short: "k",
    value: "ARNS",
    env: "SOPS_KMS_ARN",
    summary: "AWS KMS keys; ARN+ROLE assumes a role",
  },
  awsProfile: { kind: "text", value: "NAME", summary: "AWS profile for the keys of --kms" },
  encryptionContext: {
    kind: "list",
    separator: ",",
    value: "KEY:VALUE",
    summary: "encryption context for the keys of --kms",
  },
  gcpKms: {
    kind: "list",
    separator: ",",
    value: "IDS",
    env: "SOPS_GCP_KMS_IDS",
    summary: "GCP KMS keys",
  },
  azureKv: {
    kind: "list",
    separator: ",",
    value: "URLS",
    env: "SOPS_AZURE_KEYVAULT_URLS",
    summary: "Azure Key Vault keys",
  },
  hcVaultTransit: {
    kind: "list",
    separator: ",",
    value: "URIS",
    env: "SOPS_VAULT_URIS",
    summary: "Vault or OpenBao transit keys",
  },
  hckms: {
    kind: "list",
    separator: ",",
    value: "IDS",
    env: "SOPS_HUAWEICLOUD_KMS_IDS",
    summary: "Huawei KMS keys, REGION:UUID",
  },
  shamirSecretSharingThreshold: {
    kind: "number",
    value: "N",
    summary: "how many key groups are needed to open the file",
  },
} as const satisfies Record<string, OptionSpec>

/** The same for a file that is there already: no variable stands in for them. */
export const ownRecipientOptions = {
  age: withoutEnv(recipientOptions.age),
  pgp: withoutEnv(recipientOptions.pgp),
  kms: withoutEnv(recipientOptions.kms),
  awsProfile: recipientOptions.awsProfile,
  encryptionContext: recipientOptions.encryptionContext,
  gcpKms: withoutEnv(recipientOptions.gcpKms),
  azureKv: withoutEnv(recipientOptions.azureKv),
  hcVaultTransit: withoutEnv(recipientOptions.hcVaultTransit),
  hckms: withoutEnv(recipientOptions.hckms),
  shamirSecretSharingThreshold: recipientOptions.shamirSecretSharingThreshold,
} as const satisfies Record<string, OptionSpec>

function withoutEnv({ value, summary }: { readonly value: string; readonly summary: string }) {
  return { kind: "list", separator: ",", value, summary } as const
}

const changedRecipients = (does: string) =>
  ({
    age: { kind: "list", separator: ",", value: "RECIPIENTS", summary: `${does} age or SSH recipients` },
    pgp: { kind: "list", separator: ",", value: "FINGERPRINTS", summary: `${does} PGP keys` },
    kms: { kind: "list", separator: ",", value: "ARNS", summary: `${does} AWS KMS keys` },
    gcpKms: { kind: "list", separator: ",", value: "IDS", summary: `${does} GCP KMS keys` },
    azureKv: { kind: "list", separator: ",", value: "URLS", summary: `${does} Azure Key Vault keys` },
    hcVaultTransit: { kind: "list", separator: ",", value: "URIS", summary: `${does} Vault transit keys` },
    hckms: { kind: "list", separator: ",", value: "IDS", summary: `${does} Huawei KMS keys` },
  }) as const satisfies Record<string, OptionSpec>

const added = changedRecipients("add")
const removed = changedRecipients("remove")

/** Recipients that come and go when a data key is changed. */
export const changeOptions = {
  addAge: added.age,
  rmAge: removed.age,
  addPgp: added.pgp,
  rmPgp: removed.pgp,
  addKms: added.kms,
  rmKms: removed.kms,
  addGcpKms: added.gcpKms,
  rmGcpKms: removed.gcpKms,
  addAzureKv: added.azureKv,
  rmAzureKv: removed.azureKv,
  addHcVaultTransit: added.hcVaultTransit,
  rmHcVaultTransit: removed.hcVaultTransit,
  addHckms: added.hckms,
  rmHckms: removed.hckms,
  awsProfile: recipientOptions.awsProfile,
  encryptionContext: recipientOptions.encryptionContext,
} as const satisfies Record<string, OptionSpec>

export const keepRecipient = {
  kind: "list",
  value: "RECIPIENT",
  summary: "this recipient of the file may stay, although no rule names it",
} as const satisfies OptionSpec

export const yes = { kind: "flag", short: "y", summary: "do not ask" } as const satisfies OptionSpec

export const dryRun = {
  kind: "flag",
  summary: "show what would change, and write nothing; no key is needed",
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
    summary: "write a sealed value out in the clear where an alias in the clear leads to it",
  },
  allowEmptySelection: { kind: "flag", summary: "write the file although no value of it is sealed" },
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
  withClear: { kind: "flag", summary: "set values too that stand in the clear and that no MAC covers" },
  keepEnv,
} as const satisfies Record<string, OptionSpec>
