import { AppError } from "../../errors/app-error.ts"

/** Which part of an age file is broken, from the outside in. */
export type Layer = "armor" | "header" | "MAC" | "payload"

const subjects: Readonly<Record<Layer, string>> = {
  armor: "its armor is not that of an age file",
  header: "its age header is not valid",
  MAC: "its age header was changed after it was made",
  payload: "its age payload was changed or cut",
}

/** The error for an age file that is broken. It never quotes the file. */
export function broken(layer: Layer, reason?: string): AppError {
  const subject = reason === undefined ? subjects[layer] : `${subjects[layer]} (${reason})`
  return new AppError("STANZA_INVALID", { provider: "age" }, { subject })
}
