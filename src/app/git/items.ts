/** What can be wrong with how a clone is set up. They stand in `items[].code`, and are no errors of a command. */
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

/** One thing that was looked at, or done. */
export interface Item {
  /** `driver`, `textconv`, `attributes secrets.yaml`, `hook pre-commit`. */
  readonly item: string
  readonly state: "ok" | "finding"
  readonly code?: ItemCode
  readonly detail?: string
  /** A command line that mends it. */
  readonly fix?: string
}

export function finding(
  item: string,
  code: ItemCode,
  facts: { readonly detail?: string; readonly fix?: string },
): Item {
  return { item, state: "finding", code, ...facts }
}
