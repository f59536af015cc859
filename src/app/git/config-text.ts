/**
 * The text of a git config without one key, and without its section where nothing else is in that. `git config --unset`
 * leaves a section behind where a comment stands above it, and takes blank lines along that are somebody's.
 *
 * Only what git itself writes is found: a line of its own for the key, and one for the section.
 *
 * @param key - section, subsection and name: `merge.sotto.driver`
 * @returns `null` where the key is not written like that
 */
export function withoutConfigKey(text: string, key: string): string | null {
  const [section = "", subsection = "", name = ""] = key.split(".")
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  let header = -1
  let isContinued = false
  for (const [at, line] of lines.entries()) {
    const content = line.replace(/\r?\n$/, "")
    const isRest = isContinued
    isContinued = /(?:^|[^\\])(?:\\\\)*\\$/.test(content)
    if (isRest) continue
    if (/^\s*\[/.test(content)) {
      const named = /^\[(\w+) "([^"\\]*)"\]$/.exec(content)
      header = named?.[1]?.toLowerCase() === section && named[2] === subsection ? at : -1
    } else if (header !== -1 && !isContinued && nameOf(content) === name.toLowerCase()) {
      lines.splice(at, 1)
      if (isEmptySection(lines, header)) lines.splice(header, 1)
      return lines.join("")
    }
  }
  return null
}

function nameOf(line: string): string | undefined {
  return /^\s*([a-z][-a-z\d]*)\s*=/i.exec(line)?.[1]?.toLowerCase()
}

/** Up to the next section there is no key, and no comment that is indented as those within a section are. */
function isEmptySection(lines: readonly string[], header: number): boolean {
  for (const line of lines.slice(header + 1)) {
    if (/^\s*\[/.test(line)) return true
    if (/^(?:\s*[^\s#;]|[ \t]+[#;])/.test(line)) return false
  }
  return true
}
