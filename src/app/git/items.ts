import { type Tone } from "../report/paint.ts"
import { type Cell, type TableStyle, table, tableStyle } from "../report/table.ts"
import { type Outcome, type Session } from "../session.ts"

/** What can be wrong with how a clone is set up. They are in `items[].code`, and are not errors of a command. */
export type ItemCode =
  | "GIT_OLD"
  | "GIT_DRIVER_MISSING"
  | "GIT_DRIVER_OTHER"
  | "GIT_TEXTCONV_MISSING"
  | "GIT_PROGRAM_MISSING"
  | "GIT_RECURSIVE_SET"
  | "GIT_CACHETEXTCONV"
  | "GIT_TEXTCONV_NOTES"
  | "GIT_ATTRIBUTES_MISSING"
  | "GIT_ATTRIBUTES_STALE"
  | "GIT_TEXT_CONVERSION"
  | "GIT_HOOK_MISSING"
  | "GIT_HOOK_FOREIGN"
  | "GIT_HOOK_MANUAL"

/** One thing that was checked or done. */
export interface SetupItem {
  /** `driver`, `textconv`, `attributes secrets.yaml`, `hook pre-commit`. */
  readonly item: string
  /** `ok` is what `status` says; the others what an installation did. */
  readonly state: "ok" | "finding" | "written" | "removed" | "kept"
  readonly code?: ItemCode
  readonly detail?: string
  /** A command line that mends it, or a line to put somewhere. */
  readonly fix?: string
}

type Facts = Pick<SetupItem, "detail" | "fix">

export function itemFinding(item: string, code: ItemCode, facts: Facts): SetupItem {
  return { item, state: "finding", code, ...facts }
}

/** Something to do, and how to undo it if a later step fails. An item that needs nothing has no `work`. */
export interface Step extends SetupItem {
  readonly work?: () => Promise<Undo>
}

export type Undo = () => Promise<void>

/**
 * Does all of them or nothing.
 *
 * @throws {AppError} what a step throws, when the earlier ones are undone
 */
export async function takeSteps(steps: readonly Step[]): Promise<void> {
  const undo: Undo[] = []
  try {
    for (const { work } of steps) if (work !== undefined) undo.push(await work())
  } catch (error) {
    // The failure that brought us here is the one to tell.
    for (const back of undo.reverse()) await back().catch(() => {})
    throw error
  }
}

interface ItemsReport {
  readonly json: boolean
  readonly dryRun: boolean
  readonly scope: "local" | "global" | null
  /** Version of git, if it was asked. */
  readonly git: string | null
  /** Which items leave the status at 0. */
  readonly isOk: (item: SetupItem) => boolean
  /** The command did something and tells what: `--quiet` leaves of that what the user has to do. */
  readonly isDeed?: boolean
}

/** One row an item, or one JSON object for tools. */
export function reportItems(
  { io, isQuiet }: Pick<Session, "io" | "isQuiet">,
  items: readonly SetupItem[],
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

const tones: Readonly<Partial<Record<SetupItem["state"], Tone>>> = { ok: "good", written: "good", removed: "good" }

function text(items: readonly SetupItem[], dryRun: boolean, style: TableStyle): string {
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
