import { type Leaf, type Opened } from "../../core/document.ts"
import { isEmptyText, scalarText } from "../../core/scalar.ts"
import { fullPath, keyPath, shownPath } from "../../core/site.ts"
import { AppError } from "../../errors/app-error.ts"
import { displayPath } from "../../errors/display.ts"
import { parseTreePath } from "../open/tree-path.ts"
import { type ClearOptions } from "../options.ts"
import { type Session } from "../session.ts"

interface Suspect {
  readonly leaf: Leaf
  /** It is a key by its form, and does not only look like a secret. */
  readonly isKey: boolean
}

/**
 * Asks before a value that looks like a secret comes to stand in the clear. Somebody at a terminal is asked about all
 * that may be one. Where nobody can be asked, only what has the form of a service's key or of a private key is refused:
 * names and random texts are a guess, which must not stop a script.
 *
 * @param before - the file as it was: what stood there already is no news
 * @throws {AppError} `CLEAR_LOOKS_SECRET` before anything is written
 */
export async function guardClear(
  session: Session,
  file: string | null,
  opened: Opened,
  { allowClear, useFileSelectors }: Pick<ClearOptions, "allowClear" | "useFileSelectors">,
  before: Opened | null,
): Promise<void> {
  if (!session.dialect.changes.checksClearValues || opened.document.format.name === "binary") return
  if (useFileSelectors) return
  const old = new Set((before === null ? [] : clearLeaves(before)).map(textOf))
  const allowed = new Set(allowClear.map((path) => JSON.stringify(parseTreePath(path, 7))))
  const fresh = clearLeaves(opened).filter(
    (leaf) => !old.has(textOf(leaf)) && !allowed.has(JSON.stringify(fullPath(leaf.site.item))),
  )
  const suspects = await suspectsOf(fresh, session.io.stderr.isTty)
  if (suspects.length === 0) return
  const names = suspects.map(({ leaf }) => displayPath(shownPath(leaf.site.item)))
  const answer = await session.io.terminal.confirm(
    `${names.join(", ")} would stand in the clear in ${file ?? "the file"}, and looks like a secret. Is that right?`,
  )
  if (answer === true) return
  const refused = answer === null ? suspects.filter(({ isKey }) => isKey) : suspects
  const [first, ...others] = refused.map(({ leaf }) => leaf.site)
  if (first === undefined) return
  throw new AppError(
    "CLEAR_LOOKS_SECRET",
    { path: shownPath(first.item), line: first.line },
    { notes: others.map(({ item }) => `also ${displayPath(shownPath(item))}`) },
  )
}

/** Values that anybody can read. A key that ends in `_unencrypted` says that they may. */
function clearLeaves({ leaves }: Opened): Leaf[] {
  return leaves.filter(
    ({ site, scalar, isSelected }) =>
      !isSelected &&
      site.kind !== "comment" &&
      site.span !== null &&
      scalar !== null &&
      !isEmptyText(scalar) &&
      !fullPath(site.item).some((part) => typeof part === "string" && part.endsWith("_unencrypted")),
  )
}

/** In whatever position of its lists: an element that moved was read before. */
function textOf({ site, scalar }: Leaf): string {
  return JSON.stringify([keyPath(site.item), scalarText(scalar!)])
}

/** Keys by what `check` refuses to see committed, the rest by how it looks. */
async function suspectsOf(leaves: readonly Leaf[], isAnybodyThere: boolean): Promise<Suspect[]> {
  if (leaves.length === 0) return []
  const { mayHoldKey, privateKeyFindings } = await import("../check/private-keys.ts")
  const { secretSignOf } = await import("../check/looks-secret.ts")
  const suspects: Suspect[] = []
  for (const leaf of leaves) {
    const text = scalarText(leaf.scalar!)
    const isKey = mayHoldKey(text) && (await privateKeyFindings("", text)).length > 0
    const isLike = isKey || (isAnybodyThere && secretSignOf(shownPath(leaf.site.item), text, null) !== null)
    if (isLike) suspects.push({ leaf, isKey })
  }
  return suspects
}
