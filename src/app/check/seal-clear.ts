import { compileSelectors } from "../../config/re2.ts"
import { type SealedDocument } from "../../core/document.ts"
import { Cipher } from "../../core/gcm.ts"
import { acceptUnverified, isSealedComment, open } from "../../core/open.ts"
import { AadPaths } from "../../core/path.ts"
import { scalarText } from "../../core/scalar.ts"
import { type CompiledSelectors, select } from "../../core/select.ts"
import { countedSites, fullPath, type Site } from "../../core/site.ts"
import { splice } from "../../core/splice.ts"
import { AppError } from "../../errors/app-error.ts"
import { loadSealed, openLoadedUnverified, withFile } from "../open/open-file.ts"
import { readAs } from "../open/read-as.ts"
import { unwrapOnce } from "../recipients/rewrap.ts"
import { sealOver } from "../seal/seal-over.ts"
import { type Session } from "../session.ts"
import { isClear } from "./values.ts"

export interface ClearFile {
  /** Relative to the working folder. */
  readonly path: string
  readonly config: string | undefined
  /** The version of HEAD; `null` without one. */
  readonly base: string | null
}

/**
 * Seals values that somebody wrote into a sealed file in the clear, under its data key. The rest has to be what
 * was sealed: without these values its MAC holds, or the version of HEAD has the same tokens in the same places. A text
 * that nobody vouches for gets no new MAC.
 *
 * @returns the new text, and the bytes that it replaces
 * @throws {AppError} `DATA_KEY`, `MAC_MISMATCH`, and the faults of the file
 */
export async function sealClearValues(
  session: Session,
  file: ClearFile,
): Promise<{ text: string; original: Uint8Array }> {
  return withFile(file.path, async () => {
    const loaded = await loadSealed(session, { source: file.path, inputType: undefined, config: file.config })
    const { document } = loaded
    const compiled = await compileSelectors(document.metadata.selectors, { refuseInvalid: true })
    const clear = clearSites(document, compiled)
    const dataKey = await unwrapOnce(session, loaded)
    try {
      const cipher = new Cipher(dataKey)
      await vouch(document, clear, { cipher, compiled, base: file.base })
      const aads = new AadPaths()
      const edits = [...clear].map((site) =>
        document.format.seal(
          document.scan,
          site,
          cipher.sealToken(site.scalar!.bytes, aads.of(site.item), kindOf(site)),
        ),
      )
      const sealed = await readAs(document.format.name, splice(document.scan.source, edits))
      const unverified = await openLoadedUnverified(session, { ...loaded, document: sealed }, { decryptionOrder: [] })
      const { text } = await sealOver(
        session,
        { ...unverified, opened: acceptUnverified(unverified.opened) },
        unverified.opened.bytes,
        {
          useFileSelectors: true,
          allowClear: [],
          allowClearAlias: false,
          allowEmptySelection: false,
        },
      )
      unverified.dataKey.wipe()
      return { text, original: loaded.original }
    } finally {
      dataKey.wipe()
    }
  })
}

function kindOf({ scalar, kind }: Site): NonNullable<Site["scalar"]>["kind"] {
  return kind === "str" ? "str" : scalar!.kind
}

function clearSites({ scan }: SealedDocument, compiled: CompiledSelectors): ReadonlySet<Site> {
  const sites = countedSites(scan)
  const selected = select(sites, compiled, isSealedComment)
  return new Set(sites.filter((site, index) => selected[index]! && site.span !== null && isClear(site)))
}

/** @throws {AppError} `MAC_MISMATCH` and the like */
async function vouch(
  document: SealedDocument,
  clear: ReadonlySet<Site>,
  {
    cipher,
    compiled,
    base,
  }: { readonly cipher: Cipher; readonly compiled: CompiledSelectors; readonly base: string | null },
): Promise<void> {
  const rest = {
    ...document,
    scan: { ...document.scan, sites: document.scan.sites.filter((site) => !clear.has(site)) },
  }
  const options = { cipher, selectors: compiled, requireStructure: false, valuesOnly: true }
  try {
    open(rest, options)
    return
  } catch (error) {
    if (!(error instanceof AppError) || base === null) throw error
    const before = await readAs(document.format.name, base)
    open(before, options)
    const places = new Set([...clear].map(pathText))
    const kept = before.scan.sites.filter((site) => !places.has(pathText(site)))
    if (siteTexts(kept) !== siteTexts(rest.scan.sites)) throw error
  }
}

function pathText({ item }: Site): string {
  return JSON.stringify(fullPath(item))
}

function siteTexts(sites: readonly Site[]): string {
  return JSON.stringify(
    sites.map(({ item, kind, scalar }) => [fullPath(item), kind, scalar === null ? null : scalarText(scalar)]),
  )
}
