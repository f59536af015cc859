const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Names of files and recipients in a report: nothing in them moves a terminal's cursor or starts a line (rule S20). */
export function shown(text: string): string {
  return text.replace(unseen, "\u{fffd}")
}
