import { type CommentChoice } from "./comments.ts"
import { type Opened } from "./document.ts"
import { type MetaMap, type Scan } from "./format.ts"
import { type Cipher } from "./gcm.ts"
import { type Meter } from "./meter.ts"
import { type KindsInFile } from "./recipient.ts"
import { type CompiledSelectors, type Selectors } from "./select.ts"
import { type ToldValues } from "./told.ts"

/** How a plain text is sealed, and over what. */
export interface SealOptions {
  readonly cipher: Cipher
  readonly selectors: Selectors
  readonly compiled: CompiledSelectors
  readonly macOnlyEncrypted: boolean
  /** The wrapped data key as metadata fields; `null` keeps the fields of the previous file. */
  readonly keys: MetaMap | null
  /** All kinds of recipients. */
  readonly kinds: KindsInFile
  /** A release of sops: upstream compares it. */
  readonly version: string
  readonly now: Date
  /** Of the plain text, if it was scanned already. */
  readonly scan?: Scan | undefined
  /** The file as it was, opened with the same data key: what did not change keeps its token. */
  readonly previous: Opened | null
  /** Others under the same data key, whose tokens are kept too: the other side of a merge. Only with `previous`. */
  readonly alsoKept?: readonly Opened[] | undefined
  /**
   * The file that is sealed again under another data key: none of its tokens stays, but its metadata keeps its place
   * and the order of its fields. Never together with `previous`.
   */
  readonly replaces?: Opened | undefined
  /** What values hold where the text does not say it fully. */
  readonly told?: ToldValues | undefined
  readonly structure: boolean
  readonly layoutMemo: boolean
  /** What happens to comments; absent: the rule of sops. */
  readonly comments?: CommentChoice | undefined
  /** For a file that is whole in the binary container, the format that it came from; else `""`. */
  readonly container: string
  /** An alias from a clear place to a sealed value is written out in the clear. */
  readonly allowClearAlias: boolean
  readonly allowEmptySelection: boolean
  /** Refuses a name that the rule means but does not match. */
  readonly checksNames?: boolean | undefined
  /** Renews MAC and date even if nothing changed, as upstream does. */
  readonly renewsMac?: boolean
  /** Spaces per level of a new metadata block; `undefined` is upstream's default. */
  readonly indent?: number | undefined
  readonly meter?: Meter | undefined
}
