import { utf8 } from "../../core/text.ts"
import { type CommentEntry, type MapTree, type ScalarTree, type Tree } from "../../core/tree.ts"
import { AppError } from "../../errors/app-error.ts"
import { printTree } from "../json/print.ts"
import { defaultSection } from "./parse.ts"
import { isMark, trim } from "./space.ts"
import { printKey, printIniValue, printIniScalar } from "./spell.ts"

/**
 * Prints documents as upstream does: delimiters aligned in a section, an empty line between sections, and of the
 * comments the first of a section and the last after each key.
 *
 * @throws {AppError} `NOT_PRINTABLE` for what is not a mapping of mappings of single values
 * @see sops v3.13.2 stores/ini/store.go, `encodeTree`; ini.v1 v1.67.3 file.go, `writeToBuffer`
 */
export function emitDocuments(documents: readonly Tree[]): string {
  const sections: { name: string; content: MapTree }[] = []
  for (const document of documents) {
    if (document.type !== "map") throw notPrintable()
    for (const entry of document.entries) {
      if (entry.type === "comment") continue
      if (entry.value.type !== "map" || entry.key === "") throw notPrintable()
      sections.push({ name: entry.key, content: entry.value })
    }
  }
  let text = ""
  for (const [nth, { name, content }] of sections.entries()) {
    text += printSection(name, content, nth === 0)
    const isSilent = nth === 0 && isDefault(name) && keysOf(content).length === 0
    if (nth < sections.length - 1 && !isSilent) text += "\n"
  }
  return text
}

/** A value alone: text as it is, all others as JSON. */
export function emitValue(value: Tree): string {
  if (value.type === "map") return emitDocuments([value])
  if (value.type === "scalar" && value.scalar.kind === "str") return utf8.decode(value.scalar.bytes)
  return printTree(value, { newline: "", indent: "", unit: "", comma: ",", colon: ":" })
}

export function notPrintable(): AppError {
  return new AppError("NOT_PRINTABLE", {}, { subject: "INI holds sections, and in them single values" })
}

/** Upstream compares without case, and gives this section no header when it comes first. */
function isDefault(name: string): boolean {
  return name.toUpperCase() === defaultSection
}

interface Printed {
  readonly name: string
  readonly value: ScalarTree
  comment: CommentEntry | null
}

function printSection(name: string, content: MapTree, isFirst: boolean): string {
  const [first] = content.entries
  let text = first?.type === "comment" ? printComment(first, (line) => line) : ""
  if (!isFirst || !isDefault(name)) text += `[${name}]\n`
  const keys = keysOf(content)
  const width = Math.max(0, ...keys.map((key) => Buffer.byteLength(key.name)))
  for (const key of keys) {
    if (key.comment !== null) text += printComment(key.comment, trim)
    const padding = " ".repeat(width - Buffer.byteLength(key.name))
    text += `${key.name}${padding} = ${printIniValue(printIniScalar(key.value.scalar))}\n`
  }
  return text
}

function keysOf({ entries }: MapTree): Printed[] {
  const keys: Printed[] = []
  for (const entry of entries) {
    const last = keys.at(-1)
    if (entry.type === "comment") {
      if (last !== undefined) last.comment = entry
    } else {
      if (entry.value.type !== "scalar" || entry.key === "") throw notPrintable()
      keys.push({ name: printKey(entry.key), value: entry.value, comment: null })
    }
  }
  return keys
}

/** Upstream trims the lines of a key's comment, and those of a section's only after a mark. */
function printComment({ text }: CommentEntry, unmarked: (line: string) => string): string {
  return utf8
    .decode(text)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) =>
      isMark(line.charCodeAt(0)) ? `${line.charAt(0)} ${trim(line.slice(1))}\n` : `; ${unmarked(line)}\n`,
    )
    .join("")
}
