import { AppError } from "../../../errors/app-error.ts"
import { isMergeKey } from "./key.ts"
import { type YamlNode, type YamlPair } from "../scan/node.ts"
import { resolveScalar } from "./resolve.ts"

/** Mappings up to this size are compared pair by pair, which is faster than a set. */
const SMALL = 8

/**
 * What upstream checks only in the first document, because it also decodes that one as data: no key twice in a mapping,
 * after `<<` a mapping or a list of mappings, and no key that is a collection or does not fit its tag.
 *
 * @throws {AppError} `DUPLICATE_KEY`, `SYNTAX`, `KEY_NOT_STRING` with status 2
 * @see sops v3.13.2 stores/yaml/store.go, LoadPlainFile; go-yaml v3.0.4 decode.go, decoder.mapping and merge
 */
export function checkFirstDocument(node: YamlNode): void {
  if (node.type === "list") for (const item of node.items) if (item.type !== "scalar") checkFirstDocument(item)
  if (node.type !== "map") return
  checkKeys(node.pairs)
  for (const { key, value } of node.pairs) {
    if (isMergeKey(key) && !isMergeable(value)) {
      throw new AppError("SYNTAX", { line: value.line }, { subject: "a merge key needs a mapping" })
    }
    if (isMisfit(key)) throw keyNotString(key, { exit: 2 })
    if (value.type !== "scalar") checkFirstDocument(value)
  }
}

/** @param detail - the status, if upstream finds it while it loads the file */
export function keyNotString({ line, column }: YamlNode, detail: { exit?: number } = {}): AppError {
  return new AppError("KEY_NOT_STRING", { line, column: column + 1 }, detail)
}

function isMisfit(key: YamlNode): boolean {
  const node = key.type === "alias" ? key.target : key
  if (node.type !== "scalar") return true
  return node.shortTag !== "" && resolveScalar(node.shortTag, node.style, node.value) === "mismatch"
}

function checkKeys(pairs: readonly YamlPair[]): void {
  if (pairs.length <= SMALL) {
    for (let i = 1; i < pairs.length; i++) {
      const { key } = pairs[i]!
      for (let j = 0; j < i; j++) if (isSameKey(key, pairs[j]!.key)) throw duplicate(key)
    }
    return
  }
  const seen = new Set<string>()
  for (const { key } of pairs) {
    const name = key.type === "scalar" ? key.value : `${key.type}\0${keyName(key)}`
    if (seen.has(name)) throw duplicate(key)
    seen.add(name)
  }
}

/** go-yaml compares the text, whatever its quotes and tags, and takes all collections for the same. */
function isSameKey(a: YamlNode, b: YamlNode): boolean {
  return a.type === b.type && keyName(a) === keyName(b)
}

function keyName(key: YamlNode): string {
  if (key.type === "scalar") return key.value
  return key.type === "alias" ? key.name : ""
}

function duplicate(key: YamlNode): AppError {
  return new AppError("DUPLICATE_KEY", { line: key.line, column: key.column + 1 })
}

function isMergeable(value: YamlNode): boolean {
  if (value.type === "list") return value.items.every((item) => item.type !== "list" && isMapOrAliasOfOne(item))
  return isMapOrAliasOfOne(value)
}

function isMapOrAliasOfOne(node: YamlNode): boolean {
  return node.type === "map" || (node.type === "alias" && node.target.type === "map")
}
