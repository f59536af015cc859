import { shown } from "../../errors/display.ts"
import { keyedFingerprint } from "../../core/fingerprint.ts"
import { type Recipient } from "../../core/recipient.ts"
import { type NameOf } from "../../keys/data-key-error.ts"
import { pathText } from "../report/check-report.ts"
import { type ValueChange, type DiffEntry } from "./compare.ts"
import { type FileDiff, hasContent } from "./file-diff.ts"

export interface DiffStyle {
  /** Of this run: fingerprints are made with it. */
  readonly printKey: Uint8Array
  /** Values instead of fingerprints. */
  readonly reveal: boolean
  readonly nameOf: NameOf
}

const signs: Readonly<Record<ValueChange["op"], string>> = {
  changed: "~",
  added: "+",
  removed: "-",
  moved: ">",
  comment: "#",
}
const valueMax = 200

/** A heading for each file, and a line for each change. */
export function diffText(files: readonly FileDiff[], style: DiffStyle): string {
  return files
    .map((file) =>
      fileLines(file, style)
        .map((line) => `${line}\n`)
        .join(""),
    )
    .join("")
}

function fileLines(file: FileDiff, style: DiffStyle): string[] {
  const rows = file.changes.map((change) => cellsOf(change, style))
  const width = Math.min(40, Math.max(0, ...rows.map(({ path }) => path.length)))
  const lines = rows.map(({ sign, path, what, kind, values }) =>
    [`  ${sign} ${path.padEnd(width)}  ${what.padEnd(15)}`, kind.padEnd(5), values].join(" ").trimEnd(),
  )
  return [heading(file), ...lines, ...otherLines(file, style).map((line) => `  ${line}`)]
}

function heading({ file, oldFile, state, sealed, fault }: FileDiff): string {
  const name = oldFile === null ? file : `${oldFile} -> ${file}`
  const isPlain = (state !== "added" && !sealed[0]) || (state !== "removed" && !sealed[1])
  const marks = [
    ...(state === "added" || state === "removed" ? [state] : []),
    ...(isPlain && fault !== "not readable" ? ["PLAINTEXT"] : []),
    ...(fault === null ? [] : [fault]),
  ]
  return shown([name, ...marks].join("  "))
}

interface Cells {
  readonly sign: string
  readonly path: string
  readonly what: string
  readonly kind: string
  readonly values: string
}

function cellsOf(change: ValueChange, style: DiffStyle): Cells {
  const entry = (change.after ?? change.before)!
  const path = shown(placeText(entry))
  if (change.op === "comment") return { sign: "#", path, what: commentWords(change), kind: "", values: "" }
  if (change.op === "moved") return { sign: ">", path, what: "moved", kind: "", values: "" }
  const { from, to } = valuesOf(change, style)
  const clear = entry.sealed ? "" : "clear "
  const values = [from, to].filter((value) => value !== undefined).join(" -> ")
  return { sign: signs[change.op], path, what: change.op, kind: kindText(change), values: `${clear}${values}` }
}

function commentWords({ before, after }: ValueChange): string {
  return before === null ? "comment added" : after === null ? "comment removed" : "comment changed"
}

function kindText({ before, after }: ValueChange): string {
  const kinds = [before?.kind, after?.kind].filter((kind) => kind !== undefined)
  return [...new Set(kinds)].join(" -> ")
}

function placeText({ document, shown: path }: DiffEntry): string {
  const place = path.length === 0 ? "(whole file)" : pathText(path)
  return document === 0 ? place : `${place} (document ${document + 1})`
}

/** A fingerprint covers the path: equal ones stand for one value at one place. */
function valuesOf(
  { before, after }: ValueChange,
  style: DiffStyle,
): { from: string | undefined; to: string | undefined } {
  const textOf = (entry: DiffEntry | null): string | undefined => {
    if (entry === null) return undefined
    if (style.reveal) return entry.text === null ? entry.kind : shown(cut(entry.text))
    const bytes = Buffer.from(JSON.stringify([entry.keys, entry.value]))
    return keyedFingerprint(style.printKey, bytes).slice(0, 6)
  }
  return { from: textOf(before), to: textOf(after) }
}

function cut(text: string): string {
  return text.length > valueMax ? `${text.slice(0, valueMax)}…` : text
}

