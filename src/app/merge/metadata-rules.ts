import { type Rule } from "../../config/rule.ts"
import { type Metadata } from "../../core/metadata.ts"
import { ruleOf } from "../../core/select.ts"
import { recipientKey } from "../../keys/kinds.ts"
import { neededOf } from "../recipients/key-plan.ts"
import { type Conflict, wholeFile } from "./conflict.ts"

/** The metadata of the versions; `null` for one that is not there or not sealed. */
export interface MetadataSides {
  readonly base: Metadata | null
  readonly ours: Metadata
  readonly theirs: Metadata | null
}

type Part = "recipients" | "threshold" | "selectors" | "mac_only"

const parts: readonly (readonly [Part, (metadata: Metadata) => string])[] = [
  ["recipients", ({ groups }) => JSON.stringify(groups.map((group) => namesOf(group).toSorted()))],
  ["threshold", ({ groups, threshold }) => String(neededOf(groups.length, threshold))],
  ["selectors", ({ selectors }) => JSON.stringify([ruleOf(selectors).rule, ruleOf(selectors).text])],
  ["mac_only", ({ macOnlyEncrypted }) => String(macOnlyEncrypted)],
]

/**
 * Ours decides who may read the file and what is sealed in it. What theirs changed there is never taken silently:
 * anybody can write it, and nothing authenticates it.
 */
export function metadataConflicts({ base, ours, theirs }: MetadataSides): Conflict[] {
  if (theirs === null) return []
  return parts.flatMap(([kind, read]) => {
    const there = read(theirs)
    const isSettled = there === read(ours) || (base !== null && there === read(base))
    return isSettled ? [] : [wholeFile(kind)]
  })
}

/** Recipients that ours added since base. */
export function addedByOurs({ base, ours }: MetadataSides): string[] {
  if (base === null) return []
  const known = new Set(namesOf(base.groups.flat()))
  return namesOf(ours.groups.flat()).filter((name) => !known.has(name))
}

/** Whether a rule names every one of the recipients. */
export function allNamed(names: readonly string[], rule: Rule | null): boolean {
  const known = new Set(rule === null ? [] : rule.groups.flat().map(recipientKey))
  return names.every((name) => known.has(name))
}

/** Whether a file has the recipients and the threshold of a rule, and no others. */
export function followsRule({ groups, threshold }: Metadata, rule: Rule): boolean {
  if (neededOf(groups.length, threshold) !== neededOf(rule.groups.length, rule.threshold)) return false
  const read = (all: readonly (readonly string[])[]): string => JSON.stringify(all.map((group) => group.toSorted()))
  return read(groups.map(namesOf)) === read(rule.groups.map((group) => group.map(recipientKey)))
}

function namesOf(group: Metadata["groups"][number]): string[] {
  return group.map(({ recipient }) => recipientKey(recipient))
}
