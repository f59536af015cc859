import { join } from "node:path"
import { buildTrees } from "../../core/build-tree.ts"
import { type Opened } from "../../core/document.ts"
import { verbatimScalars } from "../../core/memo.ts"
import { type EnvRules, type EnvValue, envValues } from "./env-values.ts"
import { isCutByReaders, nameForReaders } from "../../formats/dotenv/reader.ts"
import { refuseShadowedWhere } from "../open/find-in-tree.ts"
import { type OpenedFile } from "../open/open-file.ts"
import { type Session } from "../session.ts"

/**
 * The variables that a verified file gives to a child. Clear values that nothing authenticates (`mac_only_encrypted`)
 * are left out, with a notice, unless the user or the config wants them (docs/design/security.md S10).
 */
export function valuesOf(
  session: Session,
  file: OpenedFile,
  { withClear, ...rules }: { readonly withClear: boolean } & Omit<EnvRules, "format" | "verbatim">,
): EnvValue[] {
  const { document, opened, settings } = file
  const allowsClear = withClear || settings.rule.withClear || !document.metadata.macOnlyEncrypted
  const leaves = allowsClear ? opened.leaves : authenticated(opened)
  const left = opened.leaves.length - leaves.length
  if (left > 0) session.notice(leftOut(left, file.file ?? "standard input"))
  const own = join(session.io.home, ".sopsrc")
  if (settings.rule.allowEnv.length > 0 && settings.config?.file !== own)
    session.notice(`allow_env counts in ${own} alone, and not in ${settings.config?.file ?? "another config"}`)
  refuseShadowed(opened, rules)
  const verbatim = verbatimScalars(opened)
  if (!rules.isVerbatim && document.format.valueForReaders !== undefined && document.metadata.structure === "")
    noticeCuts(session, leaves, rules.only, file.file)
  return envValues(buildTrees(leaves, document.scan.documents), {
    ...rules,
    format: document.format,
    verbatim,
  })
}

function authenticated({ leaves }: Opened): Opened["leaves"] {
  return leaves.filter(({ isSelected, scalar, site }) => isSelected || scalar === null || site.kind === "comment")
}

/** @throws {AppError} `KEY_TWICE` for a variable that several lines of an INI file set (S2) */
function refuseShadowed(opened: Opened, { flatten, only }: Pick<EnvRules, "flatten" | "only">): void {
  refuseShadowedWhere(opened, (path) => {
    const name = (path[0] === "DEFAULT" ? path.slice(1) : path).join(flatten ?? "")
    return only.length === 0 || only.includes(name)
  })
}

/**
 * Sops has written the file, and a value that `sops set` stored looks like one with a comment after it: `exec-env` of
 * sops gives all of it to the child.
 */
function noticeCuts(session: Session, leaves: Opened["leaves"], only: readonly string[], file: string | null): void {
  const names = leaves.flatMap(({ site: { item }, scalar }) => {
    if (item.key === null || scalar === null || !isCutByReaders(scalar)) return []
    const name = nameForReaders(item.key)
    return only.length === 0 || only.includes(name) ? [name] : []
  })
  if (names.length === 0) return
  const text = `${names.join(", ")} without what follows the #, as readers of such files do: --verbatim gives all of it`
  session.notice(`${file ?? "standard input"}: ${text}`)
}

function leftOut(count: number, file: string): string {
  const [values, them] = count === 1 ? ["one clear value", "it"] : [`${count} clear values`, "them"]
  return `${values} of ${file} left out, since nothing vouches for ${them} (mac_only_encrypted): --with-clear passes ${them} on`
}
