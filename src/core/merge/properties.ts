/** Properties of a text as a whole, each merged as one value: line ends, BOM, final line end. */
export interface Properties {
  readonly eol: "\n" | "\r\n"
  readonly hasBom: boolean
  /** `null` for an empty text. */
  readonly isClosed: boolean | null
}

/** A text without what its properties describe. */
export interface Bare {
  readonly text: string
  readonly properties: Properties
}

/** @param keepsEnd - a missing final line end is part of a value here, and stays missing */
export function bareOf(source: string, { keepsEnd = false } = {}): Bare {
  const hasBom = source.startsWith("\uFEFF")
  const text = hasBom ? source.slice(1) : source
  const eol = hasUniformReturns(text) ? "\r\n" : "\n"
  const plain = eol === "\r\n" ? text.replaceAll("\r\n", "\n") : text
  const isClosed = plain === "" ? null : plain.endsWith("\n")
  return { text: isClosed === false && !keepsEnd ? `${plain}\n` : plain, properties: { eol, hasBom, isClosed } }
}

/** Every line ends in CR LF; the last one may be open. */
function hasUniformReturns(text: string): boolean {
  if (!text.includes("\r\n")) return false
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) if (text[at - 1] !== "\r") return false
  return true
}

/** What one side changed, as that side has it; what both changed, as ours has it. */
export function mergeProperties(base: Properties, ours: Properties, theirs: Properties): Properties {
  const pick = <Name extends keyof Properties>(name: Name): Properties[Name] =>
    ours[name] === base[name] ? theirs[name] : ours[name]
  return { eol: pick("eol"), hasBom: pick("hasBom"), isClosed: pick("isClosed") }
}

export function withProperties(text: string, { eol, hasBom, isClosed }: Properties): string {
  const ended = isClosed === false && text.endsWith("\n") ? text.slice(0, -1) : text
  return (hasBom ? "\uFEFF" : "") + (eol === "\r\n" ? ended.replaceAll("\n", "\r\n") : ended)
}

/** The spaces at the start of the first indented line, to recognize a text whose indentation changed. */
export function indentOf(text: string): string {
  return /^([ \t]+)[^ \t\r\n#]/m.exec(text)?.[1] ?? ""
}