/** What is not about values: one line each. */
function otherLines(file: FileDiff, { nameOf }: DiffStyle): string[] {
  const { recipients, metadata, dataKey, isRewrapped, changes } = file
  const called = (recipient: Recipient): string => {
    const name = nameOf(recipient)
    const text = file.recipientName(recipient)
    return name === undefined ? text : `${name} (${text})`
  }
  const people = [
    ...recipients.added.map((recipient) => `+ ${called(recipient)}`),
    ...recipients.removed.map((recipient) => `- ${called(recipient)}`),
  ]
  const selectors = metadata.filter(({ field }) => isSelector(field))
  const others = metadata.filter(({ field }) => !isSelector(field))
  const isOnlyRewrapped = isRewrapped && dataKey !== "new" && changes.length === 0
  return [
    ...(people.length === 0 ? [] : [`recipients: ${people.join("  ")}`]),
    ...(selectors.length === 0 ? [] : [`selectors: ${selectorText(selectors)}`]),
    ...others.map(({ field, from, to }) => `${field}: ${from} -> ${to}`),
    ...(dataKey === "new" ? ["data key: new"] : []),
    ...(isOnlyRewrapped ? ["wrapped again for the same recipients"] : []),
    ...(hasContent(file) || file.state !== "changed" ? [] : ["layout only"]),
  ].map((line) => shown(line))
}

function isSelector(field: string): boolean {
  return /_(?:suffix|regex)$/.test(field)
}

/** `encrypted_regex "^data$" -> "^(data|stringData)$"` */
function selectorText(changes: FileDiff["metadata"]): string {
  const [only] = changes
  if (changes.length === 1 && only !== undefined)
    return `${only.field} ${JSON.stringify(only.from)} -> ${JSON.stringify(only.to)}`
  const side = (which: "from" | "to"): string =>
    changes.flatMap((each) => (each[which] === "" ? [] : [`${each.field} ${JSON.stringify(each[which])}`])).join(", ")
  return `${side("from") || "none"} -> ${side("to") || "none"}`
}

/** Tables for a comment of a pull request; a bot finds its own comment by the first line. */
export function diffMarkdown(files: readonly FileDiff[], style: DiffStyle): string {
  const parts = files.map((file) => {
    const rows = file.changes.map((change) => {
      const { sign, path, what, kind, values } = cellsOf(change, style)
      return `| ${[sign, path, what, kind, values].map(escaped).join(" | ")} |\n`
    })
    const table =
      rows.length === 0 ? "" : `\n| | Path | | Type | Value |\n| --- | --- | --- | --- | --- |\n${rows.join("")}`
    const others = otherLines(file, style).map((line) => `- ${escaped(line)}\n`)
    return `\n### ${escaped(heading(file))}\n${table}${others.length === 0 ? "" : `\n${others.join("")}`}`
  })
  const nothing = files.length === 0 ? "\nNo sealed file changes.\n" : ""
  return `<!-- sotto diff -->\n${parts.join("")}${nothing}`
}

/** Keeps a name or a path from acting as a link, a mention, a table or HTML. */
function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/[\\`*_{}[\]()#+!|~@]/g, (sign) => (sign === "@" ? "&#64;" : `\\${sign}`))
    .replaceAll("://", ":&#8203;//")
}

export function diffJson(files: readonly FileDiff[], style: DiffStyle): string {
  const opened = files.every(({ isOpened }) => isOpened)
  const list = files.map((each) => ({
    file: each.file,
    old_file: each.oldFile ?? undefined,
    state: each.state,
    sealed: each.sealed,
    fault: each.fault ?? undefined,
    changes: each.changes.map((change) => {
      const { op, before, after } = change
      const { path, document, kind, sealed } = (after ?? before)!
      const values = op === "changed" || op === "added" || op === "removed" ? valuesOf(change, style) : {}
      return { op, path, document: document === 0 ? undefined : document, kind, sealed, ...values }
    }),
    recipients: {
      added: each.recipients.added.map(each.recipientName),
      removed: each.recipients.removed.map(each.recipientName),
    },
    metadata: each.metadata,
    data_key: each.dataKey,
  }))
  return `${JSON.stringify({ schema: 1, opened, files: list })}\n`
}
