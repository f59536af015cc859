import { buildTrees } from "../../core/build-tree.ts"
import { type FormatName, type Scan } from "../../core/format.ts"
import { checkAliases } from "../../core/seal-checks.ts"
import { type CompiledSelectors, select } from "../../core/select.ts"
import { countedSites } from "../../core/site.ts"
import { decodeText, utf8 } from "../../core/text.ts"
import { type ToldValues } from "../../core/told.ts"
import { AppError } from "../../errors/app-error.ts"
import { notUtf8 } from "../open/read-text.ts"
import { loadFormat } from "../../formats/registry.ts"
import { toldValues } from "./change-file.ts"

interface ConvertOptions {
  readonly from: FormatName
  readonly to: FormatName
  /**
   * The text is written as another type than `from`, so its layout is not that of `to`, even if `from` and `to` are the
   * same.
   */
  readonly isForeign?: boolean
  readonly compiled: CompiledSelectors
  readonly allowClearAlias: boolean
}

/**
 * Does something with a plain text in the format to seal; its layout is lost where the formats differ.
 *
 * An error then names no place that people could look up: the lines are of a text that nobody saw, and a key may be the
 * value that an alias stood for.
 *
 * @throws {AppError} `ALREADY_SEALED`; `ALIAS_TO_SEALED`, since the text in the other format would hold the value in
 *   the clear for good
 */
export async function converted<T>(
  bytes: Uint8Array,
  options: ConvertOptions,
  work: (bytes: Uint8Array, told?: ToldValues) => Promise<T>,
): Promise<T> {
  const { from, to, isForeign = false } = options
  if (from === to && !isForeign) return work(bytes)
  if (from === "binary") return work(await inData(bytes, to))
  const text = decodeText(bytes)
  if (text === null) throw notUtf8(bytes)
  const scan = (await loadFormat(from)).scan(text)
  // The text in the other format has no metadata, so nothing behind this would see that the values are sealed.
  if (scan.metadata !== null) throw new AppError("ALREADY_SEALED")
  const sites = countedSites(scan)
  checkAliases(scan, sites, select(sites, options.compiled), options.allowClearAlias)
  const format = await loadFormat(to)
  const leaves = scan.sites.map((site) => ({ site, scalar: site.scalar, isSelected: false, token: null }))
  try {
    const trees = buildTrees(leaves, scan.documents)
    return await work(utf8.encode(format.emit(trees, {})), toldValues(format, [], trees[0]!))
  } catch (error) {
    throw error instanceof AppError ? withoutLine(error, hidesKeys(scan)) : error
  }
}

/** Bytes as the one value of a document. */
async function inData(bytes: Uint8Array, to: FormatName): Promise<Uint8Array> {
  const value = { type: "scalar", scalar: { kind: "str", bytes } } as const
  return utf8.encode(
    (await loadFormat(to)).emit([{ type: "map", entries: [{ type: "entry", key: "data", value }] }], {}),
  )
}

function hidesKeys({ sites }: Scan): boolean {
  return sites.some(({ item }) => {
    for (let at: typeof item | null = item; at !== null; at = at.parent) if (at.shownKey !== undefined) return true
    return false
  })
}

function withoutLine({ code, where, detail }: AppError, isHidden: boolean): AppError {
  const { file, path, provider, recipient } = where
  return new AppError(code, { file, path: isHidden ? undefined : path, provider, recipient }, detail)
}
