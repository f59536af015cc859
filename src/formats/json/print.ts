import { type MetaMap, type MetaValue } from "../../core/format.ts"
import { formatJson, parseFloat64 } from "../../core/gonumber.ts"
import { type Scalar, exactText, scalarText } from "../../core/scalar.ts"
import { type Tree } from "../../core/tree.ts"
import { AppError } from "../../errors/app-error.ts"
import { type JsonNode, entryStart } from "./node.ts"
import { quote, quoteBytes } from "./strings.ts"
import { isMetaList, isMetaMap } from "../metadata-block.ts"

/** How values are laid out: over several lines, or all in one. */
export interface JsonStyle {
  /** Line break; `""` puts everything on one line. */
  readonly newline: string
  /** Of the line on which the value begins. */
  readonly indent: string
  /** What each level adds to it. */
  readonly unit: string
  /** Between a name and its value: the colon with its spaces. */
  readonly colon: string
  /** Between two entries of one line. */
  readonly comma: string
}

/** As sops prints. */
export const stockStyle: JsonStyle = { newline: "\n", indent: "", unit: "\t", colon: ": ", comma: ", " }

/**
 * The style of a container's entries, as its text shows it.
 *
 * @returns `indent` of the line on which the container's own bracket closes; `null` for an empty container
 */
export function styleOf(source: string, container: JsonNode): JsonStyle | null {
  const first = container.physical[0]
  const last = container.physical.at(-1)
  if (first === undefined || last === undefined) return null
  const colon = colonOf(source, last) ?? colonOf(source, first) ?? ": "
  const lead = [last, first].map((node) => leadOf(source, container, node)).find((text) => text.includes("\n"))
  if (lead === undefined) {
    const between = container.physical.length > 1 ? leadOf(source, container, last) : colon.endsWith(" ") ? " " : ""
    return { newline: "", indent: "", unit: "", colon, comma: `,${between}` }
  }
  const inner = afterBreak(lead)
  const closing = source.slice(last.end, container.end - 1)
  const outer = closing.includes("\n") ? afterBreak(closing) : ""
  // What is indented less than the bracket that encloses it says nothing of the levels above.
  const indent = inner.startsWith(outer) ? outer : ""
  const unit = inner.slice(indent.length)
  return { newline: lead.includes("\r\n") ? "\r\n" : "\n", indent, unit, colon, comma: ", " }
}

/** The same style one level further in. */
export function deeper(style: JsonStyle, levels = 1): JsonStyle {
  return { ...style, indent: style.indent + style.unit.repeat(levels) }
}

/** The white space before an entry, from the comma or bracket on. */
export function leadOf(source: string, container: JsonNode, node: JsonNode): string {
  const start = entryStart(node)
  let from = start
  const floor = container.start + 1
  while (from > floor && source[from - 1] !== ",") {
    const code = source.charCodeAt(from - 1)
    if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) break
    from--
  }
  return source.slice(from, start)
}

function colonOf(source: string, { key, start }: JsonNode): string | null {
  if (key === null) return null
  const text = source.slice(key.end, start)
  return text.includes("\n") ? null : text
}

function afterBreak(text: string): string {
  return text.slice(text.lastIndexOf("\n") + 1)
}

/** Indentation per level as upstream counts it: 0 keeps only the line breaks, -1 and nothing is a tab. */
export function unitOf(indent: number | undefined): string {
  return indent === undefined || indent < 0 ? "\t" : " ".repeat(indent)
}

/** An object of names and texts that are JSON already. */
function printObject(entries: readonly (readonly [name: string, text: string])[], style: JsonStyle): string {
  return enclose(
    "{",
    entries.map(([name, text]) => quote(name) + style.colon + text),
    "}",
    style,
  )
}

/** A list of texts that are JSON already. */
function printList(texts: readonly string[], style: JsonStyle): string {
  return enclose("[", texts, "]", style)
}

function enclose(open: string, texts: readonly string[], close: string, style: JsonStyle): string {
  if (texts.length === 0) return open + close
  const { newline, indent, unit, comma } = style
  if (newline === "") return open + texts.join(comma) + close
  const lead = newline + indent + unit
  return `${open}${lead}${texts.join(`,${lead}`)}${newline}${indent}${close}`
}

/** Metadata, or a part of it. */
export function printMetaValue(value: MetaValue, style: JsonStyle): string {
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
export function printBlock(tree: MetaMap, style: JsonStyle): string {
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
export function printTree(tree: Tree, style: JsonStyle): string {
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
      return printJsonScalar(tree.scalar)
    case "null":
      return "null"
  }
}

/** A scalar as encoding/json prints it; dates, and comments that a list holds as text, become strings. */
/** @param spell - how a text is quoted */
export function printJsonScalar(scalar: Scalar, spell: (text: string) => string = quote): string {
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
