import { buildTrees } from "../core/build-tree.ts"
import { type Opened } from "../core/document.ts"
import { type EnvRules, type EnvValue, envValues } from "./env-values.ts"
import { type OpenedFile } from "./open-file.ts"

/**
 * The variables that a verified file gives to a child. Clear values that nothing authenticates (`mac_only_encrypted`)
 * are left out unless the user or the config wants them (security.md S10).
 */
export function valuesOf(
  file: OpenedFile,
  { withClear, ...rules }: { readonly withClear: boolean } & Omit<EnvRules, "format">,
): EnvValue[] {
  const { document, opened, settings } = file
  const allowsClear = withClear || settings.rule.withClear || !document.metadata.macOnlyEncrypted
  const leaves = allowsClear ? opened.leaves : authenticated(opened)
  return envValues(buildTrees(leaves, document.scan.documents), { ...rules, format: document.format.name })
}

function authenticated({ leaves }: Opened): Opened["leaves"] {
  return leaves.filter(({ isSelected, scalar }) => isSelected || scalar === null)
}
