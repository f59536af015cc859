import { type Format } from "../core/format.ts"
import { AppError } from "../errors/app-error.ts"
import { json } from "./json/json.ts"

/**
 * The sealed side of a file of any bytes: a JSON document whose one entry `data` is a token. The plain side is the
 * bytes themselves and has no text to scan, so the core seals and opens it as one value.
 *
 * @see sops v3.13.2 stores/json/store.go, BinaryStore
 */
export const binary: Format = {
  ...json,
  name: "binary",
  isWhole: true,
  indents: { ...json.indents!, setting: "jsonBinaryIndent" },
  example: "Welcome to sotto! Edit this file as you please!",

  emitValue(): never {
    throw new AppError("NOT_PRINTABLE", {}, { subject: "a binary file has no parts" })
  },
}
