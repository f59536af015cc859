import { decodeBase64, encodeRaw } from "../../core/base64.ts"
import { AppError } from "../../errors/app-error.ts"

/** One section of an age header, and one message of the plugin protocol. */
export interface Stanza {
  readonly type: string
  readonly args: readonly string[]
  readonly body: Uint8Array
}

const lineBytes = 48
const lineColumns = 64

/** The exact text of a stanza: arguments, body in lines of 64 columns, and a short last line, empty if need be. */
export function encodeStanza({ type, args, body }: Stanza): string {
  const lines = [["->", type, ...args].join(" ")]
  for (let at = 0; at < body.length; at += lineBytes) lines.push(encodeRaw(body.subarray(at, at + lineBytes)))
  if (body.length % lineBytes === 0) lines.push("")
  lines.push("")
  return lines.join("\n")
}

/** Takes the lines of one stanza, one after the other. */
export class StanzaReader {
  #type: string | null = null
  #args: readonly string[] = []
  #body: Uint8Array[] = []

  /**
   * @returns the stanza when the line was its last one, `"more"` when lines are missing,
   *   `"invalid"` when the line cannot stand here
   */
  take(line: string): Stanza | "more" | "invalid" {
    if (this.#type === null) return this.#start(line)
    const part = line.length > lineColumns ? null : decodeBase64(line, { isPadded: false })
    if (part === null) return "invalid"
    this.#body.push(part)
    if (part.length === lineBytes) return "more"
    const stanza = { type: this.#type, args: this.#args, body: Buffer.concat(this.#body) }
    this.#type = null
    this.#body = []
    return stanza
  }

  #start(line: string): "more" | "invalid" {
    const [arrow, type, ...args] = line.split(" ")
    if (arrow !== "->" || type === undefined || ![type, ...args].every(isArgument)) return "invalid"
    this.#type = type
    this.#args = args
    return "more"
  }
}

function isArgument(text: string): boolean {
  if (text === "") return false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 33 || code > 126) return false
  }
  return true
}

/** Which part of an age file is broken, from the outside in. */
type Layer = "armor" | "header" | "MAC" | "payload"

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
