import { shellWord } from "../../errors/display.ts"
/**
 * What git is told about sealed files. The driver's `recursive` is never set: with `binary` there, git takes an older
 * base in a criss-cross merge, and finds conflicts where there are none.
 */
export interface ConfigLine {
  readonly key: string
  readonly value: string
}

interface DriverOptions {
  /** Show structure and fingerprints instead of values, whoever looks. */
  readonly isRedacted: boolean
}

export const driverKey = "merge.sotto.driver"
export const recursiveKey = "merge.sotto.recursive"
export const textconvKey = "diff.sotto.textconv"
export const cacheKey = "diff.sotto.cachetextconv"

const driverArgs = "merge-driver -- %O %A %B %L %P %S %X %Y"

/** The key alone, since git prints the line that it finds after `@@`, and a value would be there. */
const hunkHeader = `^([A-Za-z_"'][^:=[:space:]]*)[[:space:]]*[:=]|^\\[.*\\]$`

/**
 * The lines of one installation.
 *
 * @param program - a name that PATH leads to, or an absolute path
 */
export function driverConfig(program: string, { isRedacted }: DriverOptions): ConfigLine[] {
  const word = shellWord(program)
  const convert = isRedacted ? "textconv --redacted" : "textconv"
  return [
    { key: "merge.sotto.name", value: "sotto: merge sealed files by key" },
    // Git reads `%` itself.
    { key: driverKey, value: `${word.replaceAll("%", "%%")} ${driverArgs}` },
    // A failure would end `git log`; so a program that is gone shows the file as it is.
    {
      key: textconvKey,
      value: `f() { command -v ${word} >/dev/null 2>&1 && exec ${word} ${convert} -- "$1"; exec cat -- "$1"; }; f`,
    },
    { key: "diff.sotto.xfuncname", value: hunkHeader },
    { key: cacheKey, value: "false" },
    { key: "mergetool.sotto.cmd", value: `${word} resolve -- "$MERGED"` },
    { key: "mergetool.sotto.trustExitCode", value: "true" },
  ]
}

/** What a configured line starts, and how; `null` for a value that no release of ours wrote. */
export function installedBy(key: string, value: string): { program: string; isRedacted: boolean } | null {
  const word = wordOf(key, value)
  const program = word === null ? null : unquoted(key === driverKey ? word.replaceAll("%%", "%") : word)
  if (program === null) return null
  const ours = [false, true].find((isRedacted) =>
    driverConfig(program, { isRedacted }).some((line) => sameKey(line.key, key) && line.value === value),
  )
  return ours === undefined ? null : { program, isRedacted: ours }
}

/** A value that an installation writes, whatever program and options it had. */
export function isOurLine(key: string, value: string | null): boolean {
  if (value === null) return false
  const isFixed = driverConfig("sotto", { isRedacted: false }).some(
    (line) => sameKey(line.key, key) && line.value === value,
  )
  return isFixed || installedBy(key, value) !== null
}

/** Git prints sections and names in lower case; what stands between them counts as it is written. */
export function printedKey(key: string): string {
  return key.replace(/^[^.]*|[^.]*$/g, (part) => part.toLowerCase())
}

export function sameKey(a: string, b: string): boolean {
  return printedKey(a) === printedKey(b)
}

function wordOf(key: string, value: string): string | null {
  switch (key) {
    case driverKey:
      return value.endsWith(` ${driverArgs}`) ? value.slice(0, -driverArgs.length - 1) : null
    case textconvKey:
      return /^f\(\) \{ command -v (.+?) >\/dev\/null 2>&1 && exec /s.exec(value)?.[1] ?? null
    case "mergetool.sotto.cmd":
      return value.endsWith(' resolve -- "$MERGED"') ? value.slice(0, -' resolve -- "$MERGED"'.length) : null
    default:
      return null
  }
}

function unquoted(word: string): string | null {
  const text = word.startsWith("'") ? word.slice(1, -1).replaceAll(String.raw`'\''`, "'") : word
  return shellWord(text) === word ? text : null
}
