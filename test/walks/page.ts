/** A command of a page, with what it prints, both streams as they come. */
export interface Step {
  /** Whose shell it is typed into; `anna` where only `$` stands before it. */
  readonly who: string
  /** Lines joined, as a shell takes them. */
  readonly command: string
  readonly output: string
  /** 0 when the page says none. */
  readonly status: number
}

/** A page: text that stays, and the steps between. */
export type Part = { readonly text: readonly string[] } | { readonly shown: readonly string[]; readonly step: Step }

const prompt = /^(?:(\w+) )?\$ (.*)$/
const statusLine = /^\(status (\d+)\)$/

/** Takes a page apart: in its `console` blocks `$ ` begins a command, `> ` goes on with it, `(status N)` ends one that failed. */
export function parsePage(page: string): Part[] {
  const parts: Part[] = []
  const lines = page.split("\n")
  let isConsole = false
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!
    if (line.startsWith("```")) isConsole = line === "```console"
    const start = isConsole ? prompt.exec(line) : null
    if (start === null) {
      parts.push({ text: [line] })
      continue
    }
    const shown = [line]
    const command = [start[2]!]
    while (lines[at + 1]?.startsWith("> ") || lines[at + 1] === ">") {
      shown.push(lines[++at]!)
      command.push(lines[at]!.slice(2))
    }
    const output: string[] = []
    let status = 0
    while (at + 1 < lines.length && !lines[at + 1]!.startsWith("```") && !prompt.test(lines[at + 1]!)) {
      const ended = statusLine.exec(lines[++at]!)
      if (ended === null) output.push(lines[at]!)
      else status = Number(ended[1])
    }
    const step = { who: start[1] ?? "anna", command: command.join("\n"), output: output.join("\n"), status }
    parts.push({ shown, step })
  }
  return parts
}

/** The page again, with other outputs. */
export function renderPage(parts: readonly Part[]): string {
  const lines = parts.flatMap((part) => {
    if ("text" in part) return part.text
    const { output, status } = part.step
    return [...part.shown, ...(output === "" ? [] : [output]), ...(status === 0 ? [] : [`(status ${status})`])]
  })
  return lines.join("\n")
}

/** What no two runs have in common, and what stands for it. */
const changing: readonly (readonly [RegExp, string])[] = [
  [/AGE-SECRET-KEY-1[0-9A-Z]+/g, "AGE-SECRET-KEY-1..."],
  [/\bage1[0-9a-z]{20,}/g, "age1..."],
  [/ENC\[AES256_GCM,data:[^\]]*,type:(\w+)\]/g, "ENC[AES256_GCM,data:...,type:$1]"],
  [/\b20\d\d-\d\d-\d\dT[\d:]+Z/g, "2026-..."],
  // As wide as it is, since it stands in tables.
  [/\b20\d\d-\d\d-\d\d\b/g, "2026-..-.."],
  [/\b[0-9a-f]{4}(?:-[0-9a-f]{4}){7}\b/g, "0a1b-..."],
  // Commits, blobs, and fingerprints of tokens.
  [/\b(?!100(?:644|755)\b)[0-9a-f]{6,64}\b/g, "0a1b2c3"],
]

/** An output with placeholders for keys, tokens, dates, fingerprints and hashes, without the folder that the test made. */
export function withPlaceholders(output: string, root: string): string {
  const own = output.replaceAll(root, "").trimEnd()
  return changing.reduce((text, [pattern, placeholder]) => text.replace(pattern, placeholder), own)
}
