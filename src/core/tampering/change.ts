import { type Site } from "../site.ts"

/** A place in the file as it is. */
export interface EntryPlace {
  /** Keys and list positions, as they may be shown. */
  readonly path: readonly (string | number)[]
  /** 1-based. */
  readonly line: number
}

type Path = EntryPlace["path"]

/** What happened to a sealed file since it was sealed. Only places and names, never a value. */
export type TamperedEntry =
  /** A token is under another path than it was sealed for. */
  | { readonly kind: "moved"; readonly at: EntryPlace; readonly from: Path }
  /** A token that opens under no known path of the file. */
  | { readonly kind: "foreign"; readonly at: EntryPlace }
  /** A token that is no longer whole. */
  | { readonly kind: "cut"; readonly at: EntryPlace }
  /** Text in the clear where the file has sealed values. */
  | { readonly kind: "unsealed"; readonly at: EntryPlace }
  | { readonly kind: "missing"; readonly what: What; readonly path: Path }
  | { readonly kind: "added"; readonly what: What; readonly at: EntryPlace }
  | { readonly kind: "changed"; readonly isSealed: boolean; readonly at: EntryPlace }
  | { readonly kind: "swapped"; readonly at: EntryPlace; readonly with: EntryPlace }
  /** `path` is that of the list or mapping; empty for the whole file. */
  | { readonly kind: "reordered"; readonly path: Path }
  | { readonly kind: "selectors" }
  /** The MAC is bound to the date. */
  | { readonly kind: "date" }
  /**
   * Every value opens under its own path, and the file alone tells no more.
   *
   * `structure`: whether the entries are those that were sealed; `null` where no digest tells. `clear`: values in the
   * clear that the MAC counts.
   */
  | { readonly kind: "untold"; readonly structure: boolean | null; readonly clear: readonly EntryPlace[] }

/** `element`: of a list, where nothing but the MAC tells one from the other. */
type What = "entry" | "element" | "comment"

export function whatOf({ kind, item }: Pick<Site, "kind" | "item">): What {
  if (kind === "comment") return "comment"
  return item.key === null && item.parent !== null ? "element" : "entry"
}

/** What an explanation may cost, so that a hostile file cannot make it slow. */
export class SearchEffort {
  #left: number

  /** @param bytes - that may be hashed or deciphered */
  constructor(bytes: number) {
    this.#left = bytes
  }

  /** @returns whether there is enough left; then it is spent */
  spend(bytes: number): boolean {
    if (bytes > this.#left) return false
    this.#left -= bytes
    return true
  }
}
