export interface Archive {
  /** What stands before the first file: the script. */
  readonly script: string
  readonly files: ReadonlyMap<string, string>
}

/** The text archive of Go's tools: files that begin with a line `-- NAME --`. */
export function parseArchive(text: string): Archive {
  const files = new Map<string, string>()
  const [script = "", ...parts] = text.split(/^(?=-- .+ --$)/m)
  for (const part of parts) {
    const end = part.indexOf("\n")
    const head = end === -1 ? part : part.slice(0, end)
    files.set(head.slice(3, -3), end === -1 ? "" : part.slice(end + 1))
  }
  return { script, files }
}

/** Words of a script's line: blanks separate, single quotes keep everything, `''` in them is a quote, `#` ends the line. */
export function words(line: string): string[] {
  const found: string[] = []
  for (const [piece] of line.matchAll(/#.*|(?:'(?:''|[^'])*'|[^\s'#]|(?<=\S)#)+/g)) {
    if (piece.startsWith("#")) break
    found.push(piece.replace(/'((?:''|[^'])*)'/g, (_, kept: string) => kept.replaceAll("''", "'")))
  }
  return found
}
