import { type AppError } from "../../errors/app-error.ts"

/** Carries a text that the user gave up with to where it is kept as a draft. Its message never holds the text. */
export class UnsavedText extends Error {
  override readonly name = "UnsavedText"
  readonly #bytes: Uint8Array
  override readonly cause: AppError

  constructor(bytes: Uint8Array, cause: AppError) {
    super(cause.message)
    this.#bytes = bytes
    this.cause = cause
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }
}
