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
export interface Item {
  /** `driver`, `textconv`, `attributes secrets.yaml`, `hook pre-commit`. */
  readonly item: string
  /** `ok` is what `status` says; the others what an installation did. */
  readonly state: "ok" | "finding" | "written" | "removed" | "kept"
  readonly code?: ItemCode
  readonly detail?: string
  /** A command line that mends it, or a line to put somewhere. */
  readonly fix?: string
}

type Facts = Pick<Item, "detail" | "fix">

export function finding(item: string, code: ItemCode, facts: Facts): Item {
  return { item, state: "finding", code, ...facts }
}

/** Something to do, and how to undo it if a later step fails. An item that needs nothing has no `work`. */
export interface Step extends Item {
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
