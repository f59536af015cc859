import { fieldsOf, intOf } from "./decode.ts"
import { type ConfigValue } from "./yaml-values.ts"

/** How documents are printed when they are converted; `undefined` is upstream's default (JSON a tab, YAML 4). */
export interface Stores {
  readonly jsonIndent: number | undefined
  /** Of the envelope of binary files. */
  readonly jsonBinaryIndent: number | undefined
  readonly yamlIndent: number | undefined
}

export const storeNames = ["json", "json_binary", "yaml", "dotenv", "ini"] as const

/** `stores:` as upstream reads it. A negative indent is for the printer to refuse, with its exit status. */
export function readStores(value: ConfigValue | undefined): Stores {
  const stores = fieldsOf(value)
  const indent = (name: (typeof storeNames)[number]): number | undefined =>
    intOf(fieldsOf(stores.get(name)?.value).get("indent")?.value)
  // These two have no options, but they have to be mappings.
  fieldsOf(stores.get("dotenv")?.value)
  fieldsOf(stores.get("ini")?.value)
  const json = indent("json")
  const jsonBinary = indent("json_binary")
  const yaml = indent("yaml")
  return {
    jsonIndent: json === -1 ? undefined : json,
    jsonBinaryIndent: jsonBinary === -1 ? undefined : jsonBinary,
    yamlIndent: yaml === 0 ? undefined : yaml,
  }
}

/** A rule's options over those of the whole config. */
export function mergeStores(stores: Stores, over: Stores): Stores {
  return {
    jsonIndent: over.jsonIndent ?? stores.jsonIndent,
    jsonBinaryIndent: over.jsonBinaryIndent ?? stores.jsonBinaryIndent,
    yamlIndent: over.yamlIndent ?? stores.yamlIndent,
  }
}
