import { type Code, catalog } from "./catalog.ts"
import { display, displayPath, shellWord } from "./display.ts"

/** What an error may show. No field holds document text, so no message can leak a value. */
export interface Where {
  readonly file?: string | undefined
  /** Keys and list positions. */
  readonly path?: readonly (string | number)[] | undefined
  /** 1-based. */
  readonly line?: number | undefined
  readonly column?: number | undefined
  readonly provider?: string | undefined
  readonly recipient?: string | undefined
}

export interface Detail {
  /** Facts for people, one a line: places that were searched, names, reasons. Never text of a document. */
  readonly notes?: readonly string[] | undefined
  /** Instead of the catalog's hint; `""`: none. `{file}` in either stands for the file of the error. */
  readonly hint?: string | undefined
  /** Short qualifier behind the title, such as the name of an option or of a known key. Never text of a document. */
  readonly subject?: string | undefined
  /** Instead of the catalog's exit status, where upstream's depends on the situation. */
  readonly exit?: number | undefined
  /** All that the sops face says, where callers look for upstream's words. Never text of a document. */
  readonly asUpstream?: string | undefined
}

/** What `JSON.stringify` makes of an error; what is not known is left out. */
export interface ErrorFields extends Where {
  readonly name: string
  readonly code: Code
  /** The status that the command line ends with. */
  readonly exit: number
  readonly message: string
  readonly subject?: string | undefined
  readonly notes?: readonly string[] | undefined
  readonly hint?: string | undefined
}

/**
 * An expected failure. Anything else that is thrown is a bug and exits with status 70.
 *
 * Its `message` is whole: what is wrong, where, and what to do next.
 */
export class AppError extends Error {
  // The names survive the minifier, whoever looks for them.
  static override readonly name: string = "AppError"
  // Node prints the fields of an error that nobody catches, below a message that has said it all.
  readonly #code: Code
  readonly #where: Where
  readonly #detail: Detail

  constructor(code: Code, where: Where = {}, detail: Detail = {}) {
    super(wholeMessage(code, where, detail))
    this.#code = code
    this.#where = where
    this.#detail = detail
  }

  static {
    Object.defineProperty(this.prototype, "name", { value: "AppError", configurable: true, writable: true })
  }

  get code(): Code {
    return this.#code
  }

  get where(): Where {
    return this.#where
  }

  get detail(): Detail {
    return this.#detail
  }

  get exit(): number {
    return this.detail.exit ?? catalog[this.code].exit
  }

  /** What is wrong, without place and hint. */
  get title(): string {
    return titleOf(this.code, this.detail)
  }

  /** What is wrong and where, without hint: for whoever puts it into words of their own and says what to do there. */
  get fault(): string {
    return faultText(this.code, this.where, this.detail)
  }

  get hint(): string | undefined {
    return hintOf(this.code, this.where, this.detail)
  }

  /** The same error with what an outer layer knows: the file, usually. What is set already stays. */
  at(where: Where): AppError {
    return this.keepStack(new AppError(this.code, { ...where, ...dropUndefined(this.where) }, this.detail))
  }

  /** The same error in other words. */
  with(detail: Detail): AppError {
    return this.keepStack(new AppError(this.code, this.where, { ...this.detail, ...detail }))
  }

  /** @internal */
  protected keepStack<T extends AppError>(error: T): T {
    const frames = framesOf(this.stack)
    if (frames.length > 0) error.stack = [`${error.name}: ${error.message}`, ...frames].join("\n")
    return error
  }

  /**
   * For whoever called the library: a stack of its own few lines, which is what Node prints when nobody catches this.
   *
   * @param isOurs - whether a line of the stack is in our own code
   */
  towards(isOurs: (frame: string) => boolean): this {
    const frames = framesOf(this.stack)
    const theirs = frames.filter((frame) => !isOurs(frame) && !frame.includes("node:internal"))
    // Node puts an error without any line in brackets.
    const shown = theirs.length === 0 ? frames.slice(-1) : theirs.slice(0, framesMax)
    this.stack = [`${this.name} [${this.code}]: ${this.message}`, ...shown].join("\n")
    return this
  }

  toJSON(): ErrorFields {
    const { file, path, line, column, provider, recipient } = this.where
    const { subject, notes } = this.detail
    const { name, code, exit, message, hint } = this
    return { name, code, exit, message, subject, file, path, line, column, provider, recipient, notes, hint }
  }
}

/** With what Node adds, an error that nobody catches fills ten lines at most. */
const framesMax = 3
const messageMax = 600

function titleOf(code: Code, { subject }: Detail): string {
  return subject === undefined ? catalog[code].title : `${catalog[code].title}: ${subject}`
}

function hintOf(code: Code, { file }: Where, { hint = catalog[code].hint }: Detail): string | undefined {
  return hint === "" ? undefined : hint?.replaceAll("{file}", () => fileWord(file))
}

function wholeMessage(code: Code, where: Where, detail: Detail): string {
  const hint = hintOf(code, where, detail)
  const what = faultText(code, where, detail)
  return hint === undefined ? what : `${what}; hint: ${display(hint, messageMax)}`
}

function faultText(code: Code, where: Where, detail: Detail): string {
  return `${display(titleOf(code, detail), messageMax)}${placeText(where)}`
}

/** The lines of a stack below its message. */
function framesOf(stack = ""): string[] {
  return stack.split("\n").filter((line) => line.startsWith("    at "))
}

/** The name of a file as it can be typed behind a command. */
function fileWord(file: string | undefined): string {
  if (file === undefined || file === "standard input") return "FILE"
  return shellWord(file)
}

/** ` (app.yaml, line 3, db.password)`, or nothing. */
export function placeText(where: Where): string {
  const parts: string[] = []
  if (where.file !== undefined) parts.push(display(where.file))
  if (where.line !== undefined) parts.push(`line ${where.line}`)
  if (where.column !== undefined) parts.push(`column ${where.column}`)
  if (where.path !== undefined && where.path.length > 0) parts.push(displayPath(where.path))
  if (where.provider !== undefined) parts.push(display(where.provider))
  if (where.recipient !== undefined) parts.push(display(where.recipient))
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`
}

function dropUndefined(where: Where): Where {
  return Object.fromEntries(Object.entries(where).filter(([, value]) => value !== undefined))
}

/** For what cannot happen unless the program is wrong. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!(condition as boolean)) throw new Error(`assertion failed: ${what}`)
}
