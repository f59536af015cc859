import { sealedFiles } from "./count.ts"
import { shownPath, type Site } from "../../core/site.ts"
import { type AppError } from "../../errors/app-error.ts"
import { displayPath, shown } from "../../errors/display.ts"
import { type Candidate } from "../open/sealed-files.ts"

/** How a file and its rule differ, and what was done with it. */
export interface MigratedFile extends Candidate {
  readonly state: "current" | "planned" | "migrated" | "without rule" | "failed"
  /** Selectors, what the MAC covers, comments: a phrase each. */
  readonly changes: readonly string[]
  /** Values that will be sealed. */
  readonly sealed: readonly Site[]
  /** Values that will be in the clear. */
  readonly cleared: readonly Site[]
  readonly error?: AppError
}

const namesMax = 8

/** What would change in a file, or has changed. */
export function migrationLines({ file, state, changes, sealed, cleared }: MigratedFile): string[] {
  const isDone = state === "migrated"
  const phrases = [
    ...changes,
    ...(sealed.length === 0 ? [] : [`${isDone ? "sealed" : "would seal"} ${named(sealed)}`]),
    ...(cleared.length === 0 ? [] : [`${isDone ? "left" : "would leave"} ${named(cleared)} in the clear`]),
  ]
  return phrases.map((phrase) => shown(`${file}: ${phrase}`))
}

function named(sites: readonly Site[]): string {
  const names = sites.slice(0, namesMax).map(({ item }) => displayPath(shownPath(item)))
  return sites.length > namesMax ? `${names.join(", ")} and ${sites.length - namesMax} more` : names.join(", ")
}

/** Each file that changes, and the totals. */
export function migrateTable(files: readonly MigratedFile[], { isLookOnly }: { readonly isLookOnly: boolean }): string {
  const rows = files.filter(({ state }) => state === "planned" || state === "migrated").flatMap(migrationLines)
  const unruled = files
    .filter(({ state }) => state === "without rule")
    .map(({ file }) => `${shown(file)}: no rule names it`)
  const count = (state: MigratedFile["state"]): number => files.filter((file) => file.state === state).length
  const counts = [
    isLookOnly ? `${count("planned")} to migrate` : `${count("migrated")} migrated`,
    `${count("current")} by their rule already`,
    ...(unruled.length === 0 ? [] : [`${unruled.length} without a rule`]),
    ...(count("failed") === 0 ? [] : [`${count("failed")} failed`]),
  ]
  return `${[...rows, ...unruled, `${sealedFiles(files.length)}: ${counts.join(", ")}`].join("\n")}\n`
}

/** Key paths are lists of keys and positions; the text holds no value. */
export function migrateJson(files: readonly MigratedFile[]): string {
  const paths = (sites: readonly Site[]): object => sites.map(({ item }) => shownPath(item))
  const list = files.map(({ file, state, changes, sealed, cleared, error }) => ({
    file,
    state,
    changes,
    sealed: paths(sealed),
    cleared: paths(cleared),
    code: error?.code,
  }))
  return `${JSON.stringify({ schema: 1, files: list })}\n`
}
