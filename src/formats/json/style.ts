import { entryStart, type JsonNode } from "./node.ts"

/** How values are laid out: over several lines, or all in one. */
export interface Style {
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
export const stockStyle: Style = { newline: "\n", indent: "", unit: "\t", colon: ": ", comma: ", " }

/**
 * The style of a container's entries, as its text shows it.
 *
 * @returns `indent` of the line on which the container's own bracket closes; `null` for an empty container
 */
export function styleOf(source: string, container: JsonNode): Style | null {
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
  const indent = closing.includes("\n") ? afterBreak(closing) : ""
  const unit = inner.startsWith(indent) ? inner.slice(indent.length) : inner
  return { newline: lead.includes("\r\n") ? "\r\n" : "\n", indent, unit, colon, comma: ", " }
}

/** The same style one level further in. */
export function deeper(style: Style, levels = 1): Style {
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
