import { isOpen, looseKey, recipientKey } from "../../keys/kinds.ts"
import { type Metadata } from "../../core/metadata.ts"
import { type Recipient, type WrappedKey } from "../../core/recipient.ts"
import { unknownKinds } from "../../keys/parse-recipient.ts"
import { refuseUnreadable, unreadableIn } from "./entry-names.ts"

/** The recipients that a file should have. */
export interface Wanted {
  readonly groups: readonly (readonly Recipient[])[]
  /** 0: all groups. */
  readonly threshold: number
}

/** What has to change for it. Groups are compared by their position, as upstream does. */
export interface KeyPlan extends Wanted {
  readonly changes: readonly GroupChange[]
  /** How many groups open the file: before, and after. 1 for a single group. */
  readonly needed: readonly [before: number, after: number]
  /** Nobody comes or goes. */
  readonly isCurrent: boolean
}

interface GroupChange {
  readonly added: readonly Recipient[]
  readonly removed: readonly Recipient[]
}

export function planKeys({ groups, threshold }: Metadata, wanted: Wanted): KeyPlan {
  const before = groups.map((group) => group.map(({ recipient }) => recipient))
  const after = wanted.groups.map((group, index) => {
    const there = before[index] ?? []
    const known = group.map((recipient) => asInFile(recipient, there))
    // No config can name them, and under the same data key they can still open the file.
    return [...known, ...without(there.filter(isUnknown), known)]
  })
  const changes = Array.from({ length: Math.max(before.length, after.length) }, (_, index) => ({
    added: without(after[index] ?? [], before[index] ?? []),
    removed: without(before[index] ?? [], after[index] ?? []),
  }))
  const needed = [neededOf(before.length, threshold), neededOf(after.length, wanted.threshold)] as const
  const isSame = changes.every(({ added, removed }) => added.length === 0 && removed.length === 0)
  const isCurrent = isSame && before.length === after.length && needed[0] === needed[1]
  return { groups: after, threshold: after.length === 1 ? 0 : needed[1], changes, needed, isCurrent }
}

function isUnknown({ type }: Recipient): boolean {
  return type === "unknown"
}

/** Recipients of kinds that this version does not know. */
export function unknownIn(groups: readonly (readonly Recipient[])[]): Recipient[] {
  return groups.flat().filter(isUnknown)
}

/**
 * The recipients of a new data key. A reader with a kind that this version does not know, or with an entry that
 * does not parse, would be left with the old key.
 *
 * @param before - the entries of the file
 * @param dropUnknown - the user has said so: they can no longer open the file
 * @throws {AppError} `KIND_UNKNOWN`, `RECIPIENT_INVALID`
 */
export function withoutUnknown(
  { groups, threshold }: Wanted,
  before: readonly (readonly WrappedKey[])[],
  dropUnknown = false,
): Wanted {
  if (!dropUnknown) {
    const unknown = unknownIn(groups)
    if (unknown.length > 0) throw unknownKinds(unknown)
    const hint = "`sotto sync {file}` leaves out whom the rule does not name; --drop-unknown leaves it out here"
    refuseUnreadable(before, groups, hint)
  }
  const unreadable = unreadableIn(before)
  const isUsable = (recipient: Recipient): boolean => !isUnknown(recipient) && !unreadable.has(recipient)
  return { groups: groups.map((group) => group.filter(isUsable)), threshold }
}

/** Upstream takes 0 for "all of them". */
export function neededOf(groups: number, threshold: number): number {
  if (groups < 2) return 1
  return threshold === 0 ? groups : threshold
}

/** A config may leave something open; a file has the values that it was wrapped with. */
export function asInFile(recipient: Recipient, group: readonly Recipient[]): Recipient {
  if (!isOpen(recipient)) return recipient
  return group.find((other) => looseKey(other) === looseKey(recipient)) ?? recipient
}

function without(recipients: readonly Recipient[], others: readonly Recipient[]): Recipient[] {
  const known = new Set(others.map(recipientKey))
  return recipients.filter((recipient) => !known.has(recipientKey(recipient)))
}
