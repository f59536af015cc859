import { buildTrees } from "../../core/build-tree.ts"
import { type Opened } from "../../core/document.ts"
import { type EnvRules, type EnvValue, envValues } from "./env-values.ts"
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
  { withClear, ...rules }: { readonly withClear: boolean } & Omit<EnvRules, "format">,
): EnvValue[] {
  const { document, opened, settings } = file
  const allowsClear = withClear || settings.rule.withClear || !document.metadata.macOnlyEncrypted
  const leaves = allowsClear ? opened.leaves : authenticated(opened)
  const left = opened.leaves.length - leaves.length
  if (left > 0) session.notice(leftOut(left, file.file ?? "standard input"))
  refuseShadowed(opened, rules)
  return envValues(buildTrees(leaves, document.scan.documents), { ...rules, format: document.format.name })
}

function authenticated({ leaves }: Opened): Opened["leaves"] {
  return leaves.filter(({ isSelected, scalar, site }) => isSelected || scalar === null || site.kind === "comment")
}

/** @throws {AppError} `KEY_TWICE` for a variable that several lines of an INI file set (S2) */
function refuseShadowed(opened: Opened, { flatten, only }: Omit<EnvRules, "format">): void {
  refuseShadowedWhere(opened, (path) => {
    const name = (path[0] === "DEFAULT" ? path.slice(1) : path).join(flatten ?? "")
    return only.length === 0 || only.includes(name)
  })
}

function leftOut(count: number, file: string): string {
  const [values, them] = count === 1 ? ["one clear value", "it"] : [`${count} clear values`, "them"]
  return `${values} of ${file} left out, since nothing vouches for ${them} (mac_only_encrypted): --with-clear passes ${them} on`
}
