import { type Recipient, type WrappedKey } from "../../core/recipient.ts"
import { type Wanted, withoutUnknown } from "../recipients/key-plan.ts"
import { type LoadedFile } from "../open/open-file.ts"
import { type RecipientOptions } from "../options.ts"
import { recipientsOf } from "../recipients/recipients.ts"
import { type Session } from "../session.ts"
import { recipientName, recipientKey } from "../../keys/kinds.ts"

/** Who comes and who goes with a new data key. */
export interface Rotation {
  readonly add: readonly Recipient[]
  /** Their names. */
  readonly remove: ReadonlySet<string>
}

/** @throws {AppError} `RECIPIENT_INVALID` */
export function readRotation(session: Session, { add, remove }: Record<"add" | "remove", RecipientOptions>): Rotation {
  return { add: named(session, add), remove: new Set(named(session, remove).map(recipientName)) }
}

function named(session: Session, options: RecipientOptions): Recipient[] {
  return recipientsOf(session, options) ?? []
}

/** @throws {AppError} `KIND_UNKNOWN`, `RECIPIENT_INVALID` */
export function wantedAfter(
  { add, remove }: Rotation,
  { document }: Pick<LoadedFile, "document">,
  { dropUnknown }: { readonly dropUnknown?: boolean | undefined },
): Wanted {
  const { groups, threshold } = document.metadata
  return withoutUnknown({ groups: changed(groups, add, remove), threshold }, groups, dropUnknown)
}

/** New recipients join the first group, as in upstream; those who leave, leave all groups. */
function changed(
  groups: readonly (readonly WrappedKey[])[],
  add: readonly Recipient[],
  remove: ReadonlySet<string>,
): Recipient[][] {
  return groups.map((group, index) => {
    const before = group.map(({ recipient }) => recipient)
    const known = new Set(before.map(recipientKey))
    const added = index === 0 ? add.filter((recipient) => !known.has(recipientKey(recipient))) : []
    return [...before, ...added].filter((recipient) => !remove.has(recipientName(recipient)))
  })
}

/** Upstream says nothing, and a typo leaves somebody in. */
export function noticeAbsent(session: Session, { remove }: Rotation, { file, document }: LoadedFile): void {
  const there = new Set(document.metadata.groups.flat().map(({ recipient }) => recipientName(recipient)))
  for (const name of remove) {
    if (!there.has(name)) session.notice(`${file ?? "standard input"} was never for ${name}`)
  }
}
