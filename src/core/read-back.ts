import { AppError } from "../errors/app-error.ts"
import { type Opened, readSealed } from "./document.ts"
import { type Format, type MetaMap } from "./format.ts"
import { type Cipher } from "./gcm.ts"
import { type Meter } from "./meter.ts"
import { type Expected, open } from "./open.ts"
import { openKnown } from "./read-known.ts"
import { type KindsInFile } from "./recipient.ts"
import { checkKept } from "./same-metadata.ts"
import { sameBytes } from "./scalar.ts"
import { type CompiledSelectors } from "./select.ts"

/** A sealed text, and the metadata that were put into it. */
export interface Written {
  readonly text: string
  readonly tree: MetaMap
}

/** What a sealed text is read back with. */
export interface Back {
  readonly cipher: Cipher
  readonly compiled: CompiledSelectors
  readonly kinds: KindsInFile
  /** The file as it was. */
  readonly previous?: Opened | null
  readonly meter?: Meter | undefined
}

/**
 * Opens the sealed text in memory. The laws make this succeed; if it ever does not, nothing is written.
 *
 * @throws {AppError} `SELF_CHECK`
 */
export function readBack(format: Format, written: Written, expected: Expected, back: Back): Opened {
  const { cipher, compiled, kinds, previous } = back
  const before = previous?.document.format === format ? previous.document.scan : undefined
  const meter: Meter = (_, done, total) => back.meter?.("checking", done, total)
  meter("checking", 0, expected.leaves.length)
  const known = openKnown(format, written, expected, { ...back, meter })
  if (known !== null) return known
  const document = attempt(() => readSealed(format, written.text, kinds, before))
  checkKept(format, written.tree, document.metadata.tree)
  const opened = attempt(() =>
    open(document, {
      cipher,
      selectors: compiled,
      requireStructure: false,
      expected,
      meter,
    }),
  )
  const isSame =
    opened.leaves.length === expected.leaves.length &&
    expected.leaves.every(({ site, scalar, token }, index) => {
      const other = opened.leaves[index]!
      if ((token === null) !== (other.token === null)) return false
      if (scalar === null || other.scalar === null) return scalar === other.scalar && site.kind === other.site.kind
      return scalar.kind === other.scalar.kind && sameBytes(scalar, other.scalar)
    })
  if (!isSame) throw new AppError("SELF_CHECK", {}, { subject: "a value would come back differently" })
  return opened
}

function attempt<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new AppError("SELF_CHECK", { line: error.where.line, path: error.where.path }, { subject: error.code })
  }
}
