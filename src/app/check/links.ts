import { posix } from "node:path"
import { inspect } from "./sealed-text.ts"
import { type Finding, finding } from "./finding.ts"
import { targetOf } from "../git/tree-files.ts"

/** A link or a submodule, where a file could be. */
export interface Stand {
  /** From the top, with `/`. */
  readonly file: string
  readonly kind: "link" | "submodule"
  /** What a link says of where it leads. */
  readonly target: () => Promise<Uint8Array | null>
  /** The regular file that was there before; `null`: there was none. */
  readonly before: () => Promise<Uint8Array | null>
}

interface LinkOptions {
  /** Of all that git has there. */
  names(): readonly string[]
  /** Which of these names a rule wants sealed. */
  ruledAmong(files: readonly string[]): Promise<ReadonlySet<string>>
}

/** What stands where a sealed file was, or should be. Its content is somewhere else, where nobody looks at it. */
export async function linkFindings(stands: readonly Stand[], { names, ruledAmong }: LinkOptions): Promise<Finding[]> {
  if (stands.length === 0) return []
  const ruled = await ruledAmong(stands.map(({ file }) => file))
  const found: Finding[] = []
  let known: ReadonlySet<string> | null = null
  for (const { file, kind, target, before } of stands) {
    const bytes = await before()
    const state = bytes === null ? "plain" : (await inspect(file, bytes, null)).state
    if (state === "sealed" || state === "broken") {
      found.push(finding("FILE_REPLACED", { file }, { subject: `it is a ${kind} now` }))
    } else if (kind === "link" && ruled.has(file)) {
      known ??= withFolders(names())
      const place = targetOf(file, await target())
      if (place === null || !known.has(place)) found.push(finding("LINK_NOT_CHECKED", { file }))
    }
  }
  return found
}

function withFolders(files: readonly string[]): ReadonlySet<string> {
  const all = new Set(files)
  for (const file of files) {
    for (let at = posix.dirname(file); !all.has(at); at = posix.dirname(at)) all.add(at)
  }
  return all
}
