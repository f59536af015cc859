import { type FormatName } from "../core/format.ts"
import { type KindOptionName } from "../keys/kinds.ts"

export interface CommonOptions {
  /** The config file to use; `undefined`: look for it. */
  readonly config: string | undefined
}

/** How the text of a file is read. */
export interface ReadOptions {
  /** `undefined`: by the suffix of the name. */
  readonly inputType: FormatName | undefined
  /** The name that chooses format and rules, instead of the file's own. */
  readonly filenameOverride: string | undefined
}

/** How it is read and printed. */
export interface TypeOptions extends ReadOptions {
  /** `undefined`: also by the suffix of the name. */
  readonly outputType: FormatName | undefined
}

export interface IndentOptions {
  /** Spaces per level where a whole document is printed; `undefined`: the config's, else upstream's. */
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
export interface RecipientOptions extends Readonly<Record<KindOptionName, readonly string[]>> {
  readonly awsProfile: string | undefined
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

export interface OrderOptions {
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

/** What the user has to say before a data key is wrapped for a recipient that no rule names (S3). */
export interface KnownRecipientOptions {
  readonly keepRecipient: readonly string[]
}
