import { type Opened } from "./document.ts"
import { type Format } from "./format.ts"
import { keptFromAll } from "./kept-tokens.ts"
import { clearBytes } from "./canonical.ts"
import { macOf } from "./open.ts"
import { readBack } from "./read-back.ts"
import { keptBlock, finish, type Sealed } from "./seal.ts"
import { type SealOptions } from "./seal-options.ts"
import { equalBytes } from "./text.ts"

const aad = "data:"

/**
 * Seals any bytes whole, as the one value `data` of a JSON document: upstream's binary store. Upstream writes no
 * selector into a new one, and no selector applies.
 *
 * @param format - the binary format, whose sealed side is JSON
 * @throws {AppError} `SELF_CHECK`
 */
export function sealBinary(format: Format, bytes: Uint8Array, options: SealOptions): Sealed {
  const { previous, cipher } = options
  if (previous !== null && options.keys === null && isSame(previous, bytes, options)) {
    return { text: previous.document.scan.source, opened: previous, sealedCount: 1, warnings: [] }
  }
  const empty = { type: "scalar", scalar: { kind: "str", bytes: new Uint8Array(0) } } as const
  const plain = format.emit([{ type: "map", entries: [{ type: "entry", key: "data", value: empty }] }], {
    indent: options.indent,
  })
  const scan = format.scan(plain)
  const site = scan.sites[0]!
  const scalar = { kind: "str", bytes } as const
  const files = previous === null ? [] : [previous, ...(options.alsoKept ?? [])]
  const kept = bytes.length === 0 ? null : (keptFromAll(files, [{ site, scalar }])[0] ?? null)
  const token = bytes.length === 0 ? null : (kept?.token ?? cipher.sealToken(bytes, aad, "str"))
  const leaves = [{ site, scalar, isSelected: true, token, kept, isVerbatim: false }]
  const draft = {
    format,
    plain,
    scan,
    unused: [],
    leaves,
    lost: [],
    macHex: macOf(leaves, options.macOnlyEncrypted, clearBytes),
    macOnlyEncrypted: options.macOnlyEncrypted,
    tokenEdits: [token === null ? null : format.seal(scan, site, token)],
    otherEdits: [],
  }
  const written = finish(draft, keptBlock(options), options, null)
  const opened = readBack(format, written, draft, options)
  return { text: written.text, opened, sealedCount: token === null ? 0 : 1, warnings: [] }
}

function isSame(previous: Opened, bytes: Uint8Array, { container }: SealOptions): boolean {
  // A MAC that nobody checked is not kept.
  return (
    previous.macHex !== "" && previous.document.metadata.container === container && equalBytes(previous.bytes, bytes)
  )
}
