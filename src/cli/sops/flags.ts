import { type FlagSpec, type FlagValue, type ParsedFlags } from "./grammar.ts"

/** Every flag of the command line of sops, once. Which command has which is in `commands.ts`. */
const specs = {
  decrypt: { short: "d", kind: "switch" },
  encrypt: { short: "e", kind: "switch" },
  rotate: { short: "r", kind: "switch" },
  set: { kind: "text" },
  "disable-version-check": { kind: "switch", env: "SOPS_DISABLE_VERSION_CHECK" },
  "check-for-updates": { kind: "switch" },
  kms: { short: "k", kind: "text", env: "SOPS_KMS_ARN" },
  "aws-profile": { kind: "text" },
  "gcp-kms": { kind: "text", env: "SOPS_GCP_KMS_IDS" },
  hckms: { kind: "text", env: "SOPS_HUAWEICLOUD_KMS_IDS" },
  "azure-kv": { kind: "text", env: "SOPS_AZURE_KEYVAULT_URLS" },
  "hc-vault-transit": { kind: "text", env: "SOPS_VAULT_URIS" },
  pgp: { short: "p", kind: "text", env: "SOPS_PGP_FP" },
  age: { short: "a", kind: "text", env: "SOPS_AGE_RECIPIENTS" },
  "in-place": { short: "i", kind: "switch" },
  extract: { kind: "text" },
  "input-type": { kind: "text" },
  "output-type": { kind: "text" },
  "show-master-keys": { short: "s", kind: "switch" },
  "add-gcp-kms": { kind: "text" },
  "rm-gcp-kms": { kind: "text" },
  "add-hckms": { kind: "text" },
  "rm-hckms": { kind: "text" },
  "add-azure-kv": { kind: "text" },
  "rm-azure-kv": { kind: "text" },
  "add-kms": { kind: "text" },
  "rm-kms": { kind: "text" },
  "add-hc-vault-transit": { kind: "text" },
  "rm-hc-vault-transit": { kind: "text" },
  "add-age": { kind: "text" },
  "rm-age": { kind: "text" },
  "add-pgp": { kind: "text" },
  "rm-pgp": { kind: "text" },
  "ignore-mac": { kind: "switch" },
  "mac-only-encrypted": { kind: "switch" },
  "unencrypted-suffix": { kind: "text" },
  "encrypted-suffix": { kind: "text" },
  "unencrypted-regex": { kind: "text" },
  "encrypted-regex": { kind: "text" },
  "unencrypted-comment-regex": { kind: "text" },
  "encrypted-comment-regex": { kind: "text" },
  config: { kind: "text", env: "SOPS_CONFIG" },
  "encryption-context": { kind: "text" },
  "shamir-secret-sharing-threshold": { kind: "number" },
  indent: { kind: "number" },
  verbose: { kind: "switch" },
  output: { kind: "text" },
  "filename-override": { kind: "text" },
  "decryption-order": { kind: "text", env: "SOPS_DECRYPTION_ORDER" },
  "enable-local-keyservice": { kind: "switch", isOn: true, env: "SOPS_ENABLE_LOCAL_KEYSERVICE" },
  keyservice: { kind: "list", env: "SOPS_KEYSERVICE" },
  background: { kind: "switch" },
  pristine: { kind: "switch" },
  user: { kind: "text" },
  "same-process": { kind: "switch" },
  "no-fifo": { kind: "switch" },
  filename: { kind: "text" },
  yes: { short: "y", kind: "switch" },
  "omit-extensions": { kind: "switch" },
  recursive: { kind: "switch" },
  network: { short: "net", kind: "text" },
  address: { short: "addr", kind: "text" },
  prompt: { kind: "switch" },
  file: { short: "f", kind: "text" },
  "value-file": { kind: "switch" },
  "value-stdin": { kind: "switch" },
  idempotent: { kind: "switch" },
  help: { short: "h", kind: "switch" },
  version: { short: "v", kind: "switch" },
} as const satisfies Record<string, Omit<FlagSpec, "name">>

export type FlagName = keyof typeof specs

/** A flag by its name. */
export function flag(name: FlagName): FlagSpec {
  return { name, ...specs[name] }
}

/** A flag that may be repeated here, and that no variable stands in for. */
export function repeated(name: FlagName): FlagSpec {
  return { name, kind: "list" }
}

export function flags(...names: readonly FlagName[]): FlagSpec[] {
  return names.map(flag)
}

export const keyServiceFlags = ["enable-local-keyservice", "keyservice"] as const

export const recipientFlags = [
  "kms",
  "aws-profile",
  "gcp-kms",
  "hckms",
  "azure-kv",
  "hc-vault-transit",
  "pgp",
  "age",
] as const

export const selectorFlags = ["unencrypted-suffix", "encrypted-suffix", "unencrypted-regex", "encrypted-regex"] as const

export const typeFlags = ["input-type", "output-type"] as const

const kinds = ["gcp-kms", "hckms", "azure-kv", "kms", "hc-vault-transit", "age", "pgp"] as const

/** `--add-age`, `--rm-age` and so on. */
export const changeFlags: readonly FlagName[] = kinds.flatMap((kind) => [`add-${kind}`, `rm-${kind}`] as const)

/** The flags of one call, typed. A flag that the command does not have reads as not given, as in upstream's library. */
export class Flags {
  readonly #values: ReadonlyMap<string, FlagValue>
  readonly #given: ReadonlySet<string>

  constructor({ values, given }: Pick<ParsedFlags, "values" | "given">) {
    this.#values = values
    this.#given = given
  }

  isOn(name: FlagName): boolean {
    return this.#values.get(name) === true
  }

  /** `""` when it is not given: upstream makes no difference. */
  text(name: FlagName): string {
    const value = this.#values.get(name)
    return typeof value === "string" ? value : ""
  }

  /** `undefined` when it is not given, or empty. */
  optional(name: FlagName): string | undefined {
    const text = this.text(name)
    return text === "" ? undefined : text
  }

  number(name: FlagName): number {
    const value = this.#values.get(name)
    return typeof value === "number" ? value : 0
  }

  list(name: FlagName): readonly string[] {
    const value = this.#values.get(name)
    return typeof value === "object" ? value : []
  }

  /** The command has this flag. */
  has(name: FlagName): boolean {
    return this.#values.has(name)
  }

  /** It is on the command line. */
  isGiven(name: FlagName): boolean {
    return this.#given.has(name)
  }
}
