import { type WrappedKey } from "../../core/recipient.ts"
import { runSlot } from "../../core/run-memory.ts"
import { type KeyContext } from "../provider.ts"

/** What came of one entry so far in this run: unwrapping comes by again with more effort. */
export interface Findings {
  /** gpg's own words of the last attempt, on one line. */
  readonly words: string
  /** Nothing more can be done. */
  readonly isFinal: boolean
  /** gpg holds the key and would have to ask for its passphrase or card. */
  readonly isAsking: boolean
  /** What to do about it, where that is not to get the key. */
  readonly hint: string | undefined
  note(words: string, outcome: { readonly isFinal: boolean; readonly hint?: string | undefined }): void
}

const findingsInRun = runSlot<Map<string, Findings>>()

export function findings({ enc }: WrappedKey, { session }: KeyContext): Findings {
  const known = findingsInRun.of(session, () => new Map())
  const found = known.get(enc) ?? newFindings()
  known.set(enc, found)
  return found
}

function newFindings(): Findings {
  let last: Omit<Findings, "note"> = { words: "", isFinal: false, isAsking: false, hint: undefined }
  return {
    get words() {
      return last.words
    },
    get isFinal() {
      return last.isFinal
    },
    get isAsking() {
      return last.isAsking
    },
    get hint() {
      return last.hint
    },
    note(words, { isFinal, hint }) {
      last = { words, isFinal, isAsking: !isFinal, hint }
    },
  }
}
