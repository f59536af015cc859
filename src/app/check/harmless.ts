import { type Git } from "../../host/git/git.ts"
import { Blobs } from "../../host/git/blobs.ts"
import { isRegular } from "../../host/git/listing.ts"
import { filesOfIndex } from "../../host/git/plain-index.ts"
import { treeFiles } from "../git/tree-files.ts"
import { configFiles } from "../machine.ts"
import { type Session } from "../session.ts"
import { Configs } from "./configs.ts"
import { Judge } from "./judge.ts"
import { isConfig } from "./plaintext.ts"
import { checkedBytesMax } from "./sealed-text.ts"
import { copiesIn, nameFrom } from "./source.ts"
import { isNamedPlain, isNamedSealed, plainSiblings } from "./siblings.ts"

/** Git shows others quoted, and only letters beyond these look like something else. */
const plainName = /^(?:(?!["\\])[\x20-\x7e])+$/

/**
 * Names in the index that by themselves give `check --staged` nothing to say: no rule wants them sealed, they are no
 * config, and not named like the plain text of a sealed file. What may be said of such a file is about its content.
 *
 * @param top - of the work tree; absolute
 * @param known - names that were found before, by the same configs and names of sealed files; they are left out
 * @returns `null` when a config cannot be read, which is said of every file that it may be for, and when one is a link
 */
export async function harmlessNames(
  session: Session,
  git: Git,
  top: string,
  known: ReadonlySet<string>,
): Promise<string[] | null> {
  const blobs = new Blobs(git, { bytesMax: checkedBytesMax, copyOf: copiesIn(session, top) })
  try {
    const index = await filesOfIndex(session.io, git, top)
    // What it leads to may change, and the name of that says nothing.
    if (index.some((file) => !isRegular(file) && isConfig(file.path))) return null
    const files = configFiles(session)
    const configs = new Configs(
      await treeFiles(files, top, blobs, index.filter(isRegular)),
      null,
      nameFrom(session, top),
    )
    const pathOf = (file: string): string => files.paths.join(top, file)
    const names = index.map(({ path }) => path).filter((name) => plainName.test(name))
    const others = names.filter((name) => !known.has(name))
    const ruled = await new Judge({ configs, pathOf, isRange: false, more: [] }).ruledAmong(others)
    if (configs.faults.length > 0) return null
    const siblings = plainSiblings(names.filter(isNamedSealed), others)
    return others.filter((name) => !ruled.has(name) && !isConfig(name) && !isNamedPlain(name) && !siblings.has(name))
  } finally {
    await blobs.close()
  }
}
