import { type Tree } from "../../core/tree.ts"
import { loadFormat } from "../../formats/registry.ts"
import { type OpenedFile } from "../open/open-file.ts"
import { treesOf } from "../open/print.ts"
import { type Session } from "../session.ts"

/**
 * The values of a file as one JSON object: those of all its documents, where the last of a name counts. Upstream leaves
 * mappings inside lists in a form that nobody can read; here they are objects as everywhere else.
 *
 * @see sops v3.13.2 sops.go, EmitAsMap
 */
export async function vaultJson(session: Session, file: OpenedFile): Promise<string> {
  const values = new Map<string, Tree>()
  for (const root of treesOf(session, file)) {
    if (root.type !== "map") continue
    for (const entry of root.entries) if (entry.type === "entry") values.set(entry.key, entry.value)
  }
  const entries = [...values].map(([key, value]) => ({ type: "entry", key, value }) as const)
  return (await loadFormat("json")).emit([{ type: "map", entries }], {})
}
