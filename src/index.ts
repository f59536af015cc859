/**
 * The library: the same core as the command line, without side effects on import.
 *
 * @packageDocumentation
 */
export {
  decryptFile,
  type FileMetadata,
  generateIdentity,
  type MachineOptions,
  open,
  type OpenedText,
  openFile,
  type OpenTextOptions,
  readMetadata,
  reseal,
  type ReSealOptions,
  seal,
  type SealTextOptions,
  type Unchecked,
} from "./app/library.ts"
export { type Value } from "./app/open/values.ts"
export { type FormatName } from "./core/format.ts"
export { AppError, type Detail, type ErrorFields, type Where } from "./errors/app-error.ts"
export { type Code } from "./errors/catalog.ts"
export { version } from "./version.ts"
