import { type Opened, type SealedDocument } from "../../core/document.ts"
import { type FormatName, type MetaMap } from "../../core/format.ts"
import { Cipher } from "../../core/gcm.ts"
import { writeGroups } from "../../core/metadata-keys.ts"
import { type WrappedKey } from "../../core/recipient.ts"
import { kindsInFile, recipientKey } from "../../keys/kinds.ts"
import { seal, type Sealed } from "../../core/seal.ts"
import { type SealOptions } from "../../core/seal-options.ts"
import { sealBinary } from "../../core/seal-binary.ts"
import { SecretBytes } from "../../core/secret.ts"
import { type Site } from "../../core/site.ts"
import { decodeText, utf8 } from "../../core/text.ts"
import { type ToldValues } from "../../core/told.ts"
import { notUtf8 } from "../open/read-text.ts"
import { loadFormat } from "../../formats/registry.ts"
import { tunedPlain } from "../../host/engine.ts"
import { usableThreshold, wrapDataKey } from "../../keys/wrap.ts"
import { sopsVersion } from "../../version.ts"
import { servicesOf } from "../recipients/key-services.ts"
import { type Wanted } from "../recipients/key-plan.ts"
import { keyContext } from "../machine.ts"
import { type Session } from "../session.ts"
import { type Plan } from "./plan.ts"

/** A data key of its own, with the metadata fields that hold it wrapped. */
export interface FreshKey {
  readonly dataKey: SecretBytes
  readonly keys: MetaMap
}

/**
 * A fresh data key, wrapped for all wanted recipients.
 *
 * @param before - the file that gets the new key: recipients that stay keep the date of their entry, as in upstream
 */
export async function makeDataKey(
  session: Session,
  { groups, threshold }: Wanted,
  file: string | null,
  { before = [] }: { before?: readonly (readonly WrappedKey[])[] } = {},
): Promise<FreshKey> {
  const usable = usableThreshold(groups, threshold)
  const dataKey = new SecretBytes(new Uint8Array(session.io.randomBytes(32)))
  try {
    const wrapped = await wrapDataKey(dataKey, groups, usable, {
      context: keyContext(session, [file]),
      services: servicesOf(session),
      now: session.io.now(),
    })
    const dates = new Map(before.flat().map((entry) => [recipientKey(entry.recipient), entry.createdAt]))
    const dated = wrapped.map((group) =>
      group.map((entry) => ({ ...entry, createdAt: dates.get(recipientKey(entry.recipient)) ?? entry.createdAt })),
    )
    return { dataKey, keys: writeGroups(dated, usable, kindsInFile) }
  } catch (error) {
    dataKey.wipe()
    throw error
  }
}

interface NewFile {
  readonly bytes: Uint8Array
  readonly format: FormatName
  /** The format that the content has, when it is put whole into the binary container; else `null`. */
  readonly container: FormatName | null
  readonly indent: number | undefined
  readonly allowClearAlias: boolean
  readonly allowEmptySelection: boolean
  /** What values hold where the text does not say it fully. */
  readonly told?: ToldValues | undefined
}

/** Seals a file that was not sealed before. */
export async function sealNew(session: Session, plan: Plan, file: NewFile, key: FreshKey): Promise<Sealed> {
  const { selectors, compiled, macOnlyEncrypted, rule } = plan
  const { container, indent, allowClearAlias, allowEmptySelection, told } = file
  const options = sealOptions(session, {
    cipher: new Cipher(key.dataKey),
    keys: key.keys,
    selectors,
    compiled,
    macOnlyEncrypted,
    structure: rule.structure !== "off",
    layoutMemo: rule.layoutMemo !== "never",
    comments: rule.comments,
    container: container ?? "",
    allowClearAlias,
    allowEmptySelection,
    indent,
    told,
  })
  return sealAs(file, options).finally(() => session.meter?.end())
}

/** All that sealing has to know: what is given, and for the rest the defaults of a new file. */
export function sealOptions(
  { io, dialect, meter }: Session,
  given: Pick<SealOptions, "cipher" | "keys" | "selectors" | "compiled"> & Partial<SealOptions>,
): SealOptions {
  return {
    kinds: kindsInFile,
    macOnlyEncrypted: false,
    version: sopsVersion,
    now: io.now(),
    previous: null,
    structure: true,
    layoutMemo: true,
    container: "",
    allowClearAlias: false,
    allowEmptySelection: true,
    checksNames: dialect.changes.checksClearValues,
    meter: meter?.tick,
    ...given,
  }
}

/** Options for sealing over a file: its own settings stay, and so do the tokens of what did not change. */
export function optionsOver(
  session: Session,
  { document: { metadata }, ...file }: { readonly document: SealedDocument; readonly opened: Opened },
  given: Pick<SealOptions, "cipher" | "compiled"> & Partial<SealOptions>,
): SealOptions {
  const { selectors, macOnlyEncrypted, version, container } = metadata
  return sealOptions(session, {
    keys: null,
    selectors,
    macOnlyEncrypted,
    version,
    container,
    previous: file.opened,
    ...given,
  })
}

/** What changes in the options when every value is sealed again under another key: then no token stays. */
export function underFreshKey(
  { dataKey, keys }: FreshKey,
  replaces: Opened,
): Pick<SealOptions, "cipher" | "keys" | "previous" | "replaces"> {
  return { cipher: new Cipher(dataKey), keys, previous: null, replaces }
}

/** Seals bytes in a format; anything goes into `binary`. @throws {AppError} `NOT_UTF8` for bytes that are not text */
export async function sealAs(
  { bytes, format: name }: Pick<NewFile, "bytes" | "format">,
  options: SealOptions,
): Promise<Sealed> {
  const format = await loadFormat(name)
  if (name === "binary") return sealBinary(format, bytes, options)
  const text = decodeText(bytes)
  if (text === null) throw notUtf8(bytes)
  return tunedPlain(text, () => {
    const scan = options.scan ?? format.scan(text)
    const isForOperator = isSopsSecret(scan.sites)
    return seal(format, text, {
      ...options,
      scan,
      structure: options.structure && !isForOperator,
      layoutMemo: options.layoutMemo && !isForOperator,
    })
  })
}

/** The operator's resource definition knows upstream's metadata fields and rejects all others. */
function isSopsSecret(sites: readonly Site[]): boolean {
  return sites.some(
    ({ item, scalar }) =>
      item.key === "kind" &&
      item.parent?.parent === null &&
      scalar !== null &&
      utf8.decode(scalar.bytes) === "SopsSecret",
  )
}
