/** One thing that was checked. */
export interface Check {
  readonly check: CheckName
  readonly state: "ok" | "warning" | "error"
  readonly detail: string
  /** A command line, or what to do. */
  readonly fix?: string
}

export type CheckName =
  | "identities"
  | "key-file-mode"
  | "opens"
  | "config"
  | "git"
  | "editor"
  | "gpg"
  | "node"
  | "state-folder"
  | "leftovers"
  | "providers"

export function ok(check: CheckName, detail: string): Check {
  return { check, state: "ok", detail }
}

export function warning(check: CheckName, detail: string, fix?: string): Check {
  return { check, state: "warning", detail, ...(fix === undefined ? {} : { fix }) }
}

export function wrong(check: CheckName, detail: string, fix?: string): Check {
  return { check, state: "error", detail, ...(fix === undefined ? {} : { fix }) }
}
