import { AppError } from "../errors/app-error.ts"
import { type Format, type Scan } from "./format.ts"
import { checkVersion, type Metadata, readMetadata } from "./metadata.ts"
import { type KindsInFile } from "./recipient.ts"
import { type Scalar } from "./scalar.ts"
import { type Site } from "./site.ts"

/** A sealed text that was scanned: everything that can be known without a key. */
export interface SealedDocument {
  readonly format: Format
  readonly scan: Scan
  readonly metadata: Metadata
}

/** A site with its opened content. */
export interface Leaf {
  readonly site: Site
  /** `null` for a null and for an empty collection. */
  readonly scalar: Scalar | null
  /** The rule selects it: it is sealed, unless it is null or empty. */
  readonly isSelected: boolean
  /** The token, when there is one. */
  readonly token: string | null
}

/** Something to report that does not stop the work. Names a place, never a value. */
export interface Warning {
  readonly code:
    | "COMMENT_NOT_SEALED"
    | "LAYOUT_DROPPED"
    | "MEMO_IGNORED"
    | "INEXACT_INTEGER"
    | "KEY_AMBIGUOUS"
    | "VERBATIM_DROPPED"
    | "COMMENT_FOR_VALUE"
    | "COMMENT_LOST"
    | "PATH_UNUSED"
  readonly line?: number
  readonly path?: readonly (string | number)[]
}

/** A document whose MAC and structure hold. Only this type can be sealed again, exported or run. */
export interface Opened {
  readonly isVerified: true
  readonly document: SealedDocument
  readonly leaves: readonly Leaf[]
  /** The plain file. */
  readonly bytes: Uint8Array
  /** Of the plain file, where it was asked for and the metadata decided nothing in it. */
  readonly plainScan?: Scan | undefined
  /** Of the canonical values, upper-case hex. */
  readonly macHex: string
  /** `""` in a file by upstream. */
  readonly structureHex: string
  /** The plaintext of the layout memo, so that an unchanged one keeps its token; `""` when there is none. */
  readonly memoText: string
  readonly warnings: readonly Warning[]
}

/** The result of `--ignore-mac`: good for reading, and nothing else. */
export interface Unverified {
  readonly isVerified: false
  readonly document: SealedDocument
  readonly leaves: readonly Leaf[]
  readonly bytes: Uint8Array
  readonly warnings: readonly Warning[]
}

const sealedTwice =
  "see which one was added: git diff {file}, and take that out, or the whole change back: git checkout {file}"

/** Faults of the text itself count as "invalid file" when it is a sealed file: status 1, as upstream. */
const plainExits: ReadonlySet<number> = new Set([2, 92])

/** Of what upstream finds only when it seals: it looks for the metadata before that. */
const sealingExit = 23

/**
 * Scans a sealed text and reads its metadata. Needs no key.
 *
 * @param before - the scan of a text of the same format that differs little
 * @throws {AppError} `NOT_SEALED` when there is no metadata; `SYNTAX`, `METADATA_INVALID` and the like
 */
export function readSealed(format: Format, source: string, kinds: KindsInFile, before?: Scan): SealedDocument {
  let scan: Scan
  try {
    scan = scanned(format, source, before)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (error.code === "NO_DOCUMENT") throw new AppError("NOT_SEALED")
    if (error.exit === sealingExit && format.hasMetadata?.(source) === false) throw new AppError("NOT_SEALED")
    if (error.code === "KEY_NOT_STRING" && error.exit === sealingExit)
      throw new AppError(error.code, error.where, { ...error.detail, exit: 25 })
    if (!plainExits.has(error.exit)) throw error
    // Taking out the wrong one of two sealed lines would break the file for good.
    const hint = error.code === "DUPLICATE_KEY" ? sealedTwice : error.detail.hint
    throw new AppError(error.code, error.where, { ...error.detail, hint, exit: 1 })
  }
  if (scan.metadata === null) throw new AppError("NOT_SEALED")
  const metadata = readMetadata(scan.metadata.tree, kinds)
  return { format, scan, metadata }
}

/** @param before - the scan of a text of the same format that differs little, if there is one */
export function scanned(format: Format, source: string, before?: Scan): Scan {
  return before === undefined || format.scanAgain === undefined ? format.scan(source) : format.scanAgain(source, before)
}

/** Upstream checks the version right before it asks for the data key, and so after the metadata itself. */
export function checkReadable({ metadata }: SealedDocument): void {
  checkVersion(metadata.version)
}
