import { shown } from "../report/shown.ts"
import { type Outcome } from "../session.ts"
import { type Item } from "./items.ts"

export interface ItemsReport {
  readonly json: boolean
  readonly dryRun: boolean
  readonly scope: "local" | "global" | null
  /** Version of git, where it was asked. */
  readonly git: string | null
  /** Which items leave the status at 0. */
  readonly isOk: (item: Item) => boolean
}

/** One row an item, or one JSON object for tools. */
export function reportItems(items: readonly Item[], { json, dryRun, scope, git, isOk }: ItemsReport): Outcome {
  const ok = items.every(isOk)
  const exit = ok ? 0 : 1
  if (!json) return { output: text(items, dryRun), exit }
  // What a step would do is no part of it.
  const plain = items.map(({ item, state, code, detail, fix }) => ({ item, state, code, detail, fix }))
  const run = dryRun ? { dry_run: true } : {}
  return { output: `${JSON.stringify({ schema: 1, ok, ...run, git: git ?? undefined, scope, items: plain })}\n`, exit }
}

function text(items: readonly Item[], dryRun: boolean): string {
  if (items.length === 0) return "nothing to do\n"
  const head = dryRun ? "would be " : ""
  return items
    .map(({ item, state, code, detail, fix }) => {
      const word = (state === "written" || state === "removed" ? `${head}${state}` : state).padEnd(dryRun ? 17 : 9)
      const about = [code, item].filter((part) => part !== undefined).join("  ")
      const row = `${word}${shown(detail === undefined ? about : `${about}: ${detail}`)}\n`
      return fix === undefined ? row : `${row}${" ".repeat(dryRun ? 17 : 9)}fix: ${shown(fix)}\n`
    })
    .join("")
}
