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

/**
 * Words of a script's line: blanks separate, `$NAME` stands for a variable, `#` ends the line. Single quotes keep everything as it
 * is, and `''` in them is a quote.
 */
export function words(line: string, env: ReadonlyMap<string, string> = new Map()): string[] {
  const found: string[] = []
  for (const [piece] of line.matchAll(/#.*|(?:'(?:''|[^'])*'|[^\s'#]|(?<=\S)#)+/g)) {
    if (piece.startsWith("#")) break
    found.push(
      piece.replace(/'((?:''|[^'])*)'|\$(\w+)/g, (_, kept: string | undefined, name: string) =>
        kept === undefined ? (env.get(name) ?? "") : kept.replaceAll("''", "'"),
      ),
    )
  }
  return found
}
