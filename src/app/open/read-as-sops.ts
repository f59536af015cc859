import { readSealed, type SealedDocument } from "../../core/document.ts"
import { type FormatName } from "../../core/format.ts"
import { loadFormat } from "../../formats/registry.ts"
import { formatByName } from "./source-type.ts"

interface Told {
  readonly format: FormatName
  readonly name: string | null
  /** What was sealed under another type than it is read by may come back as what it is. */
  readonly isForgiving: boolean
}

/** Reads a sealed text as the type that options and name say, as upstream does. */
export async function readAsSops(text: string, { format, name, isForgiving }: Told): Promise<SealedDocument> {
  if (format === "binary") return readContainer(text)
  try {
    return readSealed(await loadFormat(format), text)
  } catch (error) {
    // With `--input-type` alone upstream seals a file whose name says nothing as JSON, and then cannot read it back.
    const isByName = formatByName(name, undefined, null) === "binary"
    if (!isForgiving || !isByName || format === "json" || !text.startsWith("{")) throw error
    return readSealed(await loadFormat("json"), text)
  }
}

/** Upstream's container is any JSON document. Only one with the one entry `data` is a binary file to us. */
async function readContainer(text: string): Promise<SealedDocument> {
  const document = readSealed(await loadFormat("binary"), text)
  return isContainer(document) ? document : readSealed(await loadFormat("json"), text)
}

/** Whether the one value of the document is `data`, as where a file lies whole. */
export function isContainer({ scan }: SealedDocument): boolean {
  const [site, more] = scan.sites
  return more === undefined && site?.item.key === "data" && site.item.parent?.parent === null
}
