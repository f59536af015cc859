import { type Session } from "../session.ts"

const keys = new WeakMap<object, Uint8Array>()

/** What fingerprints of this run are made with. It is random, so a value cannot be guessed from them later. */
export function printKeyOf({ io, memory }: Session): Uint8Array {
  const key = keys.get(memory) ?? io.randomBytes(32)
  keys.set(memory, key)
  return key
}
