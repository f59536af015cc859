import { shownKeyPath } from "../../errors/display.ts"
import { type FormatName } from "../../core/format.ts"
import { scalarText } from "../../core/scalar.ts"
import { countedSites, documentOf, shownPath, type Site } from "../../core/site.ts"
import { parseToken, withoutNewlines } from "../../core/token.ts"
import { limits } from "../../core/limits.ts"
import { loadSealed } from "../open/open-file.ts"
import { type CommonOptions, type Source } from "../options.ts"
import { type Cell, table, type TableStyle, tableStyle } from "../report/table.ts"
import { type Outcome, type Session } from "../session.ts"

interface LsOptions extends CommonOptions {
  readonly file: Source
  readonly inputType: FormatName | undefined
  readonly json: boolean
}

/** One place of a sealed file, as far as it shows without a key. */
interface Entry {
  readonly path: readonly (string | number)[]
  /** Present where it is not the first. */
  readonly document?: number
  /** For a sealed value what its token says, which only opening proves. */
  readonly kind: string
  readonly state: "sealed" | "clear" | "empty"
}

/** `ls`: where the values of a sealed file are, and which of them are sealed. Needs no key, and shows no value. */
export async function listPaths(session: Session, options: LsOptions): Promise<Outcome> {
  const { document } = await loadSealed(session, { ...options, source: options.file })
  const { scan, format } = document
  const entries = countedSites(scan).map((site) => entryOf(site))
  if (options.json) {
    const file = options.file ?? "standard input"
    return { output: `${JSON.stringify({ schema: 1, file, format: format.name, entries })}\n` }
  }
  return { output: drawn(entries, scan.documents, tableStyle(session.io)) }
}

function entryOf(site: Site): Entry {
  const document = documentOf(site.item)
  return { path: shownPath(site.item), ...(document > 0 ? { document } : {}), ...stateOf(site) }
}

/** What the text of a value says of itself. */
export function stateOf(site: Site): Pick<Entry, "kind" | "state"> {
  const token =
    site.scalar === null ? null : parseToken(withoutNewlines(scalarText(site.scalar)), limits.nonce_bytes_max)
  if (token !== null && typeof token !== "string") return { kind: token.kind, state: "sealed" }
  const isEmpty = site.scalar === null || site.scalar.bytes.length === 0
  return { kind: site.kind, state: isEmpty ? "empty" : "clear" }
}

function drawn(entries: readonly Entry[], documents: number, style: TableStyle): string {
  const rows = entries.map(({ path, document = 0, kind, state }) => {
    const name =
      kind === "comment" ? `# in ${path.length === 0 ? "the document" : shownKeyPath(path)}` : shownKeyPath(path)
    return { state, kind, name: documents > 1 ? `document ${document + 1}: ${name}` : name }
  })
  const tones = { sealed: "good", clear: "warning", empty: "dim" } as const
  return table(
    rows.map(({ state, kind, name }): Cell[] => [[state.padEnd(6), tones[state]], kind, [name, "name"]]),
    style,
  )
}
