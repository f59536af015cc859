import { type Effort } from "./provider.ts"

const ranks: Readonly<Record<Effort, number>> = { silent: 0, programs: 1, any: 2 }

/** Whether something that needs an effort may be done now. */
export function reaches(allowed: Effort, needed: Effort): boolean {
  return ranks[allowed] >= ranks[needed]
}
