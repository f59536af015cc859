import {
  type KindInConfig,
  type KindInFile,
  type NamedKind,
  type RecipientFields,
  type RecipientOf,
  type RecipientType,
} from "../core/recipient.ts"
import { isPrintable } from "../errors/display.ts"
import { type Manifest } from "./provider.ts"

/** What the text of an AWS KMS key does not hold. */
export interface KmsExtras {
  readonly context?: ReadonlyMap<string, string>
  readonly awsProfile?: string
}

/** The option that names recipients of a kind, on both faces. */
export interface KindOption {
  /** Of our options object: `gcpKms`. */
  readonly name: string
  /** `--gcp-kms`, with `add-` and `rm-` before it for `rotate`. */
  readonly flag: string
  readonly short?: string
  /** The variable that stands for it. */
  readonly variable?: string
  /** Placeholder in help texts. */
  readonly value: string
  /** What it names, for help texts. */
  readonly things: string
  readonly summary: string
}

/** How a key service is told of a recipient. @see sops v3.13.2 keyservice/keyservice.proto */
export interface KindInProto<T extends RecipientType = RecipientType> {
  /** The field of the `Key` message. */
  readonly key: number
  /** Fields of the message in it: texts, and one that holds pairs. */
  readonly fields: readonly (readonly [number: number, name: keyof RecipientFields[T] & string, is?: "pairs"])[]
}

/** Where a kind is in the orders of upstream, from 0. */
export interface KindRanks {
  /** Sections of a group that is read from a file: who is asked first. */
  readonly inFile: number
  /** Flat keys of a creation rule, as they become one group. */
  readonly inConfig: number
  /** Options, as they become one group. */
  readonly inOptions: number
}

/** One kind of recipient: all that is said of it outside of its driver. */
export interface RecipientKind<T extends RecipientType = RecipientType> extends KindInFile<T>, NamedKind<T>, Manifest {
  readonly type: T
  readonly ranks: KindRanks
  /** What is expected, for the error about a text that is not one. */
  readonly form: string
  /** Reads the text form. @returns `null` for a text that has not this form */
  parse(text: string, extras: KmsExtras): RecipientFields[T] | null
  /** Holds a recipient against the grammar (security rule S5). @returns what is wrong, or `null` */
  against(recipient: RecipientOf<T>): string | null
  readonly config: KindInConfig<T>
  readonly option: KindOption
  /** `null`: key services do not know it. */
  readonly proto: KindInProto<T> | null
}

// No character class of these grammars holds "%", "?", "#", "@", a blank or a control character, and no segment may be
// "." or "..": the texts become parts of URLs and of requests that carry the user's credentials (security rule S5).

export const hostName =
  /^([A-Za-z0-9]([A-Za-z0-9-]{0,62})(\.[A-Za-z0-9][A-Za-z0-9-]{0,62}){0,20}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?$/

/** Whether a text holds what is no character to print, or breaks a line. The classes take V8 0.2 ms to read: most texts need none. */
export function hasControl(text: string): boolean {
  return !isPrintable(text) && /[\p{C}\p{Zl}\p{Zp}]/u.test(text)
}

export function hasOddSegment(text: string): boolean {
  return text
    .split("/")
    .slice(1)
    .some((segment) => segment === "" || segment === "." || segment === "..")
}

export function withoutSlash(text: string): string {
  return text.endsWith("/") ? text.slice(0, -1) : text
}
