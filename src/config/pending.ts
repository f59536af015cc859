import { type KindsInConfig } from "../core/recipient.ts"
import { AppError } from "../errors/app-error.ts"
import { isName } from "./directory.ts"
import { mapOf, textOf } from "./decode.ts"
import { YamlText } from "./edit-yaml.ts"
import { isPrivateKey, recipientTypeOf } from "./recipients.ts"
import { type ConfigEntry, invalidConfig, readOnlyDocument } from "./yaml-values.ts"

/** Somebody who asks to be let in. No rule names them, so nothing is wrapped for them until a member approves. */
export interface PendingPerson {
  readonly name: string
  readonly recipient: string
}

/** Reads `pending` of a `.sopsrc`. @throws {AppError} `CONFIG_INVALID` with the place */
export function readPending(entry: ConfigEntry | undefined, kinds: KindsInConfig): PendingPerson[] {
  if (entry === undefined) return []
  return [...mapOf(entry.value).entries].map(([name, { at, value }]) => {
    const recipient = textOf(value)
    if (!isName(name)) throw invalidConfig(at, "a name has letters, digits, spaces and . _ @ + -")
    if (isPrivateKey(recipient)) {
      throw invalidConfig(
        value.at,
        "this is a private key; the public key belongs here",
        "take it as leaked: make a new key",
      )
    }
    if (recipientTypeOf(recipient, kinds) === null)
      throw invalidConfig(value.at, "this is not a recipient of a known kind")
    return { name, recipient }
  })
}

/** Adds a request to the text of a `.sopsrc`; one of the same name is replaced. */
export function withPending(source: string, { name, recipient }: PendingPerson): string {
  return new YamlText(withoutPending(source, name)).add(["pending", name], recipient)
}

/** Takes a request away, and the section with the last one. */
export function withoutPending(source: string, name: string): string {
  const section = pendingIn(source)
  if (!section.includes(name)) return source
  return new YamlText(source).remove(section.length === 1 ? ["pending"] : ["pending", name])
}

function pendingIn(source: string): string[] {
  const root = readOnlyDocument(source)
  const entry = root?.type === "map" ? root.entries.get("pending") : undefined
  return entry?.value.type === "map" ? [...entry.value.entries.keys()] : []
}

/** @throws {AppError} `NAME_UNKNOWN` */
export function pendingOf(pending: readonly PendingPerson[], name: string, file: string): PendingPerson {
  const found = pending.find((each) => each.name === name)
  if (found !== undefined) return found
  const names = pending.map((each) => each.name).join(", ")
  const hint = names === "" ? "nobody asked: they run `sotto join NAME`, and push the config" : `who asked: ${names}`
  throw new AppError("NAME_UNKNOWN", { file }, { subject: `${name} did not ask to join`, hint })
}
