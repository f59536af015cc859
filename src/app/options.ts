import { type FormatName } from "../core/format.ts"

export interface CommonOptions {
  /** The config file to use; `undefined`: look for it. */
  readonly config: string | undefined
}

/** How the text of a file is read. */
export interface ReadOptions {
  /** `undefined`: by the suffix of the name. */
  readonly inputType: FormatName | undefined
  /** The name by which formats and rules are chosen, in place of the file's own. */
  readonly filenameOverride: string | undefined
}

/** How it is read and printed. */
export interface TypeOptions extends ReadOptions {
  /** `undefined`: by the suffix of the name, too. */
  readonly outputType: FormatName | undefined
}

export interface IndentOptions {
  /** Blanks per level where a whole document is printed anew; `undefined`: the config's, else upstream's. */
  readonly indent: number | undefined
}

/** Where the result goes. Neither of the two: standard output. */
export interface TargetOptions {
  readonly inPlace: boolean
  readonly output: string | undefined
  /** S25: write through a link that leads out of the repository. */
  readonly followLinks: boolean
}

/** Recipients of a new file, each as it was given; all empty: the config's rule decides. */
export interface RecipientOptions {
  readonly age: readonly string[]
  readonly pgp: readonly string[]
  readonly kms: readonly string[]
  readonly awsProfile: string | undefined
  readonly gcpKms: readonly string[]
  readonly azureKv: readonly string[]
  readonly hcVaultTransit: readonly string[]
  readonly hckms: readonly string[]
  readonly encryptionContext: readonly string[]
  readonly shamirSecretSharingThreshold: number | undefined
}

/** Which values of a new file are sealed. */
export interface SelectorOptions {
  readonly unencryptedSuffix: string | undefined
  readonly encryptedSuffix: string | undefined
  readonly unencryptedRegex: string | undefined
  readonly encryptedRegex: string | undefined
  readonly unencryptedCommentRegex: string | undefined
  readonly encryptedCommentRegex: string | undefined
  readonly macOnlyEncrypted: boolean
}

/** What a user has to say explicitly before a value may stay in the clear (S1, S16 and the empty selection). */
export interface ClearOptions {
  readonly useFileSelectors: boolean
  /** Key paths. */
  readonly allowClear: readonly string[]
  readonly allowClearAlias: boolean
  readonly allowEmptySelection: boolean
}

export interface OpenOptions {
  /** Types of recipients that are tried first. */
  readonly decryptionOrder: readonly string[]
}

/** What may reach a child process (S10 and S11). */
export interface ChildOptions {
  readonly allowEnv: readonly string[]
  readonly withClear: boolean
  readonly keepEnv: boolean
}

/** `null` stands for standard input. */
export type Source = string | null

export interface EncryptOptions
  extends
    CommonOptions,
    TypeOptions,
    IndentOptions,
    TargetOptions,
    RecipientOptions,
    SelectorOptions,
    ClearOptions,
    OpenOptions {
  readonly files: readonly Source[]
  readonly container: boolean
  readonly forceNew: boolean
}

export interface DecryptOptions extends CommonOptions, TypeOptions, IndentOptions, TargetOptions, OpenOptions {
  readonly files: readonly Source[]
  readonly extract: string | undefined
  readonly ignoreMac: boolean
  /** Permission bits of a new plaintext file; 0600 when `undefined`. */
  readonly mode: number | undefined
}

export interface EditOptions
  extends CommonOptions, ReadOptions, RecipientOptions, SelectorOptions, ClearOptions, OpenOptions {
  readonly file: string
  readonly resume: boolean
  readonly showMasterKeys: boolean
  /** As `sops` only. */
  readonly ignoreMac?: boolean | undefined
  /** As `sops` only: there the text of the editor is printed anew. */
  readonly indent?: number | undefined
  readonly keepEnv: boolean
  readonly followLinks: boolean
}

export interface GetOptions extends CommonOptions, TypeOptions, IndentOptions, OpenOptions {
  readonly file: Source
  /** `["a"][0]["b"]` or `a[0].b`. */
  readonly path: string
  readonly ignoreMac: boolean
}

export interface SetOptions extends CommonOptions, ReadOptions, ClearOptions, OpenOptions {
  readonly file: string
  readonly path: string
  readonly value: ValueSource
  /** The value is text as it stands, not JSON. */
  readonly string: boolean
  readonly idempotent: boolean
  /** As `sops` only. */
  readonly ignoreMac?: boolean | undefined
  readonly followLinks: boolean
}

export type ValueSource =
  | { readonly from: "argument"; readonly text: string }
  | { readonly from: "file"; readonly file: string }
  | { readonly from: "stdin" }
  | { readonly from: "prompt" }

