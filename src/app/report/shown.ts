const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/** Names of files and recipients in a report: nothing in them moves a terminal's cursor or starts a line (rule S20). */
export function shown(text: string): string {
  return text.replace(unseen, "\u{fffd}")
}

/** A key path as `sotto get` takes it: `db.users[0]["odd key"]`. */
export function shownKeyPath(path: readonly (string | number)[]): string {
  const parts = path.map((part, at) => {
    if (typeof part === "number") return `[${part}]`
    if (!/^[\w-]{1,100}$/.test(part)) return `["${shown(part)}"]`
    return at === 0 ? part : `.${part}`
  })
  return parts.join("")
}

export function sealedFiles(count: number): string {
  return `${count} sealed ${count === 1 ? "file" : "files"}`
}
