import { exactText, type Scalar, scalarText } from "../../../core/scalar.ts"
import { type Edit, replaced } from "../../../core/text.ts"
import { assert } from "../../../errors/app-error.ts"
import { openBlock, sealBlock } from "./carry-block.ts"
import { hasLines, isFlat, linePlace, carrierFor } from "./measure.ts"
import { type ValueStyle, type YamlScan, type YamlSite } from "../resolve/model.ts"
import { type ScalarNode } from "../scan/node.ts"
import { doubleQuoted, fitsOneLine, shapeOf, singleQuoted } from "./quote.ts"
import { isBreak } from "../scan/chars.ts"
import { type Carrier, spellScalar, spellString, spellText } from "./spell.ts"

/**
 * Puts a token in place of a site's content. Quotes and block headers stay around it, since upstream reads the same
 * token out of them; a plain scalar in a flow collection gets quotes, as `ENC[` would end there. A core tag such as
 * `!!int` goes: upstream cannot decode a token after it.
 *
 * @see docs/design/layout.md section 1, for what upstream does with each
 */
export function sealSite(scan: YamlScan, site: YamlSite, token: string): Edit {
  const { source } = scan
  const { span, style } = site
  assert(span !== null, "a virtual site has no place for a token")
  if (style.type === "comment") return replaced(span, token)
  if (style.simple !== undefined) return replaced(span, aroundToken(style.simple, token))
  const { node, entry } = style
  assert(node.type === "scalar", "only a scalar is sealed")
  const text =
    node.block === null
      ? aroundToken(entry.parent?.flow === true && node.style === "plain" ? "double" : node.style, token)
      : sealBlock(source, node, span.start, token, isFlat(scan))
  // To go-yaml any sign ends an anchor, so its value can follow without a space.
  const isGlued =
    node.anchor !== null && node.properties.end === span.start && !isSpace(source.charCodeAt(span.start - 1))
  return replaced(span, isGlued ? ` ${text}` : text)
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x09 || isBreak(unit)
}

function aroundToken(style: ScalarNode["style"], token: string): string {
  switch (style) {
    case "single":
      return `'${token}'`
    case "double":
      return `"${token}"`
    case "plain":
    case "literal":
    case "folded":
      return token
  }
}

/**
 * Spells an opened scalar in place of its token, in the carrier's style if that can hold it, else as upstream
 * prints it. A token of a list comment becomes a comment, dash and all.
 */
export function openSite(scan: YamlScan, site: YamlSite, scalar: Scalar): Edit {
  const { span, style } = site
  assert(span !== null, "a virtual site has no token")
  if (style.type === "comment") return replaced(span, scalarText(scalar))
  if (scalar.kind === "comment") return listComment(style, span, scalarText(scalar))
  const simple = style.simple === undefined ? null : spelledOnce(style, style.simple, scalar)
  if (simple !== null) return replaced(span, simple)
  const { node, entry } = style
  assert(node.type === "scalar", "only a scalar is opened")
  return replaced(span, opened(scan, node, entry, span, scalar))
}

/** The same where nothing but the style of the site decides; `null` elsewhere. */
export function spelledAlone({ style }: YamlSite, scalar: Scalar): string | null {
  if (style.type === "comment") return scalarText(scalar)
  if (scalar.kind === "comment" || style.simple === undefined) return null
  return spelledOnce(style, style.simple, scalar)
}

/** Once, where nothing but the style decides: to open a file, to seal it again and to read it back asks for the same. */
function spelledOnce(style: ValueStyle, simple: NonNullable<ValueStyle["simple"]>, scalar: Scalar): string | null {
  if (style.spelledScalar !== scalar) {
    style.spelled = openSimple(simple, scalar)
    style.spelledScalar = scalar
  }
  return style.spelled ?? null
}

/** @returns `null` where the text around it decides too: for a text of several lines, or bytes that are not text */
function openSimple(style: "plain" | "single" | "double", scalar: Scalar): string | null {
  if (scalar.kind !== "str" && scalar.kind !== "bytes") return spellNumber(scalar, linePlace)
  const text = exactText(scalar)
  if (text === null || (style === "plain" && hasLines(text))) return null
  return style === "plain" ? spellText(text, linePlace) : openQuoted(style, text)
}

function spellNumber(scalar: Scalar, place: Carrier): string {
  const spelled = spellScalar(scalar, place)
  // Upstream prints `-0`, which it reads back as the integer 0.
  return spelled === "-0" ? "-0.0" : spelled
}

function openQuoted(style: "single" | "double", text: string): string {
  if (style === "single" && fitsOneLine(text)) return singleQuoted(text)
  return doubleQuoted(text, { keepsReadable: true })
}

function opened(
  scan: YamlScan,
  node: ScalarNode,
  entry: ValueStyle["entry"],
  span: { readonly start: number; readonly end: number },
  scalar: Scalar,
): string {
  const text = scalar.kind === "str" || scalar.kind === "bytes" ? exactText(scalar) : null
  if (text === null) {
    const place = carrierFor(scan, entry, span.end, "\n")
    const oneLine = { ...place, oneLine: place.oneLine === true || node.style !== "plain" }
    if (scalar.kind === "str" || scalar.kind === "bytes") return spellString(scalar.bytes, oneLine)
    return spellNumber(scalar, oneLine)
  }
  switch (node.style) {
    case "single":
    case "double":
      return openQuoted(node.style, text)
    case "plain":
      return openPlain(scan, node, entry, span.end, text)
    case "literal":
    case "folded":
      return openBlock(scan, node, entry, span, text)
  }
}

/** After a tag the words do not matter: `!!str 31` needs no quotes. */
function openPlain(scan: YamlScan, node: ScalarNode, entry: ValueStyle["entry"], end: number, text: string): string {
  if (node.tag !== "" && text !== "") {
    const shape = shapeOf(text)
    if (entry.parent?.flow === true ? shape.flowPlainAllowed : shape.blockPlainAllowed) return text
  }
  return spellText(text, carrierFor(scan, entry, end, text))
}

/** Upstream writes the comments of a list as its elements. In a flow list that leaves no place for a comment. */
function listComment(
  { entry }: ValueStyle,
  span: { readonly start: number; readonly end: number },
  text: string,
): Edit {
  const { parent } = entry
  if (parent?.type !== "list" || parent.flow) return replaced(span, "null")
  return { start: dashBefore(parent.dashes, span.start), end: span.end, text: `#${text}` }
}

/** Dashes ascend; this finds the last before the offset. */
function dashBefore(dashes: readonly number[], offset: number): number {
  let low = 0
  let high = dashes.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (dashes[middle]! < offset) low = middle
    else high = middle - 1
  }
  return dashes[low]!
}
