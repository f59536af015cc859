import { formatF, int64Text } from "../../core/gonumber.ts"
import { limits } from "../../core/limits.ts"
import { type Scalar } from "../../core/scalar.ts"
import { type SiteKind } from "../../core/site.ts"
import { type Span, utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { METADATA_KEY } from "../metadata-block.ts"
import { stringEnd, unquote } from "./strings.ts"

const COLON = 0x3a
const COMMA = 0x2c
const QUOTE = 0x22
const OPEN = { map: 0x7b, list: 0x5b } as const
const CLOSE = { map: 0x7d, list: 0x5d } as const

const words = [
  { text: "true", scalar: { kind: "bool", bytes: utf8.encode("True") } },
  { text: "false", scalar: { kind: "bool", bytes: utf8.encode("False") } },
  { text: "null", scalar: null },
] as const

/** What a number is: upstream reads int64 where it can, and float64 elsewhere; before 3.13.2 all were float64. */
function numberScalar(text: string): Scalar | null {
  const int = int64Text(text)
  if (int !== null) return { kind: "int", bytes: utf8.encode(int) }
  const float = Number(text)
  return Number.isFinite(float) ? { kind: "float", bytes: utf8.encode(formatF(float)) } : null
}

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/

/** A text that is one number, or one of the words; `undefined` for all others. */
export function literalScalar(text: string): Scalar | null | undefined {
  return number.test(text) ? (numberScalar(text) ?? undefined) : words.find((word) => word.text === text)?.scalar
}

export function isJsonSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** Where a value is. A text has only one of these: it is valid until the next value is read. */
export interface JsonPlace extends Span {
  /** The name of a member; `null` for an element and for the root. */
  readonly name: string | null
  /** Of the name with its quotes; -1 where there is none. */
  readonly keyStart: number
  readonly keyEnd: number
  /** Among its siblings; the metadata does not count. */
  readonly index: number
  /** It is the metadata, or is within it. */
  readonly isMetadata: boolean
  /** 1-based, of its first character. */
  readonly line: number
}

/** Takes what `JsonReader` finds, in the order of the text. */
export interface JsonSink {
  /** A mapping or list that is not empty; `end` of its place is not known yet. */
  enter(kind: "map" | "list", place: JsonPlace): void
  /** @param end - after its closing bracket */
  leave(end: number): void
  /** A string; its span with the quotes. */
  text(place: JsonPlace): void
  /** Any other value: a null and an empty collection have no scalar. */
  value(place: JsonPlace, scalar: Scalar | null, kind: SiteKind): void
}

/** For text that is only searched for faults. */
const nothing: JsonSink = {
  enter: () => undefined,
  leave: () => undefined,
  text: () => undefined,
  value: () => undefined,
}

/** Walks over one JSON text, from its start to its end, and never back. */
export class JsonReader {
  readonly #source: string
  #sink: JsonSink
  #at: number
  #line = 1
  #lineStart = 0
  #depth = 0
  #values = 0
  readonly #place: { -readonly [K in keyof JsonPlace]: JsonPlace[K] } = {
    start: 0,
    end: 0,
    name: null,
    keyStart: -1,
    keyEnd: -1,
    index: 0,
    isMetadata: false,
    line: 1,
  }

  constructor(source: string, start: number, sink: JsonSink) {
    this.#source = source
    this.#at = start
    this.#sink = sink
  }

  /** The first value, which must be an object: it is all that sops reads. */
  document(): void {
    this.#skipSpace()
    const code = this.#source.charCodeAt(this.#at)
    if (code === OPEN.map) {
      this.#container("map")
      return
    }
    if (code === OPEN.list) throw this.#error("ROOT_NOT_MAP")
    if (Number.isNaN(code)) throw this.#syntax("there is no JSON text")
    // Reading it distinguishes a scalar from what is not JSON at all.
    this.#sink = nothing
    this.#value()
    throw this.#error("ROOT_NOT_MAP")
  }

  expectEnd(): void {
    this.#skipSpace()
    if (this.#at < this.#source.length) {
      const reason = "text follows the end of the object, and sops would drop it silently"
      throw this.#error("SYNTAX", reason, "seal the whole file in a container with --container")
    }
  }

  /** The value at this point; its place is known except for where it begins and ends. */
  #value(): void {
    const code = this.#source.charCodeAt(this.#at)
    switch (code) {
      case OPEN.map:
        this.#container("map")
        return
      case OPEN.list:
        this.#container("list")
        return
      case QUOTE: {
        this.#begin()
        this.#string()
        this.#place.end = this.#at
        this.#count()
        this.#sink.text(this.#place)
        return
      }
      default:
        if (code === 0x2d || isDigit(code)) this.#number()
        else this.#word()
    }
  }

  #begin(): void {
    this.#place.start = this.#at
    this.#place.line = this.#line
  }

  #container(kind: "map" | "list"): void {
    this.#begin()
    if (++this.#depth > limits.nesting_max) throw this.#error("TOO_LARGE", "objects and lists are nested too deeply")
    this.#at++
    this.#skipSpace()
    if (this.#source.charCodeAt(this.#at) === CLOSE[kind]) {
      this.#place.end = ++this.#at
      if (this.#depth > 1) this.#count()
      this.#sink.value(this.#place, null, kind)
    } else {
      const isMetadata = this.#place.isMetadata
      this.#sink.enter(kind, this.#place)
      if (kind === "map") this.#members(isMetadata)
      else this.#elements()
      this.#at++
      this.#sink.leave(this.#at)
    }
    this.#depth--
  }

  /** Up to the closing bracket, which is left to the caller. */
  #members(isMetadata: boolean): void {
    const isRoot = this.#depth === 1
    let index = 0
    do {
      if (this.#source.charCodeAt(this.#at) !== QUOTE) throw this.#syntax("a name in double quotes is missing")
      const keyStart = this.#at
      this.#string()
      const keyEnd = this.#at
      const name = unquote(this.#source, keyStart, keyEnd)
      this.#skipSpace()
      if (this.#source.charCodeAt(this.#at) !== COLON) throw this.#syntax("a colon is missing after a name")
      this.#at++
      this.#skipSpace()
      const place = this.#place
      place.name = name
      place.keyStart = keyStart
      place.keyEnd = keyEnd
      place.index = index
      place.isMetadata = isMetadata || (isRoot && name === METADATA_KEY)
      if (!isRoot || !place.isMetadata) index++
      this.#value()
    } while (this.#hasNext(CLOSE.map))
  }

  #elements(): void {
    const { isMetadata } = this.#place
    let index = 0
    do {
      const place = this.#place
      place.name = null
      place.keyStart = -1
      place.keyEnd = -1
      place.index = index++
      place.isMetadata = isMetadata
      this.#value()
    } while (this.#hasNext(CLOSE.list))
  }

  /** After a value: whether another one comes before the bracket. */
  #hasNext(close: number): boolean {
    this.#skipSpace()
    const code = this.#source.charCodeAt(this.#at)
    if (code === close) return false
    if (code !== COMMA) throw this.#syntax("a comma or closing bracket is missing")
    this.#at++
    this.#skipSpace()
    return true
  }

  #string(): void {
    const end = stringEnd(this.#source, this.#at)
    if (typeof end !== "number") {
      this.#at = end.fault
      throw this.#syntax(end.reason)
    }
    this.#at = end
  }

  #number(): void {
    this.#begin()
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
    this.#place.end = this.#at
    const scalar = this.#numberScalar(this.#source.slice(this.#place.start, this.#at))
    this.#count()
    this.#sink.value(this.#place, scalar, scalar.kind)
  }

  #digits(): void {
    if (!isDigit(this.#source.charCodeAt(this.#at))) throw this.#syntax("a number is not complete")
    while (isDigit(this.#source.charCodeAt(this.#at))) this.#at++
  }

  #numberScalar(text: string): Scalar {
    const found = numberScalar(text)
    if (found === null) throw this.#syntax("a number is too large for any float: put it in quotes")
    return found
  }

  #word(): void {
    this.#begin()
    const word = words.find(({ text }) => this.#source.startsWith(text, this.#at))
    if (word === undefined) throw this.#syntax("a value is missing or is not JSON")
    this.#at += word.text.length
    this.#place.end = this.#at
    this.#count()
    this.#sink.value(this.#place, word.scalar, word.scalar?.kind ?? "null")
  }

  #count(): void {
    if (this.#place.isMetadata || this.#depth === 0) return
    if (++this.#values > limits.sites_max) throw this.#error("TOO_LARGE", "the file holds too many values")
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#source.charCodeAt(this.#at)
      if (!isJsonSpace(code)) return
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
