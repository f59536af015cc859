import { type Code, catalog } from "./catalog.ts"

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
  /** In place of the catalog's hint. `{file}` in either stands for the file of the error. */
  readonly hint?: string | undefined
  /** Short qualifier behind the title, such as the name of an option or of a known key. Never text of a document. */
  readonly subject?: string | undefined
  /** In place of the catalog's exit status, where upstream's depends on the situation. */
  readonly exit?: number | undefined
  /** All that the sops face says, where callers look for upstream's words. Never text of a document. */
  readonly asUpstream?: string | undefined
}

/** An expected failure. Anything else that is thrown is a bug and exits with status 70. */
export class AppError extends Error {
  override readonly name = "AppError"
  readonly code: Code
  readonly where: Where
  readonly detail: Detail

  constructor(code: Code, where: Where = {}, detail: Detail = {}) {
    super(detail.subject === undefined ? catalog[code].title : `${catalog[code].title}: ${detail.subject}`)
    this.code = code
    this.where = where
    this.detail = detail
  }

  get exit(): number {
    return this.detail.exit ?? catalog[this.code].exit
  }

  get hint(): string | undefined {
    const hint = this.detail.hint ?? catalog[this.code].hint
    return hint?.replaceAll("{file}", () => shellWord(this.where.file))
  }

  /** The same error with what an outer layer knows: the file, usually. What is set already stays. */
  at(where: Where): AppError {
    const error = new AppError(this.code, { ...where, ...dropUndefined(this.where) }, this.detail)
    if (this.stack !== undefined) error.stack = this.stack
    return error
  }
}

/** The name of a file as it can be typed behind a command. */
function shellWord(file: string | undefined): string {
  if (file === undefined || file === "standard input") return "FILE"
  return /^[\w@%+=:,./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`
}

function dropUndefined(where: Where): Where {
  return Object.fromEntries(Object.entries(where).filter(([, value]) => value !== undefined))
}

/** For what cannot happen unless the program is wrong. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!(condition as boolean)) throw new Error(`assertion failed: ${what}`)
}
