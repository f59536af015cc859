import { join } from "node:path"
import { refuseShadowedWhere } from "../open/tree-path.ts"
import { type OpenedFile } from "../open/open-file.ts"
import { type Session } from "../session.ts"
import { buildTrees } from "../../core/build-tree.ts"
import { type Opened } from "../../core/document.ts"
import { type Format } from "../../core/format.ts"
import { verbatimScalars } from "../../core/memo.ts"
import { type Scalar } from "../../core/scalar.ts"
import { utf8 } from "../../core/text.ts"
import { type MapTree, type Tree } from "../../core/tree.ts"
import { AppError } from "../../errors/app-error.ts"
import { isCutByReaders, nameForReaders } from "../../formats/dotenv/print.ts"

export interface EnvValue {
  readonly name: string
  readonly value: string
  /** Where it is in the file, for errors and for `--only`. */
  readonly path: readonly string[]
}

interface EnvRules {
  readonly format: Format
  /** What joins the keys of nested mappings; `undefined`: nested values are an error. */
  readonly flatten: string | undefined
  /** The wanted names; none: all. Other names need not fit a variable. */
  readonly only: readonly string[]
  /** Values of dotenv that `set` stored, and so are meant literally. */
  readonly verbatim: ReadonlySet<Scalar>
  /** All values of dotenv are meant literally. */
  readonly isVerbatim: boolean
}

/**
 * The environment variables that a document stands for, for `run`.
 *
 * Numbers have their canonical text, booleans are `true` and `false`, a null is not set. In a dotenv file quotes,
 * comments and `export ` are read as the usual readers of such files read them, although they are part of what is
 * sealed.
 *
 * @throws {AppError} `ENV_SHAPE` where the document is not a flat list of names, saying what to do instead; `KEY_TWICE`
 */
function envValues(documents: readonly Tree[], rules: EnvRules): EnvValue[] {
  const { format } = rules
  if (format.isWhole === true)
    throw shape("a binary file has no names", "give it to the child as a file: sotto exec-file")
  if (documents.length > 1) throw shape("it holds more than one document", "put each document into a file of its own")
  const root = documents[0]!
  if (root.type !== "map") throw shape("its root is not a mapping", "give it to the child as a file: sotto exec-file")
  const values: EnvValue[] = []
  collect(root, [], values, rules)
  const seen = new Set<string>()
  const wanted = values.filter(({ name }) => isWanted(name, rules))
  for (const { name, path } of wanted) {
    if (seen.has(name)) throw new AppError("KEY_TWICE", { path })
    seen.add(name)
  }
  return wanted
}

function isWanted(name: string, { only }: EnvRules): boolean {
  return only.length === 0 || only.includes(name)
}

function collect(map: MapTree, above: readonly string[], values: EnvValue[], rules: EnvRules): void {
  for (const entry of map.entries) {
    if (entry.type === "comment") continue
    const path = [...above, entry.key]
    const { value } = entry
    if (value.type === "null") continue
    if (value.type === "scalar") {
      values.push(
        rules.format.nameForReaders === undefined
          ? { name: nameOf(path, rules), value: envText(value.scalar), path }
          : valueOfLine(entry.key, value.scalar, rules),
      )
      continue
    }
    if (value.type === "list") {
      if (!isWanted(nameOf(path, rules), rules)) continue
      throw nested(path, "a list cannot be a variable", "give the file to the child: sotto exec-file")
    }
    // Keys above the first section of an INI file belong to no section.
    if (above.length === 0 && entry.key === rules.format.topSection) {
      collect(value, [], values, rules)
      continue
    }
    if (rules.flatten === undefined) {
      if (!isWanted(entry.key, rules)) continue
      throw nested(
        path,
        "a nested value cannot be a variable",
        "join the keys with `sotto run --flatten __`, or give the file to the child: sotto exec-file",
      )
    }
    collect(value, path, values, rules)
  }
}

