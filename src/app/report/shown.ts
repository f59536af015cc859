const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/** Names of files and recipients in a report: nothing in them moves a terminal's cursor or starts a line (rule S20). */
export function shown(text: string): string {
  return text.replace(unseen, "\u{fffd}")
}

export function sealedFiles(count: number): string {
  return `${count} sealed ${count === 1 ? "file" : "files"}`
}