export interface UnsetOptions extends CommonOptions, ReadOptions, ClearOptions, OpenOptions {
  readonly file: string
  readonly path: string
  readonly idempotent: boolean
  /** As `sops` only. */
  readonly ignoreMac?: boolean | undefined
  readonly followLinks: boolean
}

export interface RunOptions extends CommonOptions, ChildOptions, OpenOptions {
  readonly files: readonly Source[]
  readonly inputType: FormatName | undefined
  readonly only: readonly string[]
  readonly prefix: string
  /** What joins the keys of nested mappings; `undefined`: nested values are an error. */
  readonly flatten: string | undefined
  readonly pristine: boolean
  /** Program and arguments; never empty. */
  readonly command: readonly string[]
}

export interface ExecOptions extends CommonOptions, ChildOptions, OpenOptions {
  readonly file: Source
  readonly inputType: FormatName | undefined
  /** One command line for the shell. */
  readonly command: string
  readonly background: boolean
  readonly pristine: boolean
  readonly user: string | undefined
}

export interface ExecEnvOptions extends ExecOptions {
  readonly sameProcess: boolean
}

export interface ExecFileOptions extends ExecOptions, IndentOptions {
  readonly outputType: FormatName | undefined
  readonly noFifo: boolean
  readonly filename: string | undefined
}

export interface FileStatusOptions {
  readonly file: Source
  readonly inputType: FormatName | undefined
}

export interface KeysOptions extends CommonOptions {
  /** None: what this user holds, and where it was looked for. */
  readonly files: readonly string[]
  readonly inputType: FormatName | undefined
  readonly json: boolean
}

export interface InitOptions extends CommonOptions {
  /** Recipients to use in place of the user's own. */
  readonly age: readonly string[]
  readonly pq: boolean
}

/** What has to be said before a data key is wrapped for a recipient that no rule names (S3). */
export interface KnownRecipientOptions {
  readonly keepRecipient: readonly string[]
}

export interface RotateOptions
  extends CommonOptions, TypeOptions, TargetOptions, ClearOptions, OpenOptions, KnownRecipientOptions {
  /** With `inPlace` folders too: all sealed files in them. */
  readonly files: readonly Source[]
  readonly add: RecipientOptions
  readonly remove: RecipientOptions
  /** Show what would be done; no key is needed. */
  readonly dryRun?: boolean
  readonly json?: boolean
}

interface GroupOptions extends CommonOptions, KnownRecipientOptions {
  readonly file: string
  readonly inPlace: boolean
  readonly followLinks: boolean
}

export interface GroupAddOptions extends GroupOptions, RecipientOptions {}

export interface GroupDeleteOptions extends GroupOptions {
  /** From 0. */
  readonly index: number
  readonly shamirSecretSharingThreshold: number | undefined
}

export interface SyncOptions extends CommonOptions, OpenOptions {
  /** Files, and folders with all sealed files in them. */
  readonly paths: readonly string[]
  readonly inputType: FormatName | undefined
  readonly yes: boolean
  readonly dryRun: boolean
  /** Only tell whether files and rules agree; no key is needed. */
  readonly check: boolean
  /** A file that no rule matches is an error, unless it was found in a folder. */
  readonly json: boolean
  readonly followLinks: boolean
}

export interface WhoOptions extends CommonOptions {
  readonly paths: readonly string[]
  readonly inputType: FormatName | undefined
  readonly by: "file" | "person"
  readonly json: boolean
}

export interface GrantOptions extends CommonOptions, OpenOptions {
  readonly name: string
  readonly recipient: string
  /** Numbers of rules, from 1; none: all rules. */
  readonly rules: readonly number[]
  readonly yes: boolean
  readonly dryRun: boolean
  readonly json: boolean
}

export interface RevokeOptions extends CommonOptions, OpenOptions, ClearOptions {
  readonly name: string
  readonly yes: boolean
  readonly dryRun: boolean
  readonly json: boolean
}

export interface KeyServiceOptions {
  /** `undefined`: a socket, and as `sops` TCP. */
  readonly network: "unix" | "tcp" | undefined
  readonly address: string | undefined
  readonly prompt: boolean
  /** Who is asked; by default somebody at the terminal. */
  readonly confirm?:
    ((request: { readonly isWrap: boolean; readonly recipient: string }) => Promise<boolean>) | undefined
}

export interface KeygenOptions {
  readonly pq: boolean
  readonly output: string | undefined
}

export interface ShimOptions {
  readonly folder: string
  /** Replace what is there. */
  readonly force: boolean
}
