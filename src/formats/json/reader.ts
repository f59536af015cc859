import { formatF, parseInt64 } from "../../core/gonumber.ts"
import { limits } from "../../core/limits.ts"
import { type Scalar, textScalar } from "../../core/scalar.ts"
import { type Item, type Site, type SiteKind } from "../../core/site.ts"
import { type Span, utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { type JsonNode } from "./node.ts"
import { stringEnd, unquote } from "./strings.ts"

export const METADATA_KEY = "sops"

const COLON = 0x3a
const COMMA = 0x2c
const QUOTE = 0x22
const OPEN = { map: 0x7b, list: 0x5b } as const
const CLOSE = { map: 0x7d, list: 0x5d } as const

const noNodes: readonly JsonNode[] = []

const words = [
  { text: "true", scalar: { kind: "bool", bytes: utf8.encode("True") } },
  { text: "false", scalar: { kind: "bool", bytes: utf8.encode("False") } },
  { text: "null", scalar: null },
] as const

export function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** Walks over one JSON text, from its start to its end, and never back. */
export class Reader {
  readonly sites: Site[] = []
  readonly #source: string
  #at: number
  #line = 1
  #lineStart = 0
  #depth = 0
  #isMetadata = false

  constructor(source: string, start: number) {
    this.#source = source
    this.#at = start
  }

  /** The first value, which must be an object: it is all that sops reads. */
  document(): JsonNode {
    const item: Item = { parent: null, key: null, index: 0 }
    this.#skipSpace()
    const code = this.#source.charCodeAt(this.#at)
    if (code === OPEN.map) return this.#container("map", item, null)
    if (code === OPEN.list) throw this.#error("ROOT_NOT_MAP")
    if (Number.isNaN(code)) throw this.#syntax("there is no JSON text")
    // Reading it tells a scalar from what is no JSON at all.
    this.#value(item, null)
    throw this.#error("ROOT_NOT_MAP")
  }

  expectEnd(): void {
    this.#skipSpace()
    if (this.#at < this.#source.length) {
      const reason = "text stands behind the end of the object, which sops would drop without a word"
      throw this.#error("SYNTAX", reason, "seal the whole file in a container with --container")
    }
  }

  #value(item: Item, key: Span | null): JsonNode {
    const code = this.#source.charCodeAt(this.#at)
    switch (code) {
      case OPEN.map:
        return this.#container("map", item, key)
      case OPEN.list:
        return this.#container("list", item, key)
      case QUOTE: {
        const span = this.#string()
        return this.#leaf(item, key, span, textScalar(unquote(this.#source, span)))
      }
      default:
        return code === 0x2d || isDigit(code) ? this.#number(item, key) : this.#word(item, key)
    }
  }

  #container(kind: "map" | "list", item: Item, key: Span | null): JsonNode {
    const start = this.#at
    const line = this.#line
    if (++this.#depth > limits.nesting_max) throw this.#error("TOO_LARGE", "objects and lists are nested too deeply")
    this.#at++
    this.#skipSpace()
    const physical: JsonNode[] = []
    if (this.#source.charCodeAt(this.#at) !== CLOSE[kind]) this.#entries(kind, item, physical)
    this.#at++
    this.#depth--
    const span = { start, end: this.#at }
    if (physical.length === 0) return this.#leaf(item, key, span, null, kind, line)
    const children = item.parent === null ? physical.filter((node) => !isMetadata(node)) : physical
    return { item, kind, start: span.start, end: span.end, key, children, physical }
  }

  /** Up to the closing bracket, which is left to the caller. */
  #entries(kind: "map" | "list", parent: Item, entries: JsonNode[]): void {
    let index = 0
    for (;;) {
      const entry = kind === "map" ? this.#member(parent, index) : this.#value({ parent, key: null, index }, null)
      entries.push(entry)
      if (!isMetadata(entry)) index++
      this.#skipSpace()
      const code = this.#source.charCodeAt(this.#at)
      if (code === CLOSE[kind]) return
      if (code !== COMMA) throw this.#syntax("a comma or closing bracket is missing")
      this.#at++
      this.#skipSpace()
    }
  }

  #member(parent: Item, index: number): JsonNode {
    if (this.#source.charCodeAt(this.#at) !== QUOTE) throw this.#syntax("a name in double quotes is missing")
    const key = this.#string()
    const item: Item = { parent, key: unquote(this.#source, key), index }
    this.#skipSpace()
    if (this.#source.charCodeAt(this.#at) !== COLON) throw this.#syntax("a colon is missing behind a name")
    this.#at++
    this.#skipSpace()
    if (parent.parent !== null || item.key !== METADATA_KEY) return this.#value(item, key)
    this.#isMetadata = true
    const node = this.#value(item, key)
    this.#isMetadata = false
    return node
  }

  #string(): Span {
    const end = stringEnd(this.#source, this.#at)
    if (typeof end !== "number") {
      this.#at = end.fault
      throw this.#syntax(end.reason)
    }
    const span = { start: this.#at, end }
    this.#at = end
    return span
  }

  #number(item: Item, key: Span | null): JsonNode {
    const start = this.#at
    if (this.#source.charCodeAt(this.#at) === 0x2d) this.#at++
    if (this.#source.charCodeAt(this.#at) === 0x30) this.#at++
    else this.#digits()
    if (this.#source.charCodeAt(this.#at) === 0x2e) {
      this.#at++
      this.#digits()
    }
    if ((this.#source.charCodeAt(this.#at) | 0x20) === 0x65) {
      this.#at++
      const sign = this.#source.charCodeAt(this.#at)
      if (sign === 0x2b || sign === 0x2d) this.#at++
      this.#digits()
    }
    const span = { start, end: this.#at }
    return this.#leaf(item, key, span, this.#numberScalar(this.#source.slice(start, this.#at)))
  }

  #digits(): void {
    if (!isDigit(this.#source.charCodeAt(this.#at))) throw this.#syntax("a number is not complete")
    while (isDigit(this.#source.charCodeAt(this.#at))) this.#at++
  }

  /** Upstream reads int64 where it can, and float64 elsewhere; before 3.13.2 all were float64. */
  #numberScalar(text: string): Scalar {
    const int = parseInt64(text)
    if (int !== null) return { kind: "int", bytes: utf8.encode(int.toString()) }
    const float = Number(text)
    if (!Number.isFinite(float)) throw this.#syntax("a number is too large for any float: put it in quotes")
    return { kind: "float", bytes: utf8.encode(formatF(float)) }
  }

  #word(item: Item, key: Span | null): JsonNode {
    const word = words.find(({ text }) => this.#source.startsWith(text, this.#at))
    if (word === undefined) throw this.#syntax("a value is missing, or is no JSON")
    const span = { start: this.#at, end: this.#at + word.text.length }
    this.#at = span.end
    return this.#leaf(item, key, span, word.scalar, "null")
  }

  #leaf(
    item: Item,
    key: Span | null,
    span: Span,
    scalar: Scalar | null,
    kindOfNothing: SiteKind = "null",
    line = this.#line,
  ): JsonNode {
    const kind = scalar?.kind ?? kindOfNothing
    if (!this.#isMetadata && item.parent !== null) {
      if (this.sites.length >= limits.sites_max) throw this.#error("TOO_LARGE", "the file holds too many values")
      this.sites.push({ item, scalar, kind, span, style: null, line })
    }
    return { item, kind, start: span.start, end: span.end, key, children: noNodes, physical: noNodes }
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#source.charCodeAt(this.#at)
      if (!isSpace(code)) return
      this.#at++
      if (code === 0x0a) {
        this.#line++
        this.#lineStart = this.#at
      }
    }
  }

  #syntax(reason: string): AppError {
    return this.#error("SYNTAX", reason)
  }

  #error(code: "SYNTAX" | "ROOT_NOT_MAP" | "TOO_LARGE", subject?: string, hint?: string): AppError {
    return new AppError(code, { line: this.#line, column: this.#at - this.#lineStart + 1 }, { subject, hint })
  }
}

function isMetadata({ item }: JsonNode): boolean {
  return item.key === METADATA_KEY && item.parent !== null && item.parent.parent === null
}
