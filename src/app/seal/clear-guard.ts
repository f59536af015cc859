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
  /** It has the form of a key, and does not only look like a secret. */
  readonly isKey: boolean
}

/** What a command allows about the values that it leaves in the clear. */
interface Guarded extends Pick<ClearOptions, "allowClear" | "useFileSelectors"> {
  /** The result goes to a pipe: names and random texts are only a guess, so there they are reported, not refused. */
  readonly isPiped?: boolean
}

/**
 * Asks before it leaves a value in the clear that looks like a secret: by the name of its key, by how random it is,
 * or as a key of a service or a private one. The same for comments that anybody could read. Where nobody can be asked it
 * is an error, and `--allow-clear` is the way out (for a comment `sotto:allow` in it, as for `check`). What goes to a
 * pipe is refused for keys alone.
 *
 * @param before - the file as it was: what was there already is not asked about
 * @throws {AppError} `CLEAR_LOOKS_SECRET` before anything is written
 */
export async function guardClear(
  session: Session,
  file: string | null,
  opened: Opened,
  { allowClear, useFileSelectors, isPiped = false }: Guarded,
  before: Opened | null,
): Promise<void> {
  if (!session.dialect.changes.checksClearValues || opened.document.format.isWhole === true) return
  if (useFileSelectors) return
  const old = new Set((before === null ? [] : clearLeaves(before)).map(textOf))
  const allowed = new Set(allowClear.map((path) => JSON.stringify(parseTreePath(path, 7))))
  const fresh = clearLeaves(opened).filter(
    (leaf) => !old.has(textOf(leaf)) && !allowed.has(JSON.stringify(fullPath(leaf.site.item))),
  )
  const suspects = await suspectsOf(fresh)
  if (suspects.length === 0) return
  const names = suspects.map(({ leaf }) => nameOf(leaf))
  const answer = await session.io.terminal.confirm(
    `${names.join(", ")} would be in the clear in ${file ?? "the file"}, and looks like a secret. Is that right?`,
  )
  if (answer === true) return
  const refused = answer === null && isPiped ? suspects.filter(({ isKey }) => isKey) : suspects
  const [first, ...others] = refused
  if (first === undefined) {
    session.notice(`${file ?? "standard input"}: left in the clear, and looks like a secret: ${names.join(", ")}`)
    return
  }
  const { site } = first.leaf
  throw new AppError(
    "CLEAR_LOOKS_SECRET",
    { path: shownPath(site.item), line: site.line },
    {
      notes: others.map(({ leaf }) => `also ${nameOf(leaf)}`),
      ...(site.kind === "comment"
        ? { hint: "take it out of the comment, or write `sotto:allow` into it if it is not a secret" }
        : {}),
    },
  )
}

function nameOf({ site }: Leaf): string {
  return site.kind === "comment" ? `the comment in line ${site.line}` : displayPath(shownPath(site.item))
}

/** Values that anybody can read, without those below a key that ends in `_unencrypted`, which allows it. */
function clearLeaves({ document, leaves }: Opened): Leaf[] {
  const lost = (document.scan.lostComments ?? []).map((site): Leaf => {
    return { site, isSelected: false, token: null, scalar: site.scalar }
  })
  return [...leaves, ...lost].filter(
    ({ site, scalar, isSelected, token }) =>
      (site.kind === "comment" ? token === null : !isSelected) &&
      site.span !== null &&
      scalar !== null &&
      !isEmptyText(scalar) &&
      !fullPath(site.item).some((part) => typeof part === "string" && part.endsWith("_unencrypted")),
  )
}

/** Whatever its positions in lists: an element that moved could be read before. */
function textOf({ site, scalar }: Leaf): string {
  return JSON.stringify([keyPath(site.item), scalarText(scalar!)])
}

/** An entry that was commented out. */
const assignment = /^\s*(?:export\s+)?["']?([\w.-]+)["']?\s*[:=]\s*["']?([^"'\s]+)["']?\s*$/

/** Keys by what `check` refuses to see committed, the rest by how it looks. */
async function suspectsOf(leaves: readonly Leaf[]): Promise<Suspect[]> {
  if (leaves.length === 0) return []
  const { mayHoldKey, privateKeyFindings } = await import("../check/private-keys.ts")
  const { secretSignOf } = await import("../check/looks-secret.ts")
  const suspects: Suspect[] = []
  for (const leaf of leaves) {
    const { site } = leaf
    const text = scalarText(leaf.scalar!)
    const isComment = site.kind === "comment"
    if (isComment && text.includes("sotto:allow")) continue
    const [, key = null, value = ""] = isComment ? (assignment.exec(text) ?? []) : [null, null, text]
    const path = isComment ? (key === null ? null : [key]) : shownPath(site.item)
    const isKey = mayHoldKey(text) && (await privateKeyFindings("", text)).length > 0
    const isLike = isKey || (path !== null && secretSignOf(path, value) !== null)
    if (isLike) suspects.push({ leaf, isKey })
  }
  return suspects
}
