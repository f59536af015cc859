import { type Recipient } from "../core/recipient.ts"
import { runSlot } from "../core/run-memory.ts"
import { type Session } from "./session.ts"

const slot = runSlot<(() => readonly Recipient[])[]>()

/**
 * Notes recipients that the user's own words name: options, variables, a config of theirs. What a file or a config of
 * its repository names comes from whoever wrote that.
 *
 * @param recipients - asked for when somebody wants to know, which is seldom
 */
export function noteNamed({ memory }: Pick<Session, "memory">, recipients: () => readonly Recipient[]): void {
  slot.of(memory, () => []).push(recipients)
}

export function namedByUser({ memory }: Pick<Session, "memory">): Recipient[] {
  return (slot.known(memory) ?? []).flatMap((recipients) => recipients())
}
