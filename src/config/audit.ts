import { decodeText } from "../core/text.ts"
import { AppError } from "../errors/app-error.ts"
import { fieldsOf, itemsOf, textOf } from "./decode.ts"
import { readValues } from "./yaml-values.ts"

/**
 * The connection strings of an audit file.
 *
 * @throws {AppError} `CONFIG_INVALID` with status 2, where upstream crashes
 * @see sops v3.13.2 audit/audit.go
 */
export function readAuditFile(bytes: Uint8Array): readonly string[] {
  try {
    const text = decodeText(bytes)
    if (text === null) throw new AppError("CONFIG_INVALID", {}, { subject: "it is not UTF-8 text" })
    const backends = fieldsOf(readValues(text) ?? undefined).get("backends")?.value
    const databases = itemsOf(fieldsOf(backends).get("postgres")?.value)
    return databases.map((database) => textOf(fieldsOf(database).get("connection_string")?.value))
  } catch (error) {
    throw error instanceof AppError ? new AppError(error.code, error.where, { ...error.detail, exit: 2 }) : error
  }
}
