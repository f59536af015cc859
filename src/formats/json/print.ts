import { type MetaMap, type MetaValue } from "../../core/format.ts"
import { formatJson, parseFloat64 } from "../../core/gonumber.ts"
import { exactText, type Scalar, scalarText } from "../../core/scalar.ts"
import { type Tree } from "../../core/tree.ts"
import { AppError } from "../../errors/app-error.ts"
import { isMetaList, isMetaMap } from "../metadata-block.ts"
import { quote, quoteBytes } from "./strings.ts"
import { deeper, type Style } from "./style.ts"

/** An object of names and texts that are JSON already. */
function printObject(entries: readonly (readonly [name: string, text: string])[], style: Style): string {
  return enclose(
    "{",
    entries.map(([name, text]) => quote(name) + style.colon + text),
    "}",
    style,
  )
}

/** A list of texts that are JSON already. */
function printList(texts: readonly string[], style: Style): string {
  return enclose("[", texts, "]", style)
}

function enclose(open: string, texts: readonly string[], close: string, style: Style): string {
  if (texts.length === 0) return open + close
  const { newline, indent, unit, comma } = style
  if (newline === "") return open + texts.join(comma) + close
  const lead = newline + indent + unit
  return `${open}${lead}${texts.join(`,${lead}`)}${newline}${indent}${close}`
}

/** Metadata, or a part of it. */
export function printMetaValue(value: MetaValue, style: Style): string {
  if (isMetaMap(value)) {
    const inner = deeper(style)
    return printObject(
      [...value].map(([name, part]) => [name, printMetaValue(part, inner)]),
      style,
    )
  }
  if (isMetaList(value)) {
    const inner = deeper(style)
    return printList(
      value.map((part) => printMetaValue(part, inner)),
      style,
    )
  }
  if (typeof value === "string") return quote(value)
  return typeof value === "number" ? formatJson(value) : String(value)
}

/**
 * The whole block. Programs and hooks recognize a sealed file by the text `"mac": "ENC[`, so that colon has its one
 * space even in compact files.
 */
export function printBlock(tree: MetaMap, style: Style): string {
  const inner = deeper(style)
  const members = [...tree].map(([name, value]) => {
    const colon = name === "mac" ? ": " : style.colon
    return quote(name) + colon + printMetaValue(value, inner)
  })
  return enclose("{", members, "}", style)
}

/**
 * Data as sops prints it. Comments have no place in JSON and are left out.
 *
 * @throws {AppError} `NOT_PRINTABLE` for infinities and what is not a number
 */
export function printTree(tree: Tree, style: Style): string {
  switch (tree.type) {
    case "map": {
      const inner = deeper(style)
      const entries = tree.entries.filter((entry) => entry.type === "entry")
      return printObject(
        entries.map(({ key, value }) => [key, printTree(value, inner)]),
        style,
      )
    }
    case "list": {
      const inner = deeper(style)
      const items = tree.items.filter((item) => item.type !== "comment")
      return printList(
        items.map((item) => printTree(item, inner)),
        style,
      )
    }
    case "scalar":
      return printScalar(tree.scalar)
    case "null":
      return "null"
  }
}

/** A scalar as encoding/json prints it; dates, and comments that a list holds as text, become strings. */
/** @param spell - how a text is quoted */
export function printScalar(scalar: Scalar, spell: (text: string) => string = quote): string {
  switch (scalar.kind) {
    case "int":
      return scalarText(scalar)
    case "bool":
      return scalarText(scalar) === "True" ? "true" : "false"
    case "float": {
      const value = parseFloat64(scalarText(scalar))
      if (value === null || !Number.isFinite(value)) {
        throw new AppError("NOT_PRINTABLE", {}, { subject: "JSON has no infinity and no NaN" })
      }
      return formatJson(value)
    }
    case "str":
    case "time":
    case "bytes":
    case "comment": {
      const text = exactText(scalar)
      return text === null ? quoteBytes(scalar.bytes) : spell(text)
    }
  }
}
