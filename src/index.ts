/**
 * The library: the same core as the command line, without side effects on import.
 *
 * @packageDocumentation
 */
export { AppError, type Detail, type Where } from "./errors/app-error.ts"
export { type Code } from "./errors/catalog.ts"
export { version } from "./version.ts"