/** One line as the usual readers of its file see it, except a value that is passed on literally. */
function valueOfLine(key: string, scalar: Scalar, { format, verbatim, isVerbatim }: EnvRules): EnvValue {
  const isAsStored = isVerbatim || verbatim.has(scalar)
  return {
    name: format.nameForReaders?.(key) ?? key,
    value: (isAsStored ? undefined : format.valueForReaders?.(scalar)) ?? envText(scalar),
    path: [key],
  }
}

function nameOf(path: readonly string[], { flatten }: EnvRules): string {
  return path.join(flatten ?? "")
}

/** Canonical text; a boolean in lower case. */
function envText({ kind, bytes }: Scalar): string {
  const text = utf8.decode(bytes)
  return kind === "bool" ? text.toLowerCase() : text
}

function shape(note: string, hint: string): AppError {
  return new AppError("ENV_SHAPE", {}, { notes: [note], hint })
}

function nested(path: readonly string[], note: string, hint: string): AppError {
  return new AppError("ENV_SHAPE", { path }, { notes: [note], hint })
}

/**
 * The variables that a verified file gives to a child. Clear values that nothing authenticates (`mac_only_encrypted`)
 * are left out, with a notice, unless the user or the config wants them (docs/design/security.md S10).
 */
export function valuesOf(
  session: Session,
  file: OpenedFile,
  { withClear, ...rules }: { readonly withClear: boolean } & Omit<EnvRules, "format" | "verbatim">,
): EnvValue[] {
  const { document, opened, settings } = file
  const allowsClear = withClear || settings.rule.withClear || !document.metadata.macOnlyEncrypted
  const leaves = allowsClear ? opened.leaves : authenticated(opened)
  const left = opened.leaves.length - leaves.length
  if (left > 0) session.notice(leftOut(left, file.file ?? "standard input"))
  const own = join(session.io.home, ".sopsrc")
  if (settings.rule.allowEnv.length > 0 && settings.config?.file !== own)
    session.notice(`allow_env counts only in ${own}, not in ${settings.config?.file ?? "another config"}`)
  refuseShadowed(opened, rules)
  const verbatim = verbatimScalars(opened)
  if (!rules.isVerbatim && document.format.valueForReaders !== undefined && document.metadata.structure === "")
    noticeCuts(session, leaves, rules.only, file.file)
  return envValues(buildTrees(leaves, document.scan.documents), {
    ...rules,
    format: document.format,
    verbatim,
  })
}

function authenticated({ leaves }: Opened): Opened["leaves"] {
  return leaves.filter(({ isSelected, scalar, site }) => isSelected || scalar === null || site.kind === "comment")
}

/** @throws {AppError} `KEY_TWICE` for a variable that several lines of an INI file set (S2) */
function refuseShadowed(opened: Opened, { flatten, only }: Pick<EnvRules, "flatten" | "only">): void {
  refuseShadowedWhere(opened, (path) => {
    const name = (path[0] === "DEFAULT" ? path.slice(1) : path).join(flatten ?? "")
    return only.length === 0 || only.includes(name)
  })
}

/**
 * Sops has written the file, and a value that `sops set` stored looks like one with a comment after it: `exec-env` of
 * sops gives all of it to the child.
 */
function noticeCuts(session: Session, leaves: Opened["leaves"], only: readonly string[], file: string | null): void {
  const names = leaves.flatMap(({ site: { item }, scalar }) => {
    if (item.key === null || scalar === null || !isCutByReaders(scalar)) return []
    const name = nameForReaders(item.key)
    return only.length === 0 || only.includes(name) ? [name] : []
  })
  if (names.length === 0) return
  const text = `${names.join(", ")} without what follows the #, as readers of such files do: --verbatim gives all of it`
  session.notice(`${file ?? "standard input"}: ${text}`)
}

function leftOut(count: number, file: string): string {
  const [values, them] = count === 1 ? ["one clear value", "it"] : [`${count} clear values`, "them"]
  return `${values} of ${file} left out, since nothing vouches for ${them} (mac_only_encrypted): --with-clear passes ${them} on`
}
