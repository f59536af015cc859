import { type Tone } from "../report/paint.ts"
import { type Cell, table, type TableStyle, tableStyle } from "../report/table.ts"
import { type Outcome, type Session } from "../session.ts"
import { type Item } from "./items.ts"

export interface ItemsReport {
  readonly json: boolean
  readonly dryRun: boolean
  readonly scope: "local" | "global" | null
  /** Version of git, if it was asked. */
  readonly git: string | null
  /** Which items leave the status at 0. */
  readonly isOk: (item: Item) => boolean
  /** The command did something and tells what: `--quiet` leaves of that what the user has to do. */
  readonly isDeed?: boolean
}

/** One row an item, or one JSON object for tools. */
export function reportItems(
  { io, isQuiet }: Pick<Session, "io" | "isQuiet">,
  items: readonly Item[],
  { json, dryRun, scope, git, isOk, isDeed = false }: ItemsReport,
): Outcome {
  const ok = items.every(isOk)
  const exit = ok ? 0 : 1
  if (!json) {
    const isShort = isQuiet === true && isDeed && !dryRun
    const left = isShort ? items.filter(({ state }) => state === "finding") : items
    return { output: isShort && left.length === 0 ? undefined : text(left, dryRun, tableStyle(io)), exit }
  }
  // What a step would do is not part of it.
  const plain = items.map(({ item, state, code, detail, fix }) => ({ item, state, code, detail, fix }))
  const run = dryRun ? { dry_run: true } : {}
  return { output: `${JSON.stringify({ schema: 1, ok, ...run, git: git ?? undefined, scope, items: plain })}\n`, exit }
}

const tones: Readonly<Partial<Record<Item["state"], Tone>>> = { ok: "good", written: "good", removed: "good" }

function text(items: readonly Item[], dryRun: boolean, style: TableStyle): string {
  if (items.length === 0) return "nothing to do\n"
  const rows = items.flatMap(({ item, state, code, detail, fix }): Cell[][] => {
    const word = dryRun && (state === "written" || state === "removed") ? `would be ${state}` : state
    const about = [code, item].filter((part) => part !== undefined).join("  ")
    return [
      // Scripts that cut columns find them in the same place, whatever the content.
      [[word.padEnd(dryRun ? 16 : 7), tones[state] ?? "warning"], detail === undefined ? about : `${about}: ${detail}`],
      ...(fix === undefined ? [] : [["", `fix: ${fix}`]]),
    ]
  })
  return table(rows, style, { gap: dryRun ? 1 : 2 })
}
