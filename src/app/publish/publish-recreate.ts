import { compileSelectors } from "../../config/re2.ts"
import { type Rule } from "../../config/rule.ts"
import { formatNames } from "../../core/format.ts"
import { type Recipient, type WrappedKey } from "../../core/recipient.ts"
import { noSelectors } from "../../core/select.ts"
import { utf8 } from "../../core/text.ts"
import { usableThreshold } from "../../keys/wrap.ts"
import { type OpenedFile } from "../open/open-file.ts"
import { emitOptions } from "../open/print.ts"
import { type Plan } from "../seal/plan.ts"
import { makeDataKey, sealNew } from "../seal/seal-new.ts"
import { type Session } from "../session.ts"
import { recipientName } from "../../keys/kinds.ts"

/** Names of recipients, in upstream's order. */
export interface GroupDifference {
  readonly common: readonly string[]
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

/** Groups are compared by their position. @see sops v3.13.2 cmd/sops/common/common.go, DiffKeyGroups */
export function groupDifferences(
  before: readonly (readonly WrappedKey[])[],
  after: readonly (readonly Recipient[])[],
): GroupDifference[] {
  return Array.from({ length: Math.max(before.length, after.length) }, (_, index) => {
    const old = (before[index] ?? []).map(({ recipient }) => recipientName(recipient))
    const fresh = (after[index] ?? []).map(recipientName)
    const [had, has] = [new Set(old), new Set(fresh)]
    return {
      common: fresh.filter((name) => had.has(name)),
      added: fresh.filter((name) => !had.has(name)),
      removed: old.filter((name) => !has.has(name)),
    }
  })
}

/** A recreation rule without recipients does nothing, as in upstream. */
export function recreationKeys(recreation: Rule | null): Rule | null {
  return (recreation?.groups[0] ?? []).length === 0 ? null : recreation
}

/**
 * Seals an opened file again for the recipients of a recreation rule. Of what selects values, only the two suffixes of
 * the rule count, and nothing from the file: this is upstream's way.
 *
 * @see sops v3.13.2 cmd/sops/subcommand/publish/publish.go
 */
export async function recreate(session: Session, file: OpenedFile, rule: Rule): Promise<Uint8Array> {
  const { unencryptedSuffix, encryptedSuffix } = rule.selectors
  const selectors = { ...noSelectors, unencryptedSuffix, encryptedSuffix }
  const plan: Plan = {
    groups: rule.groups,
    threshold: usableThreshold(rule.groups, rule.threshold),
    selectors,
    compiled: await compileSelectors(selectors, { refuseInvalid: false }),
    macOnlyEncrypted: false,
    rule: file.settings.rule,
  }
  const { format, metadata } = file.document
  const key = await makeDataKey(session, plan, file.file)
  try {
    await session.audit?.("encrypt", file.file)
    const content = {
      bytes: file.opened.bytes,
      format: format.name,
      container: formatNames.find((name) => name === metadata.container) ?? null,
      indent: (await emitOptions(file, format.name, undefined)).indent,
      allowClearAlias: true,
      allowEmptySelection: true,
    }
    return utf8.encode((await sealNew(session, plan, content, key)).text)
  } finally {
    key.dataKey.wipe()
  }
}
