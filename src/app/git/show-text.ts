/**
 * The text of a document as it may go to a pager: every control character but newline and tab is written as `\xNN`. A CR
 * at the end of a line is part of a line end and stays.
 */
export function withoutControls(text: string): string {
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (character, at: number) => {
    if (character === "\r" && text[at + 1] === "\n") return character
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`
  })
}

/** The same for bytes that are no UTF-8; what is beyond ASCII in them stays. */
export function bytesWithoutControls(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")
  const shown = text.replace(/[\x80-\x9f]+|[^\x80-\x9f]+/g, (part) =>
    part < "\x80" || part > "\x9f" ? withoutControls(part) : part,
  )
  return Buffer.from(shown, "latin1")
}
