import { compileGlob, type Glob } from "../../config/glob.ts"
import { type Config } from "../../config/config.ts"

/** What git should do with a sealed file. If git changed line ends, it would change sealed text. */
const attributes = "diff=sotto merge=sotto -text"

/** A config, and where it is below the top: `""`, or `a/b/`. */
export interface PlacedConfig {
  readonly prefix: string
  readonly config: Config
}

/** Names that people give to sealed files, for all repositories of a user. No `.sops.yaml`, which is a config. */
export const usualLines: readonly string[] = [".env.enc"]
  .concat(["yaml", "yml", "json", "env", "ini"].flatMap((ending) => [`?*.enc.${ending}`, `?*.sops.${ending}`]))
  .map((pattern) => `${pattern} ${attributes}`)

/**
 * The lines for the sealed files of a repository: a pattern for each path of a rule, and a line of its own for each sealed
 * file that none of them covers (its rule is for all files or has a regular expression, or there is none).
 *
 * @param sealed - paths relative to the top
 */
export function attributeLines(configs: readonly PlacedConfig[], sealed: readonly string[]): string[] {
  const patterns = configs.flatMap(({ prefix, config }) =>
    (config.rules ?? []).flatMap(({ match }) =>
      match.type !== "globs" ? [] : match.globs.flatMap((glob) => patternsOf(prefix, glob)),
    ),
  )
  const lines = patterns.map(({ text }) => text)
  const others = sealed.filter((path) => !patterns.some((pattern) => pattern.covers(path)))
  return [...new Set([...lines, ...others.map((path) => quoted(`/${escaped(path)}`))])].map(
    (pattern) => `${pattern} ${attributes}`,
  )
}

interface Pattern {
  readonly text: string
  covers(path: string): boolean
}

function patternsOf(prefix: string, { spellings }: Glob): Pattern[] {
  return spellings.flatMap((spelling) => {
    const glob = compileGlob(spelling)
    if ("problem" in glob || isForAll(spelling)) return []
    // Git counts bytes where we count characters.
    const countsUnits = /[?[]/.test(spelling)
    return [
      {
        text: quoted(asAttributes(prefix, spelling)),
        covers: (path) =>
          path.startsWith(prefix) &&
          glob.test(path.slice(prefix.length)) &&
          !(countsUnits && !/^[\x20-\x7e]*$/.test(path)),
      },
    ]
  })
}

/** Attributes for every file would slow each diff and merge, and keep git from changing line ends where it should. */
function isForAll(spelling: string): boolean {
  return spelling
    .replace(/^\.?\//, "")
    .split("/")
    .every((part) => /^\**$/.test(part))
}

/** The same meaning in gitattributes(5), which knows no braces and takes `secrets/` for nothing. */
function asAttributes(prefix: string, spelling: string): string {
  let text = spelling.startsWith("./") ? spelling.slice(1) : spelling
  const isAnchored = text.slice(0, -1).includes("/")
  if (text.startsWith("/")) text = text.slice(1)
  if (text.endsWith("/")) text += "**"
  if (isAnchored || text.includes("/")) {
    const anywhere = isAnchored ? "" : "**/"
    return `/${escaped(prefix)}${anywhere}${text}`
  }
  // What a line must not begin with: a comment, a macro.
  const isPlain = prefix === "" && !/^(?:#|!|\[attr\])/.test(text)
  return isPlain ? text : `/${escaped(prefix)}**/${text}`
}

/** A name as a pattern that matches it alone. */
function escaped(name: string): string {
  return name.replace(/[\\*?[]/g, String.raw`\$&`)
}

const escapes: Readonly<Record<string, string>> = { "\n": "n", "\r": "r", "\t": "t", '"': '"', "\\": "\\" }

/** C-style, as git wants a pattern with spaces or special characters. */
function quoted(pattern: string): string {
  if (!/[\x00-\x20\x7f]/.test(pattern) && !pattern.startsWith('"')) return pattern
  const inner = pattern.replace(/[\x00-\x1f\x7f"\\]/g, (character) => {
    const known = escapes[character]
    return `\\${known ?? character.charCodeAt(0).toString(8).padStart(3, "0")}`
  })
  return `"${inner}"`
}
