import { isOpenIn, keyIn, looseKeyIn, nameIn, type Recipient } from "../core/recipient.ts"
import { ageKind } from "./age/kind.ts"
import { kmsKind } from "./aws/kind.ts"
import { azureKind } from "./azure/kind.ts"
import { gcpKind } from "./gcp/kind.ts"
import { huaweiKind } from "./huawei/kind.ts"
import { type RecipientKind, type KindRanks } from "./kind.ts"
import { type Manifest } from "./provider.ts"
import { pgpKind } from "./pgp/kind.ts"
import { vaultKind } from "./vault/kind.ts"

/** Every kind of recipient, in the order in which people see them. Its driver is left to the moment of use. */
const table = [ageKind, pgpKind, kmsKind, gcpKind, azureKind, vaultKind, huaweiKind] as const

/** What the option of a kind is called. */
export type KindOptionName = (typeof table)[number]["option"]["name"]

/** Variables that stand in for options of kinds. */
export type KindVariable = Extract<(typeof table)[number]["option"], { variable: string }>["variable"]

export const kinds: readonly RecipientKind[] = table as readonly unknown[] as readonly RecipientKind[]

/** One value for the option of each kind. */
export function forEachOption<T>(valueOf: (option: RecipientKind["option"]) => T): Record<KindOptionName, T> {
  return Object.fromEntries(kinds.map(({ option }) => [option.name, valueOf(option)])) as Record<KindOptionName, T>
}

/** Kinds as upstream reads the sections of a group; the table that core is given. */
export const kindsInFile: readonly RecipientKind[] = ranked("inFile")

/** Kinds as upstream puts flat keys of a rule into a group; the table that configurations are read with. */
export const kindsInConfig: readonly RecipientKind[] = ranked("inConfig")

/** Kinds as upstream puts options into a group. */
export const kindsInOptions: readonly RecipientKind[] = ranked("inOptions")

function ranked(order: keyof KindRanks): RecipientKind[] {
  return kinds.toSorted((a, b) => a.ranks[order] - b.ranks[order])
}

export function kindOf(type: Recipient["type"]): RecipientKind | undefined {
  return kinds.find((kind) => kind.type === type)
}

/** @param among - instead of all kinds, in tests */
export function manifestOf(type: Recipient["type"], among: readonly Manifest[] = kinds): Manifest | undefined {
  return among.find((manifest) => manifest.type === type)
}

/** The text that identifies a recipient. */
export function recipientName(recipient: Recipient): string {
  return nameIn(kinds, recipient)
}

/** Kind and name: equal for the same recipient, and for no other. */
export function recipientKey(recipient: Recipient): string {
  return keyIn(kinds, recipient)
}

/** The same for who compares with a config, which may leave something open that a file has. */
export function looseKey(recipient: Recipient): string {
  return looseKeyIn(kinds, recipient)
}

/** Whether a config leaves something open that a file has. */
export function isOpen(recipient: Recipient): boolean {
  return isOpenIn(kinds, recipient)
}
